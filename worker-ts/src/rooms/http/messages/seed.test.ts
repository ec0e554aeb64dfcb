// The seed's aliases: they answer like the originals, with the seed's fields beside ours.
import { describe, expect, it } from "vitest";
import {
  type Answer,
  account,
  call,
  guest,
  join,
  type Person,
  refusal,
  room,
} from "../../../../../tests/worker/support/http-client";

describe("the seed's aliases", () => {
  it("R58 answer like the originals, with the seed's fields beside ours", async () => {
    const person = await guest();
    const id = await room(person);
    const alias = (body: object, key: string) =>
      call("POST", "/api/messages", {
        token: person.token,
        body: { room: id, ...body },
        headers: { "idempotency-key": key },
      });
    const key = crypto.randomUUID();
    const written = await alias({ content: "from the seed" }, key);
    expect(written.status).toBe(201);
    const original = await call("GET", `/api/rooms/${id}/messages/1`);
    const { ts } = original.body as unknown as { ts: number };
    const seed = { content: "from the seed", room_id: id, user_id: person.id, created_at: ts, updated_at: ts };
    expect(written.body).toEqual({ ...original.body, ...seed });
    expect((await alias({ content: "from the seed" }, key)).body).toEqual({ ...written.body, duplicate: true });
    expect(refusal(await alias({ content: "other" }, key))).toEqual([409, "conflict"]);
    expect((await alias({ text: "by our name" }, crypto.randomUUID())).body.content).toBe("by our name");

    const theirs = await call("GET", `/api/messages?room=${id}&limit=1`);
    const ours = await call("GET", `/api/rooms/${id}/messages?limit=1`);
    const [{ content, room_id, user_id, created_at, updated_at, ...rest }] = theirs.body.messages as unknown as [
      Record<string, unknown>,
    ];
    expect({ ...theirs.body, messages: [rest] }).toEqual(ours.body);
    expect([content, room_id, user_id, created_at, updated_at]).toEqual([
      "by our name",
      id,
      person.id,
      rest["ts"],
      rest["ts"],
    ]);
  });

  it("R58 refuse like the originals, and mean the lobby when no room is named", async () => {
    const person = await guest();
    const alias = (body: unknown) => call("POST", "/api/messages", { token: person.token, body });
    expect(refusal(await alias({ content: "x" }))).toEqual([403, "forbidden"]);
    await join(person, "lobby");
    expect((await alias({ content: "x" })).body.room_id).toBe("lobby");
    expect((await call("GET", "/api/messages?limit=1")).body.messages[0]!.user_id).toBe(person.id);
    expect(refusal(await alias({}))).toEqual([400, "bad_request"]);
    expect(refusal(await alias({ content: "x".repeat(16_385) }))).toEqual([413, "too_large"]);
    expect(refusal(await alias({ content: "x", room: "no-such-room" }))).toEqual([404, "not_found"]);
    expect(refusal(await call("GET", "/api/messages?room=no-such-room"))).toEqual([404, "not_found"]);
    expect(refusal(await call("GET", "/api/messages?limit=0"))).toEqual([400, "bad_request"]);
  });

  it("R58 react as the originals do: on unless told otherwise, and answer the message", async () => {
    const [owner, other] = [await account("Ann"), await guest()];
    const id = await room(owner);
    await join(other, id);
    const { seq } = (await call("POST", "/api/messages", { token: owner.token, body: { room: id, content: "a" } }))
      .body;
    const react = (person: Person, body: unknown, of = `${id}.${seq}`) =>
      call("PUT", `/api/messages/${of}/react`, { token: person.token, body });
    const reactions = (answer: Answer) => (answer.body as unknown as { reactions: unknown }).reactions;
    const first = await react(owner, { emoji: "👍" });
    expect([first.status, reactions(first)]).toEqual([200, [{ emoji: "👍", count: 1, mine: true }]]);
    const shown = await call("GET", `/api/messages?room=${id}`, { token: owner.token });
    expect(first.body).toEqual(shown.body.messages[0]);
    expect(reactions(await react(owner, { emoji: "👍", on: true }))).toEqual(reactions(first));
    expect(reactions(await react(other, { emoji: "👍" }))).toEqual([{ emoji: "👍", count: 2, mine: true }]);
    expect(reactions(await react(owner, { emoji: "👍", on: false }))).toEqual([{ emoji: "👍", count: 1, mine: false }]);

    for (const body of [{}, { emoji: "" }, { emoji: "a b" }, { emoji: "👍", on: "yes" }, null])
      expect([body, ...refusal(await react(owner, body))]).toEqual([body, 400, "bad_request"]);
    for (const of of [`${id}.99`, `${id}.0`, id, `${id}.`, `${id}.1.2`, "no-such-room.1", `.1`])
      expect([of, ...refusal(await react(owner, { emoji: "👍" }, of))]).toEqual([of, 404, "not_found"]);
    expect(refusal(await react(await guest(), { emoji: "👍" }))).toEqual([403, "forbidden"]);
  });

  it("R58 tell of an edit by `updated_at`, and of an erased message by an empty `content`", async () => {
    const person = await account();
    const id = await room(person);
    const { token } = person;
    const made = await call("POST", "/api/messages", { token, body: { room: id, content: "one" } });
    const path = `/api/rooms/${id}/messages/${made.body.seq}`;
    const edited = await call("PATCH", path, { token, body: { text: "two" } });
    const seed = async () =>
      (await call("GET", `/api/messages?room=${id}`)).body.messages[0] as unknown as Record<string, unknown>;
    expect(await seed()).toMatchObject({
      content: "two",
      created_at: made.body.ts,
      updated_at: (edited.body as unknown as { editedAt: number }).editedAt,
    });
    await call("DELETE", path, { token });
    expect(await seed()).toMatchObject({ content: "", text: "", deletedAt: expect.any(Number) });
  });
});
