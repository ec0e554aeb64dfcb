// From rows to R2: unsealed chunks become segments, and a closed stream its index. Each step may be cut off behind any await and is then
// done again: what R2 has already is compared and taken.
import { CHUNK_LIMIT, type SealedSegment, Segment, SegmentBuilder, StreamIndex } from "@ferrule/core/chunk";
import { streamError } from "../answer";
import { type Archive, equal } from "../archive";
import { SEGMENT_RAW_BYTES_MAX } from "../limits";
import type { StreamLog } from "./log";
import type { SealedEntry } from "./rows";

/** Seals what is unsealed when it begins. `goesOn` is asked after each segment, before the next is read. */
export async function sealAll(log: StreamLog, archive: Archive, goesOn: () => boolean): Promise<void> {
  const goal = log.next;
  while (log.sealed < goal) {
    log.seal(await sealOne(log, archive));
    if (!goesOn()) return;
  }
}

/** Puts the next segment, or takes the one that an earlier try has put. */
async function sealOne(log: StreamLog, archive: Archive): Promise<SealedEntry> {
  const first = log.sealed;
  const chunks = log.read(first, CHUNK_LIMIT.SEGMENT_CHUNKS_MAX, SEGMENT_RAW_BYTES_MAX);
  const { bytes, entry, rawBytes } = build(first, chunks);
  if (await archive.putSegment(first, bytes)) return { ...entry, raw: rawBytes };
  const found = await archive.findSegment(first);
  if (found === null) throw streamError(500, `the segment of chunk ${first} came and went`);
  return adopt(found, first, chunks);
}

function build(first: number, chunks: readonly Uint8Array[]): SealedSegment {
  using builder = new SegmentBuilder(first);
  builder.push(chunks);
  const sealed = builder.finish();
  if (sealed === null) throw streamError(500, `chunk ${first} is not in the rows`);
  return sealed;
}

/** What an earlier try has put: it may have fewer chunks than there are now, never other ones. */
function adopt(bytes: Uint8Array, first: number, ours: readonly Uint8Array[]): SealedEntry {
  using segment = new Segment(bytes);
  const { entry, rawBytes } = segment;
  const theirs = entry.first === first && entry.count <= ours.length ? segment.range(first, first + entry.count) : [];
  if (theirs.length === 0 || !theirs.every((chunk, place) => equal(chunk, ours[place]!)))
    throw streamError(500, `R2 has another segment at chunk ${first}; the rows are kept`);
  return { ...entry, raw: rawBytes };
}

/** Puts the index of a closed stream that is all sealed. */
export async function putIndex(log: StreamLog, archive: Archive): Promise<void> {
  using index = new StreamIndex();
  for (const { raw, ...entry } of log.segments) index.push(entry, raw);
  index.close();
  await archive.putIndex(index.encode());
}
