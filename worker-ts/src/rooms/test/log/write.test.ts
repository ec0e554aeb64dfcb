// The write path: durable first, once only, one order, one slice.
import { ACK_STATUS, ERROR_CODE, encodeText, LIMIT } from "@ferrule/core";
import { expect, it, vi } from "vitest";
import {
  actorOf,
  configOf,
  evict,
  freshRoom,
  idOf,
  pause,
  query,
  RoomClient,
  until,
} from "../../../../../tests/worker/support/room-client";

const count = async (stub: ReturnType<typeof freshRoom>) =>
  (await query<{ n: number }>(stub, "SELECT count(*) AS n FROM log"))[0]!.n;

it("R06 three sends from one arena arrive as three different frames", async () => {
  const stub = freshRoom("write");
  const ann = await RoomClient.join(stub, "ann");
  const bob = await RoomClient.join(stub, "bob");
  const texts = ["a".repeat(40), "b".repeat(40), "c".repeat(40)];
  texts.forEach((text, n) => {
    ann.say(n, text);
  });
  for (const client of [ann, bob]) for (const text of texts) expect((await client.pick("MSG")).body.text).toBe(text);
});

it("R07 a frame that was sent and stored is untouched by later relays", async () => {
  const stub = freshRoom("write");
  const ann = await RoomClient.join(stub, "ann");
  await ann.write(1, "first");
  await ann.pick("MSG");
  const [before] = await query<{ frame: ArrayBuffer }>(stub, "SELECT frame FROM log WHERE seq = 1");
  const seen = ann.raw.map((message) => Buffer.from(message).toString("hex"));
  for (let n = 2; n < 40; n++) await ann.write(n, "x".repeat(n * 20));
  const [after] = await query<{ frame: ArrayBuffer }>(stub, "SELECT frame FROM log WHERE seq = 1");
  expect(after).toEqual(before);
  expect(ann.raw.slice(0, seen.length).map((message) => Buffer.from(message).toString("hex"))).toEqual(seen);
  expect(seen).toContain(Buffer.from(new Uint8Array(before!.frame)).toString("hex"));
});

it("R17 a lost ACK and a resend: DUPLICATE with the first seq and ts, one row, one broadcast", async () => {
  const stub = freshRoom("write");
  const ann = await RoomClient.join(stub, "ann");
  const frame = encodeText("MSG", idOf(1), 0, "once");
  ann.send(frame);
  const first = await ann.pick("ACK");
  expect(first.body).toMatchObject({ status: ACK_STATUS.STORED, seq: 1 });
  await pause(5);
  for (let n = 0; n < 3; n++) {
    ann.send(frame);
    expect((await ann.pick("ACK")).body).toEqual({ ...first.body, status: ACK_STATUS.DUPLICATE });
  }
  expect(await count(stub)).toBe(1);
  expect(await ann.gather(1)).toEqual(["MSG"]);
});

it("R17 a resend stays DUPLICATE after the room has closed and the replied-to message is gone", async () => {
  const stub = freshRoom("write");
  const ann = await RoomClient.join(stub, "ann");
  await ann.write(1, "question");
  await ann.write(2, "answer", 1);
  await query(stub, "DELETE FROM log WHERE seq = 1");
  expect((await ann.write(2, "answer", 1)).body).toMatchObject({ status: ACK_STATUS.DUPLICATE, seq: 2 });
  await stub.configure(configOf(2, { closed: true }));
  expect((await ann.write(2, "answer", 1)).body).toMatchObject({ status: ACK_STATUS.DUPLICATE, seq: 2 });
  ann.say(2, "other words", 1);
  expect((await ann.pick("ERROR")).body.code).toBe(ERROR_CODE.CONFLICT);
  ann.say(3, "too late");
  const refused = await ann.pick("ERROR");
  expect(refused.id).toEqual(idOf(3));
  expect(refused.body.code).toBe(ERROR_CODE.FORBIDDEN);
  await stub.configure(configOf(3));
  expect((await ann.write(3, "too late")).body.status).toBe(ACK_STATUS.STORED);
});

