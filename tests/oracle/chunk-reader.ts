// A second reader of long streams, in plain TypeScript, written from rust/chunk/FORMAT.md alone: records in any split of bytes, segments
// and the index. The checks stand in the order of the page and under its numbers; it favours that over speed.
import { crc32 } from "node:zlib";
import { lz4 } from "./block.ts";
import {
  CHUNK_BYTES_MAX,
  INDEX_SEGMENTS_MAX,
  LZ4_RATIO_MAX,
  LZ4_RAW_BYTES_MIN,
  no,
  SEGMENT_BYTES_MAX,
  SEGMENT_CHUNKS_MAX,
  STREAM_CHUNKS_MAX,
  u16,
  u32,
  u64,
} from "./chunk-ground.ts";
import { hex, Refusal, refuse } from "./cursor.ts";

/** Section 3: the kinds of a record. */
export const START = 0;
export const DATA = 1;
export const DATA_LZ4 = 2;
export const END = 3;
const HEAD_BYTES = 16;
/** Of a segment: its header and the checksum of its offsets; and what each chunk adds: a head and an offset. */
const SEGMENT_HEADER_BYTES = 32;
const FRAME_BYTES = 36;
const CHUNK_COST_BYTES = 20;

function checkMagic(bytes: Uint8Array, magic: string): void {
  if (String.fromCharCode(...bytes.subarray(0, 4)) !== magic) no("bad_magic");
  if (u16(bytes, 4) !== 1) no("bad_version");
}

interface Head {
  readonly kind: number;
  readonly stored: number;
  readonly raw: number;
}

function lengthsFit({ kind, stored, raw }: Head): boolean {
  if (kind === START) return stored === 8 && raw === 8;
  if (kind === DATA) return stored === raw;
  if (kind === END) return stored === 0 && raw === 0;
  return raw >= LZ4_RAW_BYTES_MIN && 8 * stored <= 7 * raw && raw <= LZ4_RATIO_MAX * stored;
}

/** Section 3, checks 2 to 5; at least 16 bytes are there. */
function readHead(bytes: Uint8Array, kinds: readonly number[]): Head {
  const head = { kind: bytes[0]!, stored: u32(bytes, 4), raw: u32(bytes, 8) };
  if (!kinds.includes(head.kind)) no("bad_kind");
  if (bytes.subarray(1, 4).some((byte) => byte !== 0)) no("reserved_not_zero");
  if (head.stored > CHUNK_BYTES_MAX || head.raw > CHUNK_BYTES_MAX) no("too_large");
  if (!lengthsFit(head)) no("length_mismatch");
  return head;
}

/** Section 3, check 7; head and body are there. */
function readBody(bytes: Uint8Array, { stored }: Head): Uint8Array {
  const body = bytes.subarray(HEAD_BYTES, HEAD_BYTES + stored);
  if (u32(bytes, 12) !== crc32(body, crc32(bytes.subarray(0, 12)))) no("bad_crc");
  return body;
}

/** A record of a stream, in the vectors' shape. */
export type Rec =
  | { readonly kind: "start"; readonly first: number }
  | { readonly kind: "data"; readonly index: number; readonly hex: string }
  | { readonly kind: "end"; readonly next: number };

/** Section 5: bytes are pushed as they come, records are asked for until there is none. */
export class StreamReader {
  #held = new Uint8Array(0);
  /** The index of the next chunk, once the start record came. */
  #index: number | undefined;
  #ended = false;
  #closed = false;
  #error: string | undefined;

  push(piece: Uint8Array): void {
    this.#held = Uint8Array.from([...this.#held, ...piece]);
  }

  /** No bytes come any more. */
  close(): void {
    this.#closed = true;
  }

