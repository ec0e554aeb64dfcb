// Replay beside live traffic, and the window that holds it back (PROTOCOL.md sections 8 and 11).
import { ERROR_CODE, LIMIT, WELCOME_OUTCOME } from "@ferrule/core";
import { expect, it } from "vitest";
import { noise } from "../../../../../tests/worker/support/random";
import {
  actorOf,
  evict,
  freshRoom,
  idOf,
  pause,
  RoomClient,
  tune,
  until,
} from "../../../../../tests/worker/support/room-client";

/** Sixteen kilobytes, nearly as many on the wire. */
const long = (seed: number) => noise(seed, 16_000);

const seqs = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, n) => from + n);

it("R16 live messages during a replay that the window holds back arrive once, in order", async () => {
  const stub = freshRoom("replay");
  const ann = await RoomClient.open(stub, "ann");
  const { welcome } = await ann.hello();
  for (let n = 1; n <= 60; n++) {
    await ann.write(n, long(n));
    ann.credit();
  }
  const bob = await RoomClient.join(stub, "bob", { epoch: welcome.body.epoch, lastSeq: 0 });
  // Nothing is credited: the server stops a part above the soft window.
  await until(() => bob.bytes > LIMIT.WINDOW_SOFT_BYTES, "the soft window to fill");
  for (let n = 61; n <= 65; n++) await ann.write(n, `live ${n}`);
  await bob.rest(0).then((kinds) => expect(kinds).not.toContain("ERROR"));
  const carl = await RoomClient.join(stub, "carl");
  await carl.write(1, "from one who came meanwhile");
  const first = bob.raw.length;
  expect(bob.bytes).toBeLessThan(LIMIT.WINDOW_SOFT_BYTES + 3 * 65_536);

  // Each credit lets it go on; live entries come in their place, once.
  while (bob.read.at(-1) !== 66) {
    bob.credit();
    await pause(5);
  }
  await ann.write(67, "the end");
  await until(() => bob.read.at(-1) === 67, "the last message");
  expect(bob.read).toEqual(seqs(1, 67));
  expect(bob.raw.length).toBeGreaterThan(first);
});

it("R16 a replay held back goes on after an eviction", async () => {
  const stub = freshRoom("replay");
  const ann = await RoomClient.open(stub, "ann");
  const { welcome } = await ann.hello();
  for (let n = 1; n <= 70; n++) {
    await ann.write(n, long(n));
    ann.credit();
  }
  const bob = await RoomClient.join(stub, "bob", { epoch: welcome.body.epoch, lastSeq: 0 });
  await until(() => bob.bytes > LIMIT.WINDOW_SOFT_BYTES, "the soft window to fill");
  let sleeps = 0;
  for (; bob.read.at(-1) !== 70; sleeps++) {
    const before = bob.bytes;
    await evict(stub);
    bob.credit();
    await until(() => bob.bytes > before, "the replay to go on");
    // Evicting in the middle of what one credit brings is not sleeping: wait until the window is full again, or all is here.
    await until(() => bob.bytes > before + LIMIT.WINDOW_SOFT_BYTES || bob.read.at(-1) === 70, "the window to fill");
  }
  expect(sleeps).toBeGreaterThan(1);
  expect(bob.read).toEqual(seqs(1, 70));
  await evict(stub);
  await ann.write(71, "live again");
  await until(() => bob.read.at(-1) === 71, "the live message");
  expect(bob.read).toEqual(seqs(1, 71));
});

it("R16 who comes while frames wait in the line gets each entry once: by replay, live, or not at all", async () => {
  const stub = freshRoom("replay");
  const ann = await RoomClient.open(stub, "ann");
  const { epoch } = (await ann.hello()).welcome.body;
  await ann.rest();
  await tune(stub, { coalesceMs: 5_000 });
  for (let n = 1; n <= 3; n++) await ann.write(n, `m${n}`);
  // The first has left; the second and the third wait.
  const fresh = await RoomClient.join(stub, "fresh");
  const behind = await RoomClient.join(stub, "behind", { epoch, lastSeq: 1 });
  const level = await RoomClient.join(stub, "level", { epoch, lastSeq: 3 });
  await until(() => behind.read.length === 2, "the replay");
  expect(ann.read).toEqual([1]);
  await ann.write(4, "m4");
  await until(() => [ann, behind, fresh, level].every((client) => client.read.at(-1) === 4), "the last message");
  expect([ann, behind, fresh, level].map((client) => client.read)).toEqual([[1, 2, 3, 4], [2, 3, 4], [4], [4]]);
  expect([ann, behind, fresh, level].flatMap((client) => client.strangers)).toEqual([]);
});

it("R41 a reader that never credits: 4011 at 1 MiB, and its resume loses nothing", async () => {
  const stub = freshRoom("replay");
  const ann = await RoomClient.join(stub, "ann");
  const bob = await RoomClient.open(stub, "bob");
  const { welcome } = await bob.hello();
  let n = 0;
  while (bob.closed === undefined && n < 100) {
    n++;
    await ann.write(n, long(n));
    ann.credit();
  }
  expect(await bob.end()).toEqual({ error: ERROR_CODE.LAGGING, close: 4011 });
  expect(bob.bytes).toBeGreaterThan(LIMIT.WINDOW_HARD_BYTES);
  expect(bob.bytes).toBeLessThan(LIMIT.WINDOW_HARD_BYTES + 65_536);
  await ann.write(n + 1, "while bob was away");
  expect(ann.closed).toBeUndefined();

  const again = await RoomClient.open(stub, "bob");
  const handled = bob.read.at(-1)!;
  const back = await again.hello({ epoch: welcome.body.epoch, lastSeq: handled });
  expect(back.welcome.body.outcome).toBe(WELCOME_OUTCOME.RECOVERED);
  await until(() => again.read.at(-1) === n + 1, "the rest");
  expect([...bob.read, ...again.read]).toEqual(seqs(1, n + 1));
});

it("R41 credits that fall or are above what was sent are ignored; honest ones over sleeps keep the line open", async () => {
  const stub = freshRoom("replay");
  const bob = await RoomClient.join(stub, "bob");
  bob.send({ kind: "CREDIT", body: { consumed: 1_000_000_000 } });
  for (let n = 1; n <= 120; n++) {
    if (n % 5 === 0) await evict(stub);
    await stub.apply(actorOf("ann"), { type: "post", id: idOf(n), text: long(n), replyTo: 0 });
    await until(() => bob.read.at(-1) === n, `message ${n}`);
    if (n % 4 === 0) bob.credit();
    if (n % 8 === 0) bob.send({ kind: "CREDIT", body: { consumed: 1 } });
  }
  expect(bob.bytes).toBeGreaterThan(1.5 * LIMIT.WINDOW_HARD_BYTES);
  expect(bob.closed).toBeUndefined();
  // Without a wake the count is exact: too much is not believed, and the line fills up.
  const liar = await RoomClient.join(stub, "liar");
  liar.send({ kind: "CREDIT", body: { consumed: 1_000_000_000 } });
  for (let n = 200; liar.closed === undefined && n < 300; n++) {
    const before = bob.read.length;
    await stub.apply(actorOf("ann"), { type: "post", id: idOf(n), text: long(n), replyTo: 0 });
    // What bob has not got he cannot credit, and the honest one would be closed as well.
    await until(() => bob.read.length > before, `message ${n}`);
    bob.credit();
  }
  expect(await liar.end()).toEqual({ error: ERROR_CODE.LAGGING, close: 4011 });
  expect(bob.closed).toBeUndefined();
});
