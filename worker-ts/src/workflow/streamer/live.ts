// A live stream on the Worker's side: the object's records become chunks; a connection that is cut is resumed behind the last chunk, and
// who reads sees nothing of it.
import { RecordReader } from "@ferrule/core/chunk";
import { ThrottleError, WorkflowWorldError } from "@workflow/errors";
import { must, type StreamStub, streamError } from "./answer";
import { STOOD_MS, TRIES_MAX } from "./limits";
import { pause } from "./tries";

/** One connection to the object. */
class Link {
  readonly #bytes: ReadableStreamDefaultReader<Uint8Array>;
  readonly #records = new RecordReader();

  constructor(stream: ReadableStream<Uint8Array>) {
    this.#bytes = stream.getReader();
  }

  /** The chunks that come next, possibly none, and where to go on once that is known; null when it was cut. Throws ChunkFault. */
  async read(): Promise<{ chunks: Uint8Array[]; next: number | null; ended: boolean } | null> {
    const { done, value } = await this.#bytes.read();
    if (done) return null;
    this.#records.handleBytes(value);
    const { chunks } = this.#records.pollChunks();
    const { started, next, ended } = this.#records;
    return { chunks, next: started ? next : null, ended };
  }

  /** Lets go of it. */
  async drop(reason?: unknown): Promise<void> {
    this.#records[Symbol.dispose]();
    // what is cut already cannot be cancelled
    await this.#bytes.cancel(reason).catch(() => undefined);
  }
}

/** Reads a stream of its object from `startIndex` on. */
export class LiveSource implements UnderlyingSource<Uint8Array> {
  readonly #stub: () => StreamStub;
  #link: Link | null = null;
  /** Where to go on; negative until the object has said what it means. */
  #index: number;
  #failed = 0;
  #linkedAt = 0;
  #gone = false;

  /** `stub` is asked for anew each time: one that failed stays broken. */
  constructor(stub: () => StreamStub, startIndex: number) {
    this.#stub = stub;
    this.#index = startIndex;
  }

  /** Connects, so that what is refused is refused before there is a stream. */
  async open(): Promise<this> {
    while (this.#link === null) await this.#guarded(() => this.#connect(), false);
    return this;
  }

  async pull(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    while (!this.#gone) {
      const read = await this.#guarded(() => this.#read());
      // nobody reads any more: the next try would be a reader that nobody ends
      if (read === null || this.#gone) continue;
      for (const chunk of read.chunks) controller.enqueue(chunk);
      if (read.ended) {
        await this.#drop();
        return controller.close();
      }
      if (read.chunks.length > 0) return;
    }
  }

  async cancel(reason?: unknown): Promise<void> {
    this.#gone = true;
    await this.#drop(reason);
  }

  async #drop(reason?: unknown): Promise<void> {
    const link = this.#link;
    this.#link = null;
    await link?.drop(reason);
  }

  async #connect(): Promise<void> {
    const { stream } = must(await this.#stub().read(this.#index));
    if (this.#gone) return stream.cancel();
    this.#link = new Link(stream);
    this.#linkedAt = Date.now();
  }

  async #read(): Promise<{ chunks: Uint8Array[]; ended: boolean }> {
    if (this.#link === null) await this.#connect();
    const read = await this.#link?.read();
    if (read === null || read === undefined) throw streamError(503, "the stream was cut");
    this.#index = read.next ?? this.#index;
    // a start alone is no progress
    if (read.chunks.length > 0) this.#failed = 0;
    return read;
  }

  /**
   * What `call` gives; null when it failed and may be tried again, after a wait. Who is `resuming` may find that he is still counted
   * among the readers, which passes.
   */
  async #guarded<T>(call: () => Promise<T>, resuming = true): Promise<T | null> {
    try {
      return await call();
    } catch (error) {
      // nothing may come for days: a connection that stood for a while is no failure in a row
      if (this.#link !== null && Date.now() - this.#linkedAt > STOOD_MS) this.#failed = 0;
      await this.#drop();
      if (this.#gone) return null;
      const passes = resuming && ThrottleError.is(error);
      if (error instanceof WorkflowWorldError && error.status !== 503 && !passes) throw error;
      if (++this.#failed >= TRIES_MAX) throw streamError(503, "the stream was cut off", undefined, error);
      await pause(this.#failed);
      return null;
    }
  }
}
