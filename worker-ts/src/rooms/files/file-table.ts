// The table `file` in D1. A file is uploaded (its row comes first, with an empty claim), then claimed by one message, then sent:
// the archive writes the message's seq. Rows only: the bytes are in store.ts. Plain SQL, because the consumer is published.
import type { FileFact } from "@ferrule/core";
import {
  CLAIMABLE_MS,
  FILES_PER_MESSAGE_MAX,
  FILES_PER_WINDOW_MAX,
  FILES_WINDOW_MS,
  type FileRow,
  type StoredFile,
  toFact,
} from "./fact";

type Database = Pick<D1Database, "prepare">;

const FIELDS = "id, name, mime, size, width, height";

/** `claim` of a file whose bytes are still coming: the id of no message. */
const COMING = "";

/** Room of what is only counted: its row says that something was uploaded, and goes like all that was never sent. */
export const NO_ROOM = "";

/** Whose file it is, and where. */
interface Owner {
  readonly room: string;
  readonly userId: string;
}

const RESERVE = `INSERT INTO file(id, room_id, user_id, claim, name, mime, size, width, height, created_at)
  SELECT ?1, ?2, ?3, '${COMING}', ?4, '', ?5, 0, 0, ?6
  WHERE (SELECT count(*) FROM file WHERE user_id = ?3 AND created_at > ?6 - ${FILES_WINDOW_MS}) < ${FILES_PER_WINDOW_MAX}`;

const OLDEST = `SELECT created_at AS at FROM file WHERE user_id = ?1 ORDER BY created_at DESC LIMIT 1
  OFFSET ${FILES_PER_WINDOW_MAX - 1}`;

/**
 * Writes down that a file is coming, before its bytes do: so each counts, even one that never arrives. Answers how long (ms) its
 * owner has to wait when there were too many; 0 when it was written.
 */
export async function reserveFile(
  db: Database,
  { room, userId }: Owner,
  { id, name, size }: Pick<FileRow, "id" | "name" | "size">,
  now: number,
): Promise<number> {
  const { meta } = await db.prepare(RESERVE).bind(id, room, userId, name, size, now).run();
  if (meta.changes > 0) return 0;
  const oldest = await db.prepare(OLDEST).bind(userId).first<number>("at");
  return Math.max(1_000, (oldest ?? now) + FILES_WINDOW_MS - now);
}

/** The bytes are there: from now on a message may take the file. False when the row is gone, with the room or the person. */
export async function finishFile(
  db: Database,
  { id, mime, width, height, crc }: Pick<StoredFile, "id" | "mime" | "width" | "height" | "crc">,
): Promise<boolean> {
  const { meta } = await db
    .prepare(
      `UPDATE file SET claim = NULL, mime = ?2, width = ?3, height = ?4, crc = ?5 WHERE id = ?1 AND claim = '${COMING}'`,
    )
    .bind(id, mime, width, height, crc)
    .run();
  return meta.changes > 0;
}

/** A file of a room; one that no message has taken yet is there for its owner alone. */
export function findFile(db: Database, room: string, id: string, reader: string | null): Promise<StoredFile | null> {
  return db
    .prepare(
      `SELECT ${FIELDS}, crc FROM file WHERE id = ?1 AND room_id = ?2
      AND (seq IS NOT NULL OR claim <> '${COMING}' OR (claim IS NULL AND user_id = ?3))`,
    )
    .bind(id, room, reader)
    .first<StoredFile>();
}

/** A file with its room and its place in the table. */
export interface PlacedFile extends StoredFile {
  readonly room: string;
  readonly place: number;
}

/** Files whose bytes came, in the order of the table, behind the place `after`. */
export async function listFiles(db: Database, after: number, limit: number): Promise<readonly PlacedFile[]> {
  const { results } = await db
    .prepare(
      `SELECT ${FIELDS}, crc, room_id AS room, rowid AS place FROM file
      WHERE rowid > ?1 AND (seq IS NOT NULL OR coalesce(claim, '-') <> '${COMING}') ORDER BY rowid LIMIT ?2`,
    )
    .bind(after, limit)
    .all<PlacedFile>();
  return results;
}

