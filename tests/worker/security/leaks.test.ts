// What is told where: a refusal says nothing of what broke, and the log says nothing that opens anything or that people wrote.
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type Answer, account, type CallOptions, call, guest, ORIGIN, openSocket, room } from "../support/http-client";
import { type Asked, ask, endRestore, everyRoute, hangUp } from "./every-route";

beforeEach(endRestore);
afterEach(() => vi.restoreAllMocks());

/** The lines that were logged since. */
function listen(): () => string {
  const spies = (["log", "error", "warn", "info", "debug"] as const).map((name) => vi.spyOn(console, name));
  return () => spies.flatMap((spy) => spy.mock.calls.flat().map(String)).join("\n");
}

const SECRET = "hunter2-in-the-words-of-the-database";

/** What an answer holds before it breaks off, or all of it. */
async function shownOf(each: Asked, vars: CallOptions["vars"]): Promise<Answer | undefined> {
  try {
    return await ask(each, { vars: vars! });
  } catch (thrown) {
    // a stream that had begun is cut short: the reader gets no more, and here the test does
    expect([each.name, String(thrown)]).toEqual([expect.stringMatching(/export$/), expect.stringContaining(SECRET)]);
    return undefined;
  }
}

/** A binding of which everything throws. */
const broken = () =>
  new Proxy(
    {},
    {
      get: () => () => {
        throw new Error(`D1_ERROR: near "SELECT": ${SECRET} at /srv/secret.ts:1:1`);
      },
    },
  );

/** A database of which every statement fails but the first `after`. */
function failing(after: number): D1Database {
  let left = after;
  const fails = () => {
    if (left-- > 0) return false;
    return true;
  };
  const broken = new Error("D1_ERROR: the disk is full");
  const statement = (real: D1PreparedStatement): D1PreparedStatement =>
    new Proxy(real, {
      get(target, name) {
        const value = Reflect.get(target, name) as unknown;
        if (typeof value !== "function") return value;
        if (name === "bind") return (...values: unknown[]) => statement(target.bind(...values));
        return async (...values: unknown[]) => {
          if (fails()) throw broken;
          return (value as (...of: unknown[]) => unknown).apply(target, values);
        };
      },
    });
  return new Proxy(env.DB, {
    get(target, name) {
      if (name === "prepare") return (sql: string) => statement(target.prepare(sql));
      return async () => {
        throw broken;
      };
    },
  });
}

