// kill -9 of workerd while eight people write, edit, erase and react and the queue delivers twice and out of order: what was
// acknowledged is there, once, in order, nobody saw more than that, and the archive gets all of it.
// FERRULE_CRASH_ROUNDS sets how many kills (2 unless told).
import { isDeepStrictEqual } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { archived, type LogRow, logged, logSize } from "../harness/archive.ts";
import { type Guest, guest, history, join, standing, type Told } from "../harness/people.ts";
import { type Server, startServer } from "../harness/server/server.ts";
import { hearing, OWN, pause, Writer } from "./writer.ts";

const ROUNDS = Number(process.env["FERRULE_CRASH_ROUNDS"] ?? 2);
const PEOPLE = 8;
const ROOM = "lobby";
/** Messages acknowledged between two kills, at least. */
const LOAD = 200;

/**
 * The archive in seconds where production has minutes, and no limit on writing; the log stays whole until TRIMMING. The last try to
 * send a batch again comes 36 times ARCHIVE_RESEND_MS after the one before.
 */
const VARS = {
  LOCAL_QUEUE: "twice,shuffle",
  ARCHIVE_FLUSH_MS: "300",
  ARCHIVE_RESEND_MS: "2000",
  TRIM_MS: "1000",
  TRIM_AGE_MS: "86400000",
  RATE_WRITE: "100000/100000",
  RATE_REACT: "100000/100000",
  RATE_CONTROL: "100000/100000",
  RATE_BYTES: "1000000000/1000000000",
};
const KEPT = 50;
const TRIMMING = { ...VARS, TRIM_AGE_MS: "0", TRIM_KEEP_ENTRIES: String(KEPT) };
const ARCHIVE_MS_MAX = 150_000;

/** Until `holds`, for at most a minute. */
async function until(what: string, holds: () => boolean): Promise<void> {
  const deadline = performance.now() + 60_000;
  while (!holds()) {
    if (performance.now() > deadline) throw new Error(`not in time: ${what}`);
    await pause(20);
  }
}

let server: Server;
beforeAll(async () => {
  server = await startServer({ vars: VARS });
});
afterAll(() => server?.[Symbol.asyncDispose]());

/** The same in the same order; only the first that differs is told, for there are thousands. */
function expectSame(what: string, told: readonly unknown[], expected: readonly unknown[]): void {
  const at = expected.findIndex((entry, index) => !isDeepStrictEqual(entry, told[index]));
  const difference = { length: told.length, at, told: told[at] };
  expect(difference, what).toEqual({ length: expected.length, at: -1, told: undefined });
}

/** People who write, until there is nothing left to say. */
async function people(count: number): Promise<Writer[]> {
  const guests: Guest[] = [];
  for (let n = 0; n < count; n++) guests.push(await guest(server.url));
  for (const person of guests) await join(server.url, ROOM, person);
  return guests.map((person, n) => new Writer(server.url, ROOM, person, n % 2 === 1));
}

/** The log as it must be after all that: no gap, and of each person what was acknowledged and nothing else, in the order written. */
function expectWhole(told: readonly Told[], rows: readonly LogRow[], writers: readonly Writer[]): void {
  expectSame(
    "the log has no gap",
    rows.map(({ seq }) => seq),
    rows.map((_, at) => at + 1),
  );
  for (const { guest: person, written, acknowledged } of writers) {
    const stored = told.filter(({ author }) => author.id === person.userId);
    expectSame(
      "what was acknowledged is there once, under its id and seq, and nothing else is",
      stored.map(({ clientId, seq }) => [clientId, seq]),
      [...acknowledged],
    );
    expectSame(
      "in the order written, each as its author left it",
      stored.map(({ text, editedAt, deletedAt, reactions }) => ({
        ...{ text, edited: editedAt !== null, erased: deletedAt !== null },
        reacted: reactions.some(({ emoji, count }) => emoji === OWN && count === 1),
      })),
      written,
    );
  }
  const places = new Map<string, number[]>();
  for (const { clientId, seq } of rows) places.set(clientId, [...(places.get(clientId) ?? []), seq]);
  const changes = writers.flatMap(({ changed }) => [...changed]);
  expectSame(
    "every acknowledged edit, erasure and reaction is there once, where it was said",
    changes.map(([clientId]) => places.get(clientId)),
    changes.map(([, seq]) => (seq === 0 ? undefined : [seq])),
  );
}

