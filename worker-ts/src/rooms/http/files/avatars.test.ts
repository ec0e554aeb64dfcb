// Pictures of people: what is taken for one, who sees it, and what becomes of it with its person.
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import {
  type Answer,
  account,
  call,
  guest,
  ORIGIN,
  type Person,
  personOf,
  refusal,
  room,
} from "../../../../../tests/worker/support/http-client";
import { AVATAR_BYTES_MAX, avatarKey, FILES_PER_WINDOW_MAX, UNSENT_MS } from "../../files/fact";
import { forgetUsers, sweepRooms } from "../../routes";

const gif = (length = 13) => {
  const bytes = new Uint8Array(length);
  bytes.set([..."GIF89a\x03\0\x02\0\0\0\0"].map((character) => character.charCodeAt(0)));
  return bytes;
};

function set({ token }: Person, body: Uint8Array, length: number | null = body.length): Promise<Answer> {
  const headers = { "content-type": "image/gif", ...(length !== null && { "content-length": String(length) }) };
  return call("PUT", "/api/users/me/avatar", { token, body, headers });
}
const show = (id: string, { token }: Person, headers: Record<string, string> = {}) =>
  call("GET", `/api/users/${id}/avatar`, { token, headers });
const urlOf = async ({ token }: Person) =>
  ((await call("GET", "/api/users/me", { token })).body as unknown as { avatarUrl: string | null }).avatarUrl;

