// What pages of other sites may do with a person's cookie, generated from the list of routes: nothing; and what answers say to browsers.
import { beforeEach, describe, expect, it } from "vitest";
import { type CallOptions, call, guest, ORIGIN, refusal } from "../support/http-client";
import { ask, endRestore, everyRoute, hangUp } from "./every-route";

const EVIL = "https://evil.example";

/** What a page of another site can send without a preflight, and what a browser sends for it. */
const CROSS_SITE: readonly CallOptions[] = [
  {},
  { origin: EVIL },
  { origin: "null" },
  { origin: `${ORIGIN}.evil.example` },
  { origin: ORIGIN.replace("http:", "https:") },
  { origin: `${ORIGIN}1` },
  { origin: ` , ${ORIGIN}` },
];
const SIMPLE_TYPES = [
  "text/plain",
  "text/plain; application/json",
  "application/x-www-form-urlencoded",
  "multipart/form-data; boundary=x",
];

beforeEach(endRestore);

describe("a page of another site", () => {
  it("S01 writes nothing with a person's cookie: every write route refuses every origin but ours", async () => {
    const [{ person }, asked] = await everyRoute(({ method }) => method !== "GET");
    expect(asked.length).toBeGreaterThan(15);
    for (const each of asked) {
      for (const page of CROSS_SITE) {
        const { token: _, ...sample } = each.sample;
        const answer = await ask({ ...each, sample: { ...sample, cookie: person.cookie } }, page);
        expect([each.name, page, ...refusal(answer)]).toEqual([each.name, page, 403, "origin_refused"]);
        expect(answer.headers.get("access-control-allow-origin")).toBeNull();
        expect(answer.headers.getSetCookie()).toEqual([]);
      }
    }
  });

  it("S01 cannot pass as a form: bodies of a type that needs no preflight are refused, from our own origin too", async () => {
    const [{ person }, asked] = await everyRoute(({ method, body }) => method !== "GET" && body !== undefined);
    for (const each of asked) {
      for (const type of SIMPLE_TYPES) {
        // an admin's route is tried as the admin, all others as a browser would
        const admin = each.route.access === "admin";
        const { token, body, ...sample } = each.sample;
        const who = admin ? { token } : { cookie: person.cookie, origin: ORIGIN };
        const sent = { ...sample, ...who, body: JSON.stringify(body), headers: { "content-type": type } };
        const answer = await call(each.method, each.path, sent as CallOptions);
        expect([each.name, type, ...refusal(answer)]).toEqual([each.name, type, 400, "bad_request"]);
      }
    }
  });

  it("S02 signs nobody in or out: not by a form, and not as somebody else", async () => {
    const { cookie } = await guest();
    for (const path of ["/api/auth/sign-in/email", "/api/auth/sign-in/anonymous", "/api/auth/sign-out"])
      for (const options of [{ origin: EVIL }, { origin: EVIL, cookie }, { cookie }]) {
        const answer = await call("POST", path, { ...options, body: {} });
        expect([path, answer.status, answer.headers.getSetCookie()]).toEqual([path, 403, []]);
      }
    expect((await call("GET", "/api/users/me", { cookie })).status).toBe(200);
  });

  it("S03 reads nothing: no route names it, and no route lets whoever asks in", async () => {
    const [, asked] = await everyRoute(({ method }) => method === "GET");
    for (const each of asked)
      for (const origin of [EVIL, "null", "http://localhost", "https://trusted.example.evil.example"]) {
        const answer = await ask(each, { origin });
        const allowed = [...answer.headers].filter(([name]) => name.startsWith("access-control-"));
        expect([each.name, origin, allowed]).toEqual([each.name, origin, []]);
        expect([each.name, answer.headers.get("vary") ?? "origin"]).toEqual([
          each.name,
          expect.stringContaining("origin"),
        ]);
        hangUp(answer);
      }
  });
});

describe("every answer", () => {
  it("S04 may not run, be framed, be guessed at, nor tell where it was asked from", async () => {
    const [, asked] = await everyRoute();
    for (const each of asked) {
      const good = await ask(each);
      hangUp(good);
      // an upgrade has no page
      for (const { headers } of good.status === 101
        ? []
        : [good, await call(each.method, each.path, { origin: EVIL })]) {
        expect([each.name, headers.get("x-content-type-options")]).toEqual([each.name, "nosniff"]);
        expect([each.name, headers.get("x-frame-options")]).toEqual([each.name, "DENY"]);
        expect([each.name, headers.get("referrer-policy")]).toEqual([each.name, "no-referrer"]);
        expect([each.name, headers.get("cross-origin-resource-policy")]).toEqual([each.name, "same-origin"]);
        const policy = headers.get("content-security-policy")!;
        expect([each.name, policy]).toEqual([each.name, expect.stringMatching(/default-src 'none'|sandbox/)]);
        expect([each.name, policy]).not.toEqual([each.name, expect.stringMatching(/unsafe|allow-scripts/)]);
        const kept = headers.get("cache-control")!;
        expect([each.name, kept]).toEqual([each.name, expect.stringMatching(/^(no-store|private, )/)]);
      }
    }
  });

  it("S05 leads to no other site, whatever an address or a field asks for", async () => {
    const { token } = await guest();
    const paths = [
      ...["//evil.example", "//evil.example/..", "/\\evil.example", "/api//evil.example", "/api/rooms//evil.example"],
      ...["/api/auth/get-session?callbackURL=https://evil.example", "/api/rooms?redirect=//evil.example"],
      ...[
        "/api/auth/callback/x?state=https://evil.example",
        "/api/auth/error?error=<script>",
        "/api/auth/verify-email?token=x&callbackURL=//evil.example",
      ],
    ];
    for (const path of paths) {
      const answer = await call("GET", `${ORIGIN}${path}`, { token });
      expect([path, answer.headers.get("location"), answer.headers.get("refresh")]).toEqual([path, null, null]);
      expect([path, answer.status < 300 || answer.status >= 400]).toEqual([path, true]);
    }
    const body = {
      callbackURL: "https://evil.example",
      name: "A",
      email: `${crypto.randomUUID()}@example.com`,
      password: "long enough",
    };
    const answer = await call("POST", "/api/auth/sign-up/email", { body });
    expect([answer.status, answer.headers.get("location")]).toEqual([200, null]);
    expect(JSON.stringify(answer.body)).not.toContain("evil");
  });
});
