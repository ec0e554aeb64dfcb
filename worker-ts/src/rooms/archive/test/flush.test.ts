// Sending to the archive, with a queue that the test holds: what is cut, when it leaves, and that nothing is lost on the way.
import { runInDurableObject } from "cloudflare:test";
import { afterAll, beforeEach, expect, it, vi } from "vitest";
import { archivedRows, deliver, HeldQueue } from "../../../../../tests/worker/support/archive";
import {
  actorOf,
  evict,
  freshRoom,
  idOf,
  query,
  RoomClient,
  type RoomStub,
  rowsRead,
  tune,
} from "../../../../../tests/worker/support/room-client";
import { type ArchiveMessage, defineRoomObject, type RoomObject } from "../../index";
import type { DueKind } from "../../log/due";

const held = new HeldQueue();
afterAll(() => held.release());
beforeEach(() => {
  held.onSend = () => undefined;
});

/** Nothing leaves by itself: an alarm that a test did not ring would send at a moment of its own. */
const HOUR_MS = 3_600_000;
const STILL = {
  archiveFlushMs: HOUR_MS,
  archiveFlushEntries: 1_000_000,
  archiveFlushBytes: 1e12,
  archiveResendMs: HOUR_MS,
  totalsMs: HOUR_MS,
};

async function quietRoom(name = "flush"): Promise<RoomStub> {
  const stub = freshRoom(name);
  await tune(stub, STILL);
  return stub;
}

async function post(stub: RoomStub, n: number, text = `m${n}`): Promise<void> {
  const outcome = await stub.apply(actorOf("ann"), { type: "post", id: idOf(n), text, replyTo: 0 });
  expect(outcome).toMatchObject({ ok: true });
}

/** Many at once, inside the object: a test of a thousand entries is not one of a thousand calls. */
const postMany = (stub: RoomStub, count: number): Promise<void> =>
  runInDurableObject(stub, (room: RoomObject) => {
    for (let n = 1; n <= count; n++)
      room.apply(actorOf("ann"), { type: "post", id: idOf(n), text: `m${n}`, replyTo: 0 });
  });

/** Does this work now, and gives what it sent. */
async function run(stub: RoomStub, kind: DueKind): Promise<ArchiveMessage[]> {
  await runInDurableObject(stub, (room: RoomObject, { storage }) => {
    storage.sql.exec("INSERT OR REPLACE INTO due VALUES(?, '', 1)", kind);
    return room.alarm();
  });
  return held.take(stub);
}

const runs = (messages: readonly ArchiveMessage[]) => messages.map(({ from, to }) => [from, to]);
const batches = (stub: RoomStub) => query(stub, "SELECT from_seq, to_seq, tries, done FROM batch ORDER BY from_seq");

it("sends each entry as it stands: a message with its author, its id and what it answers, an entry of the room", async () => {
  const stub = await quietRoom();
  await post(stub, 1, "question");
  await stub.apply(actorOf("bob"), { type: "post", id: idOf(2), text: "answer", replyTo: 1 });
  await stub.configure({ version: 1, title: "A", closed: true, slowModeMs: 0, editWindowMs: 0 });
  const [message, ...rest] = await run(stub, "flush");
  expect(rest).toEqual([]);
  const { ts, ...last } = message!.messages[2] as { ts: number };
  expect(message).toMatchObject({ v: 1, room: stub.name, from: 1, to: 3, at: ts, reactions: [], pins: [], people: [] });
  const state = { editedAt: null, deletedAt: null, deletedBy: null };
  expect(message!.messages.slice(0, 2)).toMatchObject([
    { seq: 1, kind: "MSG", event: null, version: 1, userId: "u_ann", replyTo: null, text: "question", ...state },
    { seq: 2, kind: "MSG", event: null, version: 2, userId: "u_bob", replyTo: 1, text: "answer", ...state },
  ]);
  expect((message!.messages[0] as { cid: string }).cid).toBe("00000001-a5a5-a5a5-a5a5-a5a5a5a5a5a5");
  const room = { userId: null, cid: null, replyTo: null };
  expect(last).toEqual({ seq: 3, kind: "SYSTEM", event: 7, version: 3, text: "", ...room, ...state });
});

