// The laws of delivery under any mix of writing, joining, leaving, resuming, paging and sleeping: nobody misses an entry, gets
// one twice or out of order, or meets a sender who was not introduced. Seeded; a failing seed names itself.
import { WELCOME_OUTCOME } from "@ferrule/core";
import { expect, it } from "vitest";
import { dice } from "../../../../tests/worker/random";
import {
  actorOf,
  evict,
  freshRoom,
  idOf,
  pause,
  RoomClient,
  type RoomStub,
  until,
} from "../../../../tests/worker/room-client";

const NAMES = ["ann", "bob", "carl", "dora"];

/** One person over all their connections: what they have read, and where they resume. */
class Reader {
  readonly read: number[] = [];
  client: RoomClient | undefined;
  #epoch = new Uint8Array(8);
  #start = 0;
  readonly #name: string;

  constructor(name: string) {
    this.#name = name;
  }

  async come(stub: RoomStub): Promise<void> {
    if (this.client !== undefined) return;
    const client = await RoomClient.open(stub, this.#name);
    const { welcome } = await client.hello({ epoch: this.#epoch, lastSeq: this.read.at(-1) ?? this.#start });
    const fresh = this.#epoch.every((byte) => byte === 0);
    expect(welcome.body.outcome).toBe(fresh ? WELCOME_OUTCOME.FRESH : WELCOME_OUTCOME.RECOVERED);
    if (fresh) this.#start = welcome.body.startSeq;
    this.#epoch = Uint8Array.from(welcome.body.epoch);
    this.client = client;
  }

  /** Leaves, mostly without waiting for what is on its way. */
  async leave(): Promise<void> {
    const { client } = this;
    if (client === undefined) return;
    this.client = undefined;
    await client.close();
    this.#keep(client);
  }

  /** Everything from the first WELCOME to `head`, each once and in order. */
  async check(stub: RoomStub, head: number, seed: string): Promise<void> {
    await this.come(stub);
    const client = this.client!;
    const last = () => client.read.at(-1) ?? this.read.at(-1) ?? this.#start;
    await until(() => last() >= head, `${seed}: ${this.#name} to reach ${head}, stands at ${last()}`);
    this.#keep(client);
    const all = Array.from({ length: head - this.#start }, (_, n) => this.#start + n + 1);
    expect(this.read, `${seed} ${this.#name}`).toEqual(all);
  }

  #keep(client: RoomClient): void {
    this.read.push(...client.read.splice(0));
    expect(client.strangers).toEqual([]);
    expect(client.closed === undefined || client.closed.code === 1000).toBe(true);
  }
}

async function live(seed: number): Promise<void> {
  const stub = freshRoom("law");
  const roll = dice(seed);
  const readers = NAMES.map((name) => new Reader(name));
  let written = 0;
  const text = () => "lorem ipsum ".repeat(1 + roll(40)).slice(0, 1 + roll(400));
  for (let step = 0; step < 120; step++) {
    const reader = readers[roll(readers.length)]!;
    const act = roll(100);
    if (act < 45) reader.client?.say(++written, text());
    else if (act < 55)
      await stub.apply(actorOf(NAMES[roll(5)] ?? "eve"), {
        type: "post",
        id: idOf(++written),
        text: text(),
        replyTo: 0,
      });
    else if (act < 70) await reader.come(stub);
    else if (act < 80) await reader.leave();
    else if (act < 85) reader.client?.credit();
    else if (act < 90)
      reader.client?.send({
        kind: "HISTORY_REQ",
        id: idOf(1),
        body: { direction: roll(2), from: roll(20), limit: 1 + roll(9) },
      });
    else if (act < 95) await pause(roll(40));
    else {
      // A pending timer keeps a room awake, so it falls asleep on an idle line only.
      await pause(60);
      await stub.stats();
      await evict(stub);
    }
  }
  await pause(60);
  const { headSeq } = await stub.stats();
  for (const reader of readers) await reader.check(stub, headSeq, `seed ${seed}`);
}

it("R16 R22 whatever happens, everybody gets every entry once, in order, from introduced senders", async () => {
  const seeds = Array.from({ length: 16 }, (_, n) => 1_000 + n);
  for (let at = 0; at < seeds.length; at += 8) await Promise.all(seeds.slice(at, at + 8).map(live));
}, 120_000);
