// Own copies of short byte runs without an allocation each: V8 takes five times longer to make a Uint8Array of over 64 bytes than to
// copy it. Copies are laid side by side in a slab that is never written twice, so a copy stays as it is for good.

const SLAB_BYTES = 32_768;
/** Longer copies get memory of their own, so that a slab is not kept alive by one of them. */
const SHARED_BYTES_MAX = 2_048;
/** Up to so many bytes V8 allocates inside its heap, which is as quick as a slab. */
const SMALL_BYTES_MAX = 64;

let slab = new Uint8Array(SLAB_BYTES);
let used = 0;

/** Where the next `length` bytes of the slab start; a full slab is left to those who hold its copies. */
function reserve(length: number): number {
  if (used + length > SLAB_BYTES) {
    slab = new Uint8Array(SLAB_BYTES);
    used = 0;
  }
  const at = used;
  used += length;
  return at;
}

/** An own copy of `source[0..length]`. Its `buffer` may hold other copies: hand on the array, not the buffer. */
export function ownCopy(source: Uint8Array, length: number): Uint8Array {
  if (length <= SMALL_BYTES_MAX || length > SHARED_BYTES_MAX) return source.slice(0, length);
  const at = reserve(length);
  // Not `subarray`, which asks for the species and takes half as long again.
  const copy = new Uint8Array(slab.buffer, at, length);
  copy.set(new Uint8Array(source.buffer, source.byteOffset, length));
  return copy;
}

/** Bytes kept inside the package: they start at `base` of `bytes`, which may hold more than them. */
export interface Kept {
  readonly bytes: Uint8Array;
  readonly base: number;
}

/** Keeps all of `source`; for a short one not even a view is made. */
export function keep(source: Uint8Array): Kept {
  if (source.length > SHARED_BYTES_MAX) return { bytes: new Uint8Array(source), base: 0 };
  const base = reserve(source.length);
  slab.set(source, base);
  return { bytes: slab, base };
}

/** A copy of `length` kept bytes for the outside, with a buffer of its own. */
export function keptBytes({ bytes, base }: Kept, at: number, length: number): Uint8Array {
  return bytes.slice(base + at, base + at + length);
}
