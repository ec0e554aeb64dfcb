// CRC-32 (IEEE, as in zlib) of whole arrays and of pieces. Knows nothing of frames.
import { Crc32 as RawCrc32, crc32 as rawCrc32 } from "../../generated/ferrule.js";
import { ARENA_BYTES, CoreError, fill, generation, recover } from "../core/instance.js";

/** CRC-32 over bytes that come in pieces. It holds a handle in the core: `using`, or dispose of it. */
export class Crc32 implements Disposable {
  #handle: RawCrc32 | null = new RawCrc32();
  readonly #generation = generation;

  #live(): RawCrc32 {
    if (this.#handle === null) throw new ReferenceError("this Crc32 has been disposed of");
    if (this.#generation !== generation) throw new CoreError("this Crc32 was lost when the core trapped");
    return this.#handle;
  }

  /** Adds the next bytes, of any number. */
  update(bytes: Uint8Array): this {
    const handle = this.#live();
    try {
      for (let at = 0; at < bytes.length; at += ARENA_BYTES) {
        handle.update(fill(bytes.subarray(at, at + ARENA_BYTES)));
      }
      return this;
    } catch (error) {
      throw recover(error);
    }
  }

  /** The sum so far, 0..2^32-1; more may be added after it. */
  digest(): number {
    return this.#live().digest();
  }

  /** Gives the handle back; twice is once. */
  [Symbol.dispose](): void {
    if (this.#generation === generation) this.#handle?.free();
    this.#handle = null;
  }
}

/** CRC-32 of `bytes`, 0..2^32-1. */
export function crc32(bytes: Uint8Array): number {
  if (bytes.length > ARENA_BYTES) {
    const sum = new Crc32();
    try {
      return sum.update(bytes).digest();
    } finally {
      sum[Symbol.dispose]();
    }
  }
  try {
    return rawCrc32(fill(bytes));
  } catch (error) {
    throw recover(error);
  }
}