it("flushes soon after the first entry, at once after so many entries or bytes, and each entry only once", async () => {
  const stub = await quietRoom();
  const due = async () => (await query<{ at: number }>(stub, "SELECT at FROM due WHERE kind = 'flush'"))[0]?.at;
  const start = 1_800_000_000_000;
  await tune(stub, { now: () => start, archiveFlushMs: 1_000, archiveFlushEntries: 3, archiveFlushBytes: 10_000 });
  expect(await due()).toBeUndefined();
  await post(stub, 1);
  expect(await due()).toBe(start + 1_000);
  await post(stub, 2);
  expect(await due()).toBe(start + 1_000);
  await post(stub, 3);
  expect(await due()).toBe(start);
  expect(runs(await run(stub, "flush"))).toEqual([[1, 3]]);
  expect(await due()).toBeUndefined();
  await post(stub, 4, randomText(12_000));
  expect(await due()).toBe(start);
  expect(runs(await run(stub, "flush"))).toEqual([[4, 4]]);
  expect(await run(stub, "flush")).toEqual([]);
});

it("cuts batches of at most a hundred entries and 98,304 bytes, and a queue takes even the longest message alone", async () => {
  const stub = await quietRoom();
  await postMany(stub, 230);
  expect(runs(await run(stub, "flush"))).toEqual([
    [1, 100],
    [101, 200],
    [201, 230],
  ]);
  for (let n = 231; n <= 245; n++) await post(stub, n, randomText(12_000));
  await post(stub, 246, "\u0001".repeat(16_384));
  await post(stub, 247, "€".repeat(5_461));
  const sent = await run(stub, "flush");
  expect(runs(sent)).toEqual([
    [231, 238],
    [239, 245],
    [246, 246],
    [247, 247],
  ]);
  for (const { messages } of sent.filter(({ from }) => from !== 246))
    expect(new TextEncoder().encode(JSON.stringify(messages)).length).toBeLessThanOrEqual(98_304 + 2);
  for (const message of sent) expect(new TextEncoder().encode(JSON.stringify(message)).length).toBeLessThan(128_000);
  await deliver(sent);
  expect((await archivedRows(stub.name!)).map(({ text }) => text).slice(-2)).toEqual([
    "\u0001".repeat(16_384),
    "€".repeat(5_461),
  ]);
});

it("R51 a queue that fails: the batches stay as they were noted, and go with a later flush", async () => {
  const stub = await quietRoom();
  const logged = vi.spyOn(console, "error").mockImplementation(() => undefined);
  await postMany(stub, 150);
  let taken = 0;
  held.onSend = () => {
    taken++;
    if (taken > 1) throw new Error("the queue is down");
  };
  expect(runs(await run(stub, "flush"))).toEqual([[1, 100]]);
  expect(await batches(stub)).toEqual([
    { from_seq: 1, to_seq: 100, tries: 1, done: 0 },
    { from_seq: 101, to_seq: 150, tries: 0, done: 0 },
  ]);
  await post(stub, 151);
  expect(await run(stub, "flush")).toEqual([]);
  expect(await query(stub, "SELECT kind FROM due WHERE kind = 'flush'")).toHaveLength(1);
  expect(logged).toHaveBeenCalledTimes(2);
  logged.mockRestore();
  held.onSend = () => undefined;
  expect(runs(await run(stub, "flush"))).toEqual([
    [101, 150],
    [151, 151],
  ]);
  expect(await stub.stats()).toMatchObject({ headSeq: 151, queuedSeq: 151, archivedSeq: 0 });
});

it("R51 an object that dies between noting a batch and sending it sends it at the next wake", async () => {
  const stub = await quietRoom();
  await post(stub, 1);
  const logged = vi.spyOn(console, "error").mockImplementation(() => undefined);
  held.onSend = () => {
    throw new Error("gone");
  };
  expect(await run(stub, "flush")).toEqual([]);
  logged.mockRestore();
  held.onSend = () => undefined;
  // Memory is gone, and with it whatever the alarm was about to do.
  await query(stub, "DELETE FROM due");
  await evict(stub);
  await tune(stub, STILL);
  expect(await query(stub, "SELECT kind FROM due")).toEqual([{ kind: "flush" }]);
  expect(runs(await run(stub, "flush"))).toEqual([[1, 1]]);
  expect(await batches(stub)).toEqual([{ from_seq: 1, to_seq: 1, tries: 1, done: 0 }]);
});

