// What a crowd costs: read marks and typing grow with the people and not with their square, calls and what waits for them have a size,
// and what a relay remembers is what it counts.
import { runInDurableObject } from "cloudflare:test";
import { encode, TYPING_STATE } from "@ferrule/core";
import { expect, it, vi } from "vitest";
import {
  actorOf,
  idOf,
  LIVE,
  pause,
  query,
  RoomClient,
  type RoomStub,
  until,
} from "../../../../../tests/worker/support/room-client";
import type { UpBatch, UpItem } from "../../relay/shapes";
import { Climb } from "../../relay/socket/climb";
import { Ring } from "../../relay/socket/ring";
import type { RoomObject } from "../../room-object";
import { roomSettings } from "../../settings";
import type { Connection } from "../../socket/connection";
import { bigRoom } from "./person";

const read = (client: RoomClient, upTo: number) => client.send({ kind: "RECEIPT", body: { list: [{ ref: 0, upTo }] } });

/** A crowd of five at the room itself, and two behind a relay; four messages. */
async function crowd(settings = {}): Promise<{ stub: RoomStub; people: RoomClient[] }> {
  const stub = await bigRoom({ socketsDirectMax: 5, relaySocketsMax: 8, ...settings });
  const people: RoomClient[] = [];
  for (const name of ["ann", "bob", "carl", "dora", "eve", "fred", "gina"])
    people.push(await RoomClient.live(stub, name, LIVE));
  for (let n = 1; n <= 4; n++)
    await stub.apply(actorOf("zoe"), { type: "post", id: idOf(n), text: `${n}`, replyTo: 0 });
  for (const client of people) {
    await until(() => client.read.includes(4), "the messages");
    await client.rest(60);
  }
  return { stub, people };
}

it("RB28 read marks of a crowd are written together, wherever their sockets are, and told once for all", async () => {
  const { stub, people } = await crowd({ presenceTotalsMs: 300 });
  const exec = await runInDurableObject(stub, (_room: RoomObject, { storage }) => vi.spyOn(storage.sql, "exec"));
  for (const upTo of [1, 2, 3]) for (const client of people) read(client, upTo);
  const hasAll = ({ readers }: RoomClient) =>
    readers.size === people.length && [...readers.values()].every((upTo) => upTo === 3);
  for (const client of people) await until(() => hasAll(client), "the marks of all");
  const writes = exec.mock.calls.filter(([sql]) => /UPDATE person/.test(String(sql)));
  exec.mockRestore();
  expect(writes.length).toBeLessThan(4);
  expect(await query(stub, "SELECT DISTINCT read_seq FROM person WHERE name <> 'zoe'")).toEqual([{ read_seq: 3 }]);
  for (const client of people) {
    expect([...client.readers.values()]).toEqual(people.map(() => 3));
    expect(client.strangers).toEqual([]);
  }
});

it("RB28 of the marks of a crowd the newest are told, as many as a newcomer is told, and all are stored", async () => {
  const { stub, people } = await crowd({ presenceTotalsMs: 300, receiptListMax: 3 });
  for (const client of people) read(client, 4);
  const ann = people[0]!;
  await until(() => ann.readers.size >= 3, "the marks");
  await ann.rest(600);
  expect(ann.readers.size).toBeLessThan(people.length);
  for (let tries = 0; tries < 400; tries++) {
    const rows = await query(stub, "SELECT 1 FROM person WHERE read_seq = 4");
    if (rows.length === people.length) return;
    await pause(20);
  }
  expect.unreachable("not all marks are stored");
});

it("RB28 a mark from the tick in which the room becomes a crowd is stored, too", async () => {
  const stub = await bigRoom({ socketsDirectMax: 1, coalesceMs: 1_000, presenceTotalsMs: 100 });
  const ann = await RoomClient.live(stub, "ann", LIVE);
  await stub.apply(actorOf("zoe"), { type: "post", id: idOf(1), text: "one", replyTo: 0 });
  await until(() => ann.read.includes(1), "the message");
  read(ann, 1);
  await RoomClient.join(stub, "bob");
  await until(() => ann.readers.size === 1, "the mark");
  expect(await query(stub, "SELECT read_seq FROM person WHERE name = 'ann'")).toEqual([{ read_seq: 1 }]);
});

it("RB28 a mark by HTTP is stored when it is answered", async () => {
  const { stub } = await crowd({ presenceTotalsMs: 600_000 });
  await stub.read(actorOf("zoe"), 2);
  expect(await query(stub, "SELECT read_seq FROM person WHERE name = 'zoe'")).toEqual([{ read_seq: 2 }]);
});

it("RB29 of those who type in a crowd a few are told", async () => {
  const stub = await bigRoom({ socketsDirectMax: 20, relaySocketsMax: 8, presenceTotalsMs: 600_000 });
  const people: RoomClient[] = [];
  for (let n = 0; n < 24; n++) people.push(await RoomClient.live(stub, `person-${n}`, LIVE));
  const ann = people.pop()!;
  await ann.rest(100);
  const told = new Set<number>();
  for (const client of people) client.send({ kind: "TYPING", body: { state: TYPING_STATE.TYPING } });
  for (let n = 0; n < 16; n++) told.add((await ann.pick("TYPING")).sender);
  expect(told.size).toBe(16);
  expect((await ann.rest(300)).filter((kind) => kind === "TYPING")).toEqual([]);
  expect(ann.strangers).toEqual([]);
});

