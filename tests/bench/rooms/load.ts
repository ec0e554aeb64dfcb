// Open-loop load: messages leave at fixed times whatever has come back, and each delivery is timed from when its message was due. So a
// room that falls behind shows it as latency, and cannot make the generator wait.

import { performance } from "node:perf_hooks";
import { setTimeout as pause } from "node:timers/promises";
import { quantile } from "../harness/statistics.ts";
import type { Contestant, Heard, Line } from "./talk.ts";

/** What is offered. */
export interface Offer {
  readonly perSecond: number;
  readonly ms: number;
}

/** What became of it. Latencies in ms. */
export interface Carried {
  readonly perSecond: number;
  /** The quickest delivery. */
  readonly first: number;
  readonly p50: number;
  readonly p99: number;
  /** Deliveries per second from the first message's time to the last delivery. */
  readonly deliveriesPerSecond: number;
  /** Every message reached every line, and the last one did not come late: see BACKLOG_MS_MAX. */
  readonly sustained: boolean;
  /** Share of the time in which the generator was busy itself; near 1 it is what was measured. */
  readonly generatorBusy: number;
}

/** p99 of a load that counts as sustained is below this. */
const P99_MS_MAX = 250;
/** And the last delivery comes at most this long after the last message was due. */
const BACKLOG_MS_MAX = 250;
/** What has not come by then is given up; the next load waits for nothing of it. */
const GRACE_MS = 3_000;
/** How many lines are opened at the same time. */
const AT_ONCE = 20;
/** This share at the beginning of a load is delivered but not timed: the room and the line settle in it. */
const UNTIMED = 0.2;

/** Lines of one contestant with everything in common that came on them. */
export class Crowd {
  readonly contestant: Contestant;
  readonly lines: Line[] = [];
  readonly #texts: readonly string[];
  /** Number of the next message; never used twice in a room, or it would be a duplicate. */
  #next = 1;
  #first = 1;
  #timedFrom = 1;
  #startedAt = 0;
  #gapMs = 1;
  #heard = 0;
  #lastAt = 0;
  #latencies: number[] = [];

  constructor(contestant: Contestant, texts: readonly string[]) {
    this.contestant = contestant;
    this.#texts = texts;
  }

  /** Opens lines until there are `count`. */
  async grow(count: number): Promise<void> {
    const heard: Heard = {
      delivery: (number) => {
        if (number < this.#first) return;
        this.#heard += 1;
        this.#lastAt = performance.now();
        if (number >= this.#timedFrom) this.#latencies.push(this.#lastAt - this.#dueAt(number));
      },
      acknowledgement() {},
      refusal: (why) => {
        throw new Error(`${this.contestant.name} refused: ${why}`);
      },
    };
    while (this.lines.length < count) {
      const first = this.lines.length;
      const some = Array.from({ length: Math.min(AT_ONCE, count - first) }, (_, n) => first + n);
      this.lines.push(...(await Promise.all(some.map((n) => this.contestant.open(n, heard)))));
    }
  }

  #dueAt(number: number): number {
    return this.#startedAt + (number - this.#first) * this.#gapMs;
  }

  /** Offers a load, its messages from all lines in turn, and waits for what comes of it. */
  async carry({ perSecond, ms }: Offer): Promise<Carried> {
    const count = Math.max(1, Math.round((perSecond * ms) / 1000));
    const expected = count * this.lines.length;
    this.#first = this.#next;
    this.#timedFrom = this.#first + Math.floor(count * UNTIMED);
    this.#gapMs = 1000 / perSecond;
    this.#heard = 0;
    this.#latencies = [];
    this.#startedAt = performance.now() + 1;
    this.#lastAt = this.#startedAt;
    const end = this.#first + count;
    const busyFrom = performance.eventLoopUtilization();
    while (this.#next < end) {
      const now = performance.now();
      while (this.#next < end && this.#dueAt(this.#next) <= now) {
        const text = this.#texts[this.#next % this.#texts.length]!;
        this.lines[this.#next % this.lines.length]!.publish(this.#next, text);
        this.#next += 1;
      }
      await pause(1);
    }
    const lastDue = this.#dueAt(end - 1);
    const { utilization } = performance.eventLoopUtilization(busyFrom);
    while (this.#heard < expected && performance.now() - lastDue < GRACE_MS) await pause(2);
    const whole = this.#heard === expected;
    const latencies = Float64Array.from(this.#latencies).sort();
    const p99 = latencies.length === 0 ? GRACE_MS : quantile(latencies, 0.99);
    return {
      perSecond,
      first: latencies[0] ?? GRACE_MS,
      p50: latencies.length === 0 ? GRACE_MS : quantile(latencies, 0.5),
      p99,
      deliveriesPerSecond: (this.#heard * 1000) / Math.max(1, this.#lastAt - this.#startedAt),
      sustained: whole && p99 < P99_MS_MAX && this.#lastAt - lastDue < BACKLOG_MS_MAX,
      generatorBusy: utilization,
    };
  }

  /** Waits until nothing has come for a while, so that the next load begins on an idle room. */
  async settle(): Promise<void> {
    for (let before = -1; before !== this.#heard; await pause(150)) before = this.#heard;
  }
}