it("R17 what the log does not take is neither acknowledged nor broadcast, and its resend is stored once", async () => {
  const stub = freshRoom("write");
  const ann = await RoomClient.join(stub, "ann");
  const bob = await RoomClient.join(stub, "bob");
  await ann.write(1, "one");
  expect((await bob.messages(1))[0]?.seq).toBe(1);
  const logged = vi.spyOn(console, "error").mockImplementation(() => undefined);
  await query(stub, "ALTER TABLE log RENAME TO broken");
  ann.say(2, "two");
  expect(await ann.end()).toEqual({ error: ERROR_CODE.INTERNAL, close: 4013 });
  expect(await bob.rest()).toEqual([]);
  expect(logged).toHaveBeenCalledOnce();
  logged.mockRestore();
  await query(stub, "ALTER TABLE broken RENAME TO log");
  const again = await RoomClient.join(stub, "ann");
  expect((await again.write(2, "two")).body).toMatchObject({ status: ACK_STATUS.STORED, seq: 2 });
  expect(await bob.messages(1)).toEqual([{ seq: 2, text: "two" }]);
});

it("R18 the same id with another text or replyTo is CONFLICT, and the socket stays", async () => {
  const stub = freshRoom("write");
  const ann = await RoomClient.join(stub, "ann");
  await ann.write(1, "one");
  await ann.write(2, "two");
  for (const [text, replyTo] of [
    ["One", 0],
    ["one", 2],
  ] as const) {
    ann.say(1, text, replyTo);
    const refused = await ann.pick("ERROR");
    expect(refused.id).toEqual(idOf(1));
    expect(refused.body.code).toBe(ERROR_CODE.CONFLICT);
  }
  expect((await ann.write(3, "three")).body.seq).toBe(3);
});

it("R19 the same id of another user: both are stored", async () => {
  const stub = freshRoom("write");
  const ann = await RoomClient.join(stub, "ann");
  const bob = await RoomClient.join(stub, "bob");
  expect((await ann.write(1, "mine")).body).toMatchObject({ status: ACK_STATUS.STORED, seq: 1 });
  expect((await bob.write(1, "mine too")).body).toMatchObject({ status: ACK_STATUS.STORED, seq: 2 });
});

it("R20 the same id by HTTP and by socket: one row, either way round", async () => {
  const stub = freshRoom("write");
  const ann = await RoomClient.join(stub, "ann");
  const post = (n: number, text: string) => stub.apply(actorOf("ann"), { type: "post", id: idOf(n), text, replyTo: 0 });
  const long = "The quick brown fox jumps over the lazy dog. ".repeat(20);
  for (const [n, text] of [
    [1, "short"],
    [2, long],
  ] as const) {
    expect(await post(n, text)).toMatchObject({ ok: true, status: "stored", message: { seq: n, text } });
    expect((await ann.write(n, text)).body).toMatchObject({ status: ACK_STATUS.DUPLICATE, seq: n });
  }
  await ann.write(3, long);
  expect(await post(3, long)).toMatchObject({
    ok: true,
    status: "duplicate",
    message: { seq: 3, text: long, author: { userId: "u_ann", name: "ann", guest: false } },
  });
  expect(await post(3, "other")).toMatchObject({ ok: false, code: "conflict" });
  expect(await count(stub)).toBe(3);
});

