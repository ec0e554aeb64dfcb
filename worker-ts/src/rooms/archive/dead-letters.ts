// What the archive's consumer gave up on: written down in D1, so that somebody can look at it and send it again. The room that
// sent it still has it in its log, and sends it again by itself.
import { logFailure } from "../../platform/log";
import { countDeadLetter } from "../directory/metric-table";
import { flawOf } from "./message";

/** A table of its own is all that dead letters need. */
interface DeadLetterBindings {
  readonly DB: D1Database;
}

/** The wait before a dead letter that could not be written down is tried again, in seconds. */
const RETRY_SECONDS = 60;

/** What a room said that was purged since, or a log that a restore has undone, is written down nowhere, however late a queue gives it up. */
const ADD = `INSERT INTO dead_letter(id, queue, body, error, at) SELECT ?1, ?2, ?3, ?4, ?5
  WHERE NOT EXISTS (SELECT 1 FROM room WHERE id = ?3->>'room' AND purged_at IS NOT NULL)
    AND NOT EXISTS (SELECT 1 FROM retired_epoch WHERE room_id = ?3->>'room' AND epoch = coalesce(?3->>'epoch', ''))
  ON CONFLICT(id) DO NOTHING`;

/**
 * Empties the texts that one room has erased since in its dead letters. CASE, because what was given up on may be anything, and
 * asking what is no JSON for a field is an error.
 */
const SCRUB = `UPDATE dead_letter SET body = json_set(body, '$.messages', (
    SELECT json_group_array(iif(erased.seq IS NULL, json(dead_letter.body -> told.fullkey), json_set(told.value, '$.text', '')))
    FROM json_each(dead_letter.body, '$.messages') AS told LEFT JOIN message AS erased ON erased.room_id = ?1
      AND erased.seq = CASE told.type WHEN 'object' THEN told.value->>'seq' END AND erased.deleted_at IS NOT NULL
  ))
  WHERE body->>'room' = ?1 AND EXISTS (
    SELECT 1 FROM json_each(dead_letter.body, '$.messages') AS told JOIN message AS erased ON erased.room_id = ?1
      AND erased.seq = CASE told.type WHEN 'object' THEN told.value->>'seq' END AND erased.deleted_at IS NOT NULL
    WHERE CASE told.type WHEN 'object' THEN told.value->>'text' ELSE '' END <> ''
  )`;

/** Takes what a room has erased out of its dead letters. */
export function scrubDeadLetters(db: D1Database, room: string): D1PreparedStatement {
  return db.prepare(SCRUB).bind(room);
}

/** Makes the consumer of a dead-letter queue; `queue` names the one that its messages were meant for. It rejects never. */
export function deadLetterConsumer(queue: string): (batch: MessageBatch, env: DeadLetterBindings) => Promise<void> {
  return async (batch, env) => {
    await Promise.all(batch.messages.map((message) => writeDown(message, queue, env.DB)));
  };
}

/** Forgets dead letters that were written down before `time` (ms): they hold texts, which may have been erased since. */
export async function sweepDeadLetters(db: D1Database, time: number): Promise<void> {
  await db.prepare("DELETE FROM dead_letter WHERE at < ?1").bind(time).run();
}

/** A dead letter as a list shows it; times are ms since 1970. */
export interface DeadLetter {
  readonly id: string;
  readonly queue: string;
  /** Bytes of the body as JSON, and how it begins. */
  readonly bytes: number;
  readonly preview: string;
  readonly error: string;
  readonly at: number;
  readonly replayedAt: number | null;
  /** The room and the run that it names; null where it names none. */
  readonly room: string | null;
  readonly runId: string | null;
}

/** Characters of a body that a list shows. */
const PREVIEW_CHARACTERS = 200;

/** Longest name that is taken out of a body. */
const NAME_CHARACTERS = 80;

/** A field of a body, which may be anything. */
const named = (field: string) =>
  `CASE json_type(body, '$.${field}') WHEN 'text' THEN substr(body->>'${field}', 1, ${NAME_CHARACTERS}) END`;

const COLUMNS = `id, queue, length(CAST(body AS BLOB)) AS bytes, substr(body, 1, ${PREVIEW_CHARACTERS}) AS preview, error, at,
  replayed_at AS replayedAt, ${named("room")} AS room, ${named("runId")} AS runId`;

/** Which dead letters to list, the newest first, behind the place of the page before. Null: whatever it is. */
export interface LettersQuery {
  readonly queue: string | null;
  readonly room: string | null;
  /** Only those that were not replayed. */
  readonly waiting: boolean;
  readonly after: number | null;
  readonly limit: number;
}

/** First which, then what they hold: those that wait and those of a room are found by an index, and nobody reads past the others' bodies. */
const listOf = ({ room, waiting }: Pick<LettersQuery, "room" | "waiting">) =>
  `SELECT ${COLUMNS}, rowid AS place FROM dead_letter WHERE rowid IN (
    SELECT rowid FROM dead_letter WHERE (?1 IS NULL OR rowid < ?1) AND (?2 IS NULL OR queue = ?2)
    AND ${room === null ? "?3 IS NULL" : "body->>'room' = ?3"} ${waiting ? "AND replayed_at IS NULL" : ""}
    ORDER BY rowid DESC LIMIT ?4
  ) ORDER BY rowid DESC`;

