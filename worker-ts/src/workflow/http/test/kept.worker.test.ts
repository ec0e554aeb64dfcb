// What becomes of runs beside their course: a guest's when the guest signs up, what is called by a browser that is signed in, what was
// encrypted with another secret, and what a run left open.
import { env } from "cloudflare:workers";
import { beforeAll, expect, it } from "vitest";
import { type Answer, account, call, guest, personOf, refusal } from "../../../../../tests/worker/support/http-client";
import { workflows as testWorkflows } from "../../../../workflows/test/generated/index.mjs";
import { configureWorkflows, forgetOwners, handleQueueBatch, handleScheduled, withWorkflows } from "../..";
import { background, batchOf, message, testEnvironment } from "../../test/harness";

const WAIT = { timeout: 60_000, interval: 50 };
beforeAll(() => configureWorkflows({ workflows: testWorkflows, versionId: () => undefined }));

const json = ({ body }: Answer) => body as unknown as Readonly<Record<string, unknown>>;
const api = (token: string, method: string, path: string, body?: unknown) =>
  call(method, `/api/workflow${path}`, { token, ...(body === undefined ? {} : { body }) });
const start = async (token: string, name: string, ...args: readonly unknown[]): Promise<string> =>
  json(await api(token, "POST", `/${name}/runs`, { args }))["runId"] as string;
const result = (token: string, id: string) => api(token, "GET", `/runs/${id}/result?waitMs=20000`);

it("WH14 a webhook keeps no cookie of who calls it; all other headers it does", async () => {
  const { token, cookie } = await guest();
  const id = await start(token, "called");
  const hooks = async () =>
    (json(await api(token, "GET", `/runs/${id}/events`))["events"] as { type: string; data: { token: string } }[])
      .filter(({ type }) => type === "hook_created")
      .map(({ data }) => data.token);
  await expect.poll(hooks, WAIT).toHaveLength(1);
  const address = `/.well-known/workflow/v1/webhook/${encodeURIComponent((await hooks())[0]!)}`;
  const headers = { "x-kept": "yes", authorization: "Basic of-the-caller" };
  expect((await call("GET", address, { cookie, headers })).status).toBe(202);
  const output = json(await result(token, id))["output"] as [string, string][];
  expect(output).toEqual(
    expect.arrayContaining([
      ["x-kept", "yes"],
      ["authorization", headers.authorization],
    ]),
  );
  expect(JSON.stringify(output)).not.toMatch(/cookie|session_token/);
});

it("WH15 a guest who signs up keeps their runs, open and over", async () => {
  const person = await guest();
  const [over, open] = [await start(person.token, "addition", 1, 2), await start(person.token, "hooked")];
  await result(person.token, over);
  const body = { name: "Bea", email: `${crypto.randomUUID()}@example.com`, password: "correct horse battery" };
  const user = personOf(await call("POST", "/api/auth/sign-up/email", { token: person.token, body }));
  expect(user.id).not.toBe(person.id);
  const runs = json(await api(user.token, "GET", "/runs"))["runs"] as { id: string; ownerId: string }[];
  expect(runs.map(({ id, ownerId }) => [id, ownerId])).toEqual([
    [open, user.id],
    [over, user.id],
  ]);
  expect((await result(user.token, over)).body).toMatchObject({ status: "completed", output: 13 });
  expect((await api(user.token, "POST", `/runs/${open}/cancel`)).status).toBe(204);
});

it("WH16 what was encrypted with another secret is told as such, and asked for no more", async () => {
  const own = testEnvironment({ WORKFLOW_ENCRYPTION_SECRET: "0123456789abcdef0123456789abcdef" });
  const begin = (name: string, ...args: readonly unknown[]) =>
    withWorkflows(own.env, background(), ({ startByName }) => startByName(name, args));
  const [added, failed, streamed] = [
    await begin("addition", 1, 2),
    await begin("refused", "no, never"),
    await begin("streaming", 2),
  ];
  for (let sent = own.queue.take(); sent.length > 0; sent = own.queue.take()) {
    const ctx = background();
    await handleQueueBatch(batchOf(...sent.map(({ body }) => message(body))), own.env, ctx);
    await ctx.settled();
  }
  const look = (path: string, secret: string, headers = {}) =>
    call("GET", `/api/workflow/runs/${path}`, {
      ...{ token: env.ADMIN_TOKEN, headers },
      vars: { WORKFLOW_ENCRYPTION_SECRET: secret },
    });
  expect((await look(`${added}/result`, own.env.WORKFLOW_ENCRYPTION_SECRET!)).body).toMatchObject({ output: 13 });
  for (const secret of ["", "another one, of more than 32 characters"]) {
    for (const [id, status] of [
      [added, "completed"],
      [failed, "failed"],
    ] as const) {
      const answer = await look(`${id}/result`, secret);
      const error = { name: "RuntimeDecryptionError", code: "RUNTIME_DECRYPTION_FAILED", message: expect.any(String) };
      expect([answer.status, answer.body]).toEqual([200, { status, output: null, error }]);
    }
    const name = `strm_${streamed.slice(5)}_user`;
    const events = await look(`${streamed}/streams/${name}`, secret, { accept: "text/event-stream" });
    expect(String(events.body)).toBe("retry: 1000\n\nevent: end\ndata: null\n\n");
  }
});

