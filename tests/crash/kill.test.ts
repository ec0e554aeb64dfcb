// kill -9 of workerd while eight people write and the queue delivers twice and out of order: what was acknowledged is there, once,
// in order, nobody saw more than that, and the archive gets all of it.
// FERRULE_CRASH_ROUNDS sets how many kills (2 unless told).
import { isDeepStrictEqual } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connect, type Room, type Socket } from "../../worker-ts/src/client/index.ts";
import { archived, logSize } from "../harness/archive.ts";
import { type Guest, guest, history, join, type Told } from "../harness/people.ts";
import { type Server, startServer } from "../harness/server.ts";

const ROUNDS = Number(process.env["FERRULE_CRASH_ROUNDS"] ?? 2);
const PEOPLE = 8;
const ROOM = "lobby";
/** Each person keeps this many messages under way, so that a kill always finds some. */
const UNDER_WAY = 4;

/** Rest of each between two messages: about a thousand a second from all. */
const REST_MS = 20;

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
  RATE_CONTROL: "100000/100000",
  RATE_BYTES: "1000000000/1000000000",
};
const KEPT = 50;
const TRIMMING = { ...VARS, TRIM_AGE_MS: "0", TRIM_KEEP_ENTRIES: String(KEPT) };
const ARCHIVE_MS_MAX = 150_000;

/** What a message is known by, wherever it was seen. */
const identity = ({ seq, clientId, author, text, ts }: Told) => ({ seq, clientId, author: author.id, text, ts });
type Seen = ReturnType<typeof identity>;

/** While set, every second person hears nothing of what the room sends. */
let deaf = false;

/** A socket whose answers can be lost without the line being cut. */
class DeafSocket implements Socket {
  readonly #socket: WebSocket;

  constructor(url: string, protocols: string[]) {
    this.#socket = new WebSocket(url, protocols);
  }

  set binaryType(type: "arraybuffer") {
    this.#socket.binaryType = type;
  }

  send(data: Uint8Array<ArrayBuffer> | string): void {
    this.#socket.send(data);
  }

  close(code?: number, reason?: string): void {
    this.#socket.close(code, reason);
  }

  addEventListener(type: string, listener: (event: never) => void): void {
    this.#socket.addEventListener(type, (event) => {
      if (!deaf || type !== "message") listener(event as never);
    });
  }
}

/** One person who writes without a pause, and everything that reached it. */
class Writer {
  readonly written: string[] = [];
  /** Client message id to seq, as acknowledged. */
  readonly acknowledged = new Map<string, number>();
  readonly heard: Seen[] = [];
  readonly resets: unknown[] = [];
  readonly room: Room;
  #writing = true;
  readonly #loops: Promise<void>[];

  constructor(
    url: string,
    readonly guest: Guest,
    hardOfHearing: boolean,
  ) {
    const platform = hardOfHearing ? { WebSocket: DeafSocket } : {};
    this.room = connect({ url, room: ROOM, token: () => guest.token, platform });
    this.room.on("message", ({ message }) => void this.heard.push(identity(message)));
    this.room.on("reset", (event) => void this.resets.push(event));
    this.#loops = Array.from({ length: UNDER_WAY }, () => this.#write());
  }

  /** Writes no more; resolves when everything written is acknowledged. */
  async finish(): Promise<void> {
    this.#writing = false;
    await Promise.all(this.#loops);
  }

  async #write(): Promise<void> {
    while (this.#writing) {
      const text = `${this.guest.name} ${this.written.length}`;
      this.written.push(text);
      const { id, done } = this.room.send(text);
      this.acknowledged.set(id, (await done).seq);
      await pause(REST_MS);
    }
  }
}

/** Until `holds`, for at most a minute. */
async function until(what: string, holds: () => boolean): Promise<void> {
  const deadline = performance.now() + 60_000;
  while (!holds()) {
    if (performance.now() > deadline) throw new Error(`not in time: ${what}`);
    await pause(20);
  }
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

let server: Server;
beforeAll(async () => {
  server = await startServer({ vars: VARS });
});
afterAll(() => server[Symbol.asyncDispose]());

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
  return guests.map((person, n) => new Writer(server.url, person, n % 2 === 1));
}

/** The log as it must be after all that: no gap, and of each person what was acknowledged and nothing else, in the order written. */
function expectWhole(log: readonly Told[], writers: readonly Writer[]): void {
  expectSame(
    "the log has no gap",
    log.map(({ seq }) => seq),
    log.map((_, at) => at + 1),
  );
  for (const { guest: person, written, acknowledged } of writers) {
    const stored = log.filter(({ author }) => author.id === person.userId);
    expectSame(
      "what was acknowledged is there once, under its id and seq, and nothing else is",
      stored.map(({ clientId, seq }) => [clientId, seq]),
      [...acknowledged],
    );
    expectSame(
      "in the order written",
      stored.map(({ text }) => text),
      written,
    );
  }
}

/** Each has heard the log, all of it from some entry on, in its order and nothing besides. */
function expectHeard(log: readonly Told[], writers: readonly Writer[]): void {
  for (const { heard, resets } of writers) {
    const first = heard[0]?.seq ?? 0;
    expectSame("broadcasts are the log, each entry once and in order", heard, log.slice(first - 1).map(identity));
    expect(resets).toEqual([]);
  }
}

test(`R52, R53, R54: ${ROUNDS} kills under load from ${PEOPLE} people: nothing acknowledged is lost or doubled, nothing seen is missing, all of it is archived`, {
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
    deaf = true;
    await pause(50);
    const before = total();
    const underWay = writers.filter(({ room }) => room.unsent > 0).length;
    await server.kill();
    deaf = false;
    expect(underWay, "the kill found messages under way").toBeGreaterThan(0);
    const behind = logSize(server.state).rows - archived(server.state, ROOM).length;
    expect(behind, "the kill found messages on their way to the archive").toBeGreaterThan(0);
    await server.restart();
    for (const { room } of writers) room.retryNow();
    await until(`people write again after kill ${round + 1}`, () => total() > before + PEOPLE);
  }
  await Promise.all(writers.map((writer) => writer.finish()));
  const reader = writers[0]!.guest;
  const log = await history(server.url, ROOM, reader);
  expectWhole(log, writers);
  await until("everybody has heard everything", () => writers.every(({ heard }) => heard.at(-1)?.seq === log.length));
  await Promise.all(writers.map(({ room }) => room.close()));
  expectHeard(log, writers);

  await server.drain(async () => archived(server.state, ROOM).length >= log.length, ARCHIVE_MS_MAX);
  const entries = log.map(identity);
  expectSame("the archive is the log", archived(server.state, ROOM).map(identity), entries);

  await server.kill();
  await using trimming = await startServer({ state: server.state, vars: TRIMMING });
  const told = async () => (await history(trimming.url, ROOM, reader)).map(identity);
  await trimming.drain(async () => {
    expectSame("the history is the same while the log is trimmed", await told(), entries);
    return logSize(server.state).whole <= KEPT;
  }, ARCHIVE_MS_MAX);
  expectSame("the history is the same over the border", await told(), entries);
  console.log(`${ROUNDS} kills, ${total()} messages acknowledged, ${log.length} in the log and in the archive`);
});
