// Rows in memory in the order of their keys: a map for what a key holds, and a sorted list for what comes next.
import type { Row } from "../store";
import { compareKeys } from "./key-order";

/** Text by key. Finding takes log n comparisons; a new key moves the list behind it, which is one copy of memory. */
export class SortedRows {
  readonly #held = new Map<string, string>();
  readonly #keys: string[] = [];

  /** Appends a row; its key must come after all that are there. */
  push([key, value]: Row): void {
    this.#keys.push(key);
    this.#held.set(key, value);
  }

  get(key: string): string | undefined {
    return this.#held.get(key);
  }

  set(key: string, value: string): void {
    if (!this.#held.has(key)) this.#keys.splice(this.#firstFrom(key), 0, key);
    this.#held.set(key, value);
  }

  delete(key: string): void {
    if (this.#held.delete(key)) this.#keys.splice(this.#firstFrom(key), 1);
  }

  /** The key after `key`, which need not be there. */
  nextKey(key: string): string | undefined {
    const at = this.#firstFrom(key);
    return this.#keys[at] === key ? this.#keys[at + 1] : this.#keys[at];
  }

  /** The keys that begin with `prefix`, in order. */
  keysOf(prefix: string): string[] {
    const first = this.#firstFrom(prefix);
    let end = first;
    while (this.#keys[end]?.startsWith(prefix)) end += 1;
    return this.#keys.slice(first, end);
  }

  /** Where `key` stands, or would. */
  #firstFrom(key: string): number {
    let low = 0;
    for (let high = this.#keys.length; low < high; ) {
      const middle = (low + high) >> 1;
      if (compareKeys(this.#keys[middle]!, key) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
