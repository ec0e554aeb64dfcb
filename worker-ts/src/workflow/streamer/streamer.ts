// The streams of a World on the Worker's side: names and groups are checked here, objects called, closed streams read from R2. Every
// write that is repeated counts once: it says whose it is and the how-manieth.
import type { CreateStreamWriteSessionOptions, Streamer, StreamWriteSession } from "@workflow/world";
import { removeKeys } from "../store/survey/ended";
import { type Answer, must, type StreamBindings, type StreamStub, streamError } from "./answer";
import { Archive } from "./archive";
import { checkRunId, checkWriterId, identify, ONCE, objectName, runFolder, type StreamIdentity } from "./identity";
import { CHUNK_BYTES_MAX, GROUP_BYTES_MAX, GROUP_CHUNKS_MAX } from "./limits";
import { isArchived, listStreams } from "./listing";
import { LiveSource } from "./live";
import { pageOf, readQuery } from "./pages";
import { R2Streams } from "./r2-only";
import { SealedSource, sealedPage } from "./sealed";
import { tried } from "./tries";

/** What streams are made of. */
export interface StreamerOptions {
  readonly env: StreamBindings;
  waitUntil(promise: Promise<unknown>): void;
  /** Told how many statements are sent to D1. */
  spend?(statements: number): void;
  /** `"r2"`: without objects; readers poll then (r2-only.ts). */
  readonly streams?: "r2";
}

/** The streams of a World. A run's id may be a promise. */
export type Streams = Required<Streamer["streams"]>;

const utf8 = new TextEncoder();

/** Chunks as bytes. Throws StreamError 413. */
export function bytesOf(chunks: readonly (string | Uint8Array)[]): Uint8Array[] {
  return chunks.map((chunk) => {
    const bytes = typeof chunk === "string" ? utf8.encode(chunk) : chunk;
    if (bytes.length > CHUNK_BYTES_MAX) throw streamError(413, `a chunk has at most ${CHUNK_BYTES_MAX} bytes`);
    // over RPC a view takes all of its buffer along
    return bytes.length === bytes.buffer.byteLength ? bytes : new Uint8Array(bytes);
  });
}

/** Groups as the object takes them. */
export function* groupsOf(chunks: readonly Uint8Array[]): Generator<Uint8Array[]> {
  let [group, bytes]: [Uint8Array[], number] = [[], 0];
  for (const chunk of chunks) {
    if (group.length === GROUP_CHUNKS_MAX || (bytes + chunk.length > GROUP_BYTES_MAX && group.length > 0)) {
      yield group;
      [group, bytes] = [[], 0];
    }
    group.push(chunk);
    bytes += chunk.length;
  }
  if (group.length > 0) yield group;
}

/** Makes the streams of a World for one scope. */
export function createStreamer(options: StreamerOptions): Streams {
  const store = options.streams === "r2" ? new R2Streams(options.env.WORKFLOW_BUCKET) : new ObjectStreams(options);
  const write = async (runId: string, name: string, chunks: readonly (string | Uint8Array)[]): Promise<void> => {
    const identity = identify(await runId, name);
    await store.write(identity, `${ONCE}${crypto.randomUUID()}`, 0, bytesOf(chunks));
  };
  return {
    write: (runId, name, chunk) => write(runId, name, [chunk]),
    writeMulti: write,
    close: async (runId, name) => store.close(identify(await runId, name)),
    createWriteSession: (runId, name, session) => new WriteSession(store, runId, name, session),
    get: async (runId, name, startIndex = 0) => {
      if (!Number.isSafeInteger(startIndex)) throw streamError(400, `${startIndex} is no index of a chunk`);
      return store.get(identify(await runId, name), startIndex);
    },
    getInfo: async (runId, name) => store.info(identify(await runId, name)),
    getChunks: async (runId, name, page) => {
      const query = readQuery(page);
      return pageOf(query, await store.page(identify(await runId, name), query.from, query.limit));
    },
    list: async (run) => {
      const runId = await run;
      checkRunId(runId);
      return store.list(runId);
    },
  };
}