it("R51 entries that no flush was noted for go after the next wake", async () => {
  const stub = await quietRoom();
  await postMany(stub, 3);
  await query(stub, "DELETE FROM due");
  await evict(stub);
  await tune(stub, STILL);
  expect(await query(stub, "SELECT kind FROM due")).toEqual([{ kind: "flush" }]);
  expect(runs(await run(stub, "flush"))).toEqual([[1, 3]]);
});

it("R50 a report that arrives before `send` returns counts", async () => {
  const stub = await quietRoom();
  await postMany(stub, 2);
  await runInDurableObject(stub, (room: RoomObject) => {
    held.onSend = ({ from, to }) => room.archived(from, to, []);
  });
  expect(runs(await run(stub, "flush"))).toEqual([[1, 2]]);
  expect(await stub.stats()).toMatchObject({ queuedSeq: 2, archivedSeq: 2 });
  expect(await batches(stub)).toEqual([]);
});

it("R51 a queue that fails when something is overdue is asked again after a while, never in a storm", async () => {
  const stub = await quietRoom();
  const logged = vi.spyOn(console, "error").mockImplementation(() => undefined);
  let now = 1_800_000_000_000;
  await tune(stub, { ...STILL, now: () => now, archiveFlushMs: 1_000, archiveResendMs: 60_000 });
  await post(stub, 1);
  expect(runs(await run(stub, "flush"))).toEqual([[1, 1]]);
  held.onSend = () => {
    throw new Error("the queue is down");
  };
  now += 60_000;
  for (let round = 0; round < 3; round++) {
    expect(await run(stub, "resend")).toEqual([]);
    expect(await query(stub, "SELECT at FROM due WHERE kind = 'resend'")).toEqual([{ at: now + 10_000 }]);
    now += 10_000;
  }
  held.onSend = () => undefined;
  expect(runs(await run(stub, "resend"))).toEqual([[1, 1]]);
  expect(await query(stub, "SELECT at FROM due WHERE kind = 'resend'")).toEqual([{ at: now + 60_000 }]);
  logged.mockRestore();
});

it("R50 what is not reported goes again after one, six and then every 36 times the setting, as it stands then", async () => {
  const stub = await quietRoom();
  let now = 1_800_000_000_000;
  await tune(stub, { ...STILL, now: () => now, archiveResendMs: 1_000 });
  await post(stub, 1);
  expect(runs(await run(stub, "flush"))).toEqual([[1, 1]]);
  for (const wait of [1_000, 6_000, 36_000, 36_000]) {
    now += wait - 1;
    expect(await run(stub, "resend")).toEqual([]);
    const [due] = await query<{ at: number }>(stub, "SELECT at FROM due WHERE kind = 'resend'");
    expect(due?.at).toBe(now + 1);
    now += 1;
    expect(runs(await run(stub, "resend"))).toEqual([[1, 1]]);
  }
  await stub.archived(1, 1, []);
  now += 36_000;
  expect(await run(stub, "resend")).toEqual([]);
  expect(await query(stub, "SELECT kind FROM due WHERE kind = 'resend'")).toEqual([]);
});

it("R50 a consumer that dies before it reports: D1 has it, the room sends it again, and the report then counts", async () => {
  const stub = await quietRoom();
  await postMany(stub, 3);
  const sent = await run(stub, "flush");
  const ROOM = {
    getByName: () => ({
      archived: () => Promise.reject(new Error("the consumer dies")),
    }),
  };
  const logged = vi.spyOn(console, "error").mockImplementation(() => undefined);
  expect(await deliver(sent, { vars: { ROOM } })).toMatchObject({ acked: [] });
  logged.mockRestore();
  const rows = await archivedRows(stub.name!);
  expect(rows).toHaveLength(3);
  expect(await stub.stats()).toMatchObject({ archivedSeq: 0 });
  await query(stub, "UPDATE batch SET sent_at = 1");
  const again = await run(stub, "resend");
  expect(again).toEqual(sent);
  expect(await deliver(again)).toMatchObject({ acked: [0] });
  expect(await archivedRows(stub.name!)).toEqual(rows);
  expect(await stub.stats()).toMatchObject({ archivedSeq: 3 });
});