/** Whether there is (still) such a file. */
export async function hasFile(db: Database, id: string): Promise<boolean> {
  return (await db.prepare("SELECT 1 AS one FROM file WHERE id = ?1").bind(id).first("one")) !== null;
}

/** Writes down the sum of a file that has none yet. */
export async function keepSum(db: Database, id: string, crc: number): Promise<void> {
  await db.prepare("UPDATE file SET crc = ?2 WHERE id = ?1 AND crc IS NULL").bind(id, crc).run();
}

/** What a message may take: its writer's own file of this room, that is nobody's or its own already. */
const CLAIMABLE = `room_id = ?1 AND user_id = ?2 AND id IN (SELECT value FROM json_each(?4))
  AND coalesce(claim, ?3) = ?3 AND (created_at > ?5 OR seq IS NOT NULL)`;

/** All of them or none. The look-up in the last line is made once, before anything is written. */
const CLAIM = `UPDATE file SET claim = ?3 WHERE ${CLAIMABLE}
  AND (SELECT count(*) FROM file WHERE ${CLAIMABLE}) = json_array_length(?4)
  RETURNING ${FIELDS}, rowid AS place`;

/**
 * Takes files for a message that is about to be written, whose client message id (UUID as text) is `cid`: as the message is to
 * carry them, in the order of their upload. A repeat for the same message takes the same. Null when one of them is not there, is
 * not the user's or of another room, goes with another message, is named twice, or when they are too many: then none is taken.
 */
export async function claimFiles(
  db: Database,
  room: string,
  userId: string,
  cid: string,
  ids: readonly string[],
  now: number,
): Promise<FileFact[] | null> {
  if (ids.length === 0) return [];
  if (ids.length > FILES_PER_MESSAGE_MAX) return null;
  const { results } = await db
    .prepare(CLAIM)
    .bind(room, userId, cid, JSON.stringify(ids), now - CLAIMABLE_MS)
    .all<FileRow & { place: number }>();
  if (results.length === 0) return null;
  return results.sort((a, b) => a.place - b.place).map(({ place: _, ...row }) => toFact(row));
}

/**
 * Gives back what was claimed for a message that was refused and that nobody can send again, because nobody else knows its id.
 * Another message may take the files then.
 */
export async function releaseFiles(db: Database, room: string, userId: string, cid: string): Promise<void> {
  await db
    .prepare("UPDATE file SET claim = NULL WHERE room_id = ?1 AND user_id = ?2 AND claim = ?3 AND seq IS NULL")
    .bind(room, userId, cid)
    .run();
}

/** The files of messages, by seq, as the archive knows them: for messages whose own entry is gone from the room. */
export async function filesOfMessages(
  db: Database,
  room: string,
  seqs: readonly number[],
): Promise<ReadonlyMap<number, readonly FileFact[]>> {
  const { results } = await db
    .prepare(
      `SELECT ${FIELDS}, seq FROM file WHERE room_id = ?1 AND seq IN (SELECT value FROM json_each(?2)) ORDER BY seq, rowid`,
    )
    .bind(room, JSON.stringify(seqs))
    .all<FileRow & { seq: number }>();
  const files = new Map<number, FileFact[]>();
  for (const { seq, ...row } of results) files.set(seq, [...(files.get(seq) ?? []), toFact(row)]);
  return files;
}

/** A statement that writes down with which messages files went out; `sent` is JSON: [{id, seq}]. For the archive's transaction. */
export function markSent(db: Database, room: string, sent: string): D1PreparedStatement {
  return db
    .prepare(
      `UPDATE file SET seq = told.value->>'seq' FROM json_each(?2) AS told
      WHERE file.id = told.value->>'id' AND file.room_id = ?1 AND file.seq IS NULL AND file.claim IS NOT NULL`,
    )
    .bind(room, sent);
}
