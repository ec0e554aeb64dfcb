// Signing in and out, by every way there is, through the whole Worker.
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import {
  account,
  call,
  guest,
  join,
  ORIGIN,
  personOf,
  refusal,
  room,
} from "../../../../tests/worker/support/http-client";

const me = (options: object) => call("GET", "/api/users/me", options);
const refused = async (answer: ReturnType<typeof call>) => refusal(await answer);

describe("a guest", () => {
  it("is in with one call, as Guest- and four letters", async () => {
    const answer = await call("POST", "/api/auth/sign-in/anonymous", { body: {} });
    expect(answer.status).toBe(200);
    expect(answer.body.user.name).toMatch(/^Guest-[A-Z]{4}$/);
    const { token, id, name } = personOf(answer);
    expect((await me({ token })).body).toEqual({ id, name, guest: true, avatarUrl: null, email: null });
  });

  it("keeps rooms and memberships when it signs up", async () => {
    const before = await guest();
    const [own, other] = [await room(before), await room(await account())];
    await join(before, other);
    const body = { name: "Bea", email: `bea-${crypto.randomUUID()}@example.com`, password: "correct horse battery" };
    const answer = await call("POST", "/api/auth/sign-up/email", { body, cookie: before.cookie, origin: ORIGIN });
    const after = personOf(answer);
    expect(after.id).not.toBe(before.id);
    const { body: mine } = await call("GET", "/api/rooms?mine=1", { token: after.token });
    expect(mine.rooms.map((entry) => [entry.id, entry.role]).sort()).toEqual(
      [
        [own, "owner"],
        [other, "member"],
      ].sort(),
    );
    expect(mine.rooms.find((entry) => entry.id === own)!["createdBy"]).toBe(after.id);
    expect((await me({ token: before.token })).status).toBe(401);
  });
});

describe("an account", () => {
  it("signs up, and in again with its password", async () => {
    const { email, password, id, token } = await account("Ann");
    expect((await me({ token })).body).toEqual({ id, name: "Ann", guest: false, avatarUrl: null, email });
    const again = await call("POST", "/api/auth/sign-in/email", { body: { email, password } });
    expect([again.status, personOf(again).id]).toEqual([200, id]);
    expect((await me({ cookie: personOf(again).cookie })).body.id).toBe(id);
  });

  it("is refused with a wrong password and with an unknown address alike", async () => {
    const { email } = await account();
    const wrong = await call("POST", "/api/auth/sign-in/email", { body: { email, password: "wrong horse battery" } });
    const unknown = await call("POST", "/api/auth/sign-in/email", {
      body: { email: "nobody@example.com", password: "wrong horse battery" },
    });
    for (const { status, body } of [wrong, unknown])
      expect([status, body.error.code]).toEqual([401, "unauthenticated"]);
    expect(wrong.body.error.message).toBe(unknown.body.error.message);
    expect(wrong.headers.getSetCookie()).toEqual([]);
  });

  it("is made once per address", async () => {
    const { email, password } = await account();
    expect(await refused(call("POST", "/api/auth/sign-up/email", { body: { name: "B", email, password } }))).toEqual([
      409,
      "conflict",
    ]);
  });

  it("keeps to the limits of names and passwords", async () => {
    const good = { name: "A", email: `a-${crypto.randomUUID()}@example.com`, password: "long enough" };
    const bad = [
      { ...good, name: "" },
      { ...good, name: "ä".repeat(49) },
      { ...good, name: "\ud800" },
      { ...good, email: "no address" },
      { ...good, password: "short" },
      { ...good, password: "x".repeat(129) },
      { name: "A" },
    ];
    for (const body of bad)
      expect(await refused(call("POST", "/api/auth/sign-up/email", { body }))).toEqual([400, "bad_request"]);
    expect((await call("POST", "/api/auth/sign-up/email", { body: { ...good, name: "ä".repeat(48) } })).status).toBe(
      200,
    );
  });
});

describe("a session", () => {
  it("is a cookie that no script reads and no other site sends; Secure where there is TLS", async () => {
    const sessionCookie = (answer: Awaited<ReturnType<typeof call>>) =>
      answer.headers.getSetCookie().find((entry) => entry.includes("session_token="))!;
    const local = sessionCookie(await call("POST", "/api/auth/sign-in/anonymous", { body: {} }));
    expect(local).toMatch(/HttpOnly/i);
    expect(local).toMatch(/SameSite=Lax/i);
    expect(local).not.toMatch(/Secure/i);
    const vars = { BETTER_AUTH_URL: "https://chat.example" };
    const secure = sessionCookie(await call("POST", "/api/auth/sign-in/anonymous", { body: {}, vars }));
    expect(secure).toMatch(/^__Secure-.*HttpOnly.*/i);
    expect(secure).toMatch(/; Secure/i);
  });

  it("ends with sign-out, for cookie and token", async () => {
    const { token, cookie } = await guest();
    expect((await call("POST", "/api/auth/sign-out", { body: {}, cookie, origin: ORIGIN })).status).toBe(200);
    for (const options of [{ token }, { cookie }]) expect(await refused(me(options))).toEqual([401, "unauthenticated"]);
  });

  it("is over when its time is", async () => {
    const { token, id } = await guest();
    await env.DB.prepare("UPDATE session SET expires_at = ? WHERE user_id = ?")
      .bind(Date.now() - 1, id)
      .run();
    expect(await refused(me({ token }))).toEqual([401, "unauthenticated"]);
  });

  it("is told by get-session, null for nobody", async () => {
    const { id, cookie } = await guest();
    expect((await call("GET", "/api/auth/get-session", { cookie })).body.user.id).toBe(id);
    expect((await call("GET", "/api/auth/get-session")).body).toBeNull();
  });

  it("of a bad bearer token is nobody's, also when a good cookie comes along", async () => {
    const { cookie, token } = await guest();
    const flipped = token.replace(/^./, (first) => (first === "A" ? "B" : "A"));
    for (const bad of [flipped, "nonsense", `${token.split(".")[0]}.AAAA`])
      expect(await refused(me({ token: bad, cookie }))).toEqual([401, "unauthenticated"]);
  });
});

describe("endpoints of Better Auth that are not listed", () => {
  it("do not exist", async () => {
    const { token } = await guest();
    for (const path of ["/delete-anonymous-user", "/update-user", "/change-email", "/delete-user", "/revoke-sessions"])
      expect([path, ...(await refused(call("POST", `/api/auth${path}`, { token, body: {} })))]).toEqual([
        path,
        404,
        "not_found",
      ]);
    expect(await refused(call("GET", "/api/auth/list-sessions", { token }))).toEqual([404, "not_found"]);
  });
});
