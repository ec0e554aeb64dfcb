// Reading and writing messages by HTTP, and their limits.
import { env } from "cloudflare:workers";
import { describe, expect, it, vi } from "vitest";
import {
  type Answer,
  account,
  call,
  guest,
  join,
  ORIGIN,
  type Person,
  personOf,
  refusal,
  room,
} from "../../../../../tests/worker/support/http-client";
import { configOf, roomOf, tune } from "../../../../../tests/worker/support/room-client";
import { roomSettings } from "../../settings";

const KEY = "3f2c7a7e-0d3b-4c1e-9a55-6f0d9d1b2c3d";

const post = (person: Person, id: string, body: unknown, key?: string) =>
  call("POST", `/api/rooms/${id}/messages`, {
    token: person.token,
    body,
    ...(key !== undefined && { headers: { "idempotency-key": key } }),
  });
const seqs = ({ body }: Answer) => body.messages.map((message) => message.seq);

describe("writing", () => {
  it("is the account's, name and all, once a guest has signed up", async () => {
    const [before, owner] = [await guest(), await account()];
    const ids = [await room(owner), await room(before)];
    await join(before, ids[0]!);
    for (const id of ids) expect((await post(before, id, { text: "as a guest" })).status).toBe(201);
    const body = { name: "Bea", email: `bea-${crypto.randomUUID()}@example.com`, password: "correct horse battery" };
    const signedUp = await call("POST", "/api/auth/sign-up/email", { body, cookie: before.cookie, origin: ORIGIN });
    const after = personOf(signedUp);
    for (const id of ids) {
      expect((await post(after, id, { text: "as myself" })).status).toBe(201);
      const { body } = await call("GET", `/api/rooms/${id}/messages`, { token: owner.token });
      const bea = { id: after.id, name: "Bea", guest: false };
      expect(body.messages.map(({ author }) => author)).toEqual([bea, bea]);
    }
  });

  it("signs a guest up though a room of the guest fails", async () => {
    const before = await guest();
    const id = await room(before);
    const log = vi.spyOn(console, "error").mockImplementation(() => {});
    const failing = { getByName: () => ({ adopt: () => Promise.reject(new Error("the room is gone")) }) };
    const body = { name: "Bea", email: `bea-${crypto.randomUUID()}@example.com`, password: "correct horse battery" };
    const options = { body, cookie: before.cookie, origin: ORIGIN, vars: { ROOM: failing } };
    const after = personOf(await call("POST", "/api/auth/sign-up/email", options));
    expect(log.mock.calls.join()).toContain("the room is gone");
    log.mockRestore();
    expect((await call("GET", `/api/rooms/${id}`, { token: after.token })).body.role).toBe("owner");
  });

  it("answers with every field, and so do reading and showing", async () => {
    const owner = await account("Ann");
    const id = await room(owner);
    const key = crypto.randomUUID();
    const { status, body } = await post(owner, id, { text: "hello 🙂" }, key);
    expect(status).toBe(201);
    expect(body).toEqual({
      id: `${id}.1`,
      roomId: id,
      seq: 1,
      clientId: key,
      author: { id: owner.id, name: "Ann", guest: false },
      text: "hello 🙂",
      files: [],
      ts: expect.any(Number),
      replyTo: null,
      editedAt: null,
      deletedAt: null,
      pinned: false,
      reactions: [],
    });
    const reply = await post(owner, id, { text: "and again", replyTo: 1 });
    expect(reply.body.replyTo).toBe(1);
    const page = await call("GET", `/api/rooms/${id}/messages`);
    expect(page.body).toEqual({ messages: [body, reply.body], before: null, after: null, head: 2 });
    expect((await call("GET", `/api/rooms/${id}/messages/1`)).body).toEqual(body);
    expect((await call("GET", `/api/rooms/${id}`)).body).toMatchObject({ headSeq: 2, lastAt: reply.body.ts });
  });

  it("stores a key once, and refuses it for another text", async () => {
    const owner = await account();
    const id = await room(owner);
    const key = crypto.randomUUID();
    const first = await post(owner, id, { text: "once" }, key);
    const again = await post(owner, id, { text: "once" }, key.toUpperCase());
    expect([again.status, again.body]).toEqual([200, { ...first.body, duplicate: true }]);
    expect(refusal(await post(owner, id, { text: "twice" }, key))).toEqual([409, "conflict"]);
    expect((await call("GET", `/api/rooms/${id}/messages`)).body.head).toBe(1);
    for (const bad of ["", "no-uuid", `${key}0`, key.replaceAll("-", "")]) {
      const answer = await post(owner, id, { text: "x" }, bad);
      expect([bad, ...refusal(answer), answer.body.error.field]).toEqual([bad, 400, "bad_request", "idempotency-key"]);
    }
  });

  it("is for members, with an account or as a guest", async () => {
    const [owner, person] = [await account(), await guest()];
    const id = await room(owner);
    expect(refusal(await post(person, id, { text: "x" }))).toEqual([403, "forbidden"]);
    await join(person, id);
    expect((await post(person, id, { text: "x" })).body.author).toEqual({
      id: person.id,
      name: person.name,
      guest: true,
    });
    const nobody = await call("POST", `/api/rooms/${id}/messages`, { body: { text: "x" } });
    expect(refusal(nobody)).toEqual([401, "unauthenticated"]);
    await env.DB.prepare("UPDATE member SET role = 'banned' WHERE user_id = ?").bind(person.id).run();
    expect(refusal(await post(person, id, { text: "x" }))).toEqual([403, "banned"]);
    expect(refusal(await join(person, id))).toEqual([403, "banned"]);
    expect(refusal(await call("GET", `/api/rooms/${id}/messages`, { token: person.token }))).toEqual([403, "banned"]);
  });

  it("takes a text of the limit, whatever its characters, and refuses one byte more", async () => {
    const owner = await account();
    const id = await room(owner);
    for (const text of ["x".repeat(16_384), "🙂".repeat(4_096), "\u0001".repeat(16_384)]) {
      expect((await post(owner, id, { text })).status).toBe(201);
      const answer = await post(owner, id, { text: `${text}x` });
      expect([...refusal(answer), answer.body.error.field]).toEqual([413, "too_large", "text"]);
    }
    const huge = await post(owner, id, { text: "x".repeat(200_000) });
    expect([...refusal(huge), huge.body.error.field]).toEqual([413, "too_large", "body"]);
  });

  it("refuses what is no message", async () => {
    const owner = await account();
    const id = await room(owner);
    const bad = [
      {},
      { text: "" },
      { text: 1 },
      { text: "\udc00" },
      { text: "x", replyTo: 0 },
      { text: "x", replyTo: 1.5 },
      { text: "x", files: ["f"] },
      [],
      null,
      "text",
    ];
    for (const body of bad) expect([body, ...refusal(await post(owner, id, body))]).toEqual([body, 400, "bad_request"]);
    expect(refusal(await post(owner, id, { text: "x", replyTo: 99 }))).toEqual([404, "not_found"]);
    const form = { token: owner.token, body: "text=x", headers: { "content-type": "text/plain" } };
    expect(refusal(await call("POST", `/api/rooms/${id}/messages`, form))).toEqual([400, "bad_request"]);
    expect((await call("GET", `/api/rooms/${id}/messages`)).body.head).toBe(0);
  });

  it("R42 is limited for each person, whatever the room's sockets do: 429 with Retry-After", async () => {
    const [owner, other] = [await account(), await account()];
    const id = await room(owner);
    await join(other, id);
    const { rates } = roomSettings({}, Date.now);
    const start = Date.now();
    await tune(roomOf(id), { rates, now: () => start });
    for (let n = 0; n < 10; n++) expect((await post(owner, id, { text: "fast" })).status).toBe(201);
    const refused = await post(owner, id, { text: "too fast" });
    expect(refusal(refused)).toEqual([429, "rate_limited"]);
    expect(refused.body.error.retryAfterMs).toBe(200);
    expect(refused.headers.get("retry-after")).toBe("1");
    expect((await post(other, id, { text: "another person" })).status).toBe(201);
    await tune(roomOf(id), { now: () => start + 200 });
    expect((await post(owner, id, { text: "in time" })).status).toBe(201);
  });

  it("R43 waits in slow mode, as a socket would: 429 with the time that is left", async () => {
    const [owner, person] = [await account(), await account()];
    const id = await room(owner);
    await join(person, id);
    await call("PATCH", `/api/rooms/${id}`, { token: owner.token, body: { slowModeMs: 60_000 } });
    expect((await post(person, id, { text: "one" }, KEY)).status).toBe(201);
    const refused = await post(person, id, { text: "two" });
    expect(refusal(refused)).toEqual([429, "rate_limited"]);
    expect(refused.body.error.retryAfterMs).toBeGreaterThan(50_000);
    expect((await post(person, id, { text: "one" }, KEY)).status).toBe(200);
    for (const text of ["of the owner", "as many as wanted"])
      expect((await post(owner, id, { text })).status).toBe(201);
  });

  it("into a closed room is refused; it can still be read", async () => {
    const owner = await account();
    const id = await room(owner);
    await post(owner, id, { text: "before" });
    await env.DB.prepare("UPDATE room SET closed_at = 1 WHERE id = ?").bind(id).run();
    await env.ROOM.getByName(id).configure(configOf(2, { closed: true }));
    expect(refusal(await post(owner, id, { text: "after" }))).toEqual([403, "room_closed"]);
    expect((await call("GET", `/api/rooms/${id}/messages`)).body.messages[0]!.text).toBe("before");
  });
});

