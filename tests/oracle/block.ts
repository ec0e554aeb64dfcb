// CRC-32 and LZ4 blocks, bytewise and slow (PROTOCOL.md section 2). Imports nothing of the core.
import { refuse } from "./cursor.ts";

const table = Array.from({ length: 256 }, (_, index) => {
  let sum = index;
  for (let bit = 0; bit < 8; bit++) sum = sum & 1 ? (sum >>> 1) ^ 0xedb88320 : sum >>> 1;
  return sum >>> 0;
});

export function crc32(bytes: Uint8Array): number {
  let sum = 0xffffffff;
  for (const byte of bytes) sum = (sum >>> 8) ^ table[(sum ^ byte) & 0xff]!;
  return (sum ^ 0xffffffff) >>> 0;
}

const LAST_LITERALS_MIN = 5;
const MATCH_MIN = 4;

/** The `rawLen` bytes of a block; bad_lz4 for every fault. */
export function lz4(block: Uint8Array, rawLen: number): Uint8Array {
  const raw = new Uint8Array(rawLen);
  let at = 0;
  let made = 0;
  const next = (): number => (at < block.length ? block[at++]! : refuse("bad_lz4"));
  const long = (nibble: number): number => {
    let length = nibble;
    if (nibble === 15) {
      let more = 255;
      while (more === 255) {
        more = next();
        length += more;
      }
    }
    return length;
  };
  for (let sequence = 0; ; sequence++) {
    const token = next();
    const literals = long(token >> 4);
    if (literals > block.length - at || literals > rawLen - made) refuse("bad_lz4");
    raw.set(block.subarray(at, at + literals), made);
    at += literals;
    made += literals;
    if (at === block.length) {
      if (token % 16 !== 0 || (sequence > 0 && literals < LAST_LITERALS_MIN) || made !== rawLen) refuse("bad_lz4");
      return raw;
    }
    const offset = next() + 256 * next();
    const length = long(token % 16) + MATCH_MIN;
    if (offset === 0 || offset > made || length > rawLen - made) refuse("bad_lz4");
    for (let i = 0; i < length; i++, made++) raw[made] = raw[made - offset]!;
  }
}
