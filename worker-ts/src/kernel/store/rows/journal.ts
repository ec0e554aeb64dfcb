// Rows in memory with savepoints. What changes outside of them is a change of its own; what changes inside becomes one when the
// outermost is released. Nothing is written in here: a sealed change is handed on.
import { KernelError } from "../../kernel-error";
import { SAVEPOINTS_MAX } from "../../limits";
import type { SortedRows } from "./sorted-rows";

/** What is written whole or not at all: first the wipes, then the rows, null being a deletion. */
export interface SealedChange {
  readonly rows: ReadonlyMap<string, string | null>;
  readonly wipes: readonly string[];
}

/** One savepoint. */
interface Frame {
  /** Null: of a change that nobody made a savepoint for. */
  readonly name: string | null;
  /** What the keys held that were touched since. */
  readonly before: Map<string, string | undefined>;
  readonly wipes: string[];
  length: number;
}

const IDENTIFIER = /^[A-Za-z_]\w*$/;

/** Rows, and the stack of savepoints over them. */
export class Journal {
  readonly #rows: SortedRows;
  readonly #handOn: (change: SealedChange) => void;
  readonly #frames: Frame[] = [];

  constructor(rows: SortedRows, handOn: (change: SealedChange) => void) {
    this.#rows = rows;
    this.#handOn = handOn;
  }

  /** Characters that were set since the outermost savepoint. */
  get openLength(): number {
    return this.#frames.reduce((sum, { length }) => sum + length, 0);
  }

  set(key: string, value: string): void {
    this.#once(() => {
      this.#note(key).length += key.length + value.length;
      this.#rows.set(key, value);
    });
  }

  delete(key: string): void {
    this.#once(() => {
      this.#note(key).length += key.length;
      this.#rows.delete(key);
    });
  }

  /** Removes all keys that begin with `prefix`. */
  wipe(prefix: string): void {
    this.#once(() => {
      for (const key of this.#rows.keysOf(prefix)) {
        this.#note(key);
        this.#rows.delete(key);
      }
      this.#frames.at(-1)!.wipes.push(prefix);
    });
  }

  /** What `run` changes is one change, or part of the one that is open; when it throws, none. */
  atomically(run: () => void): void {
    const depth = this.#frames.length;
    this.#open(null);
    try {
      run();
    } catch (error) {
      this.#rollBack(depth);
      throw error;
    }
    this.#release(depth);
  }

  /** One step that cannot fail half-way: it needs a frame, but none of its own. */
  #once(run: () => void): void {
    if (this.#frames.length > 0) run();
    else this.atomically(run);
  }

  createSavepoint(name: string): void {
    if (!IDENTIFIER.test(name)) throw new KernelError("BAD_COMMAND", `"${name}" is no name of a savepoint`);
    if (this.#frames.length >= SAVEPOINTS_MAX)
      throw new KernelError("LIMIT_EXCEEDED", `more than ${SAVEPOINTS_MAX} savepoints are open`);
    this.#open(name);
  }

  /** Restores what was when the newest savepoint of that name was made; it is closed, and those inside it. */
  rollbackSavepoint(name: string): void {
    this.#rollBack(this.#find(name));
  }

  /** Closes the newest savepoint of that name and those inside it; what they changed stands. */
  releaseSavepoint(name: string): void {
    this.#release(this.#find(name));
  }

  #find(name: string): number {
    const at = this.#frames.findLastIndex((frame) => frame.name === name);
    if (at < 0) throw new KernelError("BAD_COMMAND", `there is no savepoint "${name}"`);
    return at;
  }

  #open(name: string | null): void {
    this.#frames.push({ name, before: new Map(), wipes: [], length: 0 });
  }

  /** The open frame, which knows what the key held. */
  #note(key: string): Frame {
    const frame = this.#frames.at(-1)!;
    if (!frame.before.has(key)) frame.before.set(key, this.#rows.get(key));
    return frame;
  }

  #rollBack(depth: number): void {
    for (const { before } of this.#frames.splice(depth).reverse()) {
      for (const [key, value] of before) {
        if (value === undefined) this.#rows.delete(key);
        else this.#rows.set(key, value);
      }
    }
  }

  #release(depth: number): void {
    const [whole, ...inner] = this.#frames.splice(depth);
    for (const frame of inner) merge(whole!, frame);
    const outer = this.#frames.at(-1);
    if (outer === undefined) this.#seal(whole!);
    else merge(outer, whole!);
  }

  #seal({ before, wipes }: Frame): void {
    const rows = new Map<string, string | null>();
    for (const [key, value] of before) {
      const now = this.#rows.get(key);
      // a wipe takes also what was put back as it had been
      if (now !== value || wipes.length > 0) rows.set(key, now ?? null);
    }
    if (rows.size > 0 || wipes.length > 0) this.#handOn({ rows, wipes });
  }
}

/** What `inner` did becomes part of `outer`. */
function merge(outer: Frame, inner: Frame): void {
  for (const [key, value] of inner.before) if (!outer.before.has(key)) outer.before.set(key, value);
  outer.wipes.push(...inner.wipes);
  outer.length += inner.length;
}