it("the archive reaches as far as batches are reported without a gap, and keeps rows only of what stands alone", async () => {
  const stub = await quietRoom();
  for (let round = 0; round < 5; round++) {
    await post(stub, 2 * round + 1);
    await post(stub, 2 * round + 2);
    expect(await run(stub, "flush")).toHaveLength(1);
  }
  const reached: number[] = [];
  // 3..4 is reported twice, 4..5 and 11..12 never were a batch
  for (const [from, to] of [
    [3, 4],
    [7, 8],
    [3, 4],
    [4, 5],
    [11, 12],
    [1, 2],
    [5, 6],
    [9, 10],
    [1, 2],
  ] as const) {
    await stub.archived(from, to, []);
    reached.push((await stub.stats()).archivedSeq);
  }
  expect(reached).toEqual([0, 0, 0, 0, 0, 4, 8, 10, 10]);
  expect(await batches(stub)).toEqual([]);
  await evict(stub);
  expect(await stub.stats()).toMatchObject({ queuedSeq: 10, archivedSeq: 10 });
});

it("a batch that edits have made too long for one message is sent again in parts, and none of it is lost", async () => {
  const stub = await quietRoom();
  await postMany(stub, 20);
  const before = await run(stub, "flush");
  // What edits would do to the rows, without the entries of the edits themselves.
  await runInDurableObject(stub, async (room: RoomObject, { storage }) => {
    const texts = Array.from({ length: 20 }, (_, n) => randomText(12_000 + n));
    for (const [n, text] of texts.entries()) {
      await room.apply(actorOf("ann"), { type: "post", id: idOf(1_000 + n), text, replyTo: 0 });
      storage.sql.exec(
        "UPDATE log SET touched = 50, frame = (SELECT frame FROM log WHERE seq = ?) WHERE seq = ?",
        21 + n,
        1 + n,
      );
    }
    storage.sql.exec("DELETE FROM log WHERE seq > 20");
    storage.sql.exec("DELETE FROM due");
    storage.sql.exec("UPDATE batch SET sent_at = 1");
  });
  await evict(stub);
  await tune(stub, STILL);
  const parts = await run(stub, "resend");
  for (let more = await run(stub, "flush"); more.length > 0; more = await run(stub, "flush")) parts.push(...more);
  for (const { messages } of parts) expect(JSON.stringify(messages).length).toBeLessThan(98_400);
  // The old report is of a batch that is no more.
  await stub.archived(before[0]!.from, before[0]!.to, []);
  expect(await stub.stats()).toMatchObject({ archivedSeq: 0 });
  await deliver(parts);
  expect(await stub.stats()).toMatchObject({ archivedSeq: 20 });
  const rows = await archivedRows(stub.name!);
  expect(rows.map(({ seq, version }) => [seq, version])).toEqual(Array.from({ length: 20 }, (_, n) => [n + 1, 50]));
});

it("read marks go soon, with entries or alone, until they are reported; only what has moved goes again", async () => {
  const stub = await quietRoom();
  await RoomClient.join(stub, "bob");
  await postMany(stub, 3);
  await stub.read(actorOf("bob"), 2);
  const [first] = await run(stub, "flush");
  expect(first).toMatchObject({ from: 1, to: 3, people: [{ userId: "u_bob", readSeq: 2 }] });
  expect(await run(stub, "flush")).toEqual([]);
  await stub.read(actorOf("bob"), 3);
  expect(await query(stub, "SELECT kind FROM due WHERE kind = 'flush'")).toHaveLength(1);
  const [alone, ...none] = await run(stub, "flush");
  expect(none).toEqual([]);
  expect(alone).toMatchObject({ from: 4, to: 3, at: null, messages: [], people: [{ userId: "u_bob", readSeq: 3 }] });
  // Lost: the look at what was not reported sends it once more, and a report of the older mark changes nothing.
  await stub.archived(1, 3, first!.people);
  const [again] = await run(stub, "resend");
  expect(again?.people).toEqual(alone!.people);
  await stub.archived(again!.from, again!.to, again!.people);
  expect(await run(stub, "resend")).toEqual([]);
  expect(await query(stub, "SELECT read_archived FROM person WHERE user_id = 'u_bob'")).toEqual([{ read_archived: 3 }]);
});