/** Each has heard the log, all of it from some entry on, in its order and nothing besides; and what that comes to is what stands. */
function expectHeard(told: readonly Told[], rows: readonly LogRow[], writers: readonly Writer[]): void {
  for (const { heard, view, resets } of writers) {
    const first = heard[0]?.seq ?? 0;
    const log = rows.slice(first - 1).map(({ seq, kind, target }) => ({ seq, kind, target }));
    expectSame("broadcasts are the log, each entry once and in order", heard, log);
    expectSame(
      "the view is the log",
      view.messages.map(standing),
      told.filter(({ seq }) => seq >= first).map(standing),
    );
    expect(resets).toEqual([]);
  }
}

test(`R52, R53, R54: ${ROUNDS} kills under load from ${PEOPLE} people who write, edit, erase and react: nothing acknowledged is lost or doubled, nothing seen is missing, all of it is archived`, {
  timeout: 60_000 * (1 + ROUNDS) + 2 * ARCHIVE_MS_MAX,
}, async () => {
  const writers = await people(PEOPLE);
  const total = () => writers.reduce((sum, { acknowledged }) => sum + acknowledged.size, 0);
  await until("everybody is heard", () => writers.every(({ acknowledged }) => acknowledged.size > 3));

  for (let round = 0; round < ROUNDS; round++) {
    const busyFrom = total();
    await until("there is load", () => total() > busyFrom + LOAD);
    await pause((round * 137) % 400);
    // What half of them store from here to the kill is not acknowledged, and comes again after it.
    hearing.lost = true;
    await pause(50);
    const before = total();
    const underWay = writers.filter(({ room }) => room.unsent > 0).length;
    await server.kill();
    hearing.lost = false;
    expect(underWay, "the kill found messages under way").toBeGreaterThan(0);
    const behind = logSize(server.state).messages - archived(server.state, ROOM).length;
    expect(behind, "the kill found messages on their way to the archive").toBeGreaterThan(0);
    await server.restart();
    for (const { room } of writers) room.retryNow();
    await until(`people write again after kill ${round + 1}`, () => total() > before + PEOPLE);
  }
  await Promise.all(writers.map((writer) => writer.finish()));
  const reader = writers[0]!.guest;
  const log = await history(server.url, ROOM, reader);
  const rows = logged(server.state);
  expectWhole(log, rows, writers);
  await until("everybody has heard everything", () => writers.every(({ heard }) => heard.at(-1)?.seq === rows.length));
  await Promise.all(writers.map(({ room }) => room.close()));
  expectHeard(log, rows, writers);

  const entries = log.map(standing);
  await server.drain(
    async () => isDeepStrictEqual(archived(server.state, ROOM).map(standing), entries),
    ARCHIVE_MS_MAX,
  );

  await server.kill();
  await using trimming = await startServer({ state: server.state, vars: TRIMMING });
  const told = async () => (await history(trimming.url, ROOM, reader)).map(standing);
  await trimming.drain(async () => {
    expectSame("the history is the same while the log is trimmed", await told(), entries);
    return logSize(server.state).whole <= KEPT;
  }, ARCHIVE_MS_MAX);
  expectSame("the history is the same over the border", await told(), entries);
  const changes = writers.reduce((sum, { changed }) => sum + changed.size, 0);
  console.log(
    `${ROUNDS} kills, ${total()} messages and ${changes} changes acknowledged, ${rows.length} entries in the log`,
  );
});
