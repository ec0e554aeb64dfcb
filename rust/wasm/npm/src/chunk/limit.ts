// The limits of streams that callers must know (rust/chunk/FORMAT.md, section 2). Numbers only.

/** Limits by their names there. */
export const CHUNK_LIMIT = {
  CHUNK_BYTES_MAX: 8 << 20,
  SEGMENT_CHUNKS_MAX: 4_096,
  SEGMENT_BYTES_MAX: 16 << 20,
  INDEX_SEGMENTS_MAX: 65_536,
  BUDGET_BYTES_MIN: 1 << 10,
  BUDGET_BYTES_MAX: 1 << 20,
} as const;
