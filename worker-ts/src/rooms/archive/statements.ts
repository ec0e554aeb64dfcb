// What becomes of one message of the archive's queue: the statements of one transaction in D1. Every row knows its version, so any
// order and any number of deliveries give the same rows. SQL only: no queue, no rooms.
import { addTotal, totalsStatements } from "../directory/metric-table";
import { markSent } from "../files/file-table";
import { RETIRED } from "./epoch";
import type { ArchiveMessage } from "./message";

/** Everything that a message brings. Each list goes in as one parameter: D1 takes at most a hundred. */
export function archiveStatements(db: D1Database, message: ArchiveMessage): D1PreparedStatement[] {
  const { room, epoch = "", to, at, messages, reactions, pins, people, totals } = message;
  const each = (sql: string, list: readonly unknown[]) =>
    list.length > 0 ? [db.prepare(sql).bind(room, JSON.stringify(list))] : [];
  const files = messages.flatMap((one) =>
    one.ts === undefined ? [] : (one.files ?? []).map((id) => ({ id, seq: one.seq })),
  );
  const erased = messages.filter(({ deletedAt }) => deletedAt !== null);
  return [
    db.prepare(STANDS).bind(room),
    db.prepare(HOLDS).bind(room, epoch),
    ...each(UPSERT, messages),
    ...(files.length > 0 ? [markSent(db, room, JSON.stringify(files))] : []),
    ...each(REACTIONS, reactions),
    ...each(PINS, pins),
    ...UNMARKED.flatMap((sql) => each(sql, erased)),
    ...each(AUDIT, erased),
    ...(at !== null ? [db.prepare(NEWEST).bind(room, to, at)] : []),
    ...each(READ, people),
    ...totalsStatements(db, room, totals),
    addTotal(db, "batches", 1),
  ];
}

/**
 * Whether what a message tells is over: its room's archive is gone for good, or a restore has put an end to the log that it is of. Then
 * `archiveStatements` fail, and nothing is to be done.
 */
export async function isOver(db: D1Database, { room, epoch = "" }: ArchiveMessage): Promise<boolean> {
  const sql = `SELECT 1 WHERE EXISTS (SELECT 1 ${PURGED}) OR EXISTS (SELECT 1 ${RETIRED})`;
  return (await db.prepare(sql).bind(room, epoch).first()) !== null;
}

const PURGED = "FROM room WHERE id = ?1 AND purged_at IS NOT NULL";

/** A message without a seq, which no table takes: where the room was purged, the whole transaction fails with it. */
const STANDS = `INSERT INTO message(room_id, seq, kind, version, ts, text) SELECT id, NULL, 'MSG', 0, 0, '' ${PURGED}`;

/** The same, where the log that the message is of was undone. */
const HOLDS = `INSERT INTO message(room_id, seq, kind, version, ts, text) SELECT room_id, NULL, 'MSG', 0, 0, '' ${RETIRED}`;

/** The user that is told of under this name: a guest who has become one since is that user. */
const who = (name: string) =>
  `coalesce((SELECT user_id FROM adoption WHERE guest_id = told.value->>'${name}'), told.value->>'${name}')`;

/**
 * What never changes of a message is not updated, so a change without it keeps it. A change of a message that is not here has no
 * `ts`, and the whole transaction fails: it must come again after the message. WHERE true, or ON would be read as a join's.
 */
const UPSERT = `INSERT INTO message(room_id, seq, kind, event, version, user_id, cid, ts, reply_to, text, edited_at, deleted_at,
    deleted_by)
  SELECT ?1, told.value->>'seq', told.value->>'kind', told.value->>'event', told.value->>'version', ${who("userId")},
    told.value->>'cid',
    coalesce(told.value->>'ts', (SELECT ts FROM message WHERE room_id = ?1 AND seq = told.value->>'seq')),
    told.value->>'replyTo', told.value->>'text', told.value->>'editedAt', told.value->>'deletedAt', ${who("deletedBy")}
  FROM json_each(?2) AS told WHERE true
  ON CONFLICT(room_id, seq) DO UPDATE SET version = excluded.version, text = excluded.text, edited_at = excluded.edited_at,
    deleted_at = excluded.deleted_at, deleted_by = excluded.deleted_by
  WHERE excluded.version > message.version`;

/** With a message its reactions and its pin are gone, whichever of them is heard of first: then the entry that erased it counts. */
const ERASED = `LEFT JOIN message AS erased
    ON erased.room_id = ?1 AND erased.seq = told.value->>'target' AND erased.deleted_at IS NOT NULL`;
const SEQ = "max(told.value->>'seq', coalesce(erased.version, 0))";
const PRESENT = "told.value->>'present' AND erased.version IS NULL";

const REACTIONS = `INSERT INTO reaction(room_id, target_seq, emoji, user_id, seq, present)
  SELECT ?1, told.value->>'target', told.value->>'emoji', ${who("userId")}, ${SEQ}, ${PRESENT}
  FROM json_each(?2) AS told ${ERASED} WHERE true
  ON CONFLICT(room_id, target_seq, emoji, user_id) DO UPDATE SET seq = excluded.seq, present = excluded.present
  WHERE excluded.seq > reaction.seq`;

const PINS = `INSERT INTO pin(room_id, target_seq, user_id, seq, present)
  SELECT ?1, told.value->>'target', ${who("userId")}, ${SEQ}, ${PRESENT}
  FROM json_each(?2) AS told ${ERASED} WHERE true
  ON CONFLICT(room_id, target_seq) DO UPDATE SET user_id = excluded.user_id, seq = excluded.seq, present = excluded.present
  WHERE excluded.seq > pin.seq`;

/** Here and in READ: without the IN, all rows of the room would be read. */
const UNMARKED = ["reaction", "pin"].map(
  (table) => `UPDATE ${table} SET present = 0, seq = told.value->>'version' FROM json_each(?2) AS told
    WHERE room_id = ?1 AND target_seq IN (SELECT value->>'seq' FROM json_each(?2))
    AND target_seq = told.value->>'seq' AND ${table}.seq < told.value->>'version'`,
);

/** Messages that somebody else erased. The entry's own seq makes the id, so that it counts once. */
const AUDIT = `INSERT INTO audit(id, room_id, actor_id, action, subject, seq, at)
  SELECT ?1 || '.' || (told.value->>'version'), ?1, ${who("deletedBy")}, 'delete_message', message.user_id, message.seq,
    told.value->>'deletedAt'
  FROM json_each(?2) AS told JOIN message ON message.room_id = ?1 AND message.seq = told.value->>'seq'
  WHERE ${who("deletedBy")} IS NOT message.user_id
  ON CONFLICT(id) DO NOTHING`;

const NEWEST = `UPDATE room SET head_seq = max(head_seq, ?2), last_at = max(coalesce(last_at, 0), ?3)
  WHERE id = ?1 AND (head_seq < ?2 OR last_at IS NULL OR last_at < ?3)`;

const READ = `UPDATE member SET read_seq = told.value->>'readSeq' FROM json_each(?2) AS told
  WHERE room_id = ?1 AND user_id IN (SELECT value->>'userId' FROM json_each(?2))
  AND user_id = told.value->>'userId' AND read_seq < told.value->>'readSeq'`;
