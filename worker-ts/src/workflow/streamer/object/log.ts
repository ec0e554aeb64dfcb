// What a stream's object knows of its stream: the rows, and beside them in memory what each reader asks for. Synchronous: whatever waits
// (R2, D1, other calls) is the object's own matter.
import { type Answer, refuse } from "../answer";
import type { ArchivedStream } from "../archive";
import { CHUNK_EXTRA_BYTES, TAIL_BYTES_MAX } from "../limits";
import type { Rows, SealedEntry } from "./rows";

/** The newest chunks. */
class Tail {
  readonly #chunks: Uint8Array[] = [];
  #first = 0;
  #bytes = 0;

  push(index: number, chunk: Uint8Array): void {
    if (this.#chunks.length === 0) this.#first = index;
    this.#chunks.push(chunk);
    this.#bytes += chunk.length + CHUNK_EXTRA_BYTES;
    while (this.#bytes > TAIL_BYTES_MAX) {
      this.#bytes -= this.#chunks.shift()!.length + CHUNK_EXTRA_BYTES;
      this.#first++;
    }
  }

  /** The chunks from `from` on, as Rows.read gives them; null when the first is not here. */
  read(from: number, countMax: number, bytesMax: number): Uint8Array[] | null {
    const at = from - this.#first;
    if (at < 0 || at >= this.#chunks.length) return null;
    let [end, bytes] = [at, 0];
    while (end < this.#chunks.length && end - at < countMax) {
      bytes += this.#chunks[end]!.length;
      if (bytes > bytesMax && end > at) break;
      end++;
    }
    return this.#chunks.slice(at, end);
  }
}

/** A stream that is in the tables, or was just archived from there. */
export class StreamLog {
  readonly #rows: Rows;
  readonly #tail = new Tail();
  readonly #segments: SealedEntry[];
  #next: number;
  #unsealedBytes: number;
  #closedAt: number | null;

  /** Reads the tables. */
  constructor(rows: Rows) {
    this.#rows = rows;
    const { segments, next, unsealedBytes, closedAt } = rows.load();
    [this.#segments, this.#next, this.#unsealedBytes, this.#closedAt] = [segments, next, unsealedBytes, closedAt];
  }

  /** Index of the next chunk. */
  get next(): number {
    return this.#next;
  }

  get closedAt(): number | null {
    return this.#closedAt;
  }

  get segments(): readonly SealedEntry[] {
    return this.#segments;
  }

  /** Index of the first chunk that is in no segment. */
  get sealed(): number {
    const last = this.#segments.at(-1);
    return last === undefined ? 0 : last.first + last.count;
  }

  get unsealedBytes(): number {
    return this.#unsealedBytes;
  }

  /** The stream as R2 has it once everything is sealed. */
  get archived(): ArchivedStream {
    return { entries: this.#segments, next: this.#next };
  }

  /**
   * Adds what is new of a writer's chunks, the first of which is its `chunkSeq`th: the index behind the last. One turn: no other call
   * comes between. What the writer brought before is dropped, so that a group that is sent again counts once.
   */
  append(
    writerId: string,
    chunkSeq: number,
    chunks: readonly Uint8Array[],
    now: number,
    segmentsMax: number,
  ): Answer<{ next: number }> {
    const known = this.#rows.nextSeq(writerId);
    if (chunkSeq > known)
      return refuse("WRITER_GAP", `writer ${writerId} is at chunk ${known}, so chunk ${chunkSeq} leaves a gap`);
    const fresh = chunks.slice(known - chunkSeq);
    if (fresh.length === 0) return { next: this.#next };
    if (this.#closedAt !== null) return refuse("CLOSED", "the stream is closed");
    if (this.#segments.length >= segmentsMax) return refuse("TOO_LONG", "the stream has as many segments as it may");
    this.#rows.append(this.#next, fresh, writerId, known + fresh.length, now);
    for (const chunk of fresh) {
      this.#tail.push(this.#next++, chunk);
      this.#unsealedBytes += chunk.length + CHUNK_EXTRA_BYTES;
    }
    return { next: this.#next };
  }

  /** No chunk comes any more; twice is once. */
  close(now: number): void {
    this.#rows.close(now);
    this.#closedAt ??= now;
  }

  /** Chunks that are in no segment, from `from` on, as `Rows.read` gives them. */
  read(from: number, countMax: number, bytesMax: number): Uint8Array[] {
    return this.#tail.read(from, countMax, bytesMax) ?? this.#rows.read(from, countMax, bytesMax);
  }

  /** Notes a segment that R2 has. */
  seal(entry: SealedEntry): void {
    this.#rows.seal(entry);
    this.#segments.push(entry);
    this.#unsealedBytes -= entry.raw + CHUNK_EXTRA_BYTES * entry.count;
  }
}
