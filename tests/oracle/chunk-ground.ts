// What the two halves of the oracle of long streams share: errors and limits of rust/chunk/FORMAT.md, and how an integer is read.
import { Refusal, refuse } from "./cursor.ts";

/** Section 1. */
export const CODES = {
  truncated: 1,
  bad_magic: 2,
  bad_version: 3,
  bad_crc: 4,
  bad_kind: 5,
  reserved_not_zero: 6,
  too_large: 7,
  length_mismatch: 8,
  not_contiguous: 9,
  out_of_range: 10,
  bad_lz4: 11,
  after_end: 12,
  too_many: 13,
} as const;
export type Reason = keyof typeof CODES;

/** Section 2. */
export const CHUNK_BYTES_MAX = 8_388_608;
export const STREAM_CHUNKS_MAX = Number.MAX_SAFE_INTEGER;
export const SEGMENT_CHUNKS_MAX = 4_096;
export const SEGMENT_BYTES_MAX = 16_777_216;
export const INDEX_SEGMENTS_MAX = 65_536;
export const BUDGET_BYTES_MIN = 1_024;
export const BUDGET_BYTES_MAX = 1_048_576;
export const LZ4_RAW_BYTES_MIN = 256;
export const LZ4_RATIO_MAX = 255;

export function no(reason: Reason): never {
  return refuse(reason);
}

/** Runs `read`: what it gives, or the name and number of the error. */
export function attempt<T>(read: () => T): T | { readonly error: string; readonly code: number | undefined } {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { error: error.reason, code: Object.entries(CODES).find(([name]) => name === error.reason)?.[1] };
  }
}

export const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
export const u16 = (bytes: Uint8Array, at: number) => viewOf(bytes).getUint16(at, true);
export const u32 = (bytes: Uint8Array, at: number) => viewOf(bytes).getUint32(at, true);
export const u64 = (bytes: Uint8Array, at: number) => viewOf(bytes).getBigUint64(at, true);
