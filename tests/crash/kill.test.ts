// kill -9 of workerd while eight people write: what was acknowledged is there, once, in order, and nobody saw more than that.
// FERRULE_CRASH_ROUNDS sets how many kills (2 unless told).
import { afterAll, beforeAll, expect, test } from "vitest";
import { connect, type Room, type Socket } from "../../worker-ts/src/client/index.ts";
import { type Guest, guest, history, join } from "../harness/people.ts";
import { type Server, startServer } from "../harness/server.ts";

const ROUNDS = Number(process.env["FERRULE_CRASH_ROUNDS"] ?? 2);
const PEOPLE = 8;
const ROOM = "lobby";
/** Each person keeps this many messages under way, so that a kill always finds some. */
const UNDER_WAY = 4;

/** Messages acknowledged between two kills, at least. */
const LOAD = 200;

/** What one entry of the log is known by, wherever it was seen. */
interface Seen {
  readonly seq: number;
  readonly clientId: string;
  readonly author: string;
  readonly text: string;
}

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
    this.room.on("message", ({ message: { seq, clientId, author, text } }) => {
      this.heard.push({ seq, clientId, author: author.id, text });
    });
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
  server = await startServer();
});
afterAll(() => server[Symbol.asyncDispose]());

test(`R52, R54: ${ROUNDS} kills under load from ${PEOPLE} people: nothing acknowledged is lost or doubled, nothing seen is missing`, {
  timeout: 60_000 * (1 + ROUNDS),
}, async () => {
  const guests: Guest[] = [];
  for (let n = 0; n < PEOPLE; n++) guests.push(await guest(server.url));
  for (const person of guests) await join(server.url, ROOM, person);
  const writers = guests.map((person, n) => new Writer(server.url, person, n % 2 === 1));
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
    await server.restart();
    for (const { room } of writers) room.retryNow();
    await until(`people write again after kill ${round + 1}`, () => total() > before + PEOPLE);
  }
  await Promise.all(writers.map((writer) => writer.finish()));
  const log = await history(server.url, ROOM, guests[0]!);
  const head = log.length;

  expect(
    log.map(({ seq }) => seq),
    "the log has no gap",
  ).toEqual(Array.from({ length: head }, (_, at) => at + 1));
  for (const { guest: person, written, acknowledged } of writers) {
    const stored = log.filter(({ author }) => author.id === person.userId);
    expect(
      stored.map(({ clientId, seq }) => [clientId, seq]),
      "what was acknowledged is there once, under its id and seq, and nothing else is",
    ).toEqual([...acknowledged]);
    expect(
      stored.map(({ text }) => text),
      "in the order written",
    ).toEqual(written);
  }

  await until("everybody has heard everything", () => writers.every(({ heard }) => heard.at(-1)?.seq === head));
  await Promise.all(writers.map(({ room }) => room.close()));
  const bySeq = new Map(log.map((told) => [told.seq, told]));
  for (const { heard, resets } of writers) {
    for (const { seq, clientId, author, text } of heard) {
      expect(bySeq.get(seq), "a broadcast is in the log").toMatchObject({ clientId, author: { id: author }, text });
    }
    const seqs = heard.map(({ seq }) => seq);
    expect(seqs, "each entry heard once, in order").toEqual(seqs.map((_, at) => seqs[0]! + at));
    expect(resets).toEqual([]);
  }
  console.log(`${ROUNDS} kills, ${total()} messages acknowledged, ${head} in the log`);
});
