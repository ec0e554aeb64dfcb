// The named limits of streams and the times their object goes by. Those of the formats are in @ferrule/core/chunk. No code.
import { CHUNK_LIMIT } from "@ferrule/core/chunk";

const KIB = 1024;
const MIB = 1024 * KIB;

/** Bytes of one chunk. */
export const CHUNK_BYTES_MAX = CHUNK_LIMIT.CHUNK_BYTES_MAX;
/** Bytes of one part of a chunk in SQLite, whose rows have at most 2 MB. */
export const PART_BYTES_MAX = MIB;
/** Chunks and bytes of one call to the object; a larger chunk goes alone, a longer list of chunks in several calls. */
export const GROUP_CHUNKS_MAX = 1_000;
export const GROUP_BYTES_MAX = 4 * MIB;

/** UTF-8 bytes of a run's id (it stands in R2's keys, which have at most 1024), a stream's name, a writer's id. */
export const RUN_ID_BYTES_MAX = 256;
export const STREAM_NAME_BYTES_MAX = 512;
export const WRITER_ID_BYTES_MAX = 128;

/** Chunks of a page of `getChunks`: unless asked, and at most; and its bytes, which one chunk alone may pass. */
export const PAGE_CHUNKS_DEFAULT = 100;
export const PAGE_CHUNKS_MAX = 1_000;
export const PAGE_BYTES_MAX = 4 * MIB;

/** Readers of one stream at a time. */
export const READERS_MAX = 1_000;
/** Bytes of chunks that one pull of a reader brings; one chunk alone may pass it. */
export const PULL_BYTES_MAX = 64 * KIB;
/** Bytes of the newest chunks that stay in memory. */
export const TAIL_BYTES_MAX = 256 * KIB;
/** Bytes of chunks of sealed segments that stay in memory for those who read from the start; the newest segment may pass it. */
export const SEGMENTS_KEPT_BYTES_MAX = 16 * MIB;

/** Chunks or bytes that are sealed as soon as there are so many. */
export const SEAL_CHUNKS = 256;
export const SEAL_BYTES = MIB;
/** Bytes of chunks that go into one segment; one chunk alone may pass it. */
export const SEGMENT_RAW_BYTES_MAX = 4 * MIB;
/** Segments at which a stream takes no more; those that its index has beyond are for what is unsealed then. */
export const SEGMENTS_MAX = CHUNK_LIMIT.INDEX_SEGMENTS_MAX - 1_024;
/** Bytes that a chunk counts for beside its own, so that empty ones are not without end: those of a record's head. */
export const CHUNK_EXTRA_BYTES = 16;

/** Bytes of appends that wait in an object's memory until there is room, counted as the unsealed ones. */
export const WAITING_BYTES_MAX = 16 * MIB;

/** What a stream's object goes by. Times in ms. */
export interface StreamSettings {
  /** A stream that nobody wrote to for so long is sealed. */
  readonly idleMs: number;
  /** Bytes that may wait to be sealed; above that an append is answered late. */
  readonly unsealedBytesMax: number;
  /** Bytes of such appends; what comes on top is refused at once. */
  readonly waitingBytesMax: number;
  /** How late at most; then it is refused. */
  readonly roomMs: number;
  /** The wait after a sealing that failed, twice as long each time, up to the second. */
  readonly retryMs: number;
  readonly retryMsMax: number;
  /** How long the writer of a single write is remembered. */
  readonly onceMs: number;
  /** How long the writers of an archived stream are remembered. */
  readonly writersMs: number;
  readonly segmentsMax: number;
  readonly readersMax: number;
}

/** Those of every stream. */
export const STREAM_SETTINGS: StreamSettings = {
  idleMs: 30_000,
  unsealedBytesMax: 32 * MIB,
  waitingBytesMax: WAITING_BYTES_MAX,
  roomMs: 20_000,
  retryMs: 1_000,
  retryMsMax: 60_000,
  onceMs: 600_000,
  writersMs: 600_000,
  segmentsMax: SEGMENTS_MAX,
  readersMax: READERS_MAX,
};

/** How often a call to the object, or a reader that was cut off, tries again; and the first wait, which doubles. */
export const TRIES_MAX = 5;
export const TRY_MS = 40;
/** A connection that stood for so long counts as one that worked, though nothing came. */
export const STOOD_MS = 5_000;

/** Without objects: the first and the longest wait of a reader who looks for the next chunk. */
export const POLL_MS = 100;
export const POLL_MS_MAX = 2_000;
