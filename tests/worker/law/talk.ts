// One talk of the law of the views: a room of people with several tabs each, everything that can go wrong at once, and at the end the
// comparison. All chance comes from the seed; in which order a busy machine does things does not.
import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect } from "vitest";
import { memoryOutbox } from "../../../worker-ts/src/client";
import type { RoomObject } from "../../../worker-ts/src/rooms/room-object";
import type { HeldQueue } from "../support/archive";
import { guest, join, ORIGIN, type Person, room } from "../support/http-client";
import { dice } from "../support/random";
import { evict, pause, type RoomStub, roomOf, tune } from "../support/room-client";
import { halfOpenEnds, NO_FAULTS, settleWorker } from "./line";
import { Post } from "./post";
import { Log, marksOf, type Projection, project, roomMarks } from "./projection";
import { expected, ofArchive, ofHttp, ofView, type Shown } from "./shown";
import { Tab, type World } from "./tab";

/** Tabs for each person, about. */
const TABS_EACH = 3;
const SETTLE_MS = 60_000;
const HOUR_MS = 3_600_000;
/** How long a line may stay broken. */
const AWAY_MS = 1_500;

/** How large a talk is. */
export interface Size {
  readonly tabs: number;
  readonly steps: number;
  /** Entries that the log keeps when it is trimmed; 0 = it is not. */
  readonly keep: number;
}

/** What went on in a talk, so that a test can tell whether it was worth its name. */
export interface Figures {
  entries: number;
  edits: number;
  deletes: number;
  reactions: number;
  pins: number;
  files: number;
  kills: number;
  resets: number;
  refused: number;
  evictions: number;
  deliveries: number;
  failures: number;
}

type Roll = (below: number) => number;

/** People of a new room: its owner, one or more moderators, the others. */
async function crowd(count: number): Promise<{ id: string; people: Person[]; moderators: ReadonlySet<string> }> {
  const people: Person[] = [];
  for (let n = 0; n < count; n++) people.push(await guest());
  const [owner, second, ...others] = people;
  const id = await room(owner!);
  for (const person of [second!, ...others]) await join(person, id);
  await env.DB.prepare("UPDATE member SET role = 'moderator' WHERE room_id = ? AND user_id = ?")
    .bind(id, second!.id)
    .run();
  return { id, people, moderators: new Set([owner!.id, second!.id]) };
}

function open(world: World, people: readonly Person[], moderators: ReadonlySet<string>, count: number): Tab[] {
  const shared = people.map(() => memoryOutbox());
  return Array.from({ length: count }, (_, n) => {
    const place = n % people.length;
    const person = people[place]!;
    // some tabs of a browser share what is unsent, as localStorage does
    const outbox = world.roll(2) === 0 ? shared[place]! : memoryOutbox();
    return new Tab(world, person, moderators.has(person.id), outbox);
  });
}