/** A page of dead letters; `next` is null at the end. */
export async function listDeadLetters(
  db: D1Database,
  { after, queue, room, waiting, limit }: LettersQuery,
): Promise<{ letters: DeadLetter[]; next: number | null }> {
  const { results } = await db
    .prepare(listOf({ room, waiting }))
    .bind(after, queue, room, limit + 1)
    .all<DeadLetter & { place: number }>();
  const shown = results.slice(0, limit);
  return {
    letters: shown.map(({ place: _, ...letter }) => letter),
    next: results.length > limit ? (shown.at(-1)?.place ?? null) : null,
  };
}

/** Dead letters are counted up to so many. */
const COUNTED_MAX = 10_000;

/** Those that wait are counted first. All of it stands in one index: no body is read, which may be 128 KB. */
const COUNT = `SELECT queue, count(*) AS total, count(*) - count(replayed_at) AS waiting
  FROM (SELECT queue, replayed_at FROM dead_letter ORDER BY replayed_at LIMIT ${COUNTED_MAX})
  GROUP BY queue ORDER BY queue`;

/** How many dead letters there are of each queue, and how many of them were not replayed. */
export async function countDeadLetters(
  db: Pick<D1Database, "prepare">,
): Promise<{ queue: string; total: number; waiting: number }[]> {
  const { results } = await db.prepare(COUNT).all<{ queue: string; total: number; waiting: number }>();
  return results;
}

/** A dead letter with its body as JSON; null when there is none. */
export function findDeadLetter(db: D1Database, id: string): Promise<(DeadLetter & { body: string }) | null> {
  return db.prepare(`SELECT ${COLUMNS}, body FROM dead_letter WHERE id = ?1`).bind(id).first();
}

/** The oldest dead letters of a queue that were not replayed. */
export async function waitingLetters(
  db: D1Database,
  queue: string,
  limit: number,
): Promise<{ id: string; queue: string; body: string }[]> {
  const { results } = await db
    .prepare("SELECT id, queue, body FROM dead_letter WHERE queue = ?1 AND replayed_at IS NULL ORDER BY rowid LIMIT ?2")
    .bind(queue, limit)
    .all<{ id: string; queue: string; body: string }>();
  return results;
}

/** Makes the statement that notes a change; run with it, it may write only where `guard` holds: SQL over `values` from ?1 on. */
type Note = (guard: string, values: readonly unknown[]) => D1PreparedStatement;

/** A replay: of which letter, when it was replayed before (null for never), and when it is now. */
interface Claim {
  readonly id: string;
  readonly was: number | null;
  readonly at: number;
}

/** Notes that a dead letter is put into its queue again; null when it is gone, or somebody else did it since `was`. */
export async function claimLetter(db: D1Database, { id, was, at }: Claim, note: Note): Promise<DeadLetter | null> {
  const same = "SELECT 1 FROM dead_letter WHERE id = ?1 AND replayed_at IS ?2";
  const mark = db
    .prepare(`UPDATE dead_letter SET replayed_at = ?3 WHERE id = ?1 AND replayed_at IS ?2 RETURNING ${COLUMNS}`)
    .bind(id, was, at);
  const [, marked] = await db.batch<DeadLetter>([note(`EXISTS (${same})`, [id, was]), mark]);
  return marked?.results[0] ?? null;
}

/** Takes that back: the queue has not taken it. */
export async function unclaimLetter(db: D1Database, { id, was, at }: Claim): Promise<void> {
  await db
    .prepare("UPDATE dead_letter SET replayed_at = ?2 WHERE id = ?1 AND replayed_at = ?3")
    .bind(id, was, at)
    .run();
}

/** Throws a dead letter away; false when it is gone already. */
export async function discardLetter(db: D1Database, id: string, note: Note): Promise<boolean> {
  const [, gone] = await db.batch([
    note("EXISTS (SELECT 1 FROM dead_letter WHERE id = ?1)", [id]),
    db.prepare("DELETE FROM dead_letter WHERE id = ?1 RETURNING 1").bind(id),
  ]);
  return (gone?.results.length ?? 0) > 0;
}

/** A message that was given up. */
export interface GivenUp {
  readonly id: string;
  /** The queue that it was meant for. */
  readonly queue: string;
  /** Anything that JSON can tell. */
  readonly body: unknown;
  readonly error: string;
}

/** Writes down a message that another consumer gave up; twice is once. */
export async function recordDeadLetter(db: D1Database, letter: GivenUp): Promise<void> {
  await db.batch(addition(db, letter));
}

/** Counts it and writes it down. */
const addition = (db: D1Database, { id, queue, body, error }: GivenUp): D1PreparedStatement[] => [
  countDeadLetter(db, id),
  db.prepare(ADD).bind(id, queue, JSON.stringify(body) ?? "null", error, Date.now()),
];

async function writeDown(message: Message, queue: string, db: D1Database): Promise<void> {
  try {
    const { id, body } = message;
    const error =
      flawOf(body) ?? "it was understood, but failed each time it was tried; the log of the Worker tells why";
    await db.batch([
      ...addition(db, { id, queue, body, error }),
      // it may have waited for longer than its texts were to stand
      scrubDeadLetters(db, String((body as { readonly room?: unknown } | null)?.room)),
    ]);
    message.ack();
  } catch (error) {
    logFailure("write a dead letter down", error);
    message.retry({ delaySeconds: RETRY_SECONDS });
  }
}
