// Changing and erasing messages by HTTP: who may, for how long, and what is left of what was erased.
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
import { enter, idOf, roomOf, tune } from "../../../../../tests/worker/support/room-client";
import { messageIdText } from "../../wire/message-id";

const key = () => crypto.randomUUID();
const ask = (method: string, person: Pick<Person, "token">, path: string, body?: unknown, id?: string) =>
  call(method, `/api/rooms/${path}`, {
    token: person.token,
    ...(body !== undefined && { body }),
    ...(id !== undefined && { headers: { "idempotency-key": id } }),
  });
const post = (person: Person, id: string, text: string, key?: string) =>
  ask("POST", person, `${id}/messages`, { text }, key);
const edit = (person: Person, id: string, seq: number, text: unknown, key?: string) =>
  ask("PATCH", person, `${id}/messages/${seq}`, { text }, key);
const erase = (person: Person, id: string, seq: number, key?: string) =>
  ask("DELETE", person, `${id}/messages/${seq}`, undefined, key);
const show = async (id: string, seq: number) => (await call("GET", `/api/rooms/${id}/messages/${seq}`)).body;
const head = async (id: string) => (await call("GET", `/api/rooms/${id}/messages`)).body.head;
const shape = ({ body }: Answer) => body as unknown as Record<string, unknown>;

/** A room of an owner, with somebody else in it, and a message of theirs. */
async function talk() {
  const [owner, author] = [await account("Ann"), await account("Ben")];
  const id = await room(owner);
  await join(author, id);
  const { seq } = (await post(author, id, "first")).body;
  return { owner, author, id, seq };
}

describe("editing", () => {
  it("gives the text anew: in the answer, in the message, in pages; all else stays", async () => {
    const { author, id, seq } = await talk();
    const before = await show(id, seq);
    const answer = await edit(author, id, seq, "second");
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({ ...before, text: "second", editedAt: expect.any(Number) });
    expect(await show(id, seq)).toEqual(answer.body);
    expect((await call("GET", `/api/rooms/${id}/messages`)).body.messages).toEqual([answer.body]);
  });

  it("R29 is its author's alone: the owner of the room is refused as well", async () => {
    const { owner, id, seq } = await talk();
    const other = await guest();
    await join(other, id);
    for (const person of [owner, other])
      expect(refusal(await edit(person, id, seq, "mine now"))).toEqual([403, "forbidden"]);
    expect((await show(id, seq)).text).toBe("first");
  });

  it("is over when the room says so", async () => {
    const { owner, author, id, seq } = await talk();
    await call("PATCH", `/api/rooms/${id}`, { token: owner.token, body: { editWindowMs: 1_000 } });
    expect((await edit(author, id, seq, "in time")).status).toBe(200);
    const { ts } = await show(id, seq);
    await tune(roomOf(id), { now: () => ts + 1_001 });
    expect(refusal(await edit(author, id, seq, "too late"))).toEqual([403, "forbidden"]);
    await call("PATCH", `/api/rooms/${id}`, { token: owner.token, body: { editWindowMs: 0 } });
    expect((await edit(author, id, seq, "at any time")).status).toBe(200);
  });

  it("takes a text of the limit and refuses one byte more, and what is no text", async () => {
    const { author, id, seq } = await talk();
    expect((await edit(author, id, seq, "🙂".repeat(4_096))).status).toBe(200);
    expect(refusal(await edit(author, id, seq, `${"🙂".repeat(4_096)}x`))).toEqual([413, "too_large"]);
    for (const text of ["", 7, null, undefined, "\udc00"])
      expect([text, ...refusal(await edit(author, id, seq, text))]).toEqual([text, 400, "bad_request"]);
    const more = await ask("PATCH", author, `${id}/messages/${seq}`, { text: "x", pinned: true });
    expect(refusal(more)).toEqual([400, "bad_request"]);
  });

  it("needs a message: 404 for one that is none, that is the room's own, that is erased", async () => {
    const { owner, author, id, seq } = await talk();
    await call("PATCH", `/api/rooms/${id}`, { token: owner.token, body: { title: "Renamed" } });
    for (const at of [99, seq + 1]) expect(refusal(await edit(author, id, at, "x"))).toEqual([404, "not_found"]);
    await erase(author, id, seq);
    expect(refusal(await edit(author, id, seq, "back"))).toEqual([404, "not_found"]);
    for (const at of ["0", "-1", "x", "1.5"]) {
      const answer = await ask("PATCH", author, `${id}/messages/${at}`, { text: "x" });
      expect([at, ...refusal(answer)]).toEqual([at, 404, "not_found"]);
    }
  });

  it("R20 counts once for a key, by HTTP and by socket; another text under it is refused", async () => {
    const { author, id, seq } = await talk();
    const mine = key();
    const [one, two] = [await edit(author, id, seq, "second", mine), await edit(author, id, seq, "second", mine)];
    expect([one.status, two.status, two.body]).toEqual([200, 200, one.body]);
    expect(await head(id)).toBe(seq + 1);
    expect(refusal(await edit(author, id, seq, "third", mine))).toEqual([409, "conflict"]);
    expect(refusal(await post(author, id, "second", mine))).toEqual([409, "conflict"]);
    const { client } = await enter(author, id);
    const frame = idOf(7);
    client.send({ kind: "EDIT", id: frame, body: { target: seq, text: "by socket" } });
    expect((await client.pick("ACK")).body.status).toBe(0);
    const again = await edit(author, id, seq, "by socket", messageIdText(frame));
    expect([again.status, again.body.text, await head(id)]).toEqual([200, "by socket", seq + 2]);
    expect(refusal(await edit(author, id, seq, "x", "not-a-uuid"))).toEqual([400, "bad_request"]);
    await client.close();
  });
});

