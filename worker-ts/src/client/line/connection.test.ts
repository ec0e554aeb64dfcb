// The connection without I/O: every input at a chosen time, every order and piece of news compared.
import { crc32, decode, ERROR_CODE, encode, type Frame, LIMIT, RESET_REASON, WELCOME_OUTCOME } from "@ferrule/core";
import { expect, test } from "vitest";
import { seeded } from "../testing/clock";
import { Connection } from "./connection";
import type { News, Order } from "./news";

const EPOCH = Uint8Array.of(0xf3, 0xa1, 0xb2, 0xc4, 0xd5, 0xe6, 7, 0x18);
const UUID = "0199a0b0-c0d0-7e0f-8011-223344556677";
const OTHER = Uint8Array.of(1, 1, 1, 1, 1, 1, 1, 1);

/** A connection and what it said since it was last asked. */
function start(resume?: { epoch: string; seq: number }) {
  const connection = new Connection({ random: () => 0.5, uuid: () => UUID, client: "test/1", features: 0, resume });
  const rig = {
    connection,
    orders(): Order[] {
      return drain(() => connection.pollOrder());
    },
    news(): News[] {
      return drain(() => connection.pollNews());
    },
    states: () => rig.news().flatMap((news) => (news.type === "state" ? [news.state] : [])),
    dial(now = 0) {
      connection.handleStart(now);
      connection.handleOpen();
    },
    hello(): Frame {
      const sent = rig.orders().flatMap((order) => (order.do === "send" ? [order.data] : []));
      return decode("up", sent.at(-1) as Uint8Array) as Frame;
    },
    welcome(outcome: number, startSeq: number, now = 0, epoch = EPOCH) {
      connection.handleMessage(welcome(outcome, startSeq, epoch), now);
    },
  };
  return rig;
}

function drain<T>(poll: () => T | undefined): T[] {
  const all: T[] = [];
  for (let next = poll(); next !== undefined; next = poll()) all.push(next);
  return all;
}

function welcome(outcome: number, startSeq: number, epoch = EPOCH, windowSoft = 262_144): Uint8Array {
  const seqs = { headSeq: startSeq, oldestSeq: 1, startSeq, selfRef: 7, conn: 1, role: 1, expiresAt: 0, features: 0 };
  const rest = { windowSoft, windowHard: 1_048_576, slowModeMs: 0, roomId: "r", title: "R" };
  return encode({ kind: "WELCOME", body: { outcome, epoch, ...seqs, ...rest } });
}

const reset = (reason: number, startSeq: number, epoch = EPOCH) =>
  encode({ kind: "RESET", body: { reason, epoch, oldestSeq: 1, headSeq: startSeq, startSeq } });

const message = (seq: number, text = "x") =>
  encode({ kind: "MSG", seq, ts: 1, sender: 7, id: new Uint8Array(16), body: { replyTo: 0, text } });

const error = (code: number, retryAfterMs = 0) => encode({ kind: "ERROR", body: { code, retryAfterMs, text: "" } });

test("a fresh start says HELLO with nothing, and stands where WELCOME says", () => {
  const rig = start();
  rig.dial();
  expect(rig.hello()).toMatchObject({ kind: "HELLO", body: { epoch: new Uint8Array(8), lastSeq: 0 } });
  rig.welcome(WELCOME_OUTCOME.FRESH, 41);
  expect(rig.news()).toContainEqual({ type: "moved", cursor: { epoch: "f3a1b2c4d5e60718", seq: 41 } });
  expect(rig.connection.open).toBe(true);
});

test("a kept cursor is what HELLO says, and each logged frame moves it", () => {
  const rig = start({ epoch: "f3a1b2c4d5e60718", seq: 41 });
  rig.dial();
  expect(rig.hello()).toMatchObject({ body: { epoch: EPOCH, lastSeq: 41 } });
  rig.welcome(WELCOME_OUTCOME.RECOVERED, 41);
  rig.connection.handleMessage(message(42), 0);
  rig.connection.handleMessage(message(43), 0);
  rig.connection.handleClose(1006, "", 10);
  rig.connection.retry(20);
  rig.connection.handleOpen();
  expect(rig.hello()).toMatchObject({ body: { lastSeq: 43 } });
});