  /** The next record; undefined when more bytes must come, or behind the end when all is well. */
  next(): Rec | undefined {
    if (this.#error !== undefined) refuse(this.#error);
    try {
      return this.#read();
    } catch (error) {
      if (error instanceof Refusal) this.#error = error.reason;
      throw error;
    }
  }

  #read(): Rec | undefined {
    const bytes = this.#held;
    if (this.#ended) return bytes.length > 0 ? no("after_end") : undefined;
    if (bytes.length < HEAD_BYTES) return this.#wait();
    const head = readHead(bytes, this.#index === undefined ? [START] : [DATA, END]);
    if (head.kind === DATA && this.#index === STREAM_CHUNKS_MAX) no("too_many");
    if (bytes.length - HEAD_BYTES < head.stored) return this.#wait();
    const body = readBody(bytes, head);
    this.#held = bytes.slice(HEAD_BYTES + head.stored);
    if (this.#index === undefined) {
      const first = u64(body, 0);
      if (first > BigInt(STREAM_CHUNKS_MAX)) no("too_many");
      this.#index = Number(first);
      return { kind: "start", first: this.#index };
    }
    if (head.kind === DATA) return { kind: "data", index: this.#index++, hex: hex(body) };
    this.#ended = true;
    return { kind: "end", next: this.#index };
  }

  #wait(): undefined {
    if (this.#closed) no("truncated");
  }
}

/** block.ts holds the last token's low four bits to zero, as PROTOCOL.md does; here they mean nothing (section 4), so they are cleared. */
function withPlainLastToken(block: Uint8Array): Uint8Array {
  const copy = block.slice();
  let at = 0;
  const long = (nibble: number): number => {
    let length = nibble;
    for (let more = nibble === 15 ? 255 : 0; more === 255; length += more) more = copy[at++] ?? 0;
    return length;
  };
  while (at < copy.length) {
    const token = at++;
    at += long(copy[token]! >> 4);
    if (at === copy.length) copy[token]! &= 0xf0;
    at += 2;
    long(copy[token]! % 16);
  }
  return copy;
}

export interface Stored {
  readonly kind: number;
  readonly raw: number;
  readonly body: Uint8Array;
}

/** Section 4, a segment that was checked. Blocks are tried when their chunk is asked for. */
export class Segment {
  constructor(
    readonly first: number,
    readonly stored: readonly Stored[],
  ) {}

  get rawBytes(): number {
    return this.stored.reduce((sum, { raw }) => sum + raw, 0);
  }

  /** Checks 15 and 16. */
  get(index: number): Uint8Array {
    const { kind, raw, body } = this.stored[index - this.first] ?? no("out_of_range");
    return kind === DATA_LZ4 ? lz4(withPlainLastToken(body), raw) : body;
  }

  /** The chunks from `from` on, before `to`. */
  range(from: number, to: number): readonly Uint8Array[] {
    if (from < this.first || to < from || to > this.first + this.stored.length) no("out_of_range");
    return Array.from({ length: to - from }, (_, i) => this.get(from + i));
  }
}

/** Section 4, checks 12 to 14. */
function readStored(area: Uint8Array, offsets: Uint8Array, count: number, packed: boolean): readonly Stored[] {
  const stored: Stored[] = [];
  let at = 0;
  let plain = FRAME_BYTES + CHUNK_COST_BYTES * count;
  for (let i = 0; i < count; i++) {
    if (u32(offsets, 4 * i) !== at) no("length_mismatch");
    const rest = area.subarray(at);
    if (rest.length < HEAD_BYTES) no("length_mismatch");
    const head = readHead(rest, packed ? [DATA, DATA_LZ4] : [DATA]);
    if (rest.length - HEAD_BYTES < head.stored) no("length_mismatch");
    stored.push({ kind: head.kind, raw: head.raw, body: readBody(rest, head) });
    plain += head.raw;
    if (plain > SEGMENT_BYTES_MAX) no("too_large");
    at += HEAD_BYTES + head.stored;
  }
  if (at !== area.length) no("length_mismatch");
  if (packed && !stored.some(({ kind }) => kind === DATA_LZ4)) no("bad_kind");
  return stored;
}

/** Section 4, checks 1 to 14. */
export function readSegment(bytes: Uint8Array): Segment {
  if (bytes.length < SEGMENT_HEADER_BYTES) no("truncated");
  checkMagic(bytes, "FSG1");
  const flags = u16(bytes, 6);
  const first = u64(bytes, 8);
  const count = u32(bytes, 16);
  const records = u32(bytes, 20);
  if (u32(bytes, 28) !== crc32(bytes.subarray(0, 28))) no("bad_crc");
  if (flags > 1 || u32(bytes, 24) !== 0) no("reserved_not_zero");
  if (count > SEGMENT_CHUNKS_MAX || first + BigInt(count) > BigInt(STREAM_CHUNKS_MAX)) no("too_many");
  const whole = FRAME_BYTES + records + 4 * count;
  if (whole > SEGMENT_BYTES_MAX) no("too_large");
  if (count === 0 || records < HEAD_BYTES * count) no("length_mismatch");
  if (bytes.length < whole) no("truncated");
  if (bytes.length > whole) no("length_mismatch");
  const area = bytes.subarray(SEGMENT_HEADER_BYTES, SEGMENT_HEADER_BYTES + records);
  const offsets = bytes.subarray(SEGMENT_HEADER_BYTES + records, whole - 4);
  if (u32(bytes, whole - 4) !== crc32(offsets)) no("bad_crc");
  return new Segment(Number(first), readStored(area, offsets, count, flags === 1));
}

export interface Entry {
  readonly first: number;
  readonly count: number;
  readonly bytes: number;
  readonly crc: number;
}

export interface Index {
  readonly closed: boolean;
  readonly chunks: number;
  readonly rawBytes: number;
  readonly entries: readonly Entry[];
}

const INDEX_HEADER_BYTES = 40;
const ENTRY_BYTES = 24;

/** Section 6, check 9; `next` is where the entry before it ends. */
function readEntry(bytes: Uint8Array, next: number): Entry {
  const entry = { first: next, count: u32(bytes, 8), bytes: u32(bytes, 12), crc: u32(bytes, 16) };
  if (u32(bytes, 20) !== 0) no("reserved_not_zero");
  if (u64(bytes, 0) !== BigInt(next)) no("not_contiguous");
  if (entry.count > SEGMENT_CHUNKS_MAX) no("too_many");
  if (entry.bytes > SEGMENT_BYTES_MAX) no("too_large");
  if (entry.count === 0 || entry.bytes < FRAME_BYTES + CHUNK_COST_BYTES * entry.count) no("length_mismatch");
  return entry;
}

/** Section 6. Sums with a u64 of the header are made in bigint, since nothing bounds it before check 11. */
export function readIndex(bytes: Uint8Array): Index {
  if (bytes.length < INDEX_HEADER_BYTES) no("truncated");
  checkMagic(bytes, "FIX1");
  const flags = u16(bytes, 6);
  const segments = u32(bytes, 8);
  if (segments > INDEX_SEGMENTS_MAX) no("too_many");
  const whole = INDEX_HEADER_BYTES + ENTRY_BYTES * segments;
  if (bytes.length < whole) no("truncated");
  if (bytes.length > whole) no("length_mismatch");
  if (u32(bytes, 36) !== crc32(bytes.subarray(INDEX_HEADER_BYTES), crc32(bytes.subarray(0, 36)))) no("bad_crc");
  if (flags > 1 || u64(bytes, 28) !== 0n) no("reserved_not_zero");
  const entries: Entry[] = [];
  let chunks = 0;
  for (let at = INDEX_HEADER_BYTES; at < whole; at += ENTRY_BYTES) {
    const entry = readEntry(bytes.subarray(at, at + ENTRY_BYTES), chunks);
    entries.push(entry);
    chunks += entry.count;
  }
  if (u64(bytes, 12) !== BigInt(chunks)) no("length_mismatch");
  const raw = u64(bytes, 20);
  const plain = raw + BigInt(FRAME_BYTES * segments + CHUNK_COST_BYTES * chunks);
  if (plain > BigInt(SEGMENT_BYTES_MAX * segments)) no("too_large");
  if (BigInt(entries.reduce((sum, entry) => sum + entry.bytes, 0)) > plain) no("length_mismatch");
  return { closed: flags === 1, chunks, rawBytes: Number(raw), entries };
}

/** The number of the entry that holds a chunk, or null: by halves, since entries follow one another. */
export function find({ entries, chunks }: Index, index: number): number | null {
  if (index >= chunks) return null;
  let low = 0;
  for (let high = entries.length; high - low > 1; ) {
    const middle = (low + high) >> 1;
    if (entries[middle]!.first <= index) low = middle;
    else high = middle;
  }
  return low;
}
