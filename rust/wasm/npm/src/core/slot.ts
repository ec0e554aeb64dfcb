// Where facts stand in INDEX and ENTRY, 32 f64 each (the table in rust/wasm/src/wire.rs). Numbers only.

/** Slots of the facts of a frame; offsets are in the arena that wire.rs names for each. */
export const SLOT = {
  KIND: 0,
  FLAGS: 1,
  SEQ: 2,
  TS: 3,
  SENDER: 4,
  ID_AT: 5,
  ARENA: 8,
  BODY_AT: 9,
  BODY_BYTES: 10,
  SECTION_AT: 11,
  /** First of twelve integers of the body or row, in layout order. */
  NUMBER: 12,
  TEXT_AT: 24,
  TEXT_BYTES: 25,
  SECOND_AT: 26,
  SECOND_BYTES: 27,
  /** Fixed bytes of the body or row: an epoch, a file id; of `nextExt` where the value starts. */
  BYTES_AT: 30,
  EXT_BYTES: 31,
} as const;

/** How many f64 INDEX and ENTRY have. */
export const SLOTS = 32;

/** Numbers of the arenas in SLOT.ARENA. */
export const ARENA = { IN: 0, RAW: 1, INNER: 2 } as const;
