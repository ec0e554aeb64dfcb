// The kernel's routes through the whole Worker: who gets in, JSON-RPC end to end, the demo under load and across an abort of its object.
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import { ownerSession } from "../../../../../tests/worker/support/admin";
import { account, call, guest, ORIGIN, refusal } from "../../../../../tests/worker/support/http-client";

const PING = { jsonrpc: "2.0", id: 1, method: "ping", params: [] };
const PATH = "/api/kernel/http-test/rpc";
const admin = { token: env.ADMIN_TOKEN };

afterEach(() => vi.restoreAllMocks());

describe("K51 who may call a kernel", () => {
  it("K51 nobody is told 401, and everybody else 403; admins by token and by session get in", async () => {
    for (const token of [undefined, "wrong", `${env.ADMIN_TOKEN}x`])
      expect(refusal(await call("POST", PATH, { ...(token !== undefined && { token }), body: PING }))).toEqual([
        401,
        "unauthenticated",
      ]);
    for (const { token } of [await guest(), await account()])
      expect(refusal(await call("POST", PATH, { token, body: PING }))).toEqual([403, "forbidden"]);
    for (const token of [env.ADMIN_TOKEN, await ownerSession()]) {
      const { status, body } = await call("POST", PATH, { token, body: PING });
      expect([status, body]).toEqual([200, { jsonrpc: "2.0", id: 1, result: "pong" }]);
    }
  });

  it("K51 a page of somebody else gets no further, and no other method or address is there", async () => {
    expect(refusal(await call("POST", PATH, { ...admin, origin: "https://evil.example", body: PING }))).toEqual([
      403,
      "origin_refused",
    ]);
    expect(refusal(await call("GET", PATH, admin))).toEqual([405, "method_not_allowed"]);
    for (const id of ["A", "a_b", "a%20b", "a".repeat(64), "..%2fdemo"])
      expect([id, ...refusal(await call("POST", `/api/kernel/${id}/rpc`, { ...admin, body: PING }))]).toEqual([
        id,
        404,
        "not_found",
      ]);
  });
});

describe("OP34 the list of kernels", () => {
  const listed = async (query = "") => {
    const { status, body } = await call("GET", `/api/admin/kernels${query}`, admin);
    expect(status).toBe(200);
    const { kernels, next } = body as unknown as { kernels: { id: string }[]; next: string | null };
    return { ids: kernels.map(({ id }) => id), next };
  };

  it("OP34 names each that was ever begun, page by page; to ask begins none and wakes none", async () => {
    await env.DB.prepare("DELETE FROM backup_kernel").run();
    expect(await listed()).toEqual({ ids: [], next: null });
    for (const id of ["op34-b", "op34-a", "op34-c"])
      expect((await call("POST", `/api/kernel/${id}/rpc`, { ...admin, body: PING })).status).toBe(200);
    const wake = vi.spyOn(env.KERNEL, "getByName");
    expect(await listed()).toEqual({ ids: ["op34-a", "op34-b", "op34-c"], next: null });
    expect(await listed("?limit=2")).toEqual({ ids: ["op34-a", "op34-b"], next: "op34-b" });
    expect(await listed("?limit=2&cursor=op34-b")).toEqual({ ids: ["op34-c"], next: null });
    expect(wake).not.toHaveBeenCalled();
  });

  it("OP34 is for admins alone", async () => {
    for (const { token } of [await guest(), await account()])
      expect(refusal(await call("GET", "/api/admin/kernels", { token }))).toEqual([403, "forbidden"]);
    expect(refusal(await call("GET", "/api/admin/kernels"))).toEqual([401, "unauthenticated"]);
  });
});

