// The API of workflows through the whole Worker: who may, what is refused, runs from start to end, live log, streams, hooks, webhooks.
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { ownerSession } from "../../../../../tests/worker/support/admin";
import {
  type Answer,
  account,
  type CallOptions,
  call,
  guest,
  refusal,
} from "../../../../../tests/worker/support/http-client";
import { workflows as testWorkflows } from "../../../../workflows/test/generated/index.mjs";
import { configureWorkflows } from "../..";

configureWorkflows({ workflows: testWorkflows, versionId: () => undefined });

const admin = { token: env.ADMIN_TOKEN };
let me: { readonly id: string; readonly token: string };
beforeAll(async () => {
  me = await guest();
});

const json = ({ body }: Answer) => body as unknown as Readonly<Record<string, string>>;
/** A list in an answer. */
const listIn = <T>(answer: Answer, name: string) => (answer.body as unknown as Record<string, T[]>)[name]!;
const api = (method: string, path: string, options: CallOptions = {}) =>
  call(method, `/api/workflow${path}`, { token: me.token, ...options });

/** Starts a workflow; the run's id. */
async function start(name: string, args: readonly unknown[], options: CallOptions = {}): Promise<string> {
  const answer = await api("POST", `/${name}/runs`, { body: { args }, ...options });
  expect([answer.status, json(answer)]).toEqual([201, { runId: expect.stringMatching(/^wrun_[0-9A-Z]{26}$/) }]);
  return json(answer)["runId"]!;
}
const result = (id: string) => api("GET", `/runs/${id}/result?waitMs=20000`);
const statusOf = async (id: string) => json(await api("GET", `/runs/${id}`))["status"];

/** The events of a text of server-sent events. */
const sent = (text: unknown) =>
  String(text)
    .split("\n\n")
    .filter((part) => part.includes("data:"))
    .map((part) => {
      const field = (name: string) => new RegExp(`^${name}: (.*)$`, "m").exec(part)?.[1];
      return { id: field("id"), event: field("event"), data: JSON.parse(field("data")!) };
    });

describe("WH1 who may", () => {
  it("WH1 nobody is told 401, and a stranger the same of a run as of none; owner and admins get in", async () => {
    const id = await start("addition", [1, 2]);
    const stranger = await account();
    const [owner, none] = [await ownerSession(), `wrun_${"0".repeat(26)}`];
    for (const [method, path] of [
      ["GET", ""],
      ["GET", "/events"],
      ["GET", "/live"],
      ["GET", "/result"],
      ["GET", "/streams"],
      ["GET", `/streams/strm_${id.slice(5)}_user`],
      ["POST", "/cancel"],
    ] as const) {
      const at = (run: string, token: string) => api(method, `/runs/${run}${path}`, { token });
      expect([path, ...refusal(await call(method, `/api/workflow/runs/${id}${path}`))]).toEqual([
        path,
        401,
        "unauthenticated",
      ]);
      expect([path, ...refusal(await at(id, stranger.token))]).toEqual([path, 404, "not_found"]);
      expect([path, ...refusal(await at(none, me.token))]).toEqual([path, 404, "not_found"]);
      expect([path, ...refusal(await at("wrun_%2e%2e", me.token))]).toEqual([path, 404, "not_found"]);
    }
    for (const token of [me.token, owner, env.ADMIN_TOKEN])
      expect((await api("GET", `/runs/${id}`, { token })).status).toBe(200);
    await result(id);
  });

  it("WH1 lists are one's own; an admin's are everybody's", async () => {
    const [mine, other] = [await start("addition", [1, 2]), await guest()];
    const theirs = await start("addition", [1, 2], { token: other.token });
    const ofAdmin = await start("addition", [1, 2], admin);
    const ids = async (token: string) =>
      listIn<{ id: string }>(await api("GET", "/runs?limit=100", { token }), "runs").map(({ id }) => id);
    expect(await ids(other.token)).toEqual([theirs]);
    expect(await ids(me.token)).toContain(mine);
    expect(await ids(me.token)).not.toContain(ofAdmin);
    expect(await ids(env.ADMIN_TOKEN)).toEqual(expect.arrayContaining([mine, theirs, ofAdmin]));
    for (const id of [mine, theirs, ofAdmin]) await api("GET", `/runs/${id}/result?waitMs=20000`, admin);
  });
});