/** Lives through a talk and compares everything at its end. */
export async function talk(seed: number, { tabs: count, steps, keep }: Size, queue: HeldQueue): Promise<Figures> {
  const roll = dice(seed);
  const { id, people, moderators } = await crowd(Math.max(3, Math.ceil(count / TABS_EACH)));
  const stub = roomOf(id);
  const post = new Post(queue, stub, roll);
  const log = new Log(stub);
  let texts = 0;
  const world: World = {
    ...{ room: id, url: ORIGIN, roll, failures: [] },
    // now and then long enough to be compressed
    text: () => `w${seed}x${texts++} ${"lorem ipsum ".repeat(roll(8) === 0 ? 40 : roll(4))}`,
  };
  const tabs = open(world, people, moderators, count);
  const work: Promise<unknown>[] = [];
  let evictions = 0;
  for (let step = 0; step < steps; step++) {
    const tab = tabs[roll(tabs.length)]!;
    const act = roll(100);
    tab.faults = roll(3) === 0 ? { before: 4, after: 6 } : NO_FAULTS;
    if (act < 74) work.push(tab.act().catch((error) => world.failures.push(error)));
    else if (act < 79) tab.race(tabs[roll(tabs.length)]!);
    else if (act < 82) work.push(tabs.find(({ moderates }) => moderates)!.pin());
    else if (act < 88) tab.cut(roll(3) === 0 ? AWAY_MS : 0);
    else if (act < 90) tab.kill(roll(3) === 0);
    else if (act < 92) await pause(roll(30));
    else if (act < 96) await post.some();
    else if (act < 98 && keep > 0) await trim(stub, post, log, 1 + roll(keep));
    else {
      // a pending timer keeps a room awake, so it falls asleep on an idle line only
      await pause(40);
      await stub.stats();
      await evict(stub);
      evictions++;
      // who comes back after a while is told to read pages
      await tune(stub, { replayEntriesMax: 5 + roll(30) });
    }
    if (roll(4) === 0) await pause(1);
  }
  await Promise.all(work);
  await settle(`seed ${seed}`, tabs, stub);
  expect(world.failures, `seed ${seed}: what went wrong on the way`).toEqual([]);
  await post.all();
  await log.gather();
  const told = await compare(`seed ${seed}`, { id, tabs, people, log, roll, whole: keep === 0 });
  for (const tab of tabs) await tab.close();
  await halfOpenEnds();
  await settleWorker();
  await silence(stub);
  const count_ = (kind: string) => log.entries.filter((entry) => entry.kind === kind).length;
  const sum = (of: (tab: Tab) => number) => tabs.reduce((total, tab) => total + of(tab), 0);
  return {
    ...{ entries: log.entries.length, edits: count_("EDIT"), deletes: count_("DELETE"), reactions: count_("REACT") },
    ...{ pins: told.pins.length, files: told.messages.filter(({ files }) => files.length > 0).length },
    ...{ kills: sum(({ kills }) => kills), resets: sum(({ resets }) => resets), evictions },
    refused: sum(({ answered }) => [...answered.values()].filter((answer) => typeof answer === "string").length),
    ...{ deliveries: post.deliveries, failures: post.failures },
  };
}

/** Nothing is due any more: an alarm behind the end of a test would find the test's world gone. */
function silence(stub: RoomStub): Promise<void> {
  return runInDurableObject(stub, async (_object: RoomObject, { storage }) => {
    storage.sql.exec("DELETE FROM due");
    await storage.deleteAlarm();
  });
}

/** Takes out of the log what the archive has, but for the newest entries. */
async function trim(stub: RoomStub, post: Post, log: Log, keep: number): Promise<void> {
  for (let n = 0; n < 3; n++) await post.some();
  await log.gather();
  await tune(stub, { trimAgeMs: -HOUR_MS, trimKeepEntries: keep });
  await runInDurableObject(stub, async (object: RoomObject, { storage }) => {
    storage.sql.exec("INSERT OR REPLACE INTO due VALUES('trim', '', 1)");
    await object.alarm();
  });
  // only here, where the log was read before
  await tune(stub, { trimAgeMs: HOUR_MS });
}

/** Lets lines hold until nothing is under way and everybody has come to the end of the log. */
async function settle(seed: string, tabs: readonly Tab[], stub: RoomStub): Promise<void> {
  for (const tab of tabs) tab.faults = NO_FAULTS;
  const deadline = Date.now() + SETTLE_MS;
  for (;;) {
    await halfOpenEnds();
    const { headSeq } = await stub.stats();
    const late = tabs.find((tab) => !tab.isQuiet(headSeq));
    if (late === undefined) return;
    if (Date.now() > deadline)
      throw new Error(`${seed}: a tab of ${late.person.name} does not come to ${headSeq}: ${late.standing}`);
  }
}

interface Ended {
  readonly id: string;
  readonly tabs: readonly Tab[];
  readonly people: readonly Person[];
  readonly log: Log;
  readonly roll: Roll;
  /** Nothing was trimmed, so that who comes anew reads of every pin. */
  readonly whole: boolean;
}

