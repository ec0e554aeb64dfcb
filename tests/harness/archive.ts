// What lies on the disk behind a running or killed Worker, read past it: the archive's rows in D1, and what a room's log still holds.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { Told } from "./people.ts";

/** The databases under a folder that have this table. */
export function filesWith(folder: string, table: string): string[] {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".sqlite"));
  return files
    .map((name) => join(folder, name))
    .filter((file) => rowsOf(file, "SELECT 1 FROM sqlite_master WHERE name = ?", table).length > 0);
}

/** How long a database may be locked: of a server that was killed the last threads may still be on their way out. */
const LOCKED_MS_MAX = 30_000;

/** The rows of a query on one database. */
export function rowsOf<T>(file: string, sql: string, ...values: string[]): T[] {
  const database = new DatabaseSync(file, { readOnly: true, timeout: LOCKED_MS_MAX });
  try {
    return database.prepare(sql).all(...values) as T[];
  } finally {
    database.close();
  }
}

/** The rows of a query on each database under a folder that has this table, all together. */
export const query = <T>(folder: string, table: string, sql: string, ...values: string[]): T[] =>
  filesWith(folder, table).flatMap((file) => rowsOf<T>(file, sql, ...values));

/** The archived messages of a room by rising seq, in the shape of the history. */
export function archived(state: string, room: string): Told[] {
  const rows = query<Omit<Told, "author" | "reactions"> & { author: string; reactions: string }>(
    join(state, "v3/d1"),
    "message",
    `SELECT seq, cid AS clientId, text, ts, user_id AS author, edited_at AS editedAt, deleted_at AS deletedAt,
       (SELECT json_group_array(json_object('emoji', emoji, 'count', count)) FROM (
         SELECT emoji, count(*) AS count FROM reaction
         WHERE room_id = message.room_id AND target_seq = message.seq AND present = 1 GROUP BY emoji)) AS reactions
     FROM message WHERE room_id = ? AND kind = 'MSG' ORDER BY seq`,
    room,
  );
  return rows.map(({ author, reactions, ...told }) => ({
    ...told,
    author: { id: author },
    reactions: JSON.parse(reactions),
  }));
}

/** An entry of a log as its row tells it. */
export interface LogRow {
  readonly seq: number;
  /** By the number on the wire (PROTOCOL.md section 6). */
  readonly kind: number;
  /** Seq of the message that it changes; 0 = none. */
  readonly target: number;
  /** The client's message id (UUID). */
  readonly clientId: string;
}

/** The entries of the logs of all rooms, by rising seq. */
export const logged = (state: string): LogRow[] =>
  query<LogRow & { readonly cid: string }>(
    join(state, "v3/do"),
    "log",
    "SELECT seq, kind, target, lower(hex(cid)) AS cid FROM log ORDER BY seq",
  ).map(({ cid, ...row }) => ({ ...row, clientId: cid.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-") }));

/** Entries in the logs of all rooms: those with their frames, all, and messages. Trimming takes frames and leaves messages' rows. */
export function logSize(state: string): { readonly whole: number; readonly rows: number; readonly messages: number } {
  const [size] = query<{ whole: number; rows: number; messages: number }>(
    join(state, "v3/do"),
    "log",
    "SELECT count(frame) AS whole, count(*) AS rows, sum(kind = 4) AS messages FROM log HAVING count(*) > 0",
  );
  return size ?? { whole: 0, rows: 0, messages: 0 };
}
