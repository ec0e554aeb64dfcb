// Bots in rooms: what they are to others, posting once for a key, and whose right it is that they use.
import { env } from "cloudflare:workers";
import { KIND, PERSON_FLAG } from "@ferrule/core";
import { expect, it } from "vitest";
import { disable } from "../../../../tests/worker/support/admin";
import {
  account,
  call,
  guest,
  join,
  openSocket,
  type Person,
  room,
} from "../../../../tests/worker/support/http-client";
import { RoomClient } from "../../../../tests/worker/support/room-client";
import { botNameOf, botOf } from "../membership/bot";
import { askerName, type BotPost, postAs, readFor } from "./bots";

const texts = async (person: Person, id: string) =>
  (await call("GET", `/api/rooms/${id}/messages`, { token: person.token })).body.messages.map(({ text }) => text);

async function world() {
  const owner = await account("Olga");
  const id = await room(owner, "private");
  const post = (more: Partial<BotPost> = {}) =>
    postAs(env, { room: id, bot: "test-bot", for: owner.id, key: "k1", text: "one", ...more });
  return { owner, id, post };
}

it("R69 the same key is the same message, other words under it are a conflict, other bots have keys of their own", async () => {
  const { owner, id, post } = await world();
  const first = await post();
  expect(first).toEqual({ ok: true, seq: expect.any(Number) });
  expect(await Promise.all([post(), post(), post()])).toEqual([first, first, first]);
  expect(await post({ text: "two" })).toMatchObject({ ok: false, code: "conflict" });
  expect(await post({ bot: "other-bot" })).toMatchObject({ ok: true });
  const seq = first.ok ? first.seq : 0;
  expect(await post({ key: "k2", edit: seq, text: "new" })).toEqual(first);
  expect(await post({ key: "k2", edit: seq, text: "new" })).toEqual(first);
  expect(await post({ key: "k3", bot: "other-bot", edit: seq, text: "not its own" })).toMatchObject({
    code: "forbidden",
  });
  // what was posted stays known by its key, whatever it has become
  expect(await post()).toEqual(first);
  expect(await texts(owner, id)).toEqual(["new", "one"]);
});

it("R69 a bot is told as one by PEOPLE, before its first message", async () => {
  const { owner, id, post } = await world();
  const socket = (await openSocket(id, { token: owner.token })).webSocket;
  const client = RoomClient.on(socket!);
  await client.hello();
  await post();
  let found: unknown;
  while (found === undefined)
    found = (await client.pick("PEOPLE")).body.list.find(({ userId }) => userId === "bot-test-bot");
  expect(found).toMatchObject({ name: "Test bot", flags: PERSON_FLAG.BOT });
  expect((await client.pick("MSG")).body.text).toBe("one");
  expect(client.strangers).toEqual([]);
  expect(KIND.MSG).toBe(4);
});

it("R69 it has the right of the member it speaks for, as it stands now", async () => {
  const { owner, id, post } = await world();
  const stranger = await guest();
  expect(await post({ for: stranger.id })).toMatchObject({ ok: false, code: "forbidden" });
  expect(await post({ for: "" })).toMatchObject({ ok: false, code: "forbidden" });
  expect(await post({ room: "no-such-room" })).toMatchObject({ ok: false, code: "not_found" });
  expect(await readFor(env, { room: id, for: stranger.id, before: 0, limit: 5 })).toMatchObject({ code: "forbidden" });
  expect(await askerName(env, id, stranger.id)).toMatchObject({ code: "forbidden" });
  expect(await askerName(env, id, owner.id)).toEqual({ ok: true, name: "Olga" });
  expect(await texts(owner, id)).toEqual([]);
});

it("R69 who has left or is banned has no bot that speaks for them", async () => {
  const owner = await account();
  const id = await room(owner);
  const member = await guest();
  await join(member, id);
  const post = (key: string) => postAs(env, { room: id, bot: "test-bot", for: member.id, key, text: "x" });
  expect(await post("a")).toMatchObject({ ok: true });
  await call("DELETE", `/api/rooms/${id}/members/self`, { token: member.token });
  expect(await post("b")).toMatchObject({ code: "forbidden" });
  await join(member, id);
  await call("PUT", `/api/rooms/${id}/members/${member.id}`, { token: owner.token, body: { role: "banned" } });
  expect(await post("c")).toMatchObject({ code: "banned" });
});

it("R69 who is disabled has no bot that speaks for them, nor reads, until they are let in again", async () => {
  const { id, owner, post } = await world();
  expect((await disable(owner.id)).status).toBe(200);
  expect(await post()).toMatchObject({ ok: false, code: "forbidden" });
  expect(await readFor(env, { room: id, for: owner.id, before: 0, limit: 5 })).toMatchObject({ code: "forbidden" });
  expect((await disable(owner.id, false)).status).toBe(200);
  expect(await post()).toMatchObject({ ok: true });
});

it("R69 a closed room and a text that is too long refuse bots as they refuse people", async () => {
  const { owner, id, post } = await world();
  expect(await post({ text: "x".repeat(16_385) })).toMatchObject({ code: "too_large" });
  await call("PATCH", `/api/rooms/${id}`, { token: owner.token, body: { closed: true } });
  expect(await post()).toMatchObject({ code: "room_closed" });
});

it("R69 a bot's word makes its id and its name, within what PEOPLE takes", () => {
  expect(botOf("room-digest")).toEqual({ userId: "bot-room-digest", name: "Room digest", guest: false, bot: true });
  expect([botNameOf("bot-room-digest"), botNameOf("bot-"), botNameOf("u_7")]).toEqual([
    "Room digest",
    undefined,
    undefined,
  ]);
  for (const word of ["", "a", "A-b", "ä1", "x".repeat(33)]) expect(() => botOf(word)).toThrow(TypeError);
});
