// A closed stream read from R2 alone: no object is woken for it.
import type { SegmentEntry } from "@ferrule/core/chunk";
import type { ChunkPage } from "./answer";
import { type Archive, type ArchivedStream, placeOf } from "./archive";
import { PAGE_BYTES_MAX } from "./limits";
import { tried } from "./tries";

/** The chunks of a segment from `from` on. */
async function chunksFrom(archive: Archive, entry: SegmentEntry, from: number): Promise<Uint8Array[]> {
  const chunks = await tried(() => archive.chunks(entry));
  return chunks.slice(Math.max(0, from - entry.first));
}

/** Reads an archived stream from `startIndex` on; negative counts from its end. A segment is in memory at a time. */
export class SealedSource implements UnderlyingSource<Uint8Array> {
  readonly #archive: Archive;
  readonly #stream: ArchivedStream;
  readonly #from: number;
  #place: number;
  /** Chunks that were read and not taken, the next one last. */
  #waiting: Uint8Array[] = [];

  constructor(archive: Archive, stream: ArchivedStream, startIndex: number) {
    this.#archive = archive;
    this.#stream = stream;
    this.#from = startIndex < 0 ? Math.max(0, stream.next + startIndex) : startIndex;
    this.#place = placeOf(stream.entries, this.#from);
  }

  async pull(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    if (this.#waiting.length === 0) {
      const entry = this.#stream.entries[this.#place++];
      if (entry === undefined) return controller.close();
      this.#waiting = (await chunksFrom(this.#archive, entry, this.#from)).reverse();
    }
    const chunk = this.#waiting.pop();
    if (chunk !== undefined) controller.enqueue(chunk);
  }

  cancel(): void {
    this.#waiting = [];
    this.#place = this.#stream.entries.length;
  }
}

/** A page of an archived stream, as its object would have given it. */
export async function sealedPage(
  archive: Archive,
  { entries, next }: ArchivedStream,
  from: number,
  countMax: number,
): Promise<ChunkPage> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for (let place = placeOf(entries, from); place < entries.length; place++) {
    for (const chunk of await chunksFrom(archive, entries[place]!, from)) {
      bytes += chunk.length;
      if (chunks.length === countMax || (bytes > PAGE_BYTES_MAX && chunks.length > 0))
        return { chunks, next, done: true };
      chunks.push(chunk);
    }
    if (chunks.length === countMax) break;
  }
  return { chunks, next, done: true };
}
