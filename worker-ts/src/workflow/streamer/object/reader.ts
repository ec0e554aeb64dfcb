// A reader of a live stream, on the object's side: a byte stream of records (rust/chunk/FORMAT.md, section 5) that is filled as it is
// drained. While it waits for a chunk it costs an integer; no timer exists.
import { RecordWriter } from "@ferrule/core/chunk";
import { PULL_BYTES_MAX } from "../limits";

/** What readers read. */
export interface ReadSource {
  /** Index of the next chunk. */
  readonly next: number;
  readonly closed: boolean;
  /** Some chunks from `from` on, which is before `next`: one at least, and of so many bytes together if there are more. */
  read(from: number, bytesMax: number): Promise<Uint8Array[]>;
  /** Until there is more, or something else to look at. */
  wait(): Promise<void>;
}

/** Where a reader is. */
interface Place {
  index: number;
  started: boolean;
  gone: boolean;
}

/** The stream from `index` on. `onLeave` is called once: at the end, at an error, or when nobody reads any more. */
export function makeReader(source: ReadSource, index: number, onLeave: () => void): ReadableStream<Uint8Array> {
  const place: Place = { index, started: false, gone: false };
  const leave = () => {
    if (!place.gone) onLeave();
    place.gone = true;
  };
  return new ReadableStream({
    type: "bytes",
    pull: async (controller) => {
      try {
        const { batches, ended } = await pull(source, place);
        if (place.gone) return;
        for (const batch of batches) controller.enqueue(batch);
        if (!ended) return;
        leave();
        controller.close();
        controller.byobRequest?.respond(0);
      } catch (error) {
        leave();
        throw error;
      }
    },
    cancel: leave,
  });
}

/** The next bytes: the start at once, then each time what there is, and the end. */
async function pull(source: ReadSource, place: Place): Promise<{ batches: Uint8Array[]; ended: boolean }> {
  while (place.started && place.index >= source.next && !source.closed && !place.gone) await source.wait();
  const chunks = place.index < source.next ? await source.read(place.index, PULL_BYTES_MAX) : [];
  const next = place.index + chunks.length;
  const ended = source.closed && next >= source.next;
  const batches = join(place, chunks, ended);
  place.index = next;
  place.started = true;
  return { batches, ended };
}

/** The records of the next chunks. A writer lives for one call, so that a reader that waits holds nothing. */
function join({ index, started }: Place, chunks: readonly Uint8Array[], ended: boolean): Uint8Array[] {
  using writer = new RecordWriter(index);
  // of what waits at first, the start record alone
  const start = writer.pollBatch(PULL_BYTES_MAX);
  const batches = started || start === null ? [] : [start];
  writer.handleChunks(chunks);
  if (ended) writer.handleEnd();
  for (let batch = poll(writer); batch !== null; batch = poll(writer)) batches.push(batch);
  return batches;
}

/** Heads come on top of the bytes of chunks. */
const poll = (writer: RecordWriter): Uint8Array | null => writer.pollBatch(4 * PULL_BYTES_MAX);
