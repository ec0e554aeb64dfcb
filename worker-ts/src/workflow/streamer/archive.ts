// Sealed streams in R2: segments and the index, each an object that is written once and never changed. When to write is the stream's
// object's matter (sealing.ts).
import { Segment, type SegmentEntry, StreamIndex } from "@ferrule/core/chunk";
import { streamError } from "./answer";
import { indexKey, type StreamIdentity, streamFolder } from "./identity";
import { SEGMENTS_KEPT_BYTES_MAX } from "./limits";

/** A segment whose chunks were read. */
interface Kept {
  readonly chunks: Promise<Uint8Array[]>;
  readonly rawBytes: number;
}

/** What R2 holds of a whole stream. */
export interface ArchivedStream {
  readonly entries: readonly SegmentEntry[];
  /** Chunks of the stream. */
  readonly next: number;
}

/** One stream's folder in R2. */
export class Archive {
  readonly #bucket: R2Bucket;
  readonly #folder: string;

  constructor(bucket: R2Bucket, identity: StreamIdentity) {
    this.#bucket = bucket;
    this.#folder = streamFolder(identity);
  }

  #segmentKey(first: number): string {
    return `${this.#folder}${indexKey(first)}.seg`;
  }

  /** Puts a segment where none is: true. False when there is one, which stays. */
  putSegment(first: number, bytes: Uint8Array): Promise<boolean> {
    return this.#put(this.#segmentKey(first), bytes);
  }

  /** The bytes of the segment that starts at `first`; null without one. */
  findSegment(first: number): Promise<Uint8Array | null> {
    return this.#find(this.#segmentKey(first));
  }

  /** The chunks of a segment that the index or the object's rows know. Throws StreamError 500 when it is gone or another one. */
  async chunks(entry: SegmentEntry): Promise<Uint8Array[]> {
    const bytes = await this.findSegment(entry.first);
    if (bytes === null) throw streamError(500, `the segment of chunk ${entry.first} is gone`);
    using segment = new Segment(bytes);
    const { first, count, crc } = segment.entry;
    if (first !== entry.first || count !== entry.count || crc !== entry.crc)
      throw streamError(500, `the segment of chunk ${entry.first} is another one`);
    return segment.range(first, first + count);
  }

  /** Puts the index; where there is one it must be the same. */
  async putIndex(bytes: Uint8Array): Promise<void> {
    if (await this.#put(`${this.#folder}index`, bytes)) return;
    const found = await this.#find(`${this.#folder}index`);
    if (found === null || !equal(found, bytes)) throw streamError(500, "the stream's index in R2 is another one");
  }

  /** The whole stream, if it was closed and all of it is here. */
  async findStream(): Promise<ArchivedStream | null> {
    const bytes = await this.#find(`${this.#folder}index`);
    if (bytes === null) return null;
    using index = new StreamIndex(bytes);
    return { entries: index.entries, next: index.chunks };
  }

  async #put(key: string, bytes: Uint8Array): Promise<boolean> {
    const put = await this.#bucket.put(key, bytes, { onlyIf: { etagDoesNotMatch: "*" } });
    return put !== null;
  }

  async #find(key: string): Promise<Uint8Array | null> {
    const object = await this.#bucket.get(key);
    return object && new Uint8Array(await object.arrayBuffer());
  }
}

/** The chunks of the segments that were read last: many readers go through the same ones, a little at a time. */
export class SegmentCache {
  readonly #kept = new Map<number, Kept>();

  /** The chunks of a segment; what fails is not kept. Who takes them leaves them as they are. */
  chunks(archive: Archive, entry: SegmentEntry, rawBytes: number): Promise<Uint8Array[]> {
    const { first } = entry;
    const found = this.#kept.get(first);
    this.#kept.delete(first);
    const kept = found ?? { chunks: archive.chunks(entry), rawBytes };
    this.#kept.set(first, kept);
    if (found === undefined) {
      kept.chunks.catch(() => this.#kept.delete(first));
      this.#trim();
    }
    return kept.chunks;
  }

  #trim(): void {
    let bytes = 0;
    for (const { rawBytes } of this.#kept.values()) bytes += rawBytes;
    for (const [first, { rawBytes }] of this.#kept) {
      if (bytes <= SEGMENTS_KEPT_BYTES_MAX || this.#kept.size === 1) return;
      this.#kept.delete(first);
      bytes -= rawBytes;
    }
  }
}

/** The place of the segment that holds a chunk, in entries that follow each other; the first one behind it when none does. */
export function placeOf(entries: readonly SegmentEntry[], index: number): number {
  let [low, high] = [0, entries.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const { first, count } = entries[middle]!;
    if (first + count <= index) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Whether two runs of bytes are the same. */
export function equal(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, at) => byte === other[at]);
}
