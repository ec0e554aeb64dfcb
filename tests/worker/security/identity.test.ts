// Who somebody is: only sign-in says so, and nothing that a caller brings along; and what signing in tells to who guesses.
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { SIGN_IN_FAILURES_MAX, SIGN_IN_WINDOW_MS } from "../../../worker-ts/src/auth/attempts";
import { type Answer, account, type CallOptions, call, guest, ORIGIN, personOf, refusal } from "../support/http-client";
import { ask, endRestore, everyRoute, hangUp, said } from "./every-route";

beforeEach(endRestore);

const ON = { AUTH_RATE_LIMIT: "on" };
const COOKIE = "better-auth.session_token";
const WRONG = "wrong horse battery";

const signIn = (email: string, password: string, options: CallOptions = {}) =>
  call("POST", "/api/auth/sign-in/email", { ...options, body: { email, password } });
const me = (options: CallOptions) => call("GET", "/api/users/me", options);

describe("a session", () => {
  it("S06 is never the caller's choice: signing in gives a new one, whatever came along", async () => {
    const [{ email, password, id }, attacker] = [await account(), await guest()];
    for (const planted of [`${COOKIE}=planted`, `${COOKIE}=${"A".repeat(32)}.${"B".repeat(43)}=`]) {
      const signed = personOf(await signIn(email, password, { cookie: planted, origin: ORIGIN }));
      expect(signed.cookie).not.toBe(planted);
      expect((await me({ cookie: planted })).status).toBe(401);
      expect((await me({ cookie: signed.cookie })).body.id).toBe(id);
    }
    // somebody put the session of a guest of theirs into the victim's browser: it is not the one that is signed in
    const signed = personOf(await signIn(email, password, { cookie: attacker.cookie, origin: ORIGIN }));
    expect(signed.cookie).not.toBe(attacker.cookie);
    for (const way of [{ cookie: attacker.cookie }, { token: attacker.token }])
      expect((await me(way)).status).toBe(401);
    expect((await me({ cookie: signed.cookie })).body.id).toBe(id);
  });

  it("S06 counts by its signed cookie or its signed token only: not in an address, a body, or another header", async () => {
    const { token, cookie } = await guest();
    const [bare, signature] = token.split(".") as [string, string];
    for (const options of [
      { cookie: `${COOKIE}=${bare}` },
      { cookie: `${COOKIE}=${bare}.` },
      { cookie: `${COOKIE}=${bare}.${signature.replace(/^./, (first) => (first === "A" ? "B" : "A"))}` },
      { cookie: cookie.replace(COOKIE, "session_token") },
      { headers: { "x-session-token": token, "x-api-key": token, "set-auth-token": token } },
      { headers: { authorization: token } },
      { headers: { authorization: `Basic ${btoa(`x:${token}`)}` } },
    ])
      expect([options, ...refusal(await me(options))]).toEqual([options, 401, "unauthenticated"]);
    for (const name of ["token", "session", "access_token", "authorization", COOKIE])
      expect((await call("GET", `/api/users/me?${name}=${encodeURIComponent(token)}`)).status).toBe(401);
  });

  it("S06 by a bare token, without its signature, opens nothing", async () => {
    const { token } = await guest();
    expect(refusal(await me({ token: token.split(".")[0]! }))).toEqual([401, "unauthenticated"]);
  });
});

