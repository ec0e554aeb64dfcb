// The other end of the archive's queue: each message becomes rows in D1, in one transaction, then the room is told, then the
// message is acknowledged. Every row knows its version, so any order and any number of deliveries give the same rows.
import { logFailure } from "../../platform/log";
import { addTotal } from "../directory/metric-table";
import { dropFiles, type FileBindings } from "../files/drop";
import type { ArchivedMark } from "../log/outbox";
import { scrubDeadLetters } from "./dead-letters";
import { type ArchiveMessage, flawOf, isArchiveMessage } from "./message";
import { archiveStatements, isOver } from "./statements";

/** What the consumer needs of a Worker: D1 with the tables in `migrations/rooms`, the rooms by their ids, files where there are any. */
export interface ArchiveBindings extends FileBindings {
  readonly DB: D1Database;
  readonly ROOM: {
    getByName(room: string): {
      archived(from: number, to: number, marks: readonly ArchivedMark[], epoch?: string): Promise<unknown>;
    };
  };
}

/** First wait before a message is tried again, in seconds; each further one is three times as long. */
const RETRY_SECONDS = 10;

/**
 * Consumes a batch of the archive's queue. It rejects never: a message that fails, or is none of ours, is tried again and goes to
 * the dead-letter queue in the end, and its neighbours are acknowledged all the same. Nothing outlives the promise.
 */
export async function archiveConsumer(batch: MessageBatch, env: ArchiveBindings): Promise<void> {
  await Promise.all(batch.messages.map((message) => consume(message, env)));
}

async function consume(message: Message, env: ArchiveBindings): Promise<void> {
  try {
    const { body } = message;
    if (!isArchiveMessage(body)) throw new TypeError(`a message of the archive's queue: ${flawOf(body)}`);
    if (await archive(env, body)) {
      const marks = body.people.map(({ userId, readSeq, readAt }) => ({ userId, readSeq, readAt }));
      await env.ROOM.getByName(body.room).archived(body.from, body.to, marks, body.epoch);
    }
    message.ack();
  } catch (error) {
    logFailure("archive a message of the queue", error);
    await countRetry(env.DB);
    message.retry({ delaySeconds: RETRY_SECONDS * 3 ** (message.attempts - 1) });
  }
}

/** Writes everything down, and takes away all that is left of what was erased. False, and nothing done, for what is over. */
async function archive(env: ArchiveBindings, message: ArchiveMessage): Promise<boolean> {
  const { room, messages } = message;
  try {
    await env.DB.batch(archiveStatements(env.DB, message));
  } catch (error) {
    if (await isOver(env.DB, message)) return false;
    throw error;
  }
  const erased = messages.filter(({ deletedAt }) => deletedAt !== null).map(({ seq }) => seq);
  if (erased.length > 0) {
    await dropFiles(env, room, erased);
    await scrubDeadLetters(env.DB, room).run();
  }
  return true;
}

/** Counted where it can be; D1 may be the very thing that fails. */
async function countRetry(db: D1Database): Promise<void> {
  try {
    await addTotal(db, "retries", 1).run();
  } catch (error) {
    logFailure("count a retry", error);
  }
}