describe("K51 JSON-RPC over HTTP", () => {
  const rpc = (body: unknown, headers: Record<string, string> = {}) => call("POST", PATH, { ...admin, body, headers });
  const answered = async (body: unknown) => {
    const { status, body: answer } = await rpc(body);
    return [status, answer];
  };

  it("K51 answers 200 with what JSON-RPC says, errors too, and 204 to notifications", async () => {
    expect(await answered("{")).toEqual([
      200,
      { jsonrpc: "2.0", id: null, error: { code: -32_700, message: "Parse error" } },
    ]);
    expect(await answered({ ...PING, method: "nothing" })).toMatchObject([200, { id: 1, error: { code: -32_601 } }]);
    expect(await answered({ ...PING, method: "revoke", params: { kref: "x" } })).toMatchObject([
      200,
      { id: 1, error: { code: -32_602 } },
    ]);
    expect(await answered({ ...PING, method: "revoke", params: { kref: "ko99" } })).toMatchObject([
      200,
      { id: 1, error: { code: -32_000, data: { code: "UNKNOWN_KREF" } } },
    ]);
    expect(await answered({ ...PING, id: undefined })).toEqual([204, null]);
    expect(await answered([PING, { ...PING, id: "two" }, { ...PING, id: undefined }])).toEqual([
      200,
      [
        { jsonrpc: "2.0", id: 1, result: "pong" },
        { jsonrpc: "2.0", id: "two", result: "pong" },
      ],
    ]);
    expect(await answered(Array.from({ length: 51 }, () => PING))).toMatchObject([200, { error: { code: -32_600 } }]);
    expect(await answered("x".repeat(1_048_577))).toMatchObject([
      200,
      { error: { code: -32_600, data: { code: "LIMIT_EXCEEDED" } } },
    ]);
    expect(await answered(`{"jsonrpc":"2.0","id":1,"method":"ping","params":${"[".repeat(500_000)}`)).toMatchObject([
      200,
      { error: { code: -32_600 } },
    ]);
  });

  it("K51 refuses another content type and a key that is none, as every route does", async () => {
    for (const [headers, field] of [
      [{ "content-type": "text/plain" }, "content-type"],
      [{ "idempotency-key": "x".repeat(201) }, "idempotency-key"],
    ] as const) {
      const answer = await rpc(PING, headers);
      expect([...refusal(answer), answer.body.error.field]).toEqual([400, "bad_request", field]);
    }
  });

  it("K51 never logs an ocap URL", async () => {
    const spies = (["log", "error", "warn", "info", "debug"] as const).map((name) => vi.spyOn(console, name));
    const token = `${"T".repeat(42)}A`;
    for (const url of [`ocap:${token}@http-test`, `ocap:${token}@elsewhere`, `ocap:${token}`])
      await rpc({ ...PING, method: "redeemOcapURL", params: { url } }, { "idempotency-key": token });
    await call("POST", `${PATH}?url=ocap:${token}@http-test`, { ...admin, body: PING });
    const lines = spies.flatMap((spy) => spy.mock.calls.flat().map(String)).join("\n");
    expect(lines).toContain("/api/kernel/:id/rpc");
    expect(lines).not.toContain(token);
  });
});