describe("WH2 starting", () => {
  it("WH2 tells what can be started, starts it, waits for what it returns", async () => {
    const index = json(await api("GET", ""));
    expect(index["workflows"]).toContainEqual({ name: "addition", id: testWorkflows.ids["addition"] });
    const id = await start("addition", [2, 3]);
    const answer = await result(id);
    expect([answer.status, json(answer)]).toEqual([200, { status: "completed", output: 15, error: null }]);
    expect(json(await api("GET", `/runs/${id}`))).toEqual({
      id,
      name: "addition",
      workflow: testWorkflows.ids["addition"],
      status: "completed",
      ownerId: me.id,
      mayAct: true,
      deploymentId: index["deploymentId"],
      otherCode: false,
      attributes: {},
      events: expect.any(Number),
      errorCode: null,
      createdAt: expect.any(Number),
      startedAt: expect.any(Number),
      completedAt: expect.any(Number),
      lastEventAt: expect.any(Number),
    });
  });

  it("WH2 a key of before gives the run of before, to the same caller for the same workflow", async () => {
    const headers = { "idempotency-key": crypto.randomUUID() };
    const ids = await Promise.all(Array.from({ length: 4 }, () => start("addition", [1, 1], { headers })));
    expect(new Set(ids).size).toBe(1);
    expect(await start("addition", [5, 5], { headers })).toBe(ids[0]);
    expect(await start("sequential", [1], { headers })).not.toBe(ids[0]);
    expect(await start("addition", [1, 1], { headers, token: (await guest()).token })).not.toBe(ids[0]);
    expect(json(await result(ids[0]!))["output"]).toBe(12);
    const events = listIn<{ type: string }>(await api("GET", `/runs/${ids[0]}/events`), "events");
    expect(events.filter(({ type }) => type === "run_created")).toHaveLength(1);
  });

  it("WH2 refuses what it cannot take, and starts nothing", async () => {
    const body = { args: [] };
    const at = (name: string, options: CallOptions) => api("POST", `/${name}/runs`, options).then(refusal);
    expect(await at("nothing", { body })).toEqual([404, "not_found"]);
    expect(await at("constructor", { body })).toEqual([404, "not_found"]);
    expect(await at("addition", { body: { args: 5 } })).toEqual([400, "bad_request"]);
    expect(await at("addition", { body: { args: Array.from({ length: 33 }, () => 1) } })).toEqual([400, "bad_request"]);
    expect(await at("addition", { body: { args: ["x".repeat(1_048_577)] } })).toEqual([413, "too_large"]);
    expect(await at("addition", { body: "{", headers: { "content-type": "text/plain" } })).toEqual([
      400,
      "bad_request",
    ]);
    // JSON.parse makes a field of it, and nothing keeps one
    for (const args of ['[{"__proto__":1}]', '[[{"a":{"__proto__":{}}}]]'])
      expect(await at("addition", { body: `{"args":${args}}` })).toEqual([400, "bad_request"]);
    for (const key of ["", " ", "a b", "x".repeat(256)])
      expect(await at("addition", { body, headers: { "idempotency-key": key } })).toEqual([400, "bad_request"]);
    expect(await at("addition", { body, origin: "https://evil.example" })).toEqual([403, "origin_refused"]);
  });
});

describe("WH3 lists", () => {
  it("WH3 by status and name, page by page, the newest first", async () => {
    const { token } = await guest();
    const ids: string[] = [];
    for (const n of [1, 2, 3]) ids.unshift(await start("addition", [n, n], { token }));
    const waiting = await start("approval", [crypto.randomUUID()], { token });
    for (const id of ids) await api("GET", `/runs/${id}/result?waitMs=20000`, { token });
    const list = (query: string) => api("GET", `/runs?${query}`, { token });
    const idsOf = (page: Answer) => listIn<{ id: string }>(page, "runs").map(({ id }) => id);
    const first = await list("limit=2&name=addition");
    const second = await list(`limit=2&name=addition&cursor=${json(first)["next"]}`);
    expect([...idsOf(first), ...idsOf(second)]).toEqual(ids);
    expect(json(second)["next"]).toBeNull();
    expect(idsOf(await list("status=completed"))).toEqual(ids);
    await expect.poll(async () => idsOf(await list("status=pending,running"))).toEqual([waiting]);
    expect(idsOf(await list("name=nothing"))).toEqual([]);
    for (const query of ["status=done", "limit=0", "limit=101", "cursor=abc", `cursor=${"x".repeat(257)}`])
      expect([query, ...refusal(await api("GET", `/runs?${query}`, { token }))]).toEqual([query, 400, "bad_request"]);
    expect((await api("POST", `/runs/${waiting}/cancel`, { token })).status).toBe(204);
  });
});

