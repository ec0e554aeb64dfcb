// Runs that are looked at by whoever the composition lets, as members of a room do: they see all of it and may do nothing. And how many
// runs one person may have open.
import { env } from "cloudflare:workers";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { type CallOptions, call, guest, refusal } from "../../../../../tests/worker/support/http-client";
import { workflows as testWorkflows } from "../../../../workflows/test/generated/index.mjs";
import { configureWorkflows } from "../..";
import { type SeenRun, workflowSettings } from "../../runtime/settings";

type Person = Awaited<ReturnType<typeof guest>>;
const api = ({ token }: Person, method: string, path: string, options: CallOptions = {}) =>
  call(method, `/api/workflow${path}`, { token, ...options });
const json = (answer: { readonly body: unknown }) => answer.body as Record<string, never>;

const before = workflowSettings().maySee;
const asked: [SeenRun, string][] = [];
let [owner, viewer, stranger]: Person[] = [];
let [id, token] = ["", ""];
beforeAll(async () => {
  [owner, viewer, stranger] = [await guest(), await guest(), await guest()];
  configureWorkflows({
    workflows: testWorkflows,
    async maySee(_env, run, userId) {
      asked.push([run, userId]);
      return userId === viewer!.id;
    },
  });
  id = json(await api(owner!, "POST", "/hooked/runs", { body: { args: [] } }))["runId"]!;
  const told = async () => (await tokensOf(owner!))[0] ?? Promise.reject(new Error("no hook yet"));
  token = await vi.waitFor(told, { timeout: 60_000, interval: 50 });
});
afterAll(() => configureWorkflows({ maySee: before ?? (async () => false) }));

/** The tokens of the run's hooks that this person is told. */
async function tokensOf(person: Person): Promise<string[]> {
  const { events } = json(await api(person, "GET", `/runs/${id}/events`)) as unknown as {
    events: { type: string; data: { token?: string } }[];
  };
  return events.filter(({ type }) => type === "hook_created").flatMap(({ data }) => data.token ?? []);
}

it("WH11 whoever may look sees the run, its log, result and streams; it is in no list of theirs", async () => {
  expect(json(await api(viewer!, "GET", `/runs/${id}`))).toMatchObject({ id, ownerId: owner!.id, mayAct: false });
  expect(json(await api(owner!, "GET", `/runs/${id}`))).toMatchObject({ id, mayAct: true });
  for (const [path, status] of [
    ["/events", 200],
    ["/result", 202],
    ["/streams", 200],
  ] as const)
    expect([path, (await api(viewer!, "GET", `/runs/${id}${path}`)).status]).toEqual([path, status]);
  expect(json(await api(viewer!, "GET", "/runs"))["runs"]).toEqual([]);
  expect(asked.at(-1)).toEqual([{ id, attributes: {} }, viewer!.id]);
});

it("WH11 whoever only looks is told no token, cancels nothing and resumes nothing", async () => {
  expect(await tokensOf(viewer!)).toEqual([]);
  expect(refusal(await api(viewer!, "POST", `/runs/${id}/cancel`))).toEqual([404, "not_found"]);
  expect(refusal(await api(viewer!, "POST", `/hooks/${encodeURIComponent(token)}`, { body: {} }))).toEqual([
    404,
    "not_found",
  ]);
  expect(json(await api(owner!, "GET", `/runs/${id}`))["status"]).not.toBe("cancelled");
});

it("WH11 whoever may not look is told the same as of no run; the owner is not asked about", async () => {
  for (const path of ["", "/events", "/live", "/result", "/streams", `/streams/strm_${id.slice(5)}_user`])
    expect([path, ...refusal(await api(stranger!, "GET", `/runs/${id}${path}`))]).toEqual([path, 404, "not_found"]);
  expect(asked.some(([, userId]) => userId === owner!.id)).toBe(false);
});

it("WH11 the live log of whoever only looks has no token either", async () => {
  expect((await api(owner!, "POST", `/runs/${id}/cancel`)).status).toBe(204);
  const told = String((await api(viewer!, "GET", `/runs/${id}/live`)).body);
  expect(told).toContain('"type":"hook_created"');
  expect(told).not.toContain(token);
  expect(String((await api(owner!, "GET", `/runs/${id}/live`)).body)).toContain(token);
});

it("WH12 nobody may have more than fifty runs open; a key's run is there all the same, and the owner of the Worker may go on", async () => {
  const somebody = await guest();
  const headers = { "idempotency-key": "first" };
  const start = (options: CallOptions = {}) =>
    api(somebody, "POST", "/addition/runs", { body: { args: [1, 2] }, ...options });
  const first = json(await start({ headers }))["runId"]!;
  await api(somebody, "GET", `/runs/${first}/result?waitMs=20000`);
  const open = (count: number) =>
    env.DB.prepare(
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?2)
       INSERT INTO workflow_runs(id, name, status, owner_id, deployment_id, spec_version, created_at, last_slot, last_event_at)
       SELECT ?1 || ?2 || i, 'x', 'running', ?1, 'd', 7, 1, 1, 9999999999999 FROM n`,
    )
      .bind(somebody.id, count)
      .run();
  await open(49);
  const last = await start();
  expect(last.status).toBe(201);
  await api(somebody, "GET", `/runs/${json(last)["runId"]}/result?waitMs=20000`);
  // of many at once no more than there is room for; what was refused, and what has started, holds no place
  const waiting = () => api(somebody, "POST", "/hooked/runs", { body: { args: [] } });
  const atOnce = await Promise.all(Array.from({ length: 8 }, waiting));
  const started = atOnce.filter(({ status }) => status === 201);
  expect(started).toHaveLength(1);
  for (const answer of atOnce) if (answer !== started[0]) expect(refusal(answer)).toEqual([429, "too_many_runs"]);
  expect(refusal(await start())).toEqual([429, "too_many_runs"]);
  expect(refusal(await start({ headers: { "idempotency-key": "second" } }))).toEqual([429, "too_many_runs"]);
  expect(json(await start({ headers }))).toEqual({ runId: first });
  expect((await start({ token: env.ADMIN_TOKEN })).status).toBe(201);
  await env.DB.prepare("UPDATE workflow_runs SET status = 'completed' WHERE owner_id = ?1").bind(somebody.id).run();
  expect((await start({ headers: { "idempotency-key": "second" } })).status).toBe(201);
});
