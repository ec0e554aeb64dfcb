// The id of a frame that the core refused for what stands behind its header, so that an ERROR can name it. Bounds only: the
// checksum was right, but nothing else of the frame may be believed.
import { LIMIT } from "@ferrule/core";

/** Magic, version, kind and flags. */
const HEAD_BYTES = 4;

/** Offset behind the varint at `at`. */
function behindVarint(bytes: Uint8Array, at: number): number {
  let end = at;
  while ((bytes[end] ?? 0) >= 0x80) end++;
  return end + 1;
}

/** The 16 bytes of the id, or null when there is none (PROTOCOL.md section 2: seq, ts, idLen, id). */
export function refusedId(bytes: Uint8Array): Uint8Array | null {
  const at = behindVarint(bytes, behindVarint(bytes, HEAD_BYTES));
  const end = at + 1 + LIMIT.ID_BYTES;
  return bytes[at] === LIMIT.ID_BYTES && end <= bytes.length ? bytes.slice(at + 1, end) : null;
}