it("a mark that the archive took for a guest's goes again when the guest has become a user", async () => {
  const stub = await quietRoom();
  await postMany(stub, 3);
  await stub.read({ ...actorOf("guest"), guest: true }, 3);
  const [first] = await run(stub, "flush");
  await stub.archived(1, 3, first!.people);
  expect(await run(stub, "flush")).toEqual([]);
  await stub.adopt("u_guest", { userId: "u_user", name: "User" });
  expect(await query(stub, "SELECT kind FROM due WHERE kind = 'flush'")).toHaveLength(1);
  const [again] = await run(stub, "flush");
  expect(again?.people).toMatchObject([{ userId: "u_user", readSeq: 3 }]);
  await stub.archived(again!.from, again!.to, again!.people);
  expect(await run(stub, "resend")).toEqual([]);
});

it("without a queue nothing is noted, and nothing grows but the log", async () => {
  const stub = freshRoom("flush");
  const before = await runInDurableObject(stub, (room: RoomObject, state) => {
    const alone = new (defineRoomObject({ settings: () => room.settings }))(state, {});
    for (let n = 1; n <= 200; n++)
      alone.apply(actorOf("ann"), { type: "post", id: idOf(n), text: randomText(1_000), replyTo: 0 });
    const rows = (sql: string) => state.storage.sql.exec(sql).toArray();
    return {
      due: rows("SELECT kind FROM due WHERE kind <> 'totals'"),
      batch: rows("SELECT * FROM batch"),
      stats: alone.stats(),
    };
  });
  expect(before).toMatchObject({ due: [], batch: [], stats: { headSeq: 200, queuedSeq: 0, archivedSeq: 0 } });
  expect(held.take(stub)).toEqual([]);
});

it("costs the same for each entry, however many there are", async () => {
  const perEntry: number[] = [];
  for (const count of [100, 1_000, 3_000]) {
    const stub = await quietRoom();
    await postMany(stub, count);
    const statements = await runInDurableObject(stub, async (room: RoomObject, { storage }) => {
      storage.sql.exec("UPDATE due SET at = 1 WHERE kind = 'flush'");
      const exec = vi.spyOn(storage.sql, "exec");
      await room.alarm();
      const { length } = exec.mock.calls;
      exec.mockRestore();
      return length;
    });
    expect(runs(held.take(stub))).toHaveLength(count / 100);
    perEntry.push(statements / count);
  }
  expect(Math.max(...perEntry)).toBeLessThan(0.4);
  expect(perEntry[2]).toBeLessThanOrEqual(perEntry[0]!);
});

it("costs the same for each batch, however many the archive has not reported", async () => {
  const flushed: number[] = [];
  const resent: number[] = [];
  for (const unreported of [10, 1_000, 20_000]) {
    const stub = await quietRoom();
    await postMany(stub, 10);
    await run(stub, "flush");
    // as many more that wait for their report, sent just now or, the last ones, long ago
    await query(
      stub,
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${unreported})
       INSERT INTO batch SELECT 1000000 + i, 1000000 + i, ${Date.now()}, 1 + i % 3, 0 FROM n`,
    );
    await query(stub, "UPDATE batch SET sent_at = 1 WHERE from_seq = 1");
    resent.push(
      await rowsRead(stub, async () => {
        expect(runs(await run(stub, "resend"))).toEqual([[1, 10]]);
      }),
    );
    await post(stub, 11);
    flushed.push(
      await rowsRead(stub, async () => {
        expect(runs(await run(stub, "flush"))).toEqual([[11, 11]]);
      }),
    );
  }
  for (const rows of [flushed, resent]) expect(Math.max(...rows)).toBeLessThanOrEqual(rows[0]! + 10);
});

it("costs the same for each read mark, however many go at once", async () => {
  const perMark: number[] = [];
  for (const count of [100, 1_000, 4_000]) {
    const stub = await quietRoom();
    await post(stub, 1);
    await query(
      stub,
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${count})
       INSERT INTO person(user_id, name, flags, read_seq, read_ts) SELECT 'u_' || i, 'n', 0, 1, 1 FROM n`,
    );
    const rows = await rowsRead(stub, async () => {
      const marks = (await run(stub, "flush")).flatMap(({ people }) => people);
      expect(marks).toHaveLength(count);
      expect(new Set(marks.map(({ userId }) => userId)).size).toBe(count);
    });
    perMark.push(rows / count);
  }
  expect(Math.max(...perMark)).toBeLessThan(4);
});

function randomText(bytes: number): string {
  let text = "";
  while (text.length < bytes) text += Math.random().toString(36).slice(2);
  return text.slice(0, bytes);
}
