// The laws of delivery under any mix of writing, changing, joining, leaving, resuming, paging and sleeping: nobody misses an entry,
// gets one twice or out of order, or meets somebody who was not introduced; and however somebody reads the log, live, by replay,
// by page or by HTTP, its messages come to the same. Seeded; a failing seed names itself.
import {
  decode,
  type FrameInit,
  type FrameOf,
  HISTORY_DIRECTION,
  KIND,
  PAGE_FLAG,
  WELCOME_OUTCOME,
} from "@ferrule/core";
import { expect, it } from "vitest";
import { edit, erase, Fold, react, shownOf, unreact } from "../../../../../tests/worker/support/changes";
import { dice } from "../../../../../tests/worker/support/random";
import {
  actorOf,
  evict,
  freshRoom,
  idOf,
  pause,
  query,
  RoomClient,
  type RoomStub,
  until,
} from "../../../../../tests/worker/support/room-client";

const NAMES = ["ann", "bob", "carl", "dora"];
const EMOJIS = ["👍", ":ship:"];

/** One person over all their connections: what they have read, and where they resume. */
class Reader {
  readonly read: number[] = [];
  readonly fold = new Fold();
  /** What they reacted to, and with what, the newest first. */
  readonly reacted: [target: number, emoji: string][] = [];
  client: RoomClient | undefined;
  #epoch = new Uint8Array(8);
  #start = 0;
  readonly #name: string;

  /** Seq after which everything was read. */
  get start(): number {
    return this.#start;
  }

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
    for (const message of client.raw) {
      const frame = decode("down", message);
      if ("skip" in frame || frame.kind === "HISTORY_PAGE") continue;
      for (const one of frame.kind === "BATCH" ? frame.body.list : [frame]) this.fold.take(one);
    }
    this.read.push(...client.read.splice(0));
    expect(client.strangers).toEqual([]);
    expect(client.closed === undefined || client.closed.code === 1000).toBe(true);
  }
}

/** All that the pages of a socket hold, from the newest back to the first. */
async function paged(stub: RoomStub): Promise<unknown[]> {
  const client = await RoomClient.join(stub, "eve");
  const fold = new Fold();
  for (let from = 0; ; ) {
    const body = { direction: HISTORY_DIRECTION.BEFORE, from, limit: 50 };
    client.send({ kind: "HISTORY_REQ", id: idOf(0), body });
    const page: FrameOf<"HISTORY_PAGE"> = await client.pick("HISTORY_PAGE");
    fold.page(page.body.list);
    from = page.body.firstSeq;
    if ((page.body.flags & PAGE_FLAG.MORE) === 0) break;
  }
  expect(client.strangers).toEqual([]);
  await client.close();
  return fold.shown;
}

/** A person who changes a message, any that there may be, often without a right to it or a reason for it. */
function change(reader: Reader, n: number, roll: (below: number) => number, text: string): void {
  const [target, emoji] = reader.reacted[roll(6)] ?? [1 + roll(16), EMOJIS[roll(2)]!];
  const frames = [...Array<FrameInit>(4).fill(edit(n, target, text)), ...Array<FrameInit>(2).fill(erase(n, target))];
  const frame = frames[roll(12)] ?? [react, unreact][roll(2)]!(n, target, emoji);
  if (frame.kind === "REACT") reader.reacted.unshift([target, emoji]);
  reader.client?.send(frame);
}

async function live(seed: number): Promise<void> {
  const stub = freshRoom("law");
  const roll = dice(seed);
  const readers = NAMES.map((name) => new Reader(name));
  let written = 0;
  const text = () => "lorem ipsum ".repeat(1 + roll(40)).slice(0, 1 + roll(400));
  for (let step = 0; step < 200; step++) {
    const reader = readers[roll(readers.length)]!;
    const act = roll(100);
    if (act < 20) reader.client?.say(++written, text());
    else if (act < 48) change(reader, ++written, roll, text());
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
  const { messages } = await stub.page({ limit: 1_000, reader: null });
  const shown = shownOf(messages);
  for (const { fold, start } of readers)
    expect(fold.shown, `seed ${seed}`).toEqual(shown.slice(messages.findIndex(({ seq }) => seq > start)));
  expect(await paged(stub), `seed ${seed}`).toEqual(shown);
  for (const { kind, n } of await query<{ kind: number; n: number }>(stub, KINDS))
    met.set(kind, (met.get(kind) ?? 0) + n);
}

const KINDS = "SELECT kind, count(*) AS n FROM log GROUP BY kind";
/** Entries of all seeds together, by kind: laws over nothing would prove nothing. */
const met = new Map<number, number>();

it("R16 R22 R31 R33 whatever happens, everybody gets every entry once, in order, and all see the same messages", async () => {
  const seeds = Array.from({ length: 16 }, (_, n) => 1_000 + n);
  for (let at = 0; at < seeds.length; at += 8) await Promise.all(seeds.slice(at, at + 8).map(live));
  const { MSG, EDIT, DELETE, REACT, UNREACT } = KIND;
  for (const kind of [MSG, EDIT, DELETE, REACT, UNREACT]) expect(met.get(kind), `of kind ${kind}`).toBeGreaterThan(5);
});
