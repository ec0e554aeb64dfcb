// Which heap each vat has, and what it is made of: the running incarnation's, and the one that an upgrade may come back to.

/** What a lost heap is made of again. */
export interface Made {
  readonly incarnation: number;
  /** As in `VatSpec`. */
  readonly bundle: string;
}

/** By vat. Vats that ended are forgotten. */
export class MadeHeaps {
  readonly #now: Map<string, Made>;
  readonly #before = new Map<string, Made>();

  constructor(loaded: ReadonlyMap<string, Made>) {
    this.#now = new Map(loaded);
  }

  /** How many heaps are known. */
  get size(): number {
    return this.#now.size + this.#before.size;
  }

  get(vat: string): Made | undefined {
    return this.#now.get(vat);
  }

  /** An incarnation starts; it may start more than once. */
  start(vat: string, made: Made): void {
    const before = this.#now.get(vat);
    if (before && before.incarnation < made.incarnation) this.#before.set(vat, before);
    this.#now.set(vat, made);
  }

  /** The incarnation that started last stays. */
  keep(vat: string): void {
    this.#before.delete(vat);
  }

  /** The vat has ended, or the incarnation that started last is undone and the one before goes on. */
  stop(vat: string): void {
    const before = this.#before.get(vat);
    this.#before.delete(vat);
    if (before) this.#now.set(vat, before);
    else this.#now.delete(vat);
  }
}
