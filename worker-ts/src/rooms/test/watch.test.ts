// OP01-OP04: what an admin sees of a room object, and the two repairs that the object does itself.
import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { ERROR_CODE } from "@ferrule/core";
import { expect, it, onTestFinished } from "vitest";
import { HeldQueue } from "../../../../tests/worker/support/archive";
import { noise } from "../../../../tests/worker/support/random";
import {
  actorOf,
  evict,
  freshRoom,
  idOf,
  query,
  RoomClient,
  type RoomStub,
  relayOf,
  tune,
  until,
} from "../../../../tests/worker/support/room-client";
import { ON_ITS_WAY_MS, OPEN_BATCHES_MAX, OPEN_BATCHES_TOLD } from "../log/outbox";
import type { RelayObject } from "../relay-object";
import { LAGGARDS_MAX } from "../socket/watch";

const SOFT_BYTES = 6_000;

const post = (stub: RoomStub, n: number, text = noise(n, 1_000)) =>
  stub.apply(actorOf("eve"), { type: "post", id: idOf(n), text, replyTo: 0 });

it("OP01 a room tells its sockets, head, lag and what is due; nothing of it wakes a write", async () => {
  const stub = freshRoom("watch");
  const ann = await RoomClient.live(stub, "ann");
  await ann.write(1, "one");
  const seen = await stub.watch();
  expect(seen).toMatchObject({ sockets: 1, online: 1, relays: [], closed: false, title: "Room" });
  expect(seen.headSeq).toBeGreaterThan(0);
  expect(seen.unarchivedSince).not.toBeNull();
  expect(seen.counts["messages"]).toBe(1);
  expect(seen.due.map(({ kind }) => kind)).toContain("flush");
  const rows = await query(stub, "SELECT * FROM due");
  await stub.watch();
  expect(await query(stub, "SELECT * FROM due")).toEqual(rows);
  await ann.close();
});

it("OP02 who is behind is told, the worst first and twenty at most; refusals are told by code", async () => {
  const stub = freshRoom("watch");
  await tune(stub, { windowSoftBytes: SOFT_BYTES, windowHardBytes: 1_000_000, presenceListMax: 0 });
  const quick = await RoomClient.live(stub, "quick", 0);
  const slow = await Promise.all(
    Array.from({ length: LAGGARDS_MAX + 1 }, (_, n) => RoomClient.live(stub, `slow-${n}`, 0)),
  );
  for (let n = 1; n <= 12; n++) {
    await post(stub, n);
    await quick.pick("MSG");
    quick.credit();
  }
  // a word with the room: what was sent before it has been handled
  await quick.write(100, "here");
  const { laggards } = await stub.watch();
  expect(laggards.count).toBe(LAGGARDS_MAX + 1);
  expect(laggards.worst).toHaveLength(LAGGARDS_MAX);
  expect(laggards.worst[0]).toMatchObject({ name: expect.stringMatching(/^slow-/), relay: null, recovering: false });
  const bytes = laggards.worst.map((one) => one.bytes);
  expect(bytes).toEqual([...bytes].sort((a, b) => b - a));
  expect(Math.min(...bytes)).toBeGreaterThan(SOFT_BYTES);
  expect(laggards.worst.map(({ userId }) => userId)).not.toContain("u_quick");

  quick.send({ kind: "EDIT", id: idOf(200), body: { target: 999, text: "x" } });
  await quick.pick("ERROR");
  expect((await stub.watch()).counts["refused_not_found"]).toBe(1);
  for (const client of [quick, ...slow]) await client.close();
});

it("OP03 one connection that is behind is closed, once, and its neighbour stays; after a sleep too", async () => {
  const stub = freshRoom("watch");
  const [ann, bob] = [await RoomClient.live(stub, "ann"), await RoomClient.live(stub, "bob")];
  expect(await stub.disconnect(999)).toBe(false);
  await evict(stub);
  expect(await stub.disconnect(bob.conn)).toBe(true);
  expect(await bob.end()).toEqual({ error: ERROR_CODE.LAGGING, close: 4000 + ERROR_CODE.LAGGING });
  expect(await stub.disconnect(bob.conn)).toBe(false);
  expect(ann.closed).toBeUndefined();
  expect((await stub.watch()).sockets).toBe(1);
  await ann.close();
});