test("an old entry is dropped, a missing one closes 4000 and asks for it again", () => {
  const rig = start();
  rig.dial();
  rig.welcome(WELCOME_OUTCOME.FRESH, 5);
  rig.news();
  for (const seq of [5, 6, 6, 4]) rig.connection.handleMessage(message(seq), 0);
  expect(rig.news().flatMap((news) => (news.type === "frame" ? [news.frame.seq] : []))).toEqual([6]);
  rig.orders();
  rig.connection.handleMessage(message(8), 0);
  expect(rig.orders()).toEqual([{ do: "hang-up", code: 4000, reason: "gap" }]);
  expect(rig.states()).toEqual(["waiting"]);
  rig.connection.retry(1);
  rig.connection.handleOpen();
  expect(rig.hello()).toMatchObject({ body: { lastSeq: 6 } });
});

test("after a gap nothing more of that socket is taken", () => {
  const rig = start();
  rig.dial();
  rig.welcome(WELCOME_OUTCOME.FRESH, 5);
  const bytes = encode({ kind: "BATCH", body: { list: [message(7), message(8), message(6)] } });
  rig.news();
  rig.connection.handleMessage(bytes, 0);
  expect(rig.news().filter((news) => news.type === "frame")).toEqual([]);
});

test("a skipped logged kind moves the cursor, in a batch too", () => {
  const rig = start();
  rig.dial();
  rig.welcome(WELCOME_OUTCOME.FRESH, 5);
  rig.connection.handleMessage(withKind(message(6), 70), 0);
  rig.connection.handleMessage(message(7), 0);
  expect(rig.news().flatMap((news) => (news.type === "frame" ? [news.frame.seq] : []))).toEqual([7]);
});

test("RESET names the gap; the cursor moves with it and not before", () => {
  const rig = start({ epoch: "f3a1b2c4d5e60718", seq: 41 });
  rig.dial();
  rig.welcome(WELCOME_OUTCOME.RESET, 20_000);
  expect(rig.connection.open).toBe(false);
  // Cut between WELCOME and RESET: the same question again, so the reset cannot be missed.
  rig.connection.handleClose(1006, "", 1);
  rig.connection.retry(2);
  rig.connection.handleOpen();
  expect(rig.hello()).toMatchObject({ body: { lastSeq: 41 } });
  rig.welcome(WELCOME_OUTCOME.RESET, 20_000);
  rig.news();
  rig.connection.handleMessage(reset(RESET_REASON.TRIMMED, 20_000), 3);
  expect(rig.news()[0]).toEqual({ type: "reset", reason: "trimmed", drop: false, gap: { from: 42, to: 20_000 } });
  expect(rig.connection.open).toBe(true);
});

test("a new epoch on an open connection drops what is cached and goes on", () => {
  const rig = start();
  rig.dial();
  rig.welcome(WELCOME_OUTCOME.FRESH, 5);
  rig.news();
  rig.welcome(WELCOME_OUTCOME.RESET, 2, 1, OTHER);
  rig.connection.handleMessage(reset(RESET_REASON.EPOCH_CHANGED, 2, OTHER), 1);
  rig.connection.handleMessage(message(3), 1);
  const news = rig.news();
  expect(news).toContainEqual({ type: "reset", reason: "epoch_changed", drop: true, gap: null });
  expect(news).toContainEqual({ type: "moved", cursor: { epoch: "0101010101010101", seq: 3 } });
});

test("a WELCOME that would lose or double entries is not believed: once again, then stop", () => {
  const rig = start({ epoch: "f3a1b2c4d5e60718", seq: 41 });
  rig.dial();
  rig.welcome(WELCOME_OUTCOME.RECOVERED, 44);
  expect(rig.states()).toEqual(["connecting", "waiting"]);
  rig.connection.retry(1);
  rig.connection.handleOpen();
  for (const again of [2, 4_000]) {
    rig.connection.handleTimeout(again);
    rig.connection.handleOpen();
    rig.welcome(WELCOME_OUTCOME.FRESH, 41, again);
  }
  expect(rig.states().at(-1)).toBe("closed");
});