describe("a counter over HTTP", () => {
  interface Told {
    readonly result?: unknown;
    readonly error?: { readonly code: number; readonly data?: { readonly code: string; readonly value?: unknown } };
  }

  /** A kernel of its own; resolves to its calls and the counter's kref. */
  async function launched(kernel: string) {
    const ask = async (method: string, params: unknown, headers: Record<string, string> = {}): Promise<Told> => {
      const body = { jsonrpc: "2.0", id: 1, method, params };
      return (await call("POST", `/api/kernel/${kernel}/rpc`, { ...admin, body, headers })).body as unknown as Told;
    };
    const config = {
      bootstrap: "counter",
      vats: { counter: { bundleName: "counter", parameters: { start: 5 } } },
    };
    const { result } = await ask("launchSubcluster", { config });
    const { rootKref: root } = result as { rootKref: string };
    return { ask, root, launch: result };
  }

  it("K01 is launched and counts; what it is asked in a batch it does in order", async () => {
    const { ask, root, launch } = await launched("http-counter");
    expect(launch).toEqual({
      subclusterId: "s1",
      rootKref: root,
      bootstrapResult: { body: '#"#undefined"', slots: [] },
    });
    expect(await ask("queueMessage", [root, "increment", [2]])).toMatchObject({ result: { body: "#7", slots: [] } });
    const batch = [1, 2, 3].map((id) => ({
      jsonrpc: "2.0",
      id,
      method: "queueMessage",
      params: [root, "increment", []],
    }));
    const { body } = await call("POST", "/api/kernel/http-counter/rpc", { ...admin, body: batch });
    const results = body as unknown as { id: number; result: { body: string } }[];
    expect(results.map(({ id, result }) => [id, result.body])).toEqual([
      [1, "#8"],
      [2, "#9"],
      [3, "#10"],
    ]);
    const { result } = await ask("getStatus", []);
    expect(result).toMatchObject({ vats: [{ id: "v1", subclusterId: "s1" }], kernel: { store: "durable-object" } });
  });

  it("K51 a key makes a message count once, in a batch each of them, and stands for that message alone", async () => {
    const { ask, root } = await launched("http-once");
    const increment = (headers: Record<string, string>, by = 1) =>
      ask("queueMessage", [root, "increment", [by]], headers);
    const key = { "idempotency-key": "key-1" };
    expect([await increment(key), await increment(key)]).toMatchObject([
      { result: { body: "#6" } },
      { result: { body: "#6" } },
    ]);
    expect(await increment(key, 2)).toMatchObject({ error: { code: -32_000, data: { code: "KEY_MISMATCH" } } });
    const batch = [1, 2].map((id) => ({ jsonrpc: "2.0", id, method: "queueMessage", params: [root, "increment", []] }));
    const twice = async () =>
      (await call("POST", "/api/kernel/http-once/rpc", { ...admin, body: batch, headers: { "idempotency-key": "b" } }))
        .body;
    const first = await twice();
    expect(first).toMatchObject([{ result: { body: "#7" } }, { result: { body: "#8" } }]);
    expect(await twice()).toEqual(first);
    await evictDurableObject(env.KERNEL.getByName("http-once"));
    expect(await increment(key)).toMatchObject({ result: { body: "#6" } });
    expect(await ask("queueMessage", [root, "read", []])).toMatchObject({ result: { body: "#8" } });
  });

  it("K19 a method that throws is a rejection, with the reason as CapData", async () => {
    const { ask, root } = await launched("http-throws");
    const { error } = await ask("queueMessage", [root, "increment", [0.5]]);
    expect(error).toMatchObject({ code: -32_000, data: { code: "REJECTED", value: { slots: [] } } });
    expect((error!.data!.value as { body: string }).body).toContain("a counter adds whole numbers");
    expect((await ask("queueMessage", [root, "nothing", []])).error?.data?.code).toBe("REJECTED");
  });

  it("K25 an ocap URL leads to the object, there alone, and a revoked one answers nobody", async () => {
    const { ask, root } = await launched("http-url");
    const { result: url } = await ask("issueOcapURL", { kref: root });
    expect(url).toMatch(/^ocap:[\w-]{43}@http-url$/);
    expect(await ask("redeemOcapURL", { url })).toMatchObject({ result: root });
    const other = await launched("http-url-other");
    expect((await other.ask("redeemOcapURL", { url })).error?.data?.code).toBe("UNKNOWN_URL");
    expect(await ask("revoke", { kref: root })).toMatchObject({ result: null });
    expect(await ask("isRevoked", { kref: root })).toMatchObject({ result: true });
    const { error } = await ask("queueMessage", [root, "read", []]);
    expect(JSON.stringify(error)).toContain("OBJECT_REVOKED");
    const stored = await runInDurableObject(env.KERNEL.getByName("http-url"), (_, { storage }) =>
      storage.sql
        .exec("SELECT k, v FROM kernel_row")
        .toArray()
        .map(({ k, v }) => `${k} ${v}`),
    );
    const token = String(url).slice(5, 48);
    expect(stored.length).toBeGreaterThan(3);
    expect(stored.filter((row) => row.includes(token))).toEqual([]);
  });

  it("K46 a configuration that is none launches nothing", async () => {
    const { ask } = await launched("http-config");
    for (const [config, code, name] of [
      [{ bootstrap: "a", vats: {} }, -32_602, "BAD_CONFIG"],
      [{ bootstrap: "a", vats: { a: { sourceSpec: "x" } } }, -32_602, "BAD_CONFIG"],
      [{ bootstrap: "a", vats: { a: { bundleName: "nobody" } } }, -32_000, "UNKNOWN_BUNDLE"],
      [{ bootstrap: "a", vats: { a: { bundleName: "counter" } }, services: ["nobody"] }, -32_000, "UNKNOWN_SERVICE"],
    ] as const) {
      const { error } = await ask("launchSubcluster", { config });
      expect([name, error?.code, error?.data?.code]).toEqual([name, code, name]);
    }
    expect(((await ask("getStatus", [])).result as { subclusters: unknown[] }).subclusters).toHaveLength(1);
  });
});