it("RB29 what a relay remembers of an entry is the entry, not all that came with it", () => {
  const ring = new Ring(10);
  const frame = encode({ kind: "PEOPLE", ts: 5, id: null, body: { list: [] } });
  const bundle = new Uint8Array(100_000);
  bundle.set(frame, 10);
  ring.add(1, [bundle.subarray(10, 10 + frame.byteLength)]);
  bundle.fill(9);
  expect([...ring.part(0, 5)!.frames[0]!]).toEqual([...frame]);
});

/** A way up whose room answers when `answer` is called, or never; `batches` are the calls that were made. */
function climbing(isAnswered: boolean) {
  const batches: UpBatch[] = [];
  const lost: number[] = [];
  let clock = 1_000;
  const timers: { at: number; run: () => void }[] = [];
  const settings = { ...roomSettings({}, () => clock), relayGiveUpMs: 1_000, relayAnswerMs: 300 };
  const epoch = new Uint8Array(8);
  const push = { epoch, head: 0, slowModeMs: 0, removed: false, bundles: [], events: [] };
  const climb = new Climb({
    ...{ n: 1, life: "life", settings, epoch: () => epoch },
    line: () => ({
      up: (batch) => {
        batches.push(batch);
        if (!isAnswered) return new Promise(() => undefined);
        return Promise.resolve({ push, answers: batch.items.map(() => ({ acts: [] })) });
      },
      entries: () => expect.unreachable(),
      refresh: () => expect.unreachable(),
    }),
    after: (ms, run) => {
      const timer = { at: clock + ms, run };
      timers.push(timer);
      return () => void timers.splice(timers.indexOf(timer), timers.includes(timer) ? 1 : 0);
    },
    report: () => ({ order: 1, at: 0, told: 0, sockets: 0, connections: 0, people: 0 }),
    counts: () => ({}),
  });
  climb.hand({
    push: async (_push, then) => then(),
    answer: () => undefined,
    lost: ({ state }) => void lost.push(state.conn),
  });
  /** Lets time pass, and what waits for it happen. */
  const pass = async (ms: number) => {
    for (const end = clock + ms; clock < end; clock += 10) {
      for (const timer of timers.filter(({ at }) => at <= clock)) {
        timers.splice(timers.indexOf(timer), 1);
        timer.run();
      }
      await pause(0);
    }
  };
  return { climb, batches, lost, pass };
}

const connectionOf = (conn: number) => ({ state: { conn }, open: true }) as Connection;
const who = (conn: number) => ({ conn, ref: conn, role: "member", roleAt: 0 }) as const;
const frameItem = (conn: number, size: number): UpItem => ({
  ...who(conn),
  type: "frame",
  bytes: new Uint8Array(size),
});
const pageItem = (conn: number): UpItem => ({ ...who(conn), type: "page", page: [idOf(conn), 0, 0, 50] });

it("RB30 a call that goes up carries no more than a call may, and neither does its answer", async () => {
  for (const itemOf of [(conn: number) => frameItem(conn, 16_384), pageItem]) {
    const { climb, batches, pass } = climbing(true);
    for (let conn = 1; conn <= 900; conn++) climb.put(connectionOf(conn), itemOf(conn));
    await pass(2_000);
    const conns = batches.flatMap(({ items }) => items.map(({ conn }) => conn));
    expect(conns).toEqual(Array.from({ length: 900 }, (_, n) => n + 1));
    // a page may be as large as a frame may be
    const bytesOf = (item: UpItem) => (item.type === "frame" ? item.bytes.byteLength : 65_536);
    for (const { items } of batches)
      expect(items.reduce((sum, item) => sum + bytesOf(item), 0)).toBeLessThan(10_000_000);
  }
});

it("RB28 each person's mark goes up, however many read at once, and not in a call of its own", async () => {
  const { climb, batches, pass } = climbing(true);
  climb.put(connectionOf(1), pageItem(1));
  await pass(100);
  for (const upTo of [4, 5, 3]) for (let ref = 1; ref <= 5_000; ref++) climb.read(ref, upTo);
  await pass(100);
  expect(batches).toHaveLength(1);
  await pass(5_000);
  const reads = batches.flatMap((batch) => batch.reads);
  expect(reads).toEqual(Array.from({ length: 5_000 }, (_, n) => [n + 1, 5]));
  expect(batches.length).toBeLessThan(6);
});

it("RB28 a mark of a call that was not answered goes up again", async () => {
  const { climb, batches, pass } = climbing(false);
  climb.read(1, 5);
  await pass(5_000);
  expect(batches.length).toBeGreaterThan(2);
  for (const { reads } of batches) expect(reads).toEqual([[1, 5]]);
});

it("RB30 when the room cannot be reached all who wait are sent away together, and more than some is not kept", async () => {
  const { climb, batches, lost, pass } = climbing(false);
  for (let conn = 1; conn <= 1_200; conn++) climb.put(connectionOf(conn), frameItem(conn, 60_000));
  // what is not kept is not waited for
  expect(lost.length).toBeGreaterThan(100);
  await pass(2_500);
  expect(new Set(lost).size).toBe(1_200);
  expect(new Set(batches.map(({ number }) => number)).size).toBe(1);
  expect(climb.isBusy).toBe(false);
});
