// The window and ephemeral frames (PROTOCOL.md section 11): they alone are dropped above windowSoft, and what they told is told
// again, whole, when the window is open again. What is logged is never dropped.
import { ERROR_CODE, LIMIT, PRESENCE_OP, PRESENCE_STATE, TYPING_STATE, WELCOME_OUTCOME } from "@ferrule/core";
import { expect, it } from "vitest";
import { noise } from "../../../../../tests/worker/support/random";
import {
  actorOf,
  evict,
  freshRoom,
  idOf,
  LIVE,
  pause,
  quiet,
  RoomClient,
  type RoomStub,
  tune,
  until,
} from "../../../../../tests/worker/support/room-client";

const SOFT_BYTES = 6_000;
const HARD_BYTES = 24_000;
const WINDOW = { windowSoftBytes: SOFT_BYTES, windowHardBytes: HARD_BYTES };

const post = (stub: RoomStub, n: number, length: number) =>
  stub.apply(actorOf("eve"), { type: "post", id: idOf(n), text: noise(n, length), replyTo: 0 });

/** All that ann may say of herself. */
function fuss(ann: RoomClient, state: number, upTo: number): void {
  ann.send({ kind: "PRESENCE", body: { op: PRESENCE_OP.SELF, state } });
  ann.send({ kind: "TYPING", body: { state: TYPING_STATE.TYPING } });
  ann.send({ kind: "RECEIPT", body: { list: [{ ref: 0, upTo }] } });
}

/** Ann, who credits, and bob, who does not and has a full window behind `messages` messages. */
async function behind(stub: RoomStub): Promise<{ ann: RoomClient; bob: RoomClient; written: number }> {
  await tune(stub, WINDOW);
  const ann = await RoomClient.live(stub, "ann");
  const bob = await RoomClient.live(stub, "bob");
  let written = 0;
  while (bob.bytes <= SOFT_BYTES + 1_000) {
    await post(stub, ++written, 1_500);
    await until(() => bob.read.at(-1) === written, "the message");
    ann.credit();
  }
  await quiet([ann, bob], 60);
  await bob.rest(0);
  return { ann, bob, written };
}

it("R41 above windowSoft ephemeral frames and nothing else are dropped; snapshot and marks follow CREDIT", async () => {
  const stub = freshRoom("window");
  const { ann, bob, written } = await behind(stub);
  fuss(ann, PRESENCE_STATE.AWAY, 2);
  const carl = await RoomClient.live(stub, "carl");
  await post(stub, written + 1, 10);
  // The newcomer's entry and the message are no ephemeral frames.
  expect(await bob.gather(3)).toEqual(["PEOPLE", "PEOPLE", "MSG"]);
  await until(() => ann.readers.get(1) === 2, "the mark at one whose window is open");
  expect(ann.here?.get(1)).toBe("1:2");
  expect(bob.here?.get(1)).toBe("1:1");

  bob.credit();
  const told = await bob.gather(3);
  expect(told).toEqual(["PRESENCE", "PEOPLE", "RECEIPT"]);
  expect(bob.here && Object.fromEntries(bob.here)).toEqual({ 1: "1:2", 2: "2:1", 3: "4:1" });
  expect(bob.readers.get(1)).toBe(2);
  // Once is enough, and from now on he is told as it happens.
  bob.credit();
  expect(await bob.rest()).toEqual([]);
  fuss(ann, PRESENCE_STATE.HERE, 3);
  expect((await bob.gather(3)).sort()).toEqual(["PRESENCE", "RECEIPT", "TYPING"]);
  expect([...ann.strangers, ...bob.strangers, ...carl.strangers]).toEqual([]);
});

