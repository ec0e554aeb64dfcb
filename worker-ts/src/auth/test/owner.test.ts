// The owner's link: ADMIN_TOKEN becomes a session, for the owner alone.
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { call, guest, personOf } from "../../../../tests/worker/support/http-client";
import { identify, requireAdmin } from "..";

const signIn = (token: unknown, vars = {}) => call("POST", "/api/auth/sign-in/admin", { body: { token }, vars });
const identityOf = (token: string) =>
  identify(env, new Request("http://localhost:8787", { headers: { authorization: `Bearer ${token}` } }));

describe("the owner's link", () => {
  it("signs in as the first of ADMIN_EMAILS, who is then an admin", async () => {
    const [first, second] = [await signIn(env.ADMIN_TOKEN), await signIn(env.ADMIN_TOKEN)];
    expect([first.status, second.status]).toEqual([200, 200]);
    expect(personOf(first).id).toBe(personOf(second).id);
    const me = await call("GET", "/api/users/me", { token: personOf(first).token });
    expect(me.body).toMatchObject({ email: "owner@localhost.test", guest: false });
    const identity = await identityOf(personOf(first).token);
    expect(identity.admin).toBe(true);
    expect(() => requireAdmin(identity)).not.toThrow();
  });

  it("is refused with anything but the token, and when there is no token or no owner", async () => {
    const wrong = [`${env.ADMIN_TOKEN}x`, env.ADMIN_TOKEN.slice(1), "", "undefined"];
    for (const answer of [
      ...(await Promise.all(wrong.map((token) => signIn(token)))),
      await signIn("", { ADMIN_TOKEN: "" }),
      await signIn("undefined", { ADMIN_TOKEN: undefined }),
      await signIn(env.ADMIN_TOKEN, { ADMIN_EMAILS: "" }),
    ]) {
      expect([answer.status, answer.body.error.code]).toEqual([401, "unauthenticated"]);
      expect(answer.headers.getSetCookie()).toEqual([]);
    }
    expect((await signIn(7)).status).toBe(400);
  });

  it("takes an address that somebody else signed up with away from them", async () => {
    const email = "late@owner.test";
    const body = { name: "Thief", email, password: "i was here first" };
    const thief = personOf(await call("POST", "/api/auth/sign-up/email", { body }));
    expect((await identityOf(thief.token)).admin).toBe(false);
    const vars = { ADMIN_EMAILS: email };
    const owner = personOf(await signIn(env.ADMIN_TOKEN, vars));
    expect(owner).toMatchObject({ id: thief.id, name: "Owner" });
    expect((await call("GET", "/api/users/me", { token: thief.token })).status).toBe(401);
    expect((await call("POST", "/api/auth/sign-in/email", { body })).status).toBe(401);
  });
});

describe("requireAdmin", () => {
  it("refuses nobody and those who are not admins, each by its own code", async () => {
    expect(() => requireAdmin({ caller: null, admin: false })).toThrow(
      expect.objectContaining({ code: "unauthenticated" }),
    );
    const identity = await identityOf((await guest()).token);
    expect(() => requireAdmin(identity)).toThrow(expect.objectContaining({ code: "forbidden" }));
  });

  it("refuses an address in ADMIN_EMAILS that nobody verified", async () => {
    const email = "unverified@owner.test";
    const body = { name: "U", email, password: "correct horse battery" };
    const { token } = personOf(await call("POST", "/api/auth/sign-up/email", { body }));
    const request = new Request("http://localhost:8787", { headers: { authorization: `Bearer ${token}` } });
    expect((await identify({ ...env, ADMIN_EMAILS: email }, request)).admin).toBe(false);
    await env.DB.prepare("UPDATE user SET email_verified = 1 WHERE email = ?").bind(email).run();
    expect((await identify({ ...env, ADMIN_EMAILS: email.toUpperCase() }, request)).admin).toBe(true);
  });
});
