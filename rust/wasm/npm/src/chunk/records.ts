// The stream of records over the handles of the core, both ways (rust/chunk/FORMAT.md, section 5). Nothing is decided here.
import { RecordReader as RawReader, RecordWriter as RawWriter } from "../../generated/ferrule_chunk.js";
import { Handle } from "../core/handle.js";
import { instance } from "./border/instance.js";
import { apart, join } from "./border/join.js";

/** Turns chunks into the bytes of a stream. It holds a handle in the core: `using`, or dispose of it. Refusals are `ChunkFault`. */
export class RecordWriter implements Disposable {
  readonly #handle: Handle<RawWriter>;

  /** A stream whose first chunk has the index `first`; its start record waits already. */
  constructor(first: number) {
    this.#handle = new Handle(instance, "RecordWriter", () => new RawWriter(first));
  }

  /** The index of the chunk that is handled next. */
  get next(): number {
    return this.#handle.call((raw) => raw.nextIndex());
  }

  /** Bytes that wait to be polled. */
  get waitingBytes(): number {
    return this.#handle.call((raw) => raw.waitingBytes());
  }

  /** Takes chunks, of 0 bytes to 8 MiB each. Where one is refused, those before it are in: `next` tells. */
  handleChunks(chunks: readonly Uint8Array[]): void {
    const { bytes, lengths } = join(chunks);
    this.#handle.call((raw) => raw.handleChunks(bytes, lengths));
  }

  /** Ends the stream; gives the index behind its last chunk. */
  handleEnd(): number {
    return this.#handle.call((raw) => raw.handleEnd());
  }

  /** Whole records, as many as fit into `budget` bytes (1 KiB to 1 MiB), or one that is larger; null when nothing waits. */
  pollBatch(budget: number): Uint8Array | null {
    return this.#handle.call((raw) => raw.pollBatch(budget)) ?? null;
  }

  /** Gives the handle back; twice is once. */
  [Symbol.dispose](): void {
    this.#handle.free();
  }
}

/** Chunks that lie one behind the other in a stream. */
export interface ChunkBatch {
  /** Index of the first. */
  readonly first: number;
  readonly chunks: Uint8Array[];
}

/** Turns the bytes of a stream back into chunks, however they are cut. It holds a handle in the core: `using`, or dispose of it. */
export class RecordReader implements Disposable {
  readonly #handle = new Handle(instance, "RecordReader", () => new RawReader());

  /** The index of the chunk that comes next; 0 before the start record was polled. */
  get next(): number {
    return this.#handle.call((raw) => raw.nextIndex());
  }

  /** Whether the start record was polled: `next` counts from then on. */
  get started(): boolean {
    return this.#handle.call((raw) => raw.isStarted());
  }

  /** Whether the end record was polled. */
  get ended(): boolean {
    return this.#handle.call((raw) => raw.isEnded());
  }

  /** Takes the next bytes of the stream. */
  handleBytes(bytes: Uint8Array): void {
    this.#handle.call((raw) => raw.handleBytes(bytes));
  }

  /** All chunks that are whole by now. What is refused behind them is thrown by the next call, and by each from then on. */
  pollChunks(): ChunkBatch {
    return this.#handle.call((raw) => {
      const lengths = raw.pollChunks();
      const first = raw.firstIndex();
      return { first, chunks: lengths.length === 0 ? [] : apart({ bytes: raw.takeBytes(), lengths }) };
    });
  }

  /** Says that no bytes come any more, and gives the index behind the last chunk; the handle goes. Throws Truncated without an end. */
  finish(): number {
    try {
      return this.#handle.call((raw) => raw.finish());
    } finally {
      this.#handle.free();
    }
  }

  /** Gives the handle back; twice is once. */
  [Symbol.dispose](): void {
    this.#handle.free();
  }
}
