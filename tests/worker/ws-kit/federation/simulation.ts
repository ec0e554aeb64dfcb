// A federation without workerd: shards in one process, a clock that jumps from event to event, and a network that loses, delays and
// kills by seed. Calls on one stub arrive in order, as the platform promises; between two stubs there is no order.
import {
  Federation,
  type GlobalOptions,
  type GlobalResult,
  type RelayStub,
} from "../../../../worker-ts/src/ws-kit/federation/global";
import type { RelayMessage } from "../../../../worker-ts/src/ws-kit/federation/relay";
import type { DurableIdLike } from "../../../../worker-ts/src/ws-kit/platform";

/** Numbers in [0, 1), the same for the same seed. */
export function randomBy(seed: number): () => number {
  let state = (seed * 2654435761) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

interface Event {
  readonly atMs: number;
  readonly run: () => void;
}

/** Time that passes only where everybody waits. */
export class VirtualTime {
  nowMs = 0;
  readonly #events = new Set<Event>();

  get pending(): number {
    return this.#events.size;
  }

  startTimer(delayMs: number, run: () => void): () => void {
    const event = { atMs: this.nowMs + delayMs, run };
    this.#events.add(event);
    return () => void this.#events.delete(event);
  }

  /** Lets time pass until `promise` settles. */
  async until<T>(promise: Promise<T>): Promise<T> {
    let settled = false;
    const mark = () => {
      settled = true;
    };
    promise.then(mark, mark);
    for (await idle(); !settled; await idle()) if (!this.#step()) throw new Error("nothing will happen any more");
    return promise;
  }

  /** Lets time pass until nothing is due. */
  async drain(): Promise<void> {
    for (await idle(); this.#step(); await idle());
  }

  #step(): boolean {
    let first: Event | undefined;
    for (const event of this.#events) if (!first || event.atMs < first.atMs) first = event;
    if (!first) return false;
    this.nowMs = Math.max(this.nowMs, first.atMs);
    // All of one moment together: a thousand answers are not a thousand rounds of the loop.
    for (const event of this.#events) {
      if (event.atMs > this.nowMs) continue;
      this.#events.delete(event);
      event.run();
    }
    return true;
  }
}

const idle = () => new Promise<void>((resolve) => setImmediate(resolve));

/** How often what happens, each from 0 to 1. */
export interface Faults {
  readonly dead?: number;
  readonly lostCall?: number;
  readonly lostAnswer?: number;
  readonly late?: number;
}

/** A shard as the test sees it. */
export interface Shard {
  readonly federation: Federation;
  /** Frames in the order in which they reached its sockets. */
  readonly got: string[];
  dead: boolean;
}

/** Sockets of every shard. */
export const SOCKETS = 10;

/** A namespace of simulated shards. */
export class World {
  readonly time = new VirtualTime();
  readonly shards = new Map<string, Shard>();
  readonly calls: { from: string; to: string; message: RelayMessage; atMs: number }[] = [];
  #ids = 0;

  constructor(
    names: readonly string[],
    readonly random: () => number = randomBy(1),
    readonly faults: Faults = {},
    /** Shards that do not know their own names. */
    readonly nameless = false,
  ) {
    for (const name of names) this.shards.set(name, this.#make(name));
  }

  /** A publish from a shard; the frame reaches its own sockets first. */
  publish(from: string, frame: string, options: GlobalOptions): Promise<GlobalResult> {
    const shard = this.shards.get(from)!;
    return shard.federation.publish("topic", options, async () => {
      shard.got.push(frame);
      return { result: { ok: true, capability: "exact", matched: SOCKETS }, frame };
    });
  }

  /** How many calls each shard made. */
  callsByCaller(): Map<string, number> {
    const counts = new Map<string, number>();
    for (const { from } of this.calls) counts.set(from, (counts.get(from) ?? 0) + 1);
    return counts;
  }

  #make(name: string): Shard {
    const got: string[] = [];
    // Clocks of two objects differ.
    const offMs = this.random() * 1e9;
    const federation = new Federation({
      namespace: { idFromName: idOf, get: (id) => this.#stub(name, id.toString()) },
      name: this.nameless ? undefined : name,
      runtime: {
        now: () => this.time.nowMs + offMs,
        startTimer: (delayMs, run) => this.time.startTimer(delayMs, run),
        randomId: () => `m${this.#ids++}`,
      },
      deliver: ({ frame }) => {
        got.push(frame);
        return SOCKETS;
      },
    });
    return { federation, got, dead: this.random() < (this.faults.dead ?? 0) };
  }

  #stub(from: string, to: string): RelayStub {
    let lastMs = 0;
    const travel = (leastMs = 0) => {
      const late = this.random() < (this.faults.late ?? 0) ? 4_000 : 0;
      const atMs = Math.max(leastMs, this.time.nowMs + 1 + this.random() * 20 + late * this.random());
      return { atMs, done: new Promise<void>((go) => this.time.startTimer(atMs - this.time.nowMs, go)) };
    };
    /** Half of what is lost is an error at once, half is silence. */
    const lose = () => (this.random() < 0.5 ? Promise.reject(new Error("lost")) : new Promise<never>(() => {}));
    return {
      wskitDeliver: async (sent) => {
        const message = structuredClone(sent);
        this.calls.push({ from, to, message, atMs: this.time.nowMs });
        const there = travel(lastMs);
        lastMs = there.atMs;
        await there.done;
        const shard = this.shards.get(to);
        if (!shard || shard.dead || this.random() < (this.faults.lostCall ?? 0)) return lose();
        const answer = structuredClone(await shard.federation.deliver(message));
        if (this.random() < (this.faults.lostAnswer ?? 0)) return lose();
        await travel().done;
        return answer;
      },
    };
  }
}

const idOf = (name: string): DurableIdLike => ({
  name,
  toString: () => name,
  equals: (other) => other.toString() === name,
});

/** `s0` to `s<count - 1>`. */
export const namesOf = (count: number): string[] => Array.from({ length: count }, (_, index) => `s${index}`);
