// Segments over the handles of the core, both ways (rust/chunk/FORMAT.md, section 4). Nothing is decided here.
import { SegmentBuilder as RawBuilder, Segment as RawSegment } from "../../generated/ferrule_chunk.js";
import { Handle } from "../core/handle.js";
import { instance } from "./border/instance.js";
import { apart, join } from "./border/join.js";

/** One segment, as an index knows it. */
export interface SegmentEntry {
  /** Index of its first chunk. */
  readonly first: number;
  /** Chunks in it. */
  readonly count: number;
  /** Bytes of the segment. */
  readonly bytes: number;
  /** CRC-32 of the whole segment. */
  readonly crc: number;
}

/** How many numbers an entry is. */
export const ENTRY_NUMBERS = 4;

/** The entry whose numbers start at `at`. */
export function entryOf(numbers: Float64Array, at = 0): SegmentEntry {
  return { first: numbers[at]!, count: numbers[at + 1]!, bytes: numbers[at + 2]!, crc: numbers[at + 3]! };
}

/** A finished segment, and what an index must know of it. */
export interface SealedSegment {
  readonly bytes: Uint8Array;
  readonly entry: SegmentEntry;
  /** Raw bytes of all its chunks. */
  readonly rawBytes: number;
}

/** Builds one segment; the same chunks give the same bytes. It holds a handle in the core: `using`, or dispose of it. */
export class SegmentBuilder implements Disposable {
  readonly #handle: Handle<RawBuilder>;

  /** A segment whose first chunk has the index `first`. */
  constructor(first: number) {
    this.#handle = new Handle(instance, "SegmentBuilder", () => new RawBuilder(first));
  }

  /** Chunks in it. */
  get count(): number {
    return this.#handle.call((raw) => raw.count());
  }

  /** Adds chunks until one does not fit, and says how many are in now. An empty segment takes at least one. */
  push(chunks: readonly Uint8Array[]): number {
    const { bytes, lengths } = join(chunks);
    return this.#handle.call((raw) => raw.push(bytes, lengths));
  }

  /** The segment, or null without a chunk; the handle goes. */
  finish(): SealedSegment | null {
    const sealed = this.#handle.call((raw) => {
      const told = raw.finish();
      return told && { bytes: raw.takeBytes(), entry: entryOf(told), rawBytes: told[ENTRY_NUMBERS]! };
    });
    this.#handle.free();
    return sealed ?? null;
  }

  /** Gives the handle back; twice is once. */
  [Symbol.dispose](): void {
    this.#handle.free();
  }
}

/** A segment that passed every check. It holds its bytes in the core: `using`, or dispose of it. */
export class Segment implements Disposable {
  readonly #handle: Handle<RawSegment>;
  /** The segment as an index knows it. */
  readonly entry: SegmentEntry;
  /** Raw bytes of all its chunks. */
  readonly rawBytes: number;

  /** Reads and checks it; it must fill `bytes` exactly. */
  constructor(bytes: Uint8Array) {
    this.#handle = new Handle(instance, "Segment", () => new RawSegment(bytes));
    const told = this.#handle.call((raw) => raw.entry());
    this.entry = entryOf(told);
    this.rawBytes = told[ENTRY_NUMBERS]!;
  }

  /** One chunk. */
  get(index: number): Uint8Array {
    return this.#handle.call((raw) => raw.get(index));
  }

  /** The chunks from `from` on, before `to`. */
  range(from: number, to: number): Uint8Array[] {
    return this.#handle.call((raw) => {
      const lengths = raw.range(from, to);
      return apart({ lengths, bytes: raw.takeBytes() });
    });
  }

  /** Gives the handle back; twice is once. */
  [Symbol.dispose](): void {
    this.#handle.free();
  }
}