describe("erasing", () => {
  it("leaves the place and nothing of the text: in the message, in pages, in what a repeat is answered", async () => {
    const { author, id, seq } = await talk();
    await edit(author, id, seq, "secret again");
    const answer = await erase(author, id, seq);
    expect([answer.status, answer.body]).toEqual([204, null]);
    const shown = await show(id, seq);
    expect(shown).toMatchObject({ text: "", deletedAt: expect.any(Number), editedAt: null, files: [], reactions: [] });
    const page = await call("GET", `/api/rooms/${id}/messages`);
    expect(page.body.messages).toEqual([shown]);
    expect(JSON.stringify(page.body)).not.toMatch(/secret|first/);
    expect((await erase(author, id, seq)).status).toBe(204);
    expect(await head(id)).toBe(seq + 2);
  });

  it("is its author's, and of those who moderate", async () => {
    const { owner, id, seq } = await talk();
    const other = await guest();
    await join(other, id);
    expect(refusal(await erase(other, id, seq))).toEqual([403, "forbidden"]);
    expect((await erase(owner, id, seq)).status).toBe(204);
    expect(refusal(await erase(other, id, seq))).toEqual([403, "forbidden"]);
    expect(refusal(await erase(owner, id, 99))).toEqual([404, "not_found"]);
  });

  it("R17 a message that was erased is still known by its key: a repeat is a duplicate, one row", async () => {
    const { author, id } = await talk();
    const mine = key();
    const { seq } = (await post(author, id, "once", mine)).body;
    await edit(author, id, seq, "changed");
    const edited = await post(author, id, "once", mine);
    expect([edited.status, edited.body.text]).toEqual([200, "changed"]);
    await erase(author, id, seq);
    const erased = await post(author, id, "once", mine);
    expect([erased.status, erased.body.seq, erased.body.text]).toEqual([200, seq, ""]);
    expect(shape(erased)["duplicate"]).toBe(true);
  });

  it("is refused to whoever is not in the room, and in a closed one", async () => {
    const { owner, author, id, seq } = await talk();
    const stranger = await guest();
    for (const answer of [await erase(stranger, id, seq), await edit(stranger, id, seq, "x")])
      expect(refusal(answer)).toEqual([403, "forbidden"]);
    await call("PATCH", `/api/rooms/${id}`, { token: owner.token, body: { closed: true } });
    for (const answer of [await erase(author, id, seq), await edit(author, id, seq, "x")])
      expect(refusal(answer)).toEqual([403, "room_closed"]);
  });
});

describe("files", () => {
  const upload = async (person: Person, id: string, name: string) => {
    const headers = { "content-type": "text/plain", "content-length": "1" };
    const path = `/api/rooms/${id}/files?name=${name}`;
    return (await call("POST", path, { token: person.token, body: "x", headers })).body.id;
  };
  const send = (person: Person, id: string, body: object, key?: string) =>
    ask("POST", person, `${id}/messages`, body, key);

  it("go with a message; without a word their names are the text", async () => {
    const { author, id } = await talk();
    const files = [await upload(author, id, "a.txt"), await upload(author, id, "b.txt")];
    const answer = await send(author, id, { files });
    expect([answer.status, answer.body.text]).toEqual([201, "a.txt, b.txt"]);
    const size = { size: 1, width: 0, height: 0, mime: expect.any(String) };
    expect(shape(answer)["files"]).toEqual([
      { id: files[0], name: "a.txt", ...size },
      { id: files[1], name: "b.txt", ...size },
    ]);
    expect(await show(id, answer.body.seq)).toEqual(answer.body);
    await erase(author, id, answer.body.seq);
    expect(await show(id, answer.body.seq)).toMatchObject({ text: "", files: [] });
  });

  it("R20 go once for a key, and once for a message", async () => {
    const { owner, author, id } = await talk();
    const [file, mine] = [await upload(author, id, "a.txt"), key()];
    const first = await send(author, id, { text: "see", files: [file] }, mine);
    const again = await send(author, id, { text: "see", files: [file] }, mine);
    expect([first.status, again.status, again.body.seq]).toEqual([201, 200, first.body.seq]);
    const other = await upload(author, id, "b.txt");
    expect(refusal(await send(author, id, { text: "see", files: [other] }, mine))).toEqual([409, "conflict"]);
    const before = await head(id);
    for (const [person, files] of [
      [author, [file]],
      [owner, [await upload(author, id, "c.txt")]],
      [author, ["A".repeat(22)]],
    ] as const)
      for (const named of [undefined, key()]) {
        const answer = await send(person, id, { text: "", files }, named);
        expect([...refusal(answer), answer.body.error.field]).toEqual([404, "not_found", "files"]);
      }
    expect(await head(id)).toBe(before);
  });

  it("are free again when the message was refused and nobody knows its id", async () => {
    const { author, id } = await talk();
    const file = await upload(author, id, "a.txt");
    expect(refusal(await send(author, id, { text: "x", replyTo: 99, files: [file] }))).toEqual([404, "not_found"]);
    expect((await send(author, id, { text: "x", files: [file] })).status).toBe(201);
  });

  it("are four at most, by ids that can be", async () => {
    const { author, id } = await talk();
    for (const files of [
      Array(5).fill("A".repeat(22)),
      ["short"],
      ["A".repeat(23)],
      [7],
      "A".repeat(22),
      ["../../x".padEnd(22, "/")],
    ])
      expect([files, ...refusal(await send(author, id, { text: "x", files }))]).toEqual([files, 400, "bad_request"]);
    expect(refusal(await send(author, id, { text: "", files: [] }))).toEqual([400, "bad_request"]);
  });
});