/** Removes all streams of a run that is over: their objects first, which might still seal, then what R2 has. */
export async function removeStreams(env: StreamBindings, runId: string): Promise<void> {
  // such a run has none (identity.ts), and its folder would be another's
  if (runId.includes("/")) return;
  for (const name of await listStreams(env.WORKFLOW_DB, runId))
    await tried(() => env.WORKFLOW_STREAM.getByName(objectName({ runId, name })).remove());
  await removeKeys(env.WORKFLOW_BUCKET, runFolder(runId));
}

/** Where streams lie. */
export type StreamStore = Pick<ObjectStreams, "write" | "close" | "get" | "info" | "page" | "list">;

/** A writer that numbers its chunks. */
class WriteSession implements StreamWriteSession {
  readonly #store: StreamStore;
  readonly #identity: () => Promise<StreamIdentity>;
  readonly #writerId: string;

  constructor(store: StreamStore, runId: string, name: string, { writerId }: CreateStreamWriteSessionOptions) {
    checkWriterId(writerId);
    this.#store = store;
    this.#identity = async () => identify(await runId, name);
    this.#writerId = writerId;
  }

  async write(chunkSeq: number, chunks: (string | Uint8Array)[]): Promise<void> {
    await this.#store.write(await this.#identity(), this.#writerId, chunkSeq, bytesOf(chunks));
  }

  async close(): Promise<void> {
    await this.#store.close(await this.#identity());
  }
}

/** Streams in objects, and in R2 once they are closed. */
class ObjectStreams {
  readonly #env: StreamBindings;
  readonly #spend: (statements: number) => void;

  constructor({ env, spend = () => undefined }: StreamerOptions) {
    this.#env = env;
    this.#spend = spend;
  }

  async write(identity: StreamIdentity, writerId: string, chunkSeq: number, chunks: readonly Uint8Array[]) {
    let seq = chunkSeq;
    for (const group of groupsOf(chunks)) {
      await this.#call(identity, (stub) => stub.append(writerId, seq, group));
      seq += group.length;
    }
  }

  async close(identity: StreamIdentity): Promise<void> {
    await tried(() => this.#stub(identity).close());
  }

  async get(identity: StreamIdentity, startIndex: number): Promise<ReadableStream<Uint8Array>> {
    const archived = await this.#archived(identity);
    const source = archived
      ? new SealedSource(archived.archive, archived.stream, startIndex)
      : await new LiveSource(() => this.#stub(identity), startIndex).open();
    return new ReadableStream(source, { highWaterMark: 0 });
  }

  async info(identity: StreamIdentity) {
    const archived = await this.#archived(identity);
    if (archived !== null) return { tailIndex: archived.stream.next - 1, done: true };
    return tried(() => this.#stub(identity).info());
  }

  async page(identity: StreamIdentity, from: number, countMax: number) {
    const archived = await this.#archived(identity);
    if (archived !== null) return sealedPage(archived.archive, archived.stream, from, countMax);
    return tried(() => this.#stub(identity).chunks(from, countMax));
  }

  list(runId: string): Promise<string[]> {
    this.#spend(1);
    return listStreams(this.#env.WORKFLOW_DB, runId);
  }

  #stub(identity: StreamIdentity): StreamStub {
    return this.#env.WORKFLOW_STREAM.getByName(objectName(identity));
  }

  async #call<T extends object>(identity: StreamIdentity, call: (stub: StreamStub) => Promise<Answer<T>>): Promise<T> {
    return must(await tried(() => call(this.#stub(identity))));
  }

  /** The stream if R2 has all of it. The row in D1 says so; where it errs the object knows better. */
  async #archived(identity: StreamIdentity) {
    this.#spend(1);
    if (!(await isArchived(this.#env.WORKFLOW_DB, identity))) return null;
    const archive = new Archive(this.#env.WORKFLOW_BUCKET, identity);
    const stream = await tried(() => archive.findStream());
    if (stream === null) throw streamError(404, "the stream was archived and is gone");
    return { archive, stream };
  }
}