it("OP03 a room says where its relays stand; they say who is behind there, and close one of those, once", async () => {
  const stub = freshRoom("watch");
  await tune(stub, { socketsDirectMax: 0, relaySocketsMax: 5 });
  const bob = await RoomClient.live(stub, "bob", 0);
  const relay = relayOf(stub, 1);
  await runInDurableObject(
    relay,
    (object: RelayObject) => void Object.assign(object.settings, { windowSoftBytes: SOFT_BYTES }),
  );
  for (let n = 1; n <= 8; n++) await post(stub, n);
  await expect.poll(async () => (await relay.laggards()).count).toBe(1);
  const { worst } = await relay.laggards();
  expect(worst).toMatchObject([{ conn: bob.conn, relay: 1, userId: "u_bob" }]);
  expect(await stub.watch()).toMatchObject({ sockets: 0, online: 1, relays: [{ n: 1, sockets: 1 }] });
  expect(await relay.whoseConnection(bob.conn)).toBe("u_bob");
  expect(await relay.disconnect(bob.conn)).toBe(true);
  await until(() => bob.closed?.code === 4000 + ERROR_CODE.LAGGING, "the close");
  expect(await relay.disconnect(bob.conn)).toBe(false);
  expect(await relay.whoseConnection(bob.conn)).toBeNull();
});

it("OP04 what the archive has not reported is sent again at once, as it was, and not twice when asked twice", async () => {
  const held = new HeldQueue();
  onTestFinished(() => held.release());
  const stub = freshRoom("watch");
  let now = Date.now();
  const far = 3_600_000;
  await tune(stub, { now: () => now, archiveFlushMs: far, archiveResendMs: far, totalsMs: far });
  const flushed = async () => {
    await query(stub, "UPDATE due SET at = 1 WHERE kind = 'flush'");
    await runDurableObjectAlarm(stub);
    return held.take(stub).map(({ from, to }) => [from, to]);
  };
  await post(stub, 1, "one");
  expect(await flushed()).toEqual([[1, 1]]);
  await post(stub, 2, "two");
  expect(await flushed()).toEqual([[2, 2]]);
  expect((await stub.watch()).batches).toEqual({
    count: 2,
    first: [1, 2].map((seq) => ({ from: seq, to: seq, sentAt: now, tries: 1 })),
  });
  // sent a moment ago: on its way
  expect(await stub.resendUnarchived()).toBe(0);
  expect(await flushed()).toEqual([]);
  now += ON_ITS_WAY_MS;
  expect(await Promise.all([stub.resendUnarchived(), stub.resendUnarchived()])).toEqual([2, 0]);
  expect(await flushed()).toEqual([
    [1, 1],
    [2, 2],
  ]);
  expect(await stub.resendUnarchived()).toBe(0);
  await stub.archived(1, 1, []);
  now += ON_ITS_WAY_MS;
  expect(await stub.resendUnarchived()).toBe(1);
  expect(await flushed()).toEqual([[2, 2]]);
  await stub.archived(2, 2, []);
  expect((await stub.watch()).batches).toEqual({ count: 0, first: [] });
});

it("OP04 many open batches: the oldest are told, and how many there are", async () => {
  const stub = freshRoom("watch");
  await tune(stub, { archiveFlushMs: 3_600_000 });
  const rows = Array.from({ length: OPEN_BATCHES_MAX + 1 }, (_, n) => `(${n + 1}, ${n + 1}, 5, 2, 0)`);
  await query(stub, `INSERT INTO batch(from_seq, to_seq, sent_at, tries, done) VALUES ${rows.join(", ")}`);
  const { batches } = await stub.watch();
  expect(batches.count).toBe(OPEN_BATCHES_MAX);
  expect(batches.first).toHaveLength(OPEN_BATCHES_TOLD);
  expect(batches.first[0]).toEqual({ from: 1, to: 1, sentAt: 5, tries: 2 });
});