describe("a forged identity", () => {
  it("S07 in headers changes no answer of any route", async () => {
    const victim = await account();
    const forged = {
      "ferrule-admission": btoa(JSON.stringify({ userId: victim.id, role: "owner" })),
      ...{
        "x-user-id": victim.id,
        "x-forwarded-user": victim.email,
        "cf-access-authenticated-user-email": env.ADMIN_EMAILS,
      },
      ...{
        "x-original-url": "/api/admin/users",
        "x-rewrite-url": "/api/admin/users",
        "x-http-method-override": "DELETE",
      },
      ...{ "x-forwarded-host": "evil.example", "x-forwarded-proto": "https", forwarded: "host=evil.example" },
    };
    const [, asked] = await everyRoute(({ access, method }) => access !== "public" && method === "GET");
    for (const each of asked) {
      const { token: _, ...nobody } = each.sample;
      for (const sample of [nobody, { ...nobody, token: (await guest()).token }]) {
        const [plain, dressed] = [await ask({ ...each, sample }), await ask({ ...each, sample }, { headers: forged })];
        hangUp(plain);
        hangUp(dressed);
        // the time of an export is its own
        if (plain.headers.get("content-type")?.includes("ndjson")) expect(dressed.status).toBe(plain.status);
        else expect([each.name, said(dressed)]).toEqual([each.name, said(plain)]);
      }
    }
  });

  it("S07 in a body changes nobody: fields that are nobody's to set are not taken", async () => {
    const victim = await account();
    const email = `${crypto.randomUUID()}@example.com`;
    const more = {
      emailVerified: true,
      isAnonymous: true,
      disabledAt: 1,
      id: victim.id,
      image: "https://evil.example/x",
      role: "admin",
    };
    const body = { name: "Eve", email, password: "long enough", ...more };
    const made = await call("POST", "/api/auth/sign-up/email", { body });
    const [row] = (await env.DB.prepare("SELECT * FROM user WHERE email = ?").bind(email).all()).results;
    expect(row).toMatchObject({ name: "Eve", email_verified: 0, disabled_at: null, image: null });
    expect([row!["id"] === victim.id, row!["is_anonymous"]]).toEqual([false, expect.toBeOneOf([0, null])]);
    const { token } = personOf(made);
    const room = await call("POST", "/api/rooms", {
      token,
      body: { title: "T", createdBy: victim.id, role: "owner", closedAt: 1 },
    });
    expect(room.body).toMatchObject({ createdBy: row!["id"], closedAt: null });
    const path = `/api/rooms/${room.body.id}/messages`;
    const author = { id: victim.id, name: "Ann", guest: false };
    const sent = await call("POST", path, { token, body: { text: "x", author, userId: victim.id, seq: 99, ts: 1 } });
    expect([sent.body.author.id, sent.body.seq]).toEqual([row!["id"], 1]);
  });
});

/** What an answer shows, headers that count down left out. */
const shown = (answer: Answer) => said(answer).replaceAll(/"retryAfterMs":\d+/g, "");