test("bytes that are no frame: once again, then stop, until somebody asks", () => {
  const rig = start();
  rig.dial();
  rig.connection.handleMessage(new Uint8Array(20), 0);
  expect(rig.states()).toEqual(["connecting", "waiting"]);
  rig.connection.handleTimeout(2_000);
  rig.connection.handleOpen();
  rig.connection.handleMessage(new Uint8Array(20), 2_000);
  expect(rig.states()).toEqual(["connecting", "closed"]);
  expect(rig.connection.pollTimeout()).toBeUndefined();
  rig.connection.retry(3_000);
  expect(rig.states()).toEqual(["connecting"]);
});

test("ping after 25 s; without any answer for 10 s the line is dead", () => {
  const rig = start();
  rig.dial();
  rig.welcome(WELCOME_OUTCOME.FRESH, 0);
  rig.orders();
  expect(rig.connection.pollTimeout()).toBe(LIMIT.PING_INTERVAL_MS);
  rig.connection.handleTimeout(25_000);
  expect(rig.orders()).toEqual([{ do: "send", data: "ping" }]);
  expect(rig.connection.pollTimeout()).toBe(35_000);
  rig.connection.handleMessage("pong", 25_010);
  expect(rig.connection.pollTimeout()).toBe(50_000);
  rig.connection.handleTimeout(50_000);
  rig.connection.handleTimeout(60_000);
  expect(rig.orders().at(-1)).toMatchObject({ do: "hang-up", code: 4000 });
  expect(rig.states().at(-1)).toBe("waiting");
});

test("no ticket, no handshake or no WELCOME within 15 s: given up, tried again", () => {
  for (const handshake of [false, true]) {
    const rig = start();
    rig.connection.handleStart(0);
    if (handshake) rig.connection.handleOpen();
    rig.connection.handleTimeout(14_999);
    expect(rig.states()).toEqual(["connecting"]);
    rig.connection.handleTimeout(15_000);
    expect(rig.orders().at(-1)).toMatchObject({ do: "hang-up" });
    expect(rig.states()).toEqual(["waiting"]);
  }
});

test("CREDIT tells handled bytes before a step is full, counts from zero on a new line, and obeys RATE_LIMITED", () => {
  const rig = start();
  rig.dial();
  rig.welcome(WELCOME_OUTCOME.FRESH, 0);
  rig.orders();
  rig.connection.handleConsumed(1, 32_767, 0);
  expect(rig.orders()).toEqual([]);
  rig.connection.handleConsumed(1, 1, 0);
  expect(rig.hello()).toMatchObject({ kind: "CREDIT", body: { consumed: 32_768 } });
  // Refused: it did not count, and is told again when the wait is over, although nothing more comes in.
  rig.connection.handleMessage(error(7, 400), 0);
  rig.connection.handleConsumed(1, 30, 400);
  expect(rig.orders()).toEqual([]);
  expect(rig.connection.pollTimeout()).toBe(401);
  rig.connection.handleTimeout(401);
  expect(rig.hello()).toMatchObject({ body: { consumed: 32_798 } });
  rig.connection.handleClose(1006, "", 500);
  rig.connection.retry(500);
  rig.connection.handleOpen();
  rig.welcome(WELCOME_OUTCOME.RECOVERED, 0, 500);
  rig.orders();
  rig.connection.handleConsumed(1, 99_999, 500);
  expect(rig.orders()).toEqual([]);
});

test("a room with a small window is told of handled bytes sooner", () => {
  const rig = start();
  rig.dial();
  rig.connection.handleMessage(welcome(WELCOME_OUTCOME.FRESH, 0, EPOCH, 4_096), 0);
  rig.orders();
  rig.connection.handleConsumed(1, 2_048, 0);
  expect(rig.hello()).toMatchObject({ kind: "CREDIT", body: { consumed: 2_048 } });
});

test("`online` ends a wait; on an open line it asks whether the line still lives", () => {
  const rig = start();
  rig.dial();
  rig.welcome(WELCOME_OUTCOME.FRESH, 0);
  rig.orders();
  rig.connection.handleOnline(1_000);
  expect(rig.orders()).toEqual([{ do: "send", data: "ping" }]);
  rig.connection.handleClose(1006, "", 2_000);
  rig.connection.handleOnline(2_001);
  expect(rig.orders()).toEqual([{ do: "dial" }]);
});