/** Log, tables of the room, views, HTTP and archive say the same. */
async function compare(seed: string, { id, tabs, people, log, roll, whole }: Ended): Promise<Projection> {
  const told = project(log);
  const { messages, pins } = told;
  expect(told.faults, `${seed}: the log is in order`).toEqual([]);
  expect(await roomMarks(roomOf(id), log), `${seed}: the room's own tables`).toEqual(marksOf(told));
  for (const [n, tab] of tabs.entries()) {
    compareTab(`${seed}, tab ${n}`, tab, told, log);
    if (whole) expect(tab.pins, `${seed}, tab ${n}: its pins`).toEqual(pins);
  }
  for (const reader of [people[roll(people.length)]!, people[roll(people.length)]!]) {
    const http = await ofHttp(id, reader, 1 + roll(60));
    expect(http.messages, `${seed}: what HTTP shows to ${reader.name}`).toEqual(
      messages.map((message) => expected(message, undefined, reader.id)),
    );
    expect(http.pins, `${seed}: pins by HTTP`).toEqual(pins);
  }
  expect(await ofArchive(id), `${seed}: the archive`).toEqual({ messages, pins });
  await compareErased(seed, id, messages, log);
  return told;
}

function compareTab(who: string, tab: Tab, { messages }: Projection, log: Log): void {
  const { person, view, answered } = tab;
  const stored = view.messages.filter(({ status }) => status === "stored");
  const seen = stored.map((message) => ofView(message, person.id));
  const wanted = messages.map((message, at) => expected(message, seen[at], person.id));
  expect(seen, `${who}: its view`).toEqual(wanted);
  expect(view.gaps, `${who}: its gaps`).toEqual([]);
  for (const { status, clientId, error } of view.messages.slice(stored.length))
    expect([status, error?.code], `${who}: a message that is not stored`).toEqual(["failed", answered.get(clientId)]);
  for (const heard of tab.heard)
    expect(heard, `${who}: each entry once, in order, without a gap`).toEqual(heard.map((_, at) => heard[0]! + at));
  for (const clientId of tab.written) {
    const seqs = log.stored(person.id, clientId);
    const answer = answered.get(clientId);
    if (typeof answer === "number")
      expect(seqs, `${who}: stored once, where it was said`).toEqual(answer > 0 ? [answer] : []);
    else if (typeof answer === "string")
      expect([seqs, ["not_found", "forbidden"].includes(answer)], `${who}: ${answer}`).toEqual([[], true]);
    else expect(seqs.length, `${who}: once at most`).toBeLessThanOrEqual(1);
  }
}

/** What was erased is found nowhere any more: not in the room, its edits included, and not by search, which finds what stands. */
async function compareErased(seed: string, id: string, messages: readonly Shown[], log: Log): Promise<void> {
  const bySeq = new Map(messages.map((message) => [message.seq, message]));
  for (const { kind, seq, body } of log.held) {
    const message = bySeq.get(kind === "EDIT" ? Number(body["target"]) : seq);
    if (kind !== "MSG" && kind !== "EDIT") continue;
    if (kind === "MSG" || message!.deletedAt !== null)
      expect(body["text"], `${seed}: the text of ${kind} ${seq}`).toBe(message!.text);
  }
  const { results } = await env.DB.prepare(
    `SELECT message.seq, message.text FROM message_fts JOIN message ON message.pk = message_fts.rowid
     WHERE message_fts MATCH ? AND message.room_id = ? AND message.kind = 'MSG' ORDER BY message.seq`,
  )
    .bind("w*", id)
    .all<{ seq: number; text: string }>();
  const found = results.filter(({ text }) => /^w\d+x\d+ /.test(text)).map(({ seq }) => seq);
  const words = messages.filter(({ text }) => /^w\d+x\d+ /.test(text)).map(({ seq }) => seq);
  expect(found, `${seed}: what search knows`).toEqual(words);
}
