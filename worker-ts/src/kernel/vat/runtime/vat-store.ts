// A vat's store in memory: text under text, and what one delivery changed of it. What the values mean is the baggage's business.
import { bytesOf, refuseBeyond, VATSTORE_BYTES_MAX, VATSTORE_KEY_BYTES_MAX, VATSTORE_VALUE_BYTES_MAX } from "./limits";
import type { Outcome } from "./outcome";

/** The rows of one vat, as they are after the deliveries so far. */
export class VatStore {
  readonly #rows: Map<string, string>;
  /** What a key held when the delivery under way began. */
  readonly #before = new Map<string, string | undefined>();
  /** Keys whose value at the start of the incarnation was told. */
  readonly #told = new Set<string>();
  #bytes = 0;

  /** `pairs`: the store as the incarnation began. */
  constructor(pairs: readonly (readonly [key: string, value: string])[]) {
    this.#rows = new Map(pairs);
    for (const [key, value] of this.#rows) this.#bytes += bytesOf(key) + bytesOf(value);
  }

  get(key: string): string | undefined {
    return this.#rows.get(key);
  }

  /** In the order of their letters: the order of insertion would not outlive the incarnation. */
  keys(prefix: string): string[] {
    return [...this.#rows.keys()].filter((key) => key.startsWith(prefix)).sort();
  }

  /** `undefined` deletes. Throws, with nothing changed, when a limit would be passed. */
  set(key: string, value: string | undefined): void {
    const old = this.#rows.get(key);
    const keyBytes = bytesOf(key);
    const oldBytes = old === undefined ? 0 : keyBytes + bytesOf(old);
    const newBytes = value === undefined ? 0 : keyBytes + bytesOf(value);
    if (value !== undefined) {
      if (/\p{Surrogate}/u.test(key)) throw TypeError("a key is well-formed Unicode");
      refuseBeyond(VATSTORE_KEY_BYTES_MAX, keyBytes, "bytes of a key");
      refuseBeyond(VATSTORE_VALUE_BYTES_MAX, bytesOf(value), "bytes of a value");
      refuseBeyond(VATSTORE_BYTES_MAX, this.#bytes + newBytes - oldBytes, "bytes of the vat's store");
    }
    if (!this.#before.has(key)) this.#before.set(key, old);
    this.#bytes += newBytes - oldBytes;
    if (value === undefined) this.#rows.delete(key);
    else this.#rows.set(key, value);
  }

  /** What has changed since the last call, net. */
  takeChanges(): Pick<Outcome, "sets" | "deletes" | "stored"> {
    const sets: Outcome["sets"][number][] = [];
    const deletes: Outcome["deletes"][number][] = [];
    for (const [key, before] of this.#before) {
      const now = this.#rows.get(key);
      if (now === before) continue;
      const base: [] | [string | null] = this.#told.has(key) ? [] : [before ?? null];
      this.#told.add(key);
      if (now === undefined) deletes.push([key, ...base]);
      else sets.push([key, now, ...base]);
    }
    this.#before.clear();
    return { sets, deletes, stored: this.#bytes };
  }
}
