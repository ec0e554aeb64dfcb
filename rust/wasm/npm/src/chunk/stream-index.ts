// The index of a stream over the handle of the core, both ways (rust/chunk/FORMAT.md, section 6). Nothing is decided here.
import { StreamIndex as RawIndex } from "../../generated/ferrule_chunk.js";
import { Handle } from "../core/handle.js";
import { instance } from "./border/instance.js";
import { ENTRY_NUMBERS, entryOf, type SegmentEntry } from "./segment.js";

/** Which segment holds which chunks. It holds a handle in the core: `using`, or dispose of it. Refusals are `ChunkFault`. */
export class StreamIndex implements Disposable {
  readonly #handle: Handle<RawIndex>;

  /** Without bytes an index of no segments, still open; with bytes the one that fills them exactly. */
  constructor(bytes?: Uint8Array) {
    this.#handle = new Handle(instance, "StreamIndex", () =>
      bytes === undefined ? new RawIndex() : RawIndex.decode(bytes),
    );
  }

  /** Adds the next segment, whose chunks have `rawBytes` together. */
  push({ first, count, bytes, crc }: SegmentEntry, rawBytes: number): void {
    this.#handle.call((raw) => raw.push(first, count, bytes, crc, rawBytes));
  }

  /** Says that no segment comes any more. */
  close(): void {
    this.#handle.call((raw) => raw.close());
  }

  /** Its bytes; the same index gives the same. */
  encode(): Uint8Array {
    return this.#handle.call((raw) => raw.encode());
  }

  /** The segment that holds a chunk; null when none does. */
  find(index: number): SegmentEntry | null {
    const told = this.#handle.call((raw) => raw.find(index));
    return told === undefined ? null : entryOf(told);
  }

  /** The segments in their order. */
  get entries(): SegmentEntry[] {
    const told = this.#handle.call((raw) => raw.entries());
    return Array.from({ length: told.length / ENTRY_NUMBERS }, (_, place) => entryOf(told, place * ENTRY_NUMBERS));
  }

  /** Chunks in all segments: the index behind the last one. */
  get chunks(): number {
    return this.#handle.call((raw) => raw.chunks());
  }

  /** Raw bytes of all chunks. */
  get rawBytes(): number {
    return this.#handle.call((raw) => raw.rawBytes());
  }

  /** Whether no segment comes any more. */
  get closed(): boolean {
    return this.#handle.call((raw) => raw.isClosed());
  }

  /** Gives the handle back; twice is once. */
  [Symbol.dispose](): void {
    this.#handle.free();
  }
}
