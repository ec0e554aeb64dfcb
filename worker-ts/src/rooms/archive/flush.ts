// Sending: what is new in the log leaves as batches, what the archive did not report leaves again. A batch is written down
// before the queue sees it, and a mark stays open until it is reported, so whatever is cut short is found again.
import { logFailure } from "../../platform/log";
import type { Batch } from "../log/outbox";
import type { OpenRoom } from "../open-room";
import { type Content, ContentReader } from "./content";
import { epochText } from "./epoch";
import { type ArchiveMessage, MARKS_MAX } from "./message";

/** The queue as a room needs it. */
export interface ArchiveQueue {
  send(message: ArchiveMessage): Promise<unknown>;
}

/** Batches of one run of the alarm; what is left comes with the next. */
const BATCHES_MAX = 50;
/** A queue that fails is tried again after this many times archiveFlushMs; new entries may be tried earlier. */
const RETRY_FACTOR = 10;

/** The binding ARCHIVE_QUEUE, or undefined where there is none: then nothing is archived, and nothing trimmed. */
export function archiveQueue(env: object): ArchiveQueue | undefined {
  return (env as { readonly ARCHIVE_QUEUE?: ArchiveQueue }).ARCHIVE_QUEUE;
}

/** Sends what is new, and what was noted but never sent. */
export async function flush(room: OpenRoom, queue: ArchiveQueue, now: number): Promise<void> {
  const { archive, log, settings } = room;
  const reader = new ContentReader(room);
  const fresh = cut(room, reader);
  const unsent = archive.unsent(BATCHES_MAX);
  const all = await send(room, queue, now, unsent, (batch) => fresh.get(batch.from) ?? reread(room, reader, batch));
  if (!all) archive.flushIn(RETRY_FACTOR * settings.archiveFlushMs);
  else if (archive.queuedSeq < log.head || archive.unsent(1).length > 0) archive.flushIn(0);
}

/** Sends again what the archive has not reported in time. */
export async function resend(room: OpenRoom, queue: ArchiveQueue, now: number): Promise<void> {
  const { archive, due, settings } = room;
  const reader = new ContentReader(room);
  // Marks that were not reported are lost as well, for all that is known.
  archive.forgetMarks();
  const overdue = archive.overdue(now, BATCHES_MAX);
  const all = await send(room, queue, now, overdue, (batch) => reread(room, reader, batch));
  const next = archive.nextOverdue();
  // What the queue has not taken is overdue still: asked at once, it would fail at once, again and again.
  const earliest = all ? 0 : settings.now() + RETRY_FACTOR * settings.archiveFlushMs;
  if (next !== null) due.provide("resend", Math.max(next, earliest));
}

/** Notes what is new as batches, each as large as one message of the queue may be; their contents by where they begin. */
function cut({ archive, log }: OpenRoom, reader: ContentReader): ReadonlyMap<number, Content> {
  const contents = new Map<number, Content>();
  for (let from = archive.queuedSeq + 1; from <= log.head && contents.size < BATCHES_MAX; ) {
    const content = reader.read(from, log.head);
    contents.set(from, content);
    from = content.to + 1;
  }
  archive.add([...contents.values()]);
  return contents;
}

/** A batch as its messages are now. Edits may have made it too long for one message: then the rest is a batch of its own. */
function reread({ archive }: OpenRoom, reader: ContentReader, batch: Batch): Content {
  const content = reader.read(batch.from, batch.to);
  if (content.to < batch.to) archive.split(batch, content.to);
  return content;
}

/** Sends batches, every read mark that waits, and the totals. False when the queue failed: what it has not taken is left as it was. */
async function send(
  room: OpenRoom,
  queue: ArchiveQueue,
  now: number,
  batches: readonly Batch[],
  contentOf: (batch: Batch) => Content,
): Promise<boolean> {
  const { archive, due, settings, totals } = room;
  const marks = archive.takeMarks();
  if (batches.length === 0 && marks.length === 0 && !totals.untold) return true;
  // Stored with the batches, before anything may be cut short.
  due.provide("resend", now + settings.archiveResendMs);
  const give = async (content: Content) => {
    const told = totals.snapshot();
    await queue.send({ ...content, epoch: epochText(room.epoch), people: marks.splice(0, MARKS_MAX), totals: told });
    totals.told(told);
  };
  try {
    for (const batch of batches) {
      await give(contentOf(batch));
      archive.sent(batch, settings.now());
    }
    while (marks.length > 0 || totals.untold) await give(nothing(room));
    return true;
  } catch (error) {
    logFailure("put a batch into the archive's queue", error);
    archive.forgetMarks();
    return false;
  }
}

/** No entries at all, for a message that brings read marks or totals alone. */
function nothing({ id, archive }: OpenRoom): Content {
  const to = archive.queuedSeq;
  return { v: 1, room: id, from: to + 1, to, at: null, messages: [], reactions: [], pins: [] };
}