describe("the demo", () => {
  interface Answered {
    readonly requestCount: number;
  }

  const ask = async () => (await call("GET", "/kernel/demo")) as unknown as { status: number; body: Answered };

  it("KT6 answers exactly what the seed answers, to anybody, and counts in D1", async () => {
    const began = Date.now();
    const { status, body } = await call("GET", "/kernel/demo", { origin: ORIGIN });
    const { timestamp, requestCount } = body as unknown as { timestamp: string; requestCount: number };
    expect([status, body]).toEqual([
      200,
      { ping: "pong", requestCount, message: "Kernel is running with D1 persistence!", timestamp },
    ]);
    expect(Object.keys(body)).toEqual(["ping", "requestCount", "message", "timestamp"]);
    expect(new Date(timestamp).toISOString()).toBe(timestamp);
    expect(Math.abs(Date.parse(timestamp) - began)).toBeLessThan(60_000);
    const row = await env.DB.prepare(
      "SELECT v FROM kernel_row WHERE kernel = 'demo' AND k = 'h/kv/cf-worker-request-count'",
    ).first<string>("v");
    expect(row).toBe(String(requestCount));
    expect((await ask()).body.requestCount).toBe(requestCount + 1);
  });

  it("KT6 goes on where it was when its object is evicted", async () => {
    const before = (await ask()).body.requestCount;
    await evictDurableObject(env.KERNEL.getByName("demo"));
    expect((await ask()).body.requestCount).toBe(before + 1);
  });

  it("KT4 200 requests, 32 at a time, one abort midway: what is told is unique and durable, and no count is lost", async () => {
    vi.spyOn(console, "log").mockImplementation(() => undefined);
    const before = (await ask()).body.requestCount;
    const told: number[] = [];
    let died = 0;
    let asked = 0;
    const visitor = async () => {
      while (asked < 200) {
        asked++;
        if (asked === 100) await abort();
        const { status, body } = await ask();
        if (status === 200) told.push(body.requestCount);
        else died++;
      }
    };
    await Promise.all(Array.from({ length: 32 }, visitor));
    expect(told.length + died).toBe(200);
    expect(new Set(told).size).toBe(told.length);
    const highest = Math.max(...told);
    expect(highest).toBeLessThanOrEqual(before + 200);
    expect(highest).toBeGreaterThanOrEqual(before + told.length);
    const next = (await ask()).body.requestCount;
    expect(next).toBeGreaterThan(highest);
    expect(next).toBeLessThanOrEqual(highest + 1 + died);
    // an abort under load is an abort of something
    expect(died).toBeGreaterThan(0);
  });

  /** Ends the object as a crash would: what is not durable is gone, and who waits gets an error. */
  async function abort(): Promise<void> {
    vi.spyOn(console, "error").mockImplementation(() => undefined);
    await runInDurableObject(env.KERNEL.getByName("demo"), (_, state) => state.abort("a test ends it")).catch(
      () => undefined,
    );
  }

  it("KT6 counts while vats of its kernel work: both share one store, and both are there after an abort", async () => {
    const rpc = async (method: string, params: unknown) =>
      (await call("POST", "/api/kernel/demo/rpc", { ...admin, body: { ...PING, method, params } })).body as unknown as {
        readonly result: { readonly rootKref: string; readonly body: string };
      };
    const config = { bootstrap: "c", vats: { c: { bundleName: "counter" } } };
    const { rootKref } = (await rpc("launchSubcluster", { config })).result;
    const before = (await ask()).body.requestCount;
    const increment = () => rpc("queueMessage", [rootKref, "increment", []]);
    const asked = await Promise.all(Array.from({ length: 20 }, async () => [await ask(), await increment()] as const));
    expect(new Set(asked.map(([{ body }]) => body.requestCount)).size).toBe(20);
    expect(new Set(asked.map(([, { result }]) => result.body)).size).toBe(20);
    await abort();
    expect((await ask()).body.requestCount).toBe(before + 21);
    expect((await increment()).result.body).toBe("#21");
  });

  it("KT6 does not hand out its count to the methods of other kernels", async () => {
    const answer = await call("POST", PATH, { ...admin, body: { ...PING, method: "countRequest" } });
    expect(answer.body).toMatchObject({ error: { code: -32_601 } });
  });
});
