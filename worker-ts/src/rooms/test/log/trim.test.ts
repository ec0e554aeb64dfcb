// A log that was trimmed: what clients are told, what pages and replays hold, and what the bare rows of messages still know.
import { runInDurableObject } from "cloudflare:test";
import { ACK_STATUS, ERROR_CODE, type FrameOf, HISTORY_DIRECTION, PAGE_FLAG, RESET_REASON } from "@ferrule/core";
import { afterAll, expect, it } from "vitest";
import { HeldQueue } from "../../../../../tests/worker/support/archive";
import {
  actorOf,
  configOf,
  evict,
  freshRoom,
  idOf,
  query,
  RoomClient,
  type RoomStub,
  tune,
  until,
} from "../../../../../tests/worker/support/room-client";
import { HOUR_MS, STILL, trim } from "../../../../../tests/worker/support/trimming";
import type { RoomObject } from "../../room-object";

const held = new HeldQueue();
afterAll(() => held.release());

/** A room of `count` messages by ann; those at `notes` (not the first) are entries of the room instead. */
async function written(count: number, notes: readonly number[] = []): Promise<RoomStub> {
  const stub = freshRoom("trim");
  await tune(stub, STILL);
  await runInDurableObject(stub, (room: RoomObject) => {
    room.configure(configOf(1));
    for (let seq = 1; seq <= count; seq++) {
      if (notes.includes(seq)) room.configure(configOf(seq, { title: `Title ${seq}` }));
      else room.apply(actorOf("ann"), { type: "post", id: idOf(seq), text: `m${seq}`, replyTo: 0 });
    }
  });
  expect(await stub.stats()).toMatchObject({ headSeq: count });
  return stub;
}

const rows = (stub: RoomStub) =>
  query<{ seq: number; bare: number }>(stub, "SELECT seq, frame IS NULL AND cid IS NULL AS bare FROM log ORDER BY seq");

it("trims what the archive has, is old and not among the newest: messages keep a bare row, all else goes", async () => {
  const stub = await written(12, [3, 7]);
  await trim(stub, 12, 4);
  const bare = new Map((await rows(stub)).map((row) => [row.seq, row.bare]));
  expect([...bare]).toEqual([...[1, 2, 4, 5, 6, 8].map((seq) => [seq, 1]), ...[9, 10, 11, 12].map((seq) => [seq, 0])]);
  await evict(stub);
  expect(await stub.stats()).toMatchObject({ headSeq: 12 });
  const ann = await RoomClient.join(stub, "ann");
  expect((await ann.write(13, "goes on")).body.seq).toBe(13);
});

it("keeps what the archive has not reported, what is young, and always the newest entry", async () => {
  const stub = await written(6);
  await trim(stub, 0, 0);
  expect((await rows(stub)).filter(({ bare }) => bare)).toEqual([]);
  await tune(stub, { trimAgeMs: HOUR_MS, trimKeepEntries: 0 });
  await runInDurableObject(stub, async (room: RoomObject, { storage }) => {
    storage.sql.exec("UPDATE batch SET done = 0");
    room.archived(1, 6, []);
    storage.sql.exec("INSERT OR REPLACE INTO due VALUES('trim', '', 1)");
    await room.alarm();
  });
  expect((await rows(stub)).filter(({ bare }) => bare)).toEqual([]);
  await trim(stub, 6, 0);
  expect((await rows(stub)).filter(({ bare }) => bare)).toHaveLength(5);
  expect(await stub.stats()).toMatchObject({ headSeq: 6 });
});

it("trims a long log in parts, and comes again only while something may go", async () => {
  const stub = await written(4_300);
  const due = () => query<{ at: number }>(stub, "SELECT at FROM due WHERE kind = 'trim'");
  await trim(stub, 4_300, 100);
  const bare = async () => (await rows(stub)).filter((row) => row.bare).length;
  expect(await bare()).toBeGreaterThanOrEqual(2_000);
  for (let run = 0; run < 4 && (await due()).length > 0; run++) await trim(stub, 4_300, 100);
  expect(await bare()).toBe(4_200);
  expect(await due()).toEqual([]);
});

it("R12 a cursor that was trimmed: RESET TRIMMED with the oldest entry there is; the one before it still recovers", async () => {
  const stub = await written(10, [4]);
  const first = await RoomClient.open(stub, "bob");
  const { epoch } = (await first.hello()).welcome.body;
  await trim(stub, 10, 4);
  for (const lastSeq of [0, 1, 5]) {
    const bob = await RoomClient.open(stub, "bob");
    const { welcome, reset } = await bob.hello({ epoch, lastSeq });
    expect(welcome.body).toMatchObject({ outcome: 2, oldestSeq: 7, headSeq: 10, startSeq: 10 });
    expect(reset?.body).toMatchObject({ reason: RESET_REASON.TRIMMED, oldestSeq: 7, headSeq: 10, startSeq: 10 });
    await bob.close();
  }
  await evict(stub);
  const bob = await RoomClient.open(stub, "bob");
  expect((await bob.hello({ epoch, lastSeq: 6 })).welcome.body.outcome).toBe(1);
  await bob.expect("PEOPLE");
  expect(await bob.messages(4)).toEqual([7, 8, 9, 10].map((seq) => ({ seq, text: `m${seq}` })));
});