describe("WH4 ends", () => {
  it("WH4 a run that fails says why", async () => {
    const answer = await result(await start("refused", ["no, never"]));
    expect([answer.status, json(answer)]).toEqual([
      200,
      {
        status: "failed",
        output: null,
        error: { name: expect.any(String), message: expect.stringContaining("no, never"), code: expect.anything() },
      },
    ]);
  });

  it("WH4 an open run is 202; cancelled it ends, once more is the same, another end is a conflict", async () => {
    const id = await start("approval", [crypto.randomUUID()]);
    expect((await api("GET", `/runs/${id}/result`)).status).toBe(202);
    for (const _ of [1, 2]) expect((await api("POST", `/runs/${id}/cancel`)).status).toBe(204);
    expect(await statusOf(id)).toBe("cancelled");
    expect(json(await result(id))).toEqual({ status: "cancelled", output: null, error: null });
    const done = await start("addition", [1, 2]);
    await result(done);
    expect(refusal(await api("POST", `/runs/${done}/cancel`))).toEqual([409, "conflict"]);
    expect(refusal(await api("GET", `/runs/${done}/result?waitMs=25001`))).toEqual([400, "bad_request"]);
  });
});

describe("WH5 the log", () => {
  it("WH5 in pages, dense, and live from the beginning to the end, or behind an event", async () => {
    const id = await start("sequential", [3]);
    // follows while it runs
    const whole = sent((await api("GET", `/runs/${id}/live`)).body);
    expect(whole.at(-1)).toEqual({ id: undefined, event: "end", data: null });
    const events = whole.slice(0, -1);
    expect(events.map((event) => Number(event.id))).toEqual(events.map((_, index) => index + 1));
    expect(events.map((event) => event.data.slot)).toEqual(events.map((_, index) => index + 1));
    expect(events.at(-1)?.data.type).toBe("run_completed");
    expect(events.filter(({ data }) => data.type === "step_completed")).toHaveLength(3);

    const first = await api("GET", `/runs/${id}/events?limit=4`);
    const rest = await api("GET", `/runs/${id}/events?limit=100&cursor=${json(first)["next"]}`);
    expect([first, rest].flatMap((page) => listIn(page, "events"))).toEqual(events.map(({ data }) => data));
    expect(json(rest)["next"]).toBeNull();
    expect(JSON.stringify(events)).not.toMatch(/devl|executionContext/);

    const behind = await api("GET", `/runs/${id}/live`, { headers: { "last-event-id": "4" } });
    expect(sent(behind.body)).toEqual(whole.slice(4));
    expect(behind.headers.get("content-type")).toBe("text/event-stream");
    expect(sent((await api("GET", `/runs/${id}/live`, { headers: { "last-event-id": "999" } })).body)).toEqual(
      whole.slice(-1),
    );
    expect(refusal(await api("GET", `/runs/${id}/events?cursor=x`))).toEqual([400, "bad_request"]);
  });
});

describe("WH6 streams", () => {
  it("WH6 by name, as bytes while they are written, and as events by index", async () => {
    const id = await start("streaming", [4]);
    const name = `strm_${id.slice(5)}_user`;
    const whole = await api("GET", `/runs/${id}/streams/${name}`);
    expect(whole.body).toBe("line 0\nline 1\nline 2\nline 3\n");
    expect(whole.headers.get("content-type")).toBe("application/octet-stream");
    expect(json(await api("GET", `/runs/${id}/streams`))).toEqual({ streams: [{ name, namespace: "" }] });
    const read = async (query: string, headers: Record<string, string> = {}) =>
      sent(
        (
          await api("GET", `/runs/${id}/streams/${name}${query}`, {
            headers: { accept: "text/event-stream", ...headers },
          })
        ).body,
      );
    const end = { id: undefined, event: "end", data: null };
    const lines = [0, 1, 2, 3].map((n) => ({ id: String(n), event: undefined, data: `line ${n}\n` }));
    expect(await read("")).toEqual([...lines, end]);
    expect(await read("?start=2")).toEqual([...lines.slice(2), end]);
    expect(await read("?start=-1")).toEqual([...lines.slice(3), end]);
    expect(await read("?start=0", { "last-event-id": "2" })).toEqual([...lines.slice(3), end]);
    expect(json(await result(id))["output"]).toBe(4);
    for (const other of [`${name}_b3RoZXI`, "strm_x_user", "..%2f..", `${name}_%F0`])
      expect([other, ...refusal(await api("GET", `/runs/${id}/streams/${other}`))]).toEqual([other, 404, "not_found"]);
    expect(refusal(await api("GET", `/runs/${id}/streams/${name}?start=x`))).toEqual([400, "bad_request"]);
  });
});

