// What a database sealed and a store does not have yet: merged in order into batches, one in flight at a time. It writes by itself, or
// a kernel that shares the store takes the batches with it.
import { KernelError } from "../../kernel-error";
import { BATCH_LENGTH_MAX, BATCH_ROWS_MAX } from "../../limits";
import type { CommitOutcome, KernelStore, StoreBatch } from "../store";
import type { SealedChange } from "./journal";

/** What one batch changes, as the store takes it. */
export type Changes = Pick<StoreBatch, "sets" | "deletes" | "wipes">;

/** Sealed changes that go together. */
interface Gathered {
  readonly rows: Map<string, string | null>;
  readonly wipes: Set<string>;
  length: number;
  /** Number of the last change in it. */
  upTo: number;
}

interface Flush {
  readonly upTo: number;
  readonly done: () => void;
  readonly failed: (error: KernelError) => void;
}

const lengthOf = (key: string, value: string | null): number => key.length + (value?.length ?? 0);

/** The way of sealed changes to an opened store. */
export class WriteBehind {
  readonly #store: KernelStore;
  readonly #nonce: () => string;
  readonly #gaveUp: (error: KernelError) => void;
  #seq: number;
  #sealed = 0;
  #durable = 0;
  #waiting: Gathered[] = [];
  #flying: Gathered | null = null;
  #flushes: Flush[] = [];
  #failure: KernelError | null = null;
  /** Set once somebody else does the writing. */
  #wake: (() => void) | null = null;

  /** `seq`: batches written so far, as `store.open()` told. `gaveUp` hears once of what was sealed and will not be written. */
  constructor(store: KernelStore, seq: number, nonce: () => string, gaveUp: (error: KernelError) => void) {
    this.#store = store;
    this.#seq = seq;
    this.#nonce = nonce;
    this.#gaveUp = gaveUp;
  }

  /** Why nothing is written any more. */
  get failure(): KernelError | null {
    return this.#failure;
  }

  /** Characters that are not durable yet. */
  get length(): number {
    return this.#waiting.reduce((sum, { length }) => sum + length, this.#flying?.length ?? 0);
  }

  /** Takes a change on. It is written after the work that goes on now, so that what is sealed together goes together. */
  add(change: SealedChange): void {
    this.#sealed += 1;
    const last = this.#waiting.at(-1);
    const room = last !== undefined && last.rows.size + change.rows.size <= BATCH_ROWS_MAX;
    const added = [...change.rows].reduce((sum, [key, value]) => sum + lengthOf(key, value), 0);
    const open =
      room && last.length + added <= BATCH_LENGTH_MAX
        ? last
        : { rows: new Map(), wipes: new Set<string>(), length: 0, upTo: 0 };
    if (open !== last) this.#waiting.push(open);
    merge(open, change);
    open.upTo = this.#sealed;
    if (this.#wake === null) queueMicrotask(() => void this.#write());
    else this.#wake();
  }

  /** Resolves when all that was added before is durable. */
  flush(): Promise<void> {
    if (this.#failure !== null) return Promise.reject(this.#failure);
    if (this.#durable === this.#sealed) return Promise.resolve();
    const upTo = this.#sealed;
    return new Promise((done, failed) => this.#flushes.push({ upTo, done, failed }));
  }

  /** Stops writing by itself, and answers how many batches were written. `wake` is called when there is something to take. */
  async attach(wake: () => void): Promise<number> {
    if (this.#wake !== null) throw new KernelError("BAD_CONFIG", "the database has a kernel already");
    this.#wake = wake;
    // what is under way on its own lands first
    if (this.#flying !== null) {
      const { upTo } = this.#flying;
      await new Promise<void>((done, failed) => this.#flushes.push({ upTo, done, failed }));
    }
    if (this.#failure !== null) throw this.#failure;
    return this.#seq;
  }

  /** The next batch's share, or null; `settled` must follow before the next is taken. */
  take(): Changes | null {
    if (this.#failure !== null) throw this.#failure;
    if (this.#flying !== null) throw new KernelError("WRONG_BATCH", "a batch is in flight");
    const next = this.#waiting.shift();
    if (next === undefined) return null;
    this.#flying = next;
    const sets = [...next.rows].filter(([, value]) => value !== null);
    const deletes = [...next.rows].filter(([, value]) => value === null).map(([key]) => key);
    return {
      sets: JSON.stringify(sets),
      deletes: JSON.stringify(deletes),
      wipes: JSON.stringify([...next.wipes]),
    };
  }

  /** What became of the batch that was taken; also a failure of the whole store, when none was. */
  settled(outcome: CommitOutcome | KernelError): void {
    if (outcome !== "committed") {
      if (this.#failure !== null) return;
      this.#failure =
        outcome === "fenced" ? new KernelError("FENCED", "another owner has taken the store over") : outcome;
      for (const { failed } of this.#flushes.splice(0)) failed(this.#failure);
      if (this.#durable < this.#sealed) this.#gaveUp(this.#failure);
      return;
    }
    if (this.#flying === null) return;
    this.#durable = this.#flying.upTo;
    this.#flying = null;
    const done = this.#flushes.filter(({ upTo }) => upTo <= this.#durable);
    this.#flushes = this.#flushes.filter(({ upTo }) => upTo > this.#durable);
    for (const flush of done) flush.done();
  }

  async #write(): Promise<void> {
    if (this.#flying !== null || this.#wake !== null || this.#failure !== null) return;
    for (let changes = this.take(); changes !== null; changes = this.#wake === null ? this.take() : null) {
      try {
        const outcome = await this.#store.commit({ seq: this.#seq, nonce: this.#nonce(), ...changes });
        this.#seq += 1;
        this.settled(outcome);
      } catch (cause) {
        this.settled(
          cause instanceof KernelError ? cause : new KernelError("STORE_FAILED", "the store gave up", { cause }),
        );
      }
      if (this.#failure !== null) return;
    }
  }
}

/** Adds a later change. It has a row for whatever its wipes took, and what the store loses by a wipe is not deleted once more. */
function merge(open: Gathered, { rows, wipes }: SealedChange): void {
  for (const prefix of wipes) open.wipes.add(prefix);
  for (const [key, value] of rows) {
    const earlier = open.rows.get(key);
    if (earlier !== undefined) open.length -= lengthOf(key, earlier);
    open.rows.delete(key);
    if (value === null && [...open.wipes].some((prefix) => key.startsWith(prefix))) continue;
    open.rows.set(key, value);
    open.length += lengthOf(key, value);
  }
}