test("LAGGING and EXPIRED reconnect at once, but not in a hot loop", () => {
  const rig = start();
  rig.dial();
  rig.welcome(WELCOME_OUTCOME.FRESH, 0);
  rig.connection.handleClose(4011, "", 5_000);
  expect(rig.connection.pollTimeout()).toBe(5_000);
  rig.connection.handleTimeout(5_000);
  rig.connection.handleOpen();
  rig.welcome(WELCOME_OUTCOME.RECOVERED, 0, 5_001);
  rig.connection.handleClose(4010, "", 5_002);
  expect(rig.connection.pollTimeout()).toBe(6_002);
});

test("waits grow while nothing holds, and begin anew after a connection that held", () => {
  const rig = start();
  rig.connection.handleStart(0);
  const waits: number[] = [];
  let now = 0;
  const fail = (code: number) => {
    rig.connection.handleClose(code, "", now);
    waits.push(rig.connection.pollTimeout()! - now);
    now = rig.connection.pollTimeout()!;
    rig.connection.handleTimeout(now);
  };
  for (let tries = 0; tries < 3; tries++) fail(1006);
  rig.connection.handleOpen();
  rig.welcome(WELCOME_OUTCOME.FRESH, 0, now);
  now += LIMIT.RECONNECT_CAP_MS;
  fail(1012);
  expect(waits).toEqual([1_000, 500, 1_000, 1_000]);
});

/** The same frame with another kind, and a right CRC. */
function withKind(bytes: Uint8Array, kind: number): Uint8Array {
  const copy = bytes.slice();
  copy[2] = kind;
  new DataView(copy.buffer).setUint32(copy.length - 4, crc32(copy.subarray(0, -4)), true);
  return copy;
}

/** 16,000 letters that do not compress well. */
const noise = (seed: number) => {
  const random = seeded(seed);
  return Array.from({ length: 16_000 }, () => String.fromCharCode(33 + random() * 94)).join("");
};

test("who has not caught up gets no new line: each one would bring more, without an end", () => {
  const rig = start();
  rig.dial();
  rig.welcome(WELCOME_OUTCOME.FRESH, 0);
  for (let seq = 1; seq <= 20; seq++) rig.connection.handleMessage(message(seq, noise(seq)), 0);
  const got = rig.news().flatMap((news) => (news.type === "end" ? [news] : []));
  expect(got.reduce((sum, { bytes }) => sum + bytes, 0)).toBeGreaterThan(LIMIT.WINDOW_SOFT_BYTES);
  rig.connection.handleClose(4000 + ERROR_CODE.LAGGING, "", 5_000);
  rig.orders();
  rig.connection.handleTimeout(60_000);
  rig.connection.handleOnline(60_000);
  expect([rig.orders(), rig.connection.pollTimeout(), rig.states()]).toEqual([[], undefined, ["waiting"]]);
  for (const { line, bytes } of got.slice(0, 8)) rig.connection.handleConsumed(line, bytes, 61_000);
  expect(rig.connection.pollTimeout()).toBeLessThanOrEqual(61_000);
  rig.connection.handleTimeout(61_000);
  expect(rig.orders()).toEqual([{ do: "dial" }]);
});

test("who asks for a line gets one, caught up or not", () => {
  const rig = start();
  rig.dial();
  rig.welcome(WELCOME_OUTCOME.FRESH, 0);
  for (let seq = 1; seq <= 20; seq++) rig.connection.handleMessage(message(seq, noise(seq)), 0);
  rig.connection.handleClose(4000 + ERROR_CODE.LAGGING, "", 5_000);
  rig.orders();
  rig.connection.retry(5_001);
  expect(rig.orders()).toEqual([{ do: "dial" }]);
});

test.each([
  { epoch: "f3a1b2c4d5e60718", seq: Number.NaN },
  { epoch: "f3a1b2c4d5e60718", seq: -1 },
  { epoch: "f3a1b2c4d5e60718", seq: 1.5 },
  { epoch: "0000000000000000", seq: 7 },
  { epoch: "no epoch", seq: 7 },
])("what was kept as a cursor and is none begins afresh: %o", (resume) => {
  const rig = start(resume);
  rig.dial();
  expect(rig.hello()).toMatchObject({ body: { epoch: new Uint8Array(8), lastSeq: 0 } });
});
