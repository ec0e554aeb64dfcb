// R64: whatever breaks, nothing is lost, nothing is doubled, and everything comes in order.
import { expect, test } from "vitest";
import { connect } from "../connect";
import type { Cursor } from "../line/news";
import { memoryOutbox, type OutboxStore } from "../outbox/outbox-store";
import type { Room } from "../room";
import { Clock, seeded } from "../testing/clock";
import { NO_FAULTS, SimServer } from "../testing/server";

const SEEDS = 200;
const ROUNDS = 12;

/** One person who writes, is cut off, and now and then has the whole program killed. */
class Writer {
  readonly seen: number[] = [];
  readonly written: string[] = [];
  readonly confirmed = new Map<string, number>();
  readonly #outbox: OutboxStore = memoryOutbox();
  /** What a program keeps on disk. */
  #cursor: Cursor | undefined;
  #alive = { on: true };
  #room: Room;

  constructor(
    readonly name: string,
    private readonly server: SimServer,
  ) {
    this.#room = this.#open();
  }

  write(text: string): void {
    this.written.push(text);
    this.#room.send(text).done.then(({ seq }) => this.confirmed.set(text, seq));
  }

  /** The program dies without a word: timers, answers and sockets are gone. Another one starts with what was kept. */
  kill(): void {
    this.#alive.on = false;
    for (const peer of this.server.open) if (peer.user === this.name) peer.socket.close();
    this.#alive = { on: true };
    this.#room = this.#open();
  }

  #open(): Room {
    const alive = this.#alive;
    const base = this.server.platform(this.name);
    const room = connect({
      url: "https://sim",
      room: "sim",
      outbox: this.#outbox,
      ...(this.#cursor === undefined ? {} : { resume: this.#cursor }),
      platform: { ...base, setTimeout: (f, ms) => base.setTimeout(() => alive.on && f(), ms) },
    });
    room.on("message", ({ message }) => {
      if (alive.on) this.seen.push(message.seq);
    });
    // After each event, as a program would write its cursor down together with what it handled.
    room.on("message", ({ message }) => {
      if (alive.on) this.#cursor = { epoch: room.cursor!.epoch, seq: message.seq };
    });
    room.on("state", ({ state }) => {
      if (alive.on && state === "open" && this.#cursor === undefined) this.#cursor = room.cursor;
    });
    return room;
  }
}

/** Runs one world; the number of connections that broke. */
async function talk(seed: number): Promise<number> {
  const random = seeded(seed);
  const clock = new Clock();
  const server = new SimServer(clock, random);
  const writers = ["ada", "bob", "cyd"].map((name) => new Writer(name, server));
  await clock.pass(1_000);
  server.faults = { cutBefore: 0.06, cutAfter: 0.06, repeat: 0.1, noTicket: 0.2 };
  for (let n = 0; n < ROUNDS; n++) {
    for (const writer of writers) {
      if (random() < 0.5) writer.write(`${writer.name} ${writer.written.length}`);
      if (random() < 0.05) writer.kill();
      if (random() < 0.1) for (const peer of server.open) peer.socket.cut();
    }
    await clock.pass(random() * 3_000);
  }
  const cuts = server.peers.length - writers.length;
  server.faults = { ...NO_FAULTS, repeat: 0.1 };
  await clock.pass(120_000);

  const all = server.log.map(({ seq }) => seq);
  for (const { name, written, seen, confirmed } of writers) {
    const stored = server.log.filter(({ text }) => text.startsWith(name)).map(({ text }) => text);
    expect(stored, `seed ${seed}: each message of ${name} is stored once, in the order written`).toEqual(written);
    for (const [text, seq] of confirmed) expect(server.log[seq - 1]?.text, `seed ${seed}: confirmed`).toBe(text);
    expect(seen, `seed ${seed}: ${name} handled each entry once, in order`).toEqual(all);
  }
  return cuts;
}

test("R64: 200 talks over cut connections: no loss, no double, in order", { timeout: 60_000 }, async () => {
  let cuts = 0;
  for (let seed = 0; seed < SEEDS; seed++) cuts += await talk(seed);
  expect(cuts).toBeGreaterThan(10 * SEEDS);
});