describe("the picture of a person", () => {
  it("is drawn until there is one, shown from then on, and drawn again without it", async () => {
    const [ann, bob] = [await account("Ann Lee"), await guest()];
    const drawn = await show(ann.id, bob);
    expect([drawn.status, drawn.headers.get("content-type")]).toEqual([200, "image/svg+xml"]);
    expect(drawn.headers.get("content-security-policy")).toBe("sandbox");
    expect(String(drawn.body)).toContain(">AL</text>");
    expect(await urlOf(ann)).toBeNull();
    const answer = await set(ann, gif());
    expect([answer.status, answer.body]).toEqual([
      200,
      { id: ann.id, name: "Ann Lee", guest: false, avatarUrl: expect.stringMatching(/^http.*\/avatar\?v=\d+$/) },
    ]);
    const url = new URL((await urlOf(ann)) ?? "");
    expect([url.origin, url.pathname]).toEqual([ORIGIN, `/api/users/${ann.id}/avatar`]);
    for (const id of [ann.id, `${ann.id}${url.search}`]) {
      const shown = await call("GET", `/api/users/${ann.id}/avatar${id === ann.id ? "" : url.search}`, {
        token: bob.token,
      });
      expect([shown.status, shown.bytes]).toEqual([200, gif()]);
      expect(Object.fromEntries(shown.headers)).toMatchObject({
        "content-type": "image/gif",
        "x-content-type-options": "nosniff",
        "content-security-policy": "sandbox",
        "cache-control": "private, max-age=300",
      });
      const known = await show(ann.id, bob, { "if-none-match": shown.headers.get("etag") ?? "" });
      expect([known.status, known.bytes.length]).toEqual([304, 0]);
    }
    expect((await show("me", ann)).bytes).toEqual(gif());
    expect((await call("DELETE", "/api/users/me/avatar", { token: ann.token })).status).toBe(204);
    expect([await urlOf(ann), (await show(ann.id, bob)).headers.get("content-type")]).toEqual([null, "image/svg+xml"]);
  });

  it("is for the signed in, and there for those who are", async () => {
    const ann = await account();
    expect(refusal(await call("GET", `/api/users/${ann.id}/avatar`))).toEqual([401, "unauthenticated"]);
    for (const none of ["nobody", "x".repeat(65), "..%2f..", "%00"])
      expect([none, ...refusal(await show(none, ann))]).toEqual([none, 404, "not_found"]);
    expect(refusal(await call("PUT", `/api/users/${ann.id}/avatar`, { token: ann.token, body: "x" }))).toEqual([
      405,
      "method_not_allowed",
    ]);
    const foreign = { cookie: ann.cookie, origin: "https://evil.example", headers: { "content-length": "13" } };
    expect(refusal(await call("PUT", "/api/users/me/avatar", { ...foreign, body: gif() }))).toEqual([
      403,
      "origin_refused",
    ]);
  });

  it("is a picture of a known kind and of at most AVATAR_BYTES_MAX; else the old one stays", async () => {
    const ann = await account();
    expect((await set(ann, gif())).status).toBe(200);
    for (const other of ["<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", "<html>", "%PDF-", "GIF90a", "x"])
      expect([other, ...refusal(await set(ann, new TextEncoder().encode(other)))]).toEqual([other, 400, "bad_request"]);
    expect(refusal(await set(ann, gif(AVATAR_BYTES_MAX + 1)))).toEqual([413, "too_large"]);
    expect(refusal(await set(ann, gif(), null))).toEqual([411, "length_required"]);
    expect(refusal(await set(ann, gif(100), 99))).toEqual([400, "bad_request"]);
    expect(refusal(await set(ann, gif(100), 101))).toEqual([400, "bad_request"]);
    expect((await show(ann.id, ann)).bytes).toEqual(gif());
    expect((await set(ann, gif(AVATAR_BYTES_MAX))).status).toBe(200);
    expect((await show(ann.id, ann)).bytes.length).toBe(AVATAR_BYTES_MAX);
  });

  it("counts as an upload: it is limited with the files of the hour", async () => {
    const [ann, bob] = [await account(), await account()];
    const body = (length: string) => ({ token: ann.token, body: "x", headers: { "content-length": length } });
    const id = await room(ann);
    expect((await call("POST", `/api/rooms/${id}/files`, body("1"))).status).toBe(201);
    for (let n = 1; n < FILES_PER_WINDOW_MAX; n++) expect((await set(ann, gif())).status).toBe(200);
    expect(refusal(await set(ann, gif()))).toEqual([429, "rate_limited"]);
    expect(refusal(await call("POST", `/api/rooms/${id}/files`, body("1")))).toEqual([429, "rate_limited"]);
    expect((await set(bob, gif())).status).toBe(200);
    await env.DB.prepare("UPDATE file SET created_at = created_at - ? WHERE user_id = ?").bind(UNSENT_MS, ann.id).run();
    await sweepRooms(env);
    expect((await set(ann, gif())).status).toBe(200);
    expect(await env.DB.prepare("SELECT count(*) AS n FROM file WHERE user_id = ?").bind(ann.id).first("n")).toBe(1);
    expect((await show(ann.id, bob)).bytes).toEqual(gif());
  });

  it("leaves nothing of who goes while it comes", async () => {
    const ann = await account();
    const FILES = {
      put: async (key: string, body: ReadableStream, options: R2PutOptions) => {
        const object = await env.FILES.put(key, body, options);
        await env.DB.prepare("DELETE FROM user WHERE id = ?").bind(ann.id).run();
        return object;
      },
      delete: (key: string) => env.FILES.delete(key),
    };
    const options = { token: ann.token, body: gif(), headers: { "content-length": "13" }, vars: { FILES } };
    expect(refusal(await call("PUT", "/api/users/me/avatar", options))).toEqual([401, "unauthenticated"]);
    expect(await env.FILES.head(avatarKey(ann.id))).toBeNull();
  });

  it("goes with a guest who signs up, and away with one who never comes again", async () => {
    const [before, gone] = [await guest(), await guest()];
    for (const person of [before, gone]) expect((await set(person, gif())).status).toBe(200);
    const body = { name: "Bea", email: `bea-${crypto.randomUUID()}@example.com`, password: "correct horse battery" };
    const after = personOf(
      await call("POST", "/api/auth/sign-up/email", { body, cookie: before.cookie, origin: ORIGIN }),
    );
    expect((await show(after.id, after)).bytes).toEqual(gif());
    expect(new URL((await urlOf(after)) ?? "").pathname).toBe(`/api/users/${after.id}/avatar`);
    await forgetUsers(env, [gone.id]);
    for (const { id } of [before, gone]) expect(await env.FILES.head(avatarKey(id))).toBeNull();
  });
});
