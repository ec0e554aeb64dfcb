// A clock that stands still until a test moves it. Timers and promises run in between, in order.

interface Entry {
  readonly at: number;
  readonly f: () => void;
}

/** Time for everything in a simulated world, in ms. */
export class Clock {
  #now = 1_795_176_000_000;
  #timers = new Map<number, Entry>();
  #next = 1;

  readonly now = (): number => this.#now;

  readonly setTimeout = (f: () => void, ms: number): number => {
    this.#timers.set(this.#next, { at: this.#now + Math.ceil(ms), f });
    return this.#next++;
  };

  readonly clearTimeout = (timer: unknown): void => {
    this.#timers.delete(timer as number);
  };

  /** How many timers are set. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Lets `ms` pass. Every promise settles before the next timer fires. */
  async pass(ms: number): Promise<void> {
    const end = this.#now + Math.ceil(ms);
    await settle();
    for (let due = this.#due(end); due !== undefined; due = this.#due(end)) {
      const [id, { at, f }] = due;
      this.#timers.delete(id);
      this.#now = Math.max(this.#now, at);
      f();
      await settle();
    }
    this.#now = end;
  }

  #due(end: number): [number, Entry] | undefined {
    let first: [number, Entry] | undefined;
    for (const entry of this.#timers) {
      if (entry[1].at <= end && (first === undefined || entry[1].at < first[1].at)) first = entry;
    }
    return first;
  }
}

/** A turn of the event loop: all promises that can settle have settled. */
const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Reproducible chance (mulberry32): 0 ≤ x < 1. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let x = Math.imul(state ^ (state >>> 15), state | 1);
    x = (x + Math.imul(x ^ (x >>> 7), x | 61)) ^ x;
    return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32;
  };
}
