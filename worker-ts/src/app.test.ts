// What every request goes through, whatever its route: envelope, headers, CORS, the Origin rule, access; and dispatch by name.
import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import * as z from "zod";
import { account, call, guest, ORIGIN, refusal } from "../../tests/worker/support/http-client";
import { makeApp, queue, scheduled } from "./app";
import { ApiError, page, route } from "./platform";

const EVIL = "https://evil.example";
const TRUSTED = "https://trusted.example";

/** An app of test routes: two that break, one for admins, a page. */
const testApp = makeApp([
  route({ method: "GET", path: "/t/break", summary: "", access: "public", answers: { 200: null } }, async () => {
    throw new Error("secret=hunter2");
  }),
  route({ method: "GET", path: "/t/slow", summary: "", access: "public", answers: { 200: null } }, async () => {
    throw new ApiError("rate_limited", "slow down", { retryAfterMs: 1200 });
  }),
  route(
    {
      method: "GET",
      path: "/t/admin",
      summary: "",
      access: "admin",
      answers: { 200: z.object({ userId: z.string().nullable() }) },
    },
    async ({ caller }) => ({ status: 200, body: { userId: caller?.userId ?? null } }),
  ),
  page("GET", "/t/page", async () => {
    const headers = { "content-security-policy": "default-src 'self'", vary: "accept", "cache-control": "max-age=60" };
    return new Response("a page", { headers });
  }),
]);

const testCall = (path: string, token?: string) =>
  testApp.fetch(
    new Request(`${ORIGIN}${path}`, token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } }),
    env,
    createExecutionContext(),
  );

/** The lines that were logged. */
function listen(): { readonly lines: () => Record<string, unknown>[]; readonly text: () => string } {
  const spies = [vi.spyOn(console, "log"), vi.spyOn(console, "error")];
  const all = () => spies.flatMap((spy) => spy.mock.calls.map(([text]) => String(text)));
  return { lines: () => all().map((text) => JSON.parse(text)), text: () => all().join("\n") };
}

afterEach(() => vi.restoreAllMocks());

describe("every answer", () => {
  it("to an unknown address is the envelope", async () => {
    for (const path of ["/api/nothing", "/api", "/api/rooms/x/y/z", "/api/auth/delete-user", "/api/auth/ok"]) {
      const { status, body, headers } = await call("GET", path);
      expect([path, status, body.error.code]).toEqual([path, 404, "not_found"]);
      expect(body.error.requestId).toBe(headers.get("x-request-id"));
    }
  });

  it("to a method that an address has not names those that it has", async () => {
    for (const [method, path, allow] of [
      ["POST", "/api/health", "GET, HEAD"],
      ["DELETE", "/api/rooms", "GET, HEAD, POST"],
      ["GET", "/api/auth/sign-out", "POST"],
      ["PUT", "/api/rooms/lobby", "GET, HEAD, PATCH, DELETE"],
    ] as const) {
      // an address that is there says so to anybody: no session is needed for it, and no Origin
      const answer = await call(method, path, { origin: EVIL });
      expect([path, ...refusal(answer), answer.headers.get("allow")]).toEqual([path, 405, "method_not_allowed", allow]);
      expect(answer.body.error.requestId).toBe(answer.headers.get("x-request-id"));
    }
    expect((await call("HEAD", "/api/health")).status).toBe(200);
    expect((await call("HEAD", "/api/auth/sign-out")).status).toBe(405);
  });

  it("keeps what it says of itself", async () => {
    const answer = await testCall("/t/page");
    expect(answer.headers.get("content-security-policy")).toBe("default-src 'self'");
    expect(answer.headers.get("x-frame-options")).toBe("DENY");
    expect(answer.headers.get("vary")).toBe("accept, origin");
    expect(answer.headers.get("cache-control")).toBe("max-age=60");
  });

  it("to what breaks says nothing of it; the log says all", async () => {
    const log = listen();
    const response = await testCall("/t/break");
    const text = await response.text();
    expect(response.status).toBe(500);
    expect(JSON.parse(text).error.code).toBe("internal");
    expect(text).not.toMatch(/hunter2|Error|\bat /);
    const [line] = log.lines();
    expect(line).toMatchObject({ level: "error", route: "/t/break", status: 500, code: "internal", method: "GET" });
    expect(line!["cause"]).toContain("hunter2");
  });

  it("that asks to wait says how long", async () => {
    const response = await testCall("/t/slow");
    expect(response.status).toBe(429);
    expect(response.headers.get("retry-after")).toBe("2");
    expect(await response.json()).toMatchObject({ error: { code: "rate_limited", retryAfterMs: 1200 } });
  });

  it("may not run, be framed, be guessed at or be kept", async () => {
    for (const path of ["/api/health", "/api/nothing", "/api/rooms"]) {
      const { headers } = await call("GET", path);
      expect(headers.get("content-security-policy")).toContain("default-src 'none'");
      expect(headers.get("x-content-type-options")).toBe("nosniff");
      expect(headers.get("x-frame-options")).toBe("DENY");
      expect(headers.get("cache-control")).toBe("no-store");
    }
  });

  it("is logged as one line without its address or its secrets", async () => {
    const { token, id } = await guest();
    const log = listen();
    await call("GET", `/api/rooms/lobby?secret=${token}`, { token });
    const [line, ...rest] = log.lines();
    expect(rest).toEqual([]);
    expect(line).toMatchObject({ method: "GET", route: "/api/rooms/:id", status: 200, userId: id });
    expect(Object.keys(line!).sort()).toEqual(["level", "method", "ms", "requestId", "route", "status", "userId"]);
    expect(log.text()).not.toContain(token.slice(0, 16));
  });
});

