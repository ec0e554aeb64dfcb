// The other end of the archive's queue: each message becomes rows in D1, in one transaction, then the room is told, then the
// message is acknowledged. Every row knows its version, so any order and any number of deliveries give the same rows.
import { addTotal, totalsStatements } from "../directory/metric-table";
import type { ArchivedMark } from "../log/outbox";
import { type ArchiveMessage, flawOf, isArchiveMessage } from "./message";

/** What the consumer needs of a Worker: D1 with the tables in `migrations/rooms`, and the rooms by their ids. */
export interface ArchiveBindings {
  readonly DB: D1Database;
  readonly ROOM: {
    getByName(room: string): {
      archived(from: number, to: number, marks: readonly ArchivedMark[]): Promise<unknown>;
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
    await env.DB.batch(statements(env.DB, body));
    const marks = body.people.map(({ userId, readSeq, readAt }) => ({ userId, readSeq, readAt }));
    await env.ROOM.getByName(body.room).archived(body.from, body.to, marks);
    message.ack();
  } catch (error) {
    console.error(error);
    await countRetry(env.DB);
    message.retry({ delaySeconds: RETRY_SECONDS * 3 ** (message.attempts - 1) });
  }
}

/** Counted where it can be; D1 may be the very thing that fails. */
async function countRetry(db: D1Database): Promise<void> {
  try {
    await addTotal(db, "retries", 1).run();
  } catch (error) {
    console.error(error);
  }
}

/** Everything that a message brings, for one transaction. Each list goes in as one parameter: D1 takes at most a hundred. */
function statements(db: D1Database, { room, to, at, messages, people, totals }: ArchiveMessage): D1PreparedStatement[] {
  return [
    ...(messages.length > 0 ? [db.prepare(UPSERT).bind(room, JSON.stringify(messages))] : []),
    ...(at !== null ? [db.prepare(NEWEST).bind(room, to, at)] : []),
    ...(people.length > 0 ? [db.prepare(READ).bind(room, JSON.stringify(people))] : []),
    ...totalsStatements(db, room, totals),
    addTotal(db, "batches", 1),
  ];
}

/**
 * What never changes of a message is not updated, so a change without it keeps it. A change of a message that is not here has no
 * `ts`, and the whole transaction fails: it must come again after the message. WHERE true, or ON would be read as a join's.
 */
const UPSERT = `INSERT INTO message(room_id, seq, kind, event, version, user_id, cid, ts, reply_to, text, edited_at, deleted_at,
    deleted_by)
  SELECT ?1, told.value->>'seq', told.value->>'kind', told.value->>'event', told.value->>'version', told.value->>'userId',
    told.value->>'cid',
    coalesce(told.value->>'ts', (SELECT ts FROM message WHERE room_id = ?1 AND seq = told.value->>'seq')),
    told.value->>'replyTo', told.value->>'text', told.value->>'editedAt', told.value->>'deletedAt', told.value->>'deletedBy'
  FROM json_each(?2) AS told WHERE true
  ON CONFLICT(room_id, seq) DO UPDATE SET version = excluded.version, text = excluded.text, edited_at = excluded.edited_at,
    deleted_at = excluded.deleted_at, deleted_by = excluded.deleted_by
  WHERE excluded.version > message.version`;

const NEWEST = `UPDATE room SET head_seq = max(head_seq, ?2), last_at = max(coalesce(last_at, 0), ?3)
  WHERE id = ?1 AND (head_seq < ?2 OR last_at IS NULL OR last_at < ?3)`;

/** Without the IN, all members of the room would be read. */
const READ = `UPDATE member SET read_seq = told.value->>'readSeq' FROM json_each(?2) AS told
  WHERE room_id = ?1 AND user_id IN (SELECT value->>'userId' FROM json_each(?2))
  AND user_id = told.value->>'userId' AND read_seq < told.value->>'readSeq'`;