describe("pages", () => {
  it("go both ways through all messages", async () => {
    const owner = await account();
    const id = await room(owner);
    for (let i = 1; i <= 7; i++) await post(owner, id, { text: `m${i}` });
    const page = (query: string) => call("GET", `/api/rooms/${id}/messages?${query}`);
    const newest = await page("limit=3");
    expect([seqs(newest), newest.body.before, newest.body.after]).toEqual([[5, 6, 7], 5, null]);
    const middle = await page("limit=3&before=5");
    expect([seqs(middle), middle.body.before, middle.body.after]).toEqual([[2, 3, 4], 2, 4]);
    const oldest = await page("limit=3&before=2");
    expect([seqs(oldest), oldest.body.before, oldest.body.after]).toEqual([[1], null, 1]);
    const on = await page("limit=3&after=4");
    expect([seqs(on), on.body.before, on.body.after]).toEqual([[5, 6, 7], 5, null]);
    const start = await page("limit=3&after=0");
    expect([seqs(start), start.body.before, start.body.after]).toEqual([[1, 2, 3], null, 3]);
    expect(seqs(await page("before=1"))).toEqual([]);
    expect(seqs(await page("after=7"))).toEqual([]);
  });

  it("refuse limits and cursors that are none, and messages that are none", async () => {
    const { token } = await account();
    for (const [query, field] of [
      ["limit=0", "limit"],
      ["limit=201", "limit"],
      ["limit=ten", "limit"],
      ["before=-1", "before"],
      ["before=1.5", "before"],
      ["after=1e3", "after"],
      ["after=9999999999999999", "after"],
      ["before=3&after=1", "after"],
    ]) {
      const answer = await call("GET", `/api/rooms/lobby/messages?${query}`, { token });
      expect([query, ...refusal(answer), answer.body.error.field]).toEqual([query, 400, "bad_request", field]);
    }
    expect((await call("GET", "/api/rooms/lobby/messages?limit=200", { token })).status).toBe(200);
    for (const seq of ["0", "-1", "x", "1.5", "999999"])
      expect(refusal(await call("GET", `/api/rooms/lobby/messages/${seq}`))).toEqual([404, "not_found"]);
  });
});