it("R16 a replay that the window holds back: messages in their order, presence and marks as they are at the end", async () => {
  const stub = freshRoom("window");
  const ann = await RoomClient.live(stub, "ann");
  for (let n = 1; n <= 120; n++) await post(stub, n, 1_500);
  await tune(stub, { windowSoftBytes: SOFT_BYTES });
  const bob = await RoomClient.live(stub, "bob", LIVE, { epoch: await epochOf(stub), lastSeq: 0 });
  await until(() => bob.bytes > SOFT_BYTES, "the window to fill");
  fuss(ann, PRESENCE_STATE.AWAY, 100);
  const carl = await RoomClient.live(stub, "carl");
  await carl.write(1, "meanwhile");
  await until(() => carl.readers.get(1) === 100, "the mark");
  expect(bob.here?.get(1)).toBe("1:1");
  while (bob.read.at(-1) !== 121) {
    bob.credit();
    await pause(5);
  }
  bob.credit();
  await until(() => bob.readers.get(1) === 100 && bob.here?.get(1) === "1:2", "the mark and the presence of now");
  await quiet([bob], 60);
  expect(bob.read).toEqual(Array.from({ length: 121 }, (_, at) => at + 1));
  expect(bob.here && Object.fromEntries(bob.here)).toEqual({ 1: "1:2", 3: "4:1", 4: "5:1" });
  expect(bob.readers.get(1)).toBe(100);
  expect(bob.strangers).toEqual([]);
});

it("R41 what was dropped is remembered over an eviction", async () => {
  const stub = freshRoom("window");
  const { ann, bob } = await behind(stub);
  fuss(ann, PRESENCE_STATE.AWAY, 2);
  await until(() => ann.readers.get(1) === 2, "the mark");
  await quiet([ann, bob], 60);
  await evict(stub);
  await tune(stub, WINDOW);
  expect(await bob.rest()).toEqual([]);
  await evict(stub);
  bob.credit();
  expect(await bob.gather(3)).toEqual(["PRESENCE", "PEOPLE", "RECEIPT"]);
  expect(bob.here?.get(1)).toBe("1:2");
  expect(bob.readers.get(1)).toBe(2);
});

it("R41 the snapshot of one whose window opens in the middle of a tick shows nobody it was not introduced to", async () => {
  const stub = freshRoom("window");
  const { ann, bob } = await behind(stub);
  fuss(ann, PRESENCE_STATE.AWAY, 2);
  await until(() => ann.readers.get(1) === 2, "the mark");
  await quiet([ann, bob], 60);
  await tune(stub, { coalesceMs: 1_000 });
  await ann.write(900, "the line is busy now");
  const carl = await RoomClient.live(stub, "carl");
  bob.credit();
  await until(() => bob.here?.get(1) === "1:2", "the snapshot");
  expect([...bob.here!.keys()]).toEqual([1, 2, carl.conn]);
  await quiet([bob], 1_500);
  expect(bob.strangers).toEqual([]);
});

it("R41 one who was behind while the room became a crowd is told totals", async () => {
  const stub = freshRoom("window");
  const { bob } = await behind(stub);
  await tune(stub, { presenceListMax: 3 });
  for (const name of ["carl", "dora"]) await RoomClient.live(stub, name);
  expect(await bob.rest()).not.toContain("PRESENCE");
  bob.credit();
  expect((await bob.pick("PRESENCE")).body).toEqual({ op: PRESENCE_OP.TOTALS, connections: 4, people: 4 });
});

