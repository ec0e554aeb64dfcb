// Own copies of short byte runs without an allocation each: V8 takes five times longer to make a Uint8Array of over 64 bytes than to
// copy it. Copies are laid side by side in a slab that is never written twice, so a copy stays as it is for good.

const SLAB_BYTES = 32_768;
/** Longer copies get memory of their own, so that a slab is not kept alive by one of them. */
const SHARED_BYTES_MAX = 2_048;
/** Up to so many bytes V8 allocates inside its heap, which is as quick as a slab. */
const SMALL_BYTES_MAX = 64;

let slab = new Uint8Array(SLAB_BYTES);
/** Asked for once: the getter takes as long as the copying. */
let slabBuffer = slab.buffer;
let used = 0;

/** Where the next `length` bytes of the slab start; a full slab is left to those who hold its copies. */
function reserve(length: number): number {
  if (used + length > SLAB_BYTES) {
    slab = new Uint8Array(SLAB_BYTES);
    slabBuffer = slab.buffer;
    used = 0;
  }
  const at = used;
  used += length;
  return at;
}

/** Views of the start of `headed`, by length: making one takes as long as copying what a short frame holds. */
let heads: Uint8Array[] = [];
let headed: Uint8Array | null = null;

function head(source: Uint8Array, length: number): Uint8Array {
  if (source !== headed) {
    heads = [];
    headed = source;
  }
  const known = heads[length];
  if (known !== undefined) return known;
  const made = source.subarray(0, length);
  heads[length] = made;
  return made;
}

/**
 * An own copy of `source[0..length]`; `source` is the same array most of the time. The copy's `buffer` may hold other copies: hand
 * on the array, not the buffer.
 */
export function ownCopy(source: Uint8Array, length: number): Uint8Array {
  if (length <= SMALL_BYTES_MAX || length > SHARED_BYTES_MAX) return source.slice(0, length);
  const at = reserve(length);
  slab.set(head(source, length), at);
  // Not `subarray`, which asks for the species and takes half as long again.
  return new Uint8Array(slabBuffer, at, length);
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