it("R20 a post is refused as a frame would be", async () => {
  const stub = freshRoom("write");
  const post = (text: string, replyTo = 0) => stub.apply(actorOf("ann"), { type: "post", id: idOf(1), text, replyTo });
  expect(await post("")).toMatchObject({ ok: false, code: "bad_request" });
  expect(await post("x".repeat(LIMIT.TEXT_BYTES_MAX + 1))).toMatchObject({ ok: false, code: "too_large" });
  expect(await post("é".repeat(LIMIT.TEXT_BYTES_MAX / 2 + 1))).toMatchObject({ ok: false, code: "too_large" });
  expect(await post("x", 7)).toMatchObject({ ok: false, code: "not_found" });
  await stub.configure(configOf(2, { closed: true }));
  expect(await post("x")).toMatchObject({ ok: false, code: "room_closed" });
  expect((await stub.stats()).headSeq).toBe(1);
});

it("answers replyTo to what is no message with NOT_FOUND, and stores nothing", async () => {
  const stub = freshRoom("write");
  const ann = await RoomClient.join(stub, "ann");
  await ann.write(1, "one");
  await stub.configure(configOf(2, { title: "New name" }));
  for (const replyTo of [2, 3, Number.MAX_SAFE_INTEGER]) {
    ann.say(5, "to nobody", replyTo);
    expect((await ann.pick("ERROR")).body.code).toBe(ERROR_CODE.NOT_FOUND);
  }
  expect((await ann.write(6, "to one", 1)).body.seq).toBe(3);
});

it("introduces a sender who is not here in the same BATCH, before the frame", async () => {
  const stub = freshRoom("write");
  const ann = await RoomClient.join(stub, "ann");
  const before = ann.raw.length;
  await stub.apply({ ...actorOf("bot"), guest: true }, { type: "post", id: idOf(1), text: "by HTTP", replyTo: 0 });
  expect((await ann.expect("PEOPLE")).body.list.map((person) => [person.ref, person.flags, person.name])).toEqual([
    [2, 1, "bot"],
  ]);
  expect((await ann.expect("MSG")).sender).toBe(2);
  expect(ann.raw.length).toBe(before + 1);
});

it("time never falls as seq rises", async () => {
  const stub = freshRoom("write");
  const ann = await RoomClient.join(stub, "ann");
  const { body } = await ann.write(1, "one");
  await query(stub, "UPDATE log SET ts = ts + 60000");
  await evict(stub);
  expect((await ann.write(2, "two")).body.ts).toBe(body.ts + 60_000);
});

it("tells a new title and closing by SYSTEM entries, in the order of the log", async () => {
  const stub = freshRoom("write");
  await stub.configure(configOf(1));
  expect((await stub.stats()).headSeq).toBe(0);
  const ann = await RoomClient.join(stub, "ann");
  await ann.write(1, "one");
  await ann.expect("MSG");
  await stub.configure(configOf(2, { title: "Lobby", closed: true }));
  await stub.configure(configOf(2, { title: "Lobby", closed: true }));
  await stub.configure(configOf(3, { title: "Lobby" }));
  const told = [await ann.expect("SYSTEM"), await ann.expect("SYSTEM"), await ann.expect("SYSTEM")];
  expect(told.map(({ seq, sender, body }) => [seq, sender, body.event, body.text])).toEqual([
    [2, 0, 1, "Lobby"],
    [3, 0, 7, ""],
    [4, 0, 8, ""],
  ]);
});

it("R65 a burst of 100 messages in t ms reaches each socket in at most 2 + t / COALESCE_MS frames", async () => {
  const stub = freshRoom("write");
  const ann = await RoomClient.join(stub, "ann");
  const bob = await RoomClient.join(stub, "bob");
  await pause(3 * LIMIT.COALESCE_MS);
  const before = bob.raw.length;
  const start = Date.now();
  for (let n = 0; n < 100; n++) ann.say(n, `m${n}`);
  const found = await bob.messages(100);
  const spent = Date.now() - start;
  expect(found.map((message) => message.seq)).toEqual(Array.from({ length: 100 }, (_, n) => n + 1));
  expect(bob.raw.length - before).toBeLessThanOrEqual(2 + spent / LIMIT.COALESCE_MS);
  await until(() => ann.raw.length >= 100, "the ACKs");
});