describe("health", () => {
  it("touches no storage", async () => {
    const forbidden = new Proxy({}, { get: (_, name) => expect.unreachable(`health used ${String(name)}`) });
    const { status, body } = await call("GET", "/api/health", {
      vars: { DB: forbidden, KV: forbidden, ROOM: forbidden },
    });
    expect([status, body.ok]).toEqual([200, true]);
    expect(body.version).toMatch(/^\d+\.\d+\.\d+$/);
    expect(body.core).toMatch(/^\d+\.\d+\.\d+$/);
  });
});

describe("other origins", () => {
  it("are named only when trusted, never mirrored", async () => {
    const trusted = await call("GET", "/api/health", { origin: TRUSTED });
    expect(trusted.headers.get("access-control-allow-origin")).toBe(TRUSTED);
    expect(trusted.headers.get("access-control-allow-credentials")).toBe("true");
    expect(trusted.headers.get("access-control-expose-headers")).toContain("set-auth-token");
    for (const origin of [EVIL, "null", `${TRUSTED}.evil.example`, "https://TRUSTED.example:444"]) {
      const { headers } = await call("GET", "/api/health", { origin });
      expect(headers.get("access-control-allow-origin")).toBeNull();
      expect(headers.get("vary")).toBe("origin");
    }
  });

  it("get a preflight that allows nothing", async () => {
    const asked = { "access-control-request-method": "POST" };
    const evil = await call("OPTIONS", "/api/rooms", { origin: EVIL, headers: asked });
    expect(evil.status).toBe(204);
    expect([...evil.headers.keys()].filter((name) => name.startsWith("access-control"))).toEqual([]);
    const trusted = await call("OPTIONS", "/api/rooms", { origin: TRUSTED, headers: asked });
    expect(trusted.headers.get("access-control-allow-methods")).toContain("POST");
    expect(trusted.headers.get("access-control-allow-headers")).toContain("authorization");
  });

  it("may not write with our cookie", async () => {
    const { cookie, token } = await guest();
    const write = (options: object) => call("POST", "/api/rooms", { body: { title: "t" }, ...options });
    for (const options of [{ cookie }, { cookie, origin: EVIL }, { cookie, origin: "null" }, { token, origin: EVIL }]) {
      expect(refusal(await write(options))).toEqual([403, "origin_refused"]);
    }
    for (const options of [{ cookie, origin: ORIGIN }, { cookie, origin: TRUSTED }, { token }])
      expect((await write(options)).status).toBe(201);
  });
});

describe("admins", () => {
  it("are those with the token or with a verified address in ADMIN_EMAILS, nobody else", async () => {
    expect((await testCall("/t/admin")).status).toBe(401);
    expect((await testCall("/t/admin", `${env.ADMIN_TOKEN}x`)).status).toBe(401);
    expect((await testCall("/t/admin", (await guest()).token)).status).toBe(403);
    expect((await testCall("/t/admin", (await account()).token)).status).toBe(403);
    const byToken = await testCall("/t/admin", env.ADMIN_TOKEN);
    expect([byToken.status, await byToken.json()]).toEqual([200, { userId: null }]);
  });
});

describe("dispatch", () => {
  it("refuses a queue and a cron string that nobody knows, so that they are tried again and seen", async () => {
    const batch = { queue: "no-such-queue", messages: [], ackAll: () => expect.unreachable("acknowledged") };
    await expect(queue(batch as unknown as MessageBatch, env)).rejects.toThrow("no-such-queue");
    await expect(scheduled({ cron: "1 2 3 4 *" }, env)).rejects.toThrow("1 2 3 4 *");
  });

  it("knows the queues under the names of every environment", async () => {
    const id = crypto.randomUUID();
    const acked: string[] = [];
    const message = {
      id,
      timestamp: new Date(),
      attempts: 1,
      body: {},
      ack: () => acked.push(id),
      retry: () => acked.push("retry"),
    };
    const deliver = (name: string) => queue({ queue: name, messages: [message] } as unknown as MessageBatch, env);
    const letters = () => env.DB.prepare("SELECT count(*) AS n FROM dead_letter WHERE id = ?1").bind(id).first("n");
    vi.spyOn(console, "error").mockImplementation(() => {});
    await deliver("ferrule-archive-dev");
    expect([acked, await letters()]).toEqual([["retry"], 0]);
    await deliver("ferrule-archive-dead-dev");
    expect([acked, await letters()]).toEqual([["retry", id], 1]);
    await expect(deliver("ferrule-archivedev")).rejects.toThrow("no consumer");
  });

  it("knows every cron string of wrangler.jsonc", async () => {
    await expect(scheduled({ cron: "17 3 * * *" }, env)).resolves.toBeUndefined();
  });
});
