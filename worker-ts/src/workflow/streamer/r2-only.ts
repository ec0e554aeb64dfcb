// Streams without Durable Objects, to compare: each chunk is an object of R2 that claims its index, and readers poll. The end claims an
// index as chunks do, so that none can land behind it. A writer's repeats count once within one call only.
import { type ChunkPage, type StreamInfo, streamError } from "./answer";
import { decodeName, encodeName, indexKey, runFolder, type StreamIdentity, streamFolder } from "./identity";
import { PAGE_BYTES_MAX, POLL_MS, POLL_MS_MAX } from "./limits";
import { tried } from "./tries";

/** What stands at an index, told by the object's metadata; a chunk says whose it is and the how-manieth. */
interface Mark extends Record<string, string> {
  readonly kind: "chunk" | "end";
  readonly by: string;
}

const closed = () => streamError(409, "the stream is closed", "CLOSED");
const keyOf = (identity: StreamIdentity, index: number): string => `${streamFolder(identity)}${indexKey(index)}`;

/** Streams of R2 alone. */
export class R2Streams {
  readonly #bucket: R2Bucket;

  constructor(bucket: R2Bucket) {
    this.#bucket = bucket;
  }

  async write(identity: StreamIdentity, writerId: string, chunkSeq: number, chunks: readonly Uint8Array[]) {
    let index = await this.#tail(identity);
    for (const [place, chunk] of chunks.entries())
      index = 1 + (await this.#claim(identity, index, chunk, { kind: "chunk", by: `${writerId}/${chunkSeq + place}` }));
  }

  async close(identity: StreamIdentity): Promise<void> {
    const by = crypto.randomUUID();
    await this.#claim(identity, await this.#tail(identity), new Uint8Array(0), { kind: "end", by });
  }

  async get(identity: StreamIdentity, startIndex: number): Promise<ReadableStream<Uint8Array>> {
    let index = startIndex < 0 ? Math.max(0, (await this.info(identity)).tailIndex + 1 + startIndex) : startIndex;
    let gone = false;
    // who begins behind the end would not find it; who found a chunk will
    let lost = startIndex > 0;
    const end = async () => lost && (await this.info(identity)).done;
    return new ReadableStream(
      {
        pull: async (controller) => {
          for (let ms = POLL_MS; !gone; ms = Math.min(POLL_MS_MAX, 2 * ms)) {
            const found = await tried(() => this.#find(identity, index));
            if (found?.kind === "end" || (found === null && (await end()))) return controller.close();
            if (found !== null) {
              index++;
              lost = false;
              return controller.enqueue(found.bytes);
            }
            await new Promise((resolve) => setTimeout(resolve, ms));
          }
        },
        cancel: () => {
          gone = true;
        },
      },
      { highWaterMark: 0 },
    );
  }

  async info(identity: StreamIdentity): Promise<StreamInfo> {
    const next = await this.#tail(identity);
    const done = next > 0 && (await this.#mark(identity, next - 1))?.kind === "end";
    return { tailIndex: next - (done ? 2 : 1), done };
  }

  async page(identity: StreamIdentity, from: number, countMax: number): Promise<ChunkPage> {
    const { tailIndex, done } = await this.info(identity);
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    for (let index = from; index <= tailIndex && chunks.length < countMax; index++) {
      const found = await tried(() => this.#find(identity, index));
      if (found === null || (bytes + found.bytes.length > PAGE_BYTES_MAX && chunks.length > 0)) break;
      bytes += found.bytes.length;
      chunks.push(found.bytes);
    }
    return { chunks, next: tailIndex + 1, done };
  }

  async list(runId: string): Promise<string[]> {
    const names: string[] = [];
    const prefix = runFolder(runId);
    for (let cursor: string | undefined, more = true; more; ) {
      const page = await this.#bucket.list({ prefix, delimiter: "/", ...(cursor !== undefined && { cursor }) });
      names.push(...page.delimitedPrefixes.map((folder) => decodeName(folder.slice(prefix.length, -1))));
      more = page.truncated;
      cursor = page.truncated ? page.cursor : undefined;
    }
    return names.sort((one, other) => (encodeName(one) < encodeName(other) ? -1 : 1));
  }

  /** Takes the first free index from `index` on. Behind an end there is none: refused, but for another end. */
  async #claim(identity: StreamIdentity, index: number, bytes: Uint8Array, mark: Mark): Promise<number> {
    const before = index === 0 ? null : await this.#mark(identity, index - 1);
    if (before?.kind === "end") {
      if (mark.kind === "end") return index - 1;
      throw closed();
    }
    for (let at = index; ; at++) {
      if (await this.#put(keyOf(identity, at), bytes, mark)) return at;
      const there = await this.#mark(identity, at);
      // ours already: the answer to an earlier try was lost
      if (there?.by === mark.by) return at;
      if (there?.kind !== "end") continue;
      if (mark.kind === "end") return at;
      throw closed();
    }
  }

  async #put(key: string, bytes: Uint8Array, customMetadata: Mark): Promise<boolean> {
    const options = { onlyIf: { etagDoesNotMatch: "*" }, customMetadata };
    return (await tried(() => this.#bucket.put(key, bytes, options))) !== null;
  }

  async #mark(identity: StreamIdentity, index: number): Promise<Partial<Mark> | null> {
    const object = await tried(() => this.#bucket.head(keyOf(identity, index)));
    return object && (object.customMetadata ?? {});
  }

  async #find(identity: StreamIdentity, index: number) {
    const object = await this.#bucket.get(keyOf(identity, index));
    if (object === null) return null;
    return { kind: object.customMetadata?.["kind"], bytes: new Uint8Array(await object.arrayBuffer()) };
  }

  /** The first free index: they are dense, so it is found by doubling and halving. */
  async #tail(identity: StreamIdentity): Promise<number> {
    const taken = async (index: number) => (await this.#mark(identity, index)) !== null;
    if (!(await taken(0))) return 0;
    let [low, high] = [0, 1];
    while (await taken(high)) [low, high] = [high, 2 * high];
    while (high - low > 1) {
      const middle = (low + high) >>> 1;
      if (await taken(middle)) low = middle;
      else high = middle;
    }
    return high;
  }
}