it("R41 above windowHard: 4011, the others see it leave, and its resume loses nothing", async () => {
  const stub = freshRoom("window");
  const { ann, bob, written } = await behind(stub);
  let n = written;
  for (; bob.closed === undefined && n < 100; ann.credit()) {
    await post(stub, ++n, 1_500);
    // One message a tick, or a BATCH of many would be the frame that goes over it.
    await until(() => ann.read.at(-1) === n, "the message");
  }
  expect(await bob.end()).toEqual({ error: ERROR_CODE.LAGGING, close: 4011 });
  // The frame that went over it was the last one before the ERROR.
  expect(bytesOf(bob.raw.slice(0, -2))).toBeLessThanOrEqual(HARD_BYTES);
  expect(bytesOf(bob.raw.slice(0, -1))).toBeGreaterThan(HARD_BYTES);
  await until(() => ann.here?.size === 1, "bob to leave");
  fuss(ann, PRESENCE_STATE.AWAY, n);
  await post(stub, n + 1, 10);
  await until(() => ann.readers.get(1) === n, "ann's mark");
  await quiet([ann], 60);

  const again = await RoomClient.open(stub, "bob");
  const { welcome } = await again.hello({ epoch: await epochOf(stub), lastSeq: bob.read.at(-1)! }, LIVE);
  expect(welcome.body.outcome).toBe(WELCOME_OUTCOME.RECOVERED);
  while (again.read.at(-1) !== n + 1) {
    again.credit();
    await pause(5);
  }
  expect([...bob.read, ...again.read]).toEqual(Array.from({ length: n + 1 }, (_, at) => at + 1));
  await until(() => again.here?.get(1) === "1:2" && again.here.size === 2, "the presence of now");
  expect(again.readers.get(1)).toBe(n);
  expect(again.strangers).toEqual([]);
});

it("R41 one whose line is closed by a broadcast in the middle of typing has stopped: that is not lost in the same tick", async () => {
  const stub = freshRoom("window");
  const { ann, bob, written } = await behind(stub);
  bob.send({ kind: "TYPING", body: { state: TYPING_STATE.TYPING } });
  expect((await ann.pick("TYPING")).body.state).toBe(TYPING_STATE.TYPING);
  await quiet([ann, bob], 60);
  for (let n = written; bob.closed === undefined && n < 100; ann.credit()) {
    await post(stub, ++n, 1_500);
    // As above: ann's own window must stay open, or she would not be told of typing.
    await until(() => ann.read.at(-1) === n, "the message");
  }
  expect(await bob.end()).toEqual({ error: ERROR_CODE.LAGGING, close: 4011 });
  expect((await ann.pick("TYPING")).body.state).toBe(TYPING_STATE.STOPPED);
});

it("R65 a burst of 100 messages between typing, presence and read marks is at most 2 + t / COALESCE_MS frames", async () => {
  const stub = freshRoom("window");
  const ann = await RoomClient.live(stub, "ann");
  const bob = await RoomClient.live(stub, "bob");
  const carl = await RoomClient.live(stub, "carl", 0);
  await quiet([ann, bob, carl], 100);
  const before = new Map([bob, carl].map((client) => [client, client.raw.length]));
  const start = Date.now();
  for (let n = 1; n <= 100; n++) {
    ann.say(n, `m${n}`);
    fuss(ann, n % 2 === 0 ? PRESENCE_STATE.HERE : PRESENCE_STATE.AWAY, n);
  }
  await until(() => bob.read.length === 100 && carl.read.length === 100, "the messages");
  const spent = Date.now() - start;
  await until(() => bob.readers.get(1) === 100 && bob.here?.get(1) === "1:1", "the last mark and presence");
  await quiet([bob, carl], 100);
  // What merges leaves behind the last message, within two more ticks.
  const most = 2 + (spent + 2 * LIMIT.COALESCE_MS) / LIMIT.COALESCE_MS;
  for (const [client, count] of before) expect(client.raw.length - count).toBeLessThanOrEqual(most);
  expect(bob.readers.get(1)).toBe(100);
  expect(bob.here?.get(1)).toBe("1:1");
  expect(carl.here?.size).toBe(0);
});

const bytesOf = (frames: readonly Uint8Array[]) => frames.reduce((sum, frame) => sum + frame.byteLength, 0);

async function epochOf(stub: RoomStub): Promise<Uint8Array> {
  const client = await RoomClient.open(stub, "clerk");
  const { epoch } = (await client.hello()).welcome.body;
  await client.close();
  return epoch;
}
