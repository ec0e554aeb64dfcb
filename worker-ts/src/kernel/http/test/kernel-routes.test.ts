// The HTTP of kernels as other Workers mount it: who gets in, what goes on to the object, and what is told of what does not.
import { describe, expect, test } from "vitest";
import { answerText } from "../../rpc/json-rpc";
import { REQUEST_BYTES_MAX } from "../../rpc/limits";
import { kernelRoutes } from "../kernel-routes";

const DEMO = { ping: "pong", requestCount: 1, message: "m", timestamp: "t" };
const PING = '{"jsonrpc":"2.0","id":1,"method":"ping"}';
const PONG = '{"jsonrpc":"2.0","id":1,"result":"pong"}';

/** Objects that note what they hear, behind a guard that lets the bearer "admin" in. */
function house(
  requireAdmin: (request: Request) => unknown = (request) => request.headers.get("authorization") === "Bearer admin",
  demo?: boolean,
) {
  const heard: unknown[][] = [];
  const namespace = {
    getByName: (name: string) => ({
      rpc: async (text: string, key?: string) => {
        heard.push([name, text, key]);
        const answer = await answerText(text, async () => ({ result: "pong" }));
        return answer === null ? null : JSON.stringify(answer);
      },
      demo: async () => DEMO,
    }),
  };
  const serve = kernelRoutes({ namespace, requireAdmin, ...(demo !== undefined && { demo }) });
  return { serve, heard };
}

function post(path: string, body: BodyInit = PING, headers: Record<string, string> = {}): Request {
  const sent = { authorization: "Bearer admin", "content-type": "application/json", ...headers };
  return new Request(`https://example.com${path}`, { method: "POST", headers: sent, body });
}

describe("K51 kernelRoutes", () => {
  test("K51 hands an admin's text on to the kernel that the address names, with the key", async () => {
    const { serve, heard } = house();
    const answer = (await serve(post("/api/kernel/mine/rpc", PING, { "idempotency-key": "k 1" })))!;
    expect([answer.status, await answer.text()]).toEqual([200, PONG]);
    expect(Object.fromEntries(answer.headers)).toEqual({
      "content-type": "application/json",
      "cache-control": "no-store",
      "x-content-type-options": "nosniff",
    });
    expect(heard).toEqual([["mine", PING, "k 1"]]);
  });

  test("K51 lets nobody in but whom the guard answers true for, and asks before it reads", async () => {
    for (const guard of [
      () => false,
      () => undefined,
      () => null,
      () => "yes",
      () => 1,
      () => ({}),
      async () => false,
    ]) {
      const { serve, heard } = house(guard);
      const answer = (await serve(post("/api/kernel/mine/rpc")))!;
      expect([answer.status, await answer.json(), heard]).toEqual([
        403,
        { error: { code: "forbidden", message: "this is for admins" } },
        [],
      ]);
    }
    const { serve, heard } = house(() => new Response("sign in", { status: 401 }));
    expect((await serve(post("/api/kernel/mine/rpc")))!.status).toBe(401);
    const broken = house(() => Promise.reject(new Error("no database")));
    await expect(broken.serve(post("/api/kernel/mine/rpc"))).rejects.toThrow("no database");
    expect([...heard, ...broken.heard]).toEqual([]);
  });

  test("K51 leaves every other address alone", async () => {
    const { serve } = house();
    for (const path of [
      "/",
      "/api/kernel",
      "/api/kernel//rpc",
      "/api/kernel/A/rpc",
      "/api/kernel/a_b/rpc",
      `/api/kernel/${"a".repeat(64)}/rpc`,
      "/api/kernel/a/rpc/",
      "/api/kernel/a/b/rpc",
      "/api/kernel/%61/rpc",
      "/x/api/kernel/a/rpc",
      "/kernel/demo",
    ])
      expect([path, await serve(post(path))]).toEqual([path, null]);
  });

  test("K51 names the methods that an address has", async () => {
    const { serve } = house(undefined, true);
    const get = (path: string) => serve(new Request(`https://example.com${path}`));
    expect([(await get("/api/kernel/a/rpc"))!.status, (await get("/api/kernel/a/rpc"))!.headers.get("allow")]).toEqual([
      405,
      "POST",
    ]);
    expect([
      (await serve(post("/kernel/demo")))!.status,
      (await serve(post("/kernel/demo")))!.headers.get("allow"),
    ]).toEqual([405, "GET"]);
    expect(await (await get("/kernel/demo"))!.json()).toEqual(DEMO);
  });

  test("K51 refuses other content types and keys that are none, before the kernel hears of it", async () => {
    const { serve, heard } = house();
    for (const headers of [
      { "content-type": "text/plain" },
      { "content-type": "application/jsonp" },
      { "content-type": "" },
      { "idempotency-key": "é" },
      { "idempotency-key": "x".repeat(201) },
    ]) {
      const answer = (await serve(post("/api/kernel/a/rpc", PING, headers)))!;
      expect([headers, answer.status]).toEqual([headers, 400]);
    }
    expect(
      (await serve(post("/api/kernel/a/rpc", PING, { "content-type": "Application/JSON; charset=utf-8" })))!.status,
    ).toBe(200);
    expect(heard).toHaveLength(1);
  });

  test("K51 answers what is too long, no text or no JSON as JSON-RPC does, and nothing to notifications", async () => {
    const { serve, heard } = house();
    const ask = async (body: BodyInit) => {
      const answer = (await serve(post("/api/kernel/a/rpc", body)))!;
      return [
        answer.status,
        answer.status === 204 ? null : ((await answer.json()) as { error?: { code: number } }).error?.code,
      ];
    };
    expect(await ask("x".repeat(REQUEST_BYTES_MAX + 1))).toEqual([200, -32_600]);
    expect(await ask(new Uint8Array([0xff, 0xfe, 0x22]))).toEqual([200, -32_700]);
    expect(await ask(new Uint8Array([0x22, 0xed, 0xa0, 0x80, 0x22]))).toEqual([200, -32_700]);
    expect(heard).toEqual([]);
    expect(await ask("\ufeff{}")).toEqual([200, -32_700]);
    expect(await ask("")).toEqual([200, -32_700]);
    expect(await ask('{"jsonrpc":"2.0","method":"ping"}')).toEqual([204, null]);
  });

  test("K51 reads no further than a request may be long", async () => {
    const { serve } = house();
    let pulled = 0;
    const endless = new ReadableStream({
      pull: (controller) => controller.enqueue(new Uint8Array(65_536).fill(pulled++ && 32)),
    });
    const init = {
      method: "POST",
      headers: { authorization: "Bearer admin", "content-type": "application/json" },
      body: endless,
      duplex: "half",
    };
    const answer = (await serve(new Request("https://example.com/api/kernel/a/rpc", init as RequestInit)))!;
    expect(await answer.json()).toMatchObject({ error: { code: -32_600, data: { code: "LIMIT_EXCEEDED" } } });
    expect(pulled).toBeLessThan(20);
  });
});
