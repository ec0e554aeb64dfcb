// CRC-32 (IEEE, as in zlib) of whole arrays and of pieces. Knows nothing of frames.
import { Crc32 as RawCrc32, crc32 as rawCrc32 } from "../../generated/ferrule.js";
import { CoreError } from "../core/core-error.js";
import { ARENA_BYTES, fill, generation, recover } from "../core/instance.js";

/**
 * CRC-32 over bytes that come in pieces, kept in the core: `using`, or dispose of it. `createCrc32` does the same and holds nothing.
 */
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

/** A sum of bytes that come in pieces. It holds nothing in the core: nothing is to be disposed of, and a trap loses no sum. */
export interface Crc32Sum {
  /** Adds the next bytes, of any number. */
  update(bytes: Uint8Array): this;
  /** The sum so far, 0..2^32-1; more may be added after it. */
  readonly value: number;
  /** The same, for who has come to the end. */
  finish(): number;
}

/**
 * CRC-32 of `bytes`, 0..2^32-1. With `sum`, that of what `sum` stands for followed by `bytes`: `crc32(b, crc32(a))` is the sum of
 * a and b. Any number of bytes: they are copied to the core in parts that always fit, its memory does not grow.
 */
export function crc32(bytes: Uint8Array, sum = 0): number {
  try {
    if (bytes.length <= ARENA_BYTES) return rawCrc32(sum, fill(bytes));
    let so = sum;
    for (let at = 0; at < bytes.length; at += ARENA_BYTES)
      so = rawCrc32(so, fill(bytes.subarray(at, at + ARENA_BYTES)));
    return so;
  } catch (error) {
    throw recover(error);
  }
}

/** A sum of pieces that goes on from `sum`, which is that of nothing by itself. */
export function createCrc32(sum = 0): Crc32Sum {
  let value = sum;
  return {
    update(bytes) {
      value = crc32(bytes, value);
      return this;
    },
    get value() {
      return value;
    },
    finish: () => value,
  };
}