describe("guessing", () => {
  it("S08 signing in tells nobody which addresses have an account: the same bytes, and a password hashed for each", async () => {
    const { email } = await account();
    const visitor = await guest();
    const placeholder = await env.DB.prepare("SELECT email FROM user WHERE id = ?")
      .bind(visitor.id)
      .first<string>("email");
    const known = await signIn(email, WRONG);
    expect(refusal(known)).toEqual([401, "unauthenticated"]);
    for (const other of [`${crypto.randomUUID()}@example.com`, email.toUpperCase(), env.ADMIN_EMAILS!, placeholder!])
      expect([other, shown(await signIn(other, WRONG))]).toEqual([other, shown(known)]);
    const time = async (address: string) => {
      let least = Number.POSITIVE_INFINITY;
      for (let i = 0; i < 3; i++) {
        const began = performance.now();
        await signIn(address, WRONG);
        least = Math.min(least, performance.now() - began);
      }
      return least;
    };
    const [there, nowhere] = [await time(email), await time("nobody@example.com")];
    // hashing is nearly all of it: without it the answer comes in a tenth of the time
    expect(Math.min(there, nowhere) / Math.max(there, nowhere)).toBeGreaterThan(0.2);
  });

  it("S09 at one account's password ends after SIGN_IN_FAILURES_MAX, from however many addresses, known or not", async () => {
    const person = await account();
    const from = (n: number) => ({ headers: { "cf-connecting-ip": `198.51.100.${n}` }, vars: ON });
    const nearly = () =>
      env.DB.prepare("UPDATE rate_limit SET count = ? WHERE key LIKE 'account|%'")
        .bind(SIGN_IN_FAILURES_MAX - 3)
        .run();
    for (const email of [`${crypto.randomUUID()}@example.com`, person.email]) {
      expect((await signIn(email, WRONG, from(1))).status).toBe(401);
      await nearly();
      const tries = await Promise.all([2, 3, 4, 5, 6].map((n) => signIn(email, WRONG, from(n))));
      expect(tries.map(({ status }) => status).sort()).toEqual([401, 401, 401, 429, 429]);
      const late = await signIn(email.toUpperCase(), person.password, from(7));
      expect(refusal(late)).toEqual([429, "rate_limited"]);
      expect(late.body.error.retryAfterMs).toBeGreaterThan(SIGN_IN_WINDOW_MS - 60_000);
      expect(late.headers.getSetCookie()).toEqual([]);
    }
    const { results } = await env.DB.prepare("SELECT * FROM rate_limit").all();
    expect(JSON.stringify(results)).not.toContain(person.email.split("@")[0]);
    // who is in stays in, others are not touched, and the window ends
    expect((await me({ token: person.token })).status).toBe(200);
    const other = await account();
    expect((await signIn(other.email, other.password, from(8))).status).toBe(200);
    await env.DB.prepare("UPDATE rate_limit SET last_request = ? WHERE key LIKE 'account|%'").bind(Date.now()).run();
    expect((await signIn(person.email, WRONG, from(9))).status).toBe(401);
    // and it is counted anew once the password was right
    await nearly();
    expect((await signIn(person.email, person.password, from(10))).status).toBe(200);
    const left = await env.DB.prepare("SELECT count(*) AS n FROM rate_limit WHERE key LIKE 'account|%'").first("n");
    expect(left).toBe(1);
  });

  it("S10 is counted by the address that Cloudflare saw: what a caller says of itself makes no difference", async () => {
    const guess = (headers: Record<string, string>) =>
      call("POST", "/api/auth/sign-in/admin", { body: { token: "guess" }, headers, vars: ON });
    const claims = (n: number) => ({
      "x-forwarded-for": `192.0.2.${n}`,
      "x-real-ip": `192.0.2.${n}`,
      "true-client-ip": `192.0.2.${n}`,
      "cf-connecting-ipv6": `2001:db8::${n}`,
      forwarded: `for=192.0.2.${n}`,
    });
    const limited = async (headers: (n: number) => Record<string, string>) => {
      for (let n = 1; n <= 5; n++) expect((await guess(headers(n))).status).toBe(401);
      expect(refusal(await guess(headers(6)))).toEqual([429, "rate_limited"]);
    };
    await limited((n) => ({ ...claims(n), "cf-connecting-ip": "203.0.113.77" }));
    // a whole network of IPv6 is one caller, and callers without an address, or with several, share one limit
    await limited((n) => ({ "cf-connecting-ip": `2001:db8:1:2:${n}::${n}` }));
    await limited(claims);
    expect((await guess({ "cf-connecting-ip": "192.0.2.1, 192.0.2.2" })).status).toBe(429);
  });

  it("S11 making accounts and guests ends too: so do guesses at the owner's token", async () => {
    const headers = { "cf-connecting-ip": "203.0.113.78" };
    const codes = async (count: number, send: (n: number) => Promise<Answer>) => {
      const answers: number[] = [];
      for (let n = 0; n < count; n++) answers.push((await send(n)).status);
      return answers;
    };
    const post = (path: string, body: object) => call("POST", path, { body, headers, vars: ON });
    const fresh = () => ({ name: "A", email: `${crypto.randomUUID()}@example.com`, password: "long enough" });
    const known = { ...fresh(), password: "short" };
    const limits: [number, (n: number) => Promise<Answer>][] = [
      [10, () => post("/api/auth/sign-up/email", known)],
      [20, () => post("/api/auth/sign-in/anonymous", {})],
      [5, (n) => post("/api/auth/sign-in/admin", { token: `guess ${n}` })],
    ];
    for (const [max, send] of limits) {
      const answers = await codes(max + 1, send);
      expect([max, answers.slice(0, max).includes(429), answers.at(-1)]).toEqual([max, false, 429]);
    }
  });
});
