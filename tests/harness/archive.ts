// What lies on the disk behind a running or killed Worker, read past it: the archive's rows in D1, and what a room's log still holds.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { Told } from "./people.ts";

/** The rows of a query on each database under a folder that has this table, all together. */
export function query<T>(folder: string, table: string, sql: string, ...values: string[]): T[] {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".sqlite"));
  return files.flatMap((name) => {
    const database = new DatabaseSync(join(folder, name), { readOnly: true });
    try {
      const there = database.prepare("SELECT 1 FROM sqlite_master WHERE name = ?").get(table) !== undefined;
      return there ? (database.prepare(sql).all(...values) as T[]) : [];
    } finally {
      database.close();
    }
  });
}

/** The archived messages of a room by rising seq, in the shape of the history. */
export function archived(state: string, room: string): Told[] {
  const rows = query<{ seq: number; clientId: string; text: string; ts: number; author: string }>(
    join(state, "v3/d1"),
    "message",
    `SELECT seq, cid AS clientId, text, ts, user_id AS author FROM message
     WHERE room_id = ? AND kind = 'MSG' ORDER BY seq`,
    room,
  );
  return rows.map(({ author, ...told }) => ({ ...told, author: { id: author } }));
}

/** Entries in the logs of all rooms: those with their frames, and all. Trimming takes frames and leaves messages' rows. */
export function logSize(state: string): { readonly whole: number; readonly rows: number } {
  const [size] = query<{ whole: number; rows: number }>(
    join(state, "v3/do"),
    "log",
    "SELECT count(frame) AS whole, count(*) AS rows FROM log HAVING count(*) > 0",
  );
  return size ?? { whole: 0, rows: 0 };
}