it("R12 a replay that waits for its window is not overtaken by trimming: it misses nothing", async () => {
  const stub = await written(20);
  const bob = await RoomClient.open(stub, "bob");
  const { epoch } = (await bob.hello()).welcome.body;
  await bob.close();
  const carl = await RoomClient.open(stub, "carl");
  await tune(stub, { windowSoftBytes: 0 });
  await carl.hello({ epoch, lastSeq: 5 });
  await carl.rest();
  await trim(stub, 20, 0);
  expect((await rows(stub)).filter(({ bare }) => bare)).toHaveLength(5);
  await tune(stub, { windowSoftBytes: 1e9 });
  carl.credit();
  await until(() => carl.read.at(-1) === 20, "the last message");
  await carl.rest();
  expect(carl.read).toEqual(Array.from({ length: 15 }, (_, n) => n + 6));
});

async function ask(
  client: RoomClient,
  direction: number,
  from: number,
  limit = 50,
): Promise<FrameOf<"HISTORY_PAGE">["body"]> {
  client.send({ kind: "HISTORY_REQ", id: idOf(9_000), body: { direction, from, limit } });
  return (await client.pick("HISTORY_PAGE")).body;
}

it("R55 a page of the socket says when older messages are in the archive alone, and leaps over none of them", async () => {
  const stub = await written(12, [5, 6]);
  await trim(stub, 12, 6);
  const ann = await RoomClient.join(stub, "ann");
  const { BEFORE, AFTER } = HISTORY_DIRECTION;
  expect(await ask(ann, BEFORE, 0, 3)).toMatchObject({ flags: PAGE_FLAG.MORE, firstSeq: 10, lastSeq: 12 });
  expect(await ask(ann, BEFORE, 10)).toMatchObject({ flags: PAGE_FLAG.ARCHIVE, firstSeq: 7, lastSeq: 9 });
  expect(await ask(ann, BEFORE, 7)).toMatchObject({ flags: PAGE_FLAG.ARCHIVE, firstSeq: 0, lastSeq: 0, list: [] });
  expect(await ask(ann, BEFORE, 1)).toMatchObject({ flags: 0, list: [] });
  expect(await ask(ann, AFTER, 3)).toMatchObject({ flags: PAGE_FLAG.ARCHIVE, list: [] });
  // what was trimmed behind 4 are entries of the room, which no page by HTTP shows
  expect(await ask(ann, AFTER, 4)).toMatchObject({ flags: 0, firstSeq: 7, lastSeq: 12 });
  expect(ann.closed).toBeUndefined();
});

it("R55 the room's page for HTTP names what was trimmed, with authors as they are known now", async () => {
  const stub = await written(6);
  await trim(stub, 6, 2);
  await stub.adopt("u_ann", { userId: "u_anna", name: "Anna" });
  const page = await stub.page({ limit: 4, reader: null });
  expect(page).toMatchObject({ head: 6, more: true });
  const author = { userId: "u_anna", name: "Anna", guest: false };
  expect(page.trimmed.map(({ seq, author }) => [seq, author])).toEqual([3, 4].map((seq) => [seq, author]));
  expect(page.messages.map(({ seq, text }) => [seq, text])).toEqual([5, 6].map((seq) => [seq, `m${seq}`]));
  expect(await stub.page({ after: 0, limit: 2, reader: null })).toMatchObject({
    more: true,
    messages: [],
    trimmed: [{ seq: 1 }, { seq: 2 }],
  });
});

it("a trimmed message can be answered; a late resend of it is new, one that the log still has is not", async () => {
  const stub = await written(6, [2]);
  await trim(stub, 6, 2);
  const ann = await RoomClient.join(stub, "ann");
  expect((await ann.write(100, "an answer", 1)).body).toMatchObject({ status: ACK_STATUS.STORED, seq: 7 });
  ann.say(101, "to nothing", 2);
  expect((await ann.pick("ERROR")).body.code).toBe(ERROR_CODE.NOT_FOUND);
  expect((await ann.write(6, "m6")).body).toMatchObject({ status: ACK_STATUS.DUPLICATE, seq: 6 });
  ann.say(6, "other words");
  expect((await ann.pick("ERROR")).body.code).toBe(ERROR_CODE.CONFLICT);
  const post = { type: "post", id: idOf(5), text: "m5", replyTo: 0 } as const;
  expect(await stub.apply(actorOf("ann"), post)).toMatchObject({
    ok: true,
    status: "duplicate",
    message: { seq: 5, text: "m5" },
  });
  expect((await ann.write(1, "m1")).body).toMatchObject({ status: ACK_STATUS.STORED, seq: 8 });
});