describe("what breaks", () => {
  it("S21 says `internal` and nothing of itself, whichever binding it is and on every route", async () => {
    const [, asked] = await everyRoute();
    let failed = 0;
    for (const each of asked)
      for (const name of ["DB", "ROOM", "FILES", "KV", "ARCHIVE_QUEUE"]) {
        const log = listen();
        const answer = await shownOf(each, { [name]: broken() });
        if (answer === undefined) continue;
        hangUp(answer);
        const logged = log();
        vi.restoreAllMocks();
        const shown = JSON.stringify([...answer.headers]) + new TextDecoder().decode(answer.bytes);
        expect([each.name, name, shown]).toEqual([
          each.name,
          name,
          expect.not.stringMatching(/hunter2|D1_ERROR|secret\.ts|SELECT|stack|\bat \//i),
        ]);
        if (answer.status < 500) continue;
        failed++;
        expect([each.name, name, answer.status, answer.body.error.code]).toEqual([each.name, name, 500, "internal"]);
        expect([each.name, name, logged.includes(SECRET)]).toEqual([each.name, name, true]);
      }
    expect(failed).toBeGreaterThan(asked.length / 2);
  });

  it("S21 names no variable that is missing", async () => {
    const { token } = await guest();
    for (const name of ["BETTER_AUTH_SECRET", "ADMIN_TOKEN", "METRICS_TOKEN", "ADMIN_EMAILS"])
      for (const path of ["/api/users/me", "/api/metrics", "/api/admin/overview"]) {
        const answer = await call("GET", path, { token, vars: { [name]: undefined } });
        expect([name, path, JSON.stringify(answer.body)]).toEqual([name, path, expect.not.stringContaining(name)]);
        // what is not set opens for nobody
        for (const guess of ["", "undefined", "null"])
          expect([name, path, (await call("GET", path, { token: guess, vars: { [name]: undefined } })).status]).toEqual(
            [name, path, expect.toBeOneOf([401, 403, 500])],
          );
      }
  });
});

describe("the log", () => {
  it("S22 holds no token, cookie, password, address, ticket, query or text of any call of any route", async () => {
    const [world, asked] = await everyRoute();
    const { person } = world;
    const text = "text-that-nobody-logs";
    const log = listen();
    for (const each of asked) {
      const extra = each.path.includes("?") ? "&" : "?";
      hangUp(await ask({ ...each, path: `${each.path}${extra}note=${text}` }));
      hangUp(await ask(each, { token: person.token.slice(0, -2) } as CallOptions));
    }
    const ticket = (await call("POST", `/api/rooms/${world.id}/ticket`, { token: person.token })).body.ticket;
    hangUp(await openSocket(world.id, {}, `ferrule.v1, ferrule.ticket.${ticket}`));
    await call("POST", `/api/rooms/${world.id}/messages`, { token: person.token, body: { text } });
    await call("POST", "/api/auth/sign-in/email", {
      body: { email: person.email, password: `${person.password}${text}` },
    });
    await call("GET", "/api/users/me", { cookie: person.cookie, origin: ORIGIN });
    const lines = log();
    expect(lines.split("\n").length).toBeGreaterThan(asked.length);
    const [token, signature] = person.token.split(".");
    const secrets = {
      token,
      signature,
      email: person.email,
      password: person.password,
      text,
      ticket,
      admin: env.ADMIN_TOKEN,
      metrics: env.METRICS_TOKEN,
    };
    for (const [name, secret] of Object.entries(secrets))
      expect([name, lines.includes(secret!)]).toEqual([name, false]);
  });

  it("S22 holds none of that either when D1 fails under way, though then it tells the query", async () => {
    const [world, asked] = await everyRoute();
    const { person } = world;
    const text = "text-that-nobody-logs";
    const log = listen();
    // the look-up of who calls is let through, and so much more each time
    for (const after of [0, 1, 2, 3])
      for (const each of asked) {
        const extra = `${each.path.includes("?") ? "&" : "?"}q=${text}&name=${text}`;
        const vars = { DB: failing(after) };
        await ask({ ...each, path: each.path + extra }, { vars }).then(hangUp, () => undefined);
      }
    const body = { email: `${text}@example.com`, password: text, name: text };
    for (const path of ["/api/auth/sign-in/email", "/api/auth/sign-up/email"])
      for (const after of [0, 1, 2]) await call("POST", path, { body, vars: { DB: failing(after) } });
    const lines = log();
    expect(lines).toContain("D1_ERROR: the disk is full");
    expect(lines).toMatch(/failed query: (select|insert|update)/i);
    const [token, signature] = person.token.split(".");
    const secrets = {
      token,
      signature,
      email: person.email,
      password: person.password,
      text,
      user: "better-auth.session",
    };
    for (const [name, secret] of Object.entries(secrets))
      expect([name, lines.split("\n").find((line) => line.includes(secret!))]).toEqual([name, undefined]);
  });

  it("S22 cannot be forged: what a caller sends breaks no line", async () => {
    const person = await account();
    const id = await room(person);
    const log = listen();
    await call("GET", `/api/rooms/${id}%0a%7B%22level%22:%22error%22%7D`, { token: person.token });
    await call("GET", "/api/x%0d%0aforged", { headers: { "user-agent": "a\tb", "x-request-id": "forged" } });
    for (const line of log().split("\n")) {
      expect(JSON.parse(line)).toMatchObject({ level: "info" });
      expect(line).not.toContain("forged");
    }
  });
});
