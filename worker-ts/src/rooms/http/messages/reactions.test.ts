// Reactions and pins by HTTP: sets that say the same when they are set twice, their limits and who may.
import { describe, expect, it } from "vitest";
import {
  account,
  call,
  guest,
  join,
  type Person,
  refusal,
  room,
} from "../../../../../tests/worker/support/http-client";

const ask = (method: string, { token }: Pick<Person, "token">, path: string) =>
  call(method, `/api/rooms/${path}`, { token });
const react = (method: "PUT" | "DELETE", person: Person, id: string, emoji: string, seq = 1) =>
  ask(method, person, `${id}/messages/${seq}/reactions/${encodeURIComponent(emoji)}`);
const pin = (method: "PUT" | "DELETE", person: Person, id: string, seq: number | string = 1) =>
  ask(method, person, `${id}/messages/${seq}/pin`);

interface Shown {
  readonly reactions: readonly { readonly emoji: string; readonly count: number; readonly mine: boolean }[];
  readonly pinned: boolean;
}
const show = async (id: string, reader?: Person, seq = 1) =>
  (await call("GET", `/api/rooms/${id}/messages/${seq}`, reader && { token: reader.token })).body as unknown as Shown;
const head = async (id: string) => (await call("GET", `/api/rooms/${id}/messages`)).body.head;

/** A room with its owner, somebody else in it, and so many messages. */
async function talk(count = 1) {
  const [owner, member] = [await account("Ann"), await account("Ben")];
  const id = await room(owner);
  await join(member, id);
  for (let n = 1; n <= count; n++)
    await call("POST", `/api/rooms/${id}/messages`, { token: owner.token, body: { text: `m${n}` } });
  return { owner, member, id };
}

describe("reactions", () => {
  it("R32 are set and taken away; twice changes nothing, and nothing is written for it", async () => {
    const { owner, member, id } = await talk();
    for (const emoji of ["👍", "👩🏽‍🚀", ":ship:", "a/b?c#d%e", "é"]) {
      for (const method of ["PUT", "PUT"] as const) {
        const answer = await react(method, owner, id, emoji);
        expect([emoji, answer.status, answer.body]).toEqual([emoji, 204, null]);
      }
      expect((await show(id, owner)).reactions).toEqual([{ emoji, count: 1, mine: true }]);
      expect((await show(id, member)).reactions).toEqual([{ emoji, count: 1, mine: false }]);
      expect((await show(id)).reactions).toEqual([{ emoji, count: 1, mine: false }]);
      for (const method of ["DELETE", "DELETE"] as const)
        expect((await react(method, owner, id, emoji)).status).toBe(204);
      expect((await show(id)).reactions).toEqual([]);
    }
    expect(await head(id)).toBe(1 + 5 * 2);
  });

  it("R32 are of 32 emojis at most on one message; what is there can still be joined", async () => {
    const { owner, member, id } = await talk();
    for (let n = 0; n < 32; n++) expect((await react("PUT", owner, id, `:e${n}:`)).status).toBe(204);
    expect(refusal(await react("PUT", owner, id, ":one-more:"))).toEqual([413, "too_large"]);
    expect((await react("PUT", member, id, ":e7:")).status).toBe(204);
    expect((await show(id)).reactions).toHaveLength(32);
  });

  it("need an emoji: at most 64 bytes, nothing that cannot be seen, in UTF-8", async () => {
    const { owner, id } = await talk();
    expect((await react("PUT", owner, id, "x".repeat(64))).status).toBe(204);
    for (const emoji of ["x".repeat(65), "a b", "\n", "\u0000", "\u007f"])
      expect([emoji, ...refusal(await react("PUT", owner, id, emoji))]).toEqual([emoji, 400, "bad_request"]);
    for (const bytes of ["%ff", "%c3", "%", "%zz", "%ed%a0%80"]) {
      const answer = await ask("PUT", owner, `${id}/messages/1/reactions/${bytes}`);
      expect([bytes, ...refusal(answer), answer.body.error.field]).toEqual([bytes, 400, "bad_request", "emoji"]);
    }
  });

  it("need a message that is not erased, a member, a room that is open", async () => {
    const { owner, member, id } = await talk(2);
    expect(refusal(await react("PUT", owner, id, "👍", 99))).toEqual([404, "not_found"]);
    expect(refusal(await react("PUT", await guest(), id, "👍"))).toEqual([403, "forbidden"]);
    await react("PUT", member, id, "👍", 2);
    await ask("DELETE", owner, `${id}/messages/2`);
    for (const method of ["PUT", "DELETE"] as const)
      expect(refusal(await react(method, member, id, "👍", 2))).toEqual([404, "not_found"]);
    await call("PATCH", `/api/rooms/${id}`, { token: owner.token, body: { closed: true } });
    expect(refusal(await react("PUT", owner, id, "👍"))).toEqual([403, "room_closed"]);
  });

  it("R20 count once for a key, which is no other write's", async () => {
    const { owner, id } = await talk();
    const headers = { "idempotency-key": crypto.randomUUID() };
    const path = (emoji: string) => `/api/rooms/${id}/messages/1/reactions/${encodeURIComponent(emoji)}`;
    const put = (emoji: string) => call("PUT", path(emoji), { token: owner.token, headers });
    expect([(await put("👍")).status, (await put("👍")).status]).toEqual([204, 204]);
    expect(refusal(await put("🎉"))).toEqual([409, "conflict"]);
    expect((await show(id)).reactions).toEqual([{ emoji: "👍", count: 1, mine: false }]);
  });
});

describe("pins", () => {
  it("are set by those who moderate; twice changes nothing, and they can be listed", async () => {
    const { owner, member, id } = await talk(3);
    for (const seq of [1, 3]) for (const _ of [1, 2]) expect((await pin("PUT", owner, id, seq)).status).toBe(204);
    expect((await show(id)).pinned).toBe(true);
    const pinned = async () =>
      (await call("GET", `/api/rooms/${id}/messages?pinned=1`)).body.messages.map(({ seq }) => seq);
    expect(await pinned()).toEqual([1, 3]);
    expect(await head(id)).toBe(5);
    for (const method of ["PUT", "DELETE"] as const)
      expect(refusal(await pin(method, member, id))).toEqual([403, "forbidden"]);
    for (const _ of [1, 2]) expect((await pin("DELETE", owner, id)).status).toBe(204);
    expect([await pinned(), await head(id), (await show(id)).pinned]).toEqual([[3], 6, false]);
    expect(refusal(await call("GET", `/api/rooms/${id}/messages?pinned=yes`))).toEqual([400, "bad_request"]);
  });

  it("go with an erased message; it cannot be pinned, nor what is none", async () => {
    const { owner, id } = await talk(2);
    await pin("PUT", owner, id, 2);
    await ask("DELETE", owner, `${id}/messages/2`);
    expect((await show(id, undefined, 2)).pinned).toBe(false);
    for (const seq of [2, 99, "x", "0"])
      expect([seq, ...refusal(await pin("PUT", owner, id, seq))]).toEqual([seq, 404, "not_found"]);
  });

  it("are fifty at most", async () => {
    const { owner, id } = await talk(51);
    for (let seq = 1; seq <= 50; seq++) expect((await pin("PUT", owner, id, seq)).status).toBe(204);
    expect(refusal(await pin("PUT", owner, id, 51))).toEqual([409, "too_many_pins"]);
    expect((await pin("PUT", owner, id, 50)).status).toBe(204);
    await pin("DELETE", owner, id, 1);
    expect((await pin("PUT", owner, id, 51)).status).toBe(204);
  });
});