it("WH17 a stream that a run left open ends with the run", async () => {
  const { token } = await guest();
  const id = await start(token, "unclosed", 3);
  await result(token, id);
  // what its steps wrote last might still come
  await age(1, id);
  const at = `/api/workflow/runs/${id}/streams/strm_${id.slice(5)}_user`;
  const read = async (query: string, accept: string) =>
    String((await call("GET", at + query, { token, headers: { accept } })).body ?? "");
  expect(await read("", "*/*")).toBe("line 0\nline 1\nline 2\n");
  expect(await read("?start=3", "*/*")).toBe("");
  const events = await read("?start=1", "text/event-stream");
  expect(events.match(/^id: \d$/gm)).toEqual(["id: 1", "id: 2"]);
  expect(events.endsWith("event: end\ndata: null\n\n")).toBe(true);
  expect(refusal(await call("GET", `${at}_b3RoZXI`, { token }))).toEqual([404, "not_found"]);
});

/** Rows of these runs, whoever has them. */
async function rowsOf(...ids: readonly string[]) {
  const { results } = await env.WORKFLOW_DB.prepare(
    `SELECT owner_id AS owner, status, (SELECT count(*) > 0 FROM workflow_events WHERE run_id = id) AS events
     FROM workflow_runs WHERE id IN (SELECT value FROM json_each(?1)) ORDER BY status`,
  )
    .bind(JSON.stringify(ids))
    .all();
  return results;
}
const age = (hours: number, ...ids: readonly string[]) =>
  env.WORKFLOW_DB.prepare(
    "UPDATE workflow_runs SET last_event_at = last_event_at - ?1 WHERE id IN (SELECT value FROM json_each(?2))",
  )
    .bind(hours * 3_600_000, JSON.stringify(ids))
    .run();

it("WH18 with an account its open runs end, and a day later nothing of its runs is left; others keep theirs", async () => {
  const [person, other] = [await account(), await account()];
  const [over, open] = [await start(person.token, "addition", 1, 2), await start(person.token, "hooked")];
  const [theirs, theirsOver] = [await start(other.token, "hooked"), await start(other.token, "addition", 1, 2)];
  await Promise.all([result(person.token, over), result(other.token, theirsOver)]);
  expect((await call("DELETE", "/api/users/me", { token: person.token })).status).toBe(202);
  const gone = { owner: "gone", events: 1 };
  await expect
    .poll(() => rowsOf(over, open), WAIT)
    .toEqual([
      { ...gone, status: "cancelled" },
      { ...gone, status: "completed" },
    ]);
  // messages of theirs may come for a day
  await age(24, over, open);
  await handleScheduled(testEnvironment().env, background());
  expect(await rowsOf(over, open)).toHaveLength(2);
  await age(2, over, open, theirs, theirsOver);
  await handleScheduled(testEnvironment().env, background());
  expect(await rowsOf(over, open)).toEqual([]);
  expect(await rowsOf(theirs, theirsOver)).toMatchObject([{ owner: other.id }, { owner: other.id, status: "running" }]);
  expect((await api(other.token, "POST", `/runs/${theirs}/cancel`)).status).toBe(204);
});

it("WH18 so it is with guests whom nobody can be any more, however many runs they have, and twice is once", async () => {
  const [one, two] = [await guest(), await guest()];
  await env.WORKFLOW_DB.prepare(
    `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 120)
     INSERT INTO workflow_runs(id, name, status, owner_id, deployment_id, spec_version, created_at, last_slot, last_event_at)
     SELECT ?1 || i, 'x', 'running', ?1, 'd', 7, 1, 1, 1 FROM n`,
  )
    .bind(one.id)
    .run();
  const run = await start(two.token, "hooked");
  for (const _ of [1, 2]) await forgetOwners(testEnvironment().env, [one.id, two.id]);
  expect(await rowsOf(run)).toMatchObject([{ owner: "gone", status: "cancelled" }]);
  const rows = await rowsOf(...Array.from({ length: 120 }, (_, i) => `${one.id}${i + 1}`));
  expect(rows.filter(({ status, owner }) => status === "cancelled" && owner === "gone")).toHaveLength(120);
});