describe("WH8 webhooks", () => {
  const typesOf = async (id: string) =>
    listIn<{ type: string; data: { token: string } }>(await api("GET", `/runs/${id}/events`), "events");

  it("WH8 whoever has the token resumes it, once, with a whole request", async () => {
    const id = await start("hooked", []);
    const created = async () => (await typesOf(id)).find(({ type }) => type === "hook_created");
    await expect.poll(created).toBeDefined();
    const { token } = (await created())!.data;
    const address = `/.well-known/workflow/v1/webhook/${encodeURIComponent(token)}`;
    expect(refusal(await call("POST", address, { body: "x".repeat(1_048_577) }))).toEqual([413, "too_large"]);
    // from any page: it asks nobody who they are
    const answer = await call("PUT", address, { body: "hello", origin: "https://other.example" });
    expect(answer.status).toBe(202);
    expect(json(await result(id))["output"]).toBe("PUT hello");
    expect(refusal(await call("PUT", address, { body: "hello" }))).toEqual([404, "not_found"]);
  });

  it("WH8 an address without a hook is nothing", async () => {
    for (const token of ["nothing", "%00", "x".repeat(1025)])
      expect(refusal(await call("GET", `/.well-known/workflow/v1/webhook/${token}`))).toEqual([404, "not_found"]);
  });
});

describe("WH9 code", () => {
  it("WH9 a run that was started by other code than runs now says so", async () => {
    const id = await start("addition", [1, 2]);
    await result(id);
    configureWorkflows({ versionId: () => "another" });
    expect(json(await api("GET", `/runs/${id}`))["otherCode"]).toBe(true);
    expect(json(await api("GET", ""))["deploymentId"]).toBe("dpl_another");
  });
});

describe("WH7 hooks", () => {
  it("WH7 the owner resumes one with JSON; nobody else does, and not twice", async () => {
    const token = `approve ${crypto.randomUUID()}/ä`;
    const path = `/hooks/${encodeURIComponent(token)}`;
    const id = await start("approval", [token]);
    const types = async () =>
      listIn<{ type: string }>(await api("GET", `/runs/${id}/events`), "events").map(({ type }) => type);
    await expect.poll(types).toContain("hook_created");
    const { token: stranger } = await guest();
    expect(refusal(await api("POST", path, { token: stranger, body: { value: 1 } }))).toEqual([404, "not_found"]);
    expect(refusal(await call("POST", `/api/workflow${path}`, { body: { value: 1 } }))).toEqual([
      401,
      "unauthenticated",
    ]);
    expect(refusal(await api("POST", "/hooks/nothing", { body: {} }))).toEqual([404, "not_found"]);
    expect(refusal(await api("POST", path, { body: "x".repeat(1_048_577) }))).toEqual([413, "too_large"]);
    expect(refusal(await api("POST", path, { body: '{"value":7,"__proto__":{"value":8}}' }))).toEqual([
      400,
      "bad_request",
    ]);
    // this one is no webhook
    const address = `/.well-known/workflow/v1/webhook/${encodeURIComponent(token)}`;
    for (const method of ["GET", "POST", "PUT"])
      expect(refusal(await call(method, address))).toEqual([404, "not_found"]);
    const answer = await api("POST", path, { body: { value: 7 } });
    expect([answer.status, json(answer)]).toEqual([200, { runId: id }]);
    expect(json(await result(id))).toEqual({ status: "completed", output: 7, error: null });
    expect(refusal(await api("POST", path, { body: { value: 8 } }))).toEqual([404, "not_found"]);
  });
});
