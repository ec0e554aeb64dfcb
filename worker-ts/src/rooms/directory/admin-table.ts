// What an admin sees of all rooms together, private and deleted ones too. Nothing here is for anybody else.
import { desc, eq, sql } from "drizzle-orm";
import type { Database } from "../../platform";
import { room } from "../schema";
import type { RoomRow } from "./room-table";

/** Which rooms to list, the newest first: those whose id or title holds a text, behind a place in the list. */
export interface EveryRoomQuery {
  readonly q: string | null;
  /** `next` of the page before. */
  readonly after: number | null;
  readonly limit: number;
}

/** The order in which the rows were added; no column of ours holds it. */
const place = sql<number>`${room}.rowid`;

/** Whether a column holds the text, whatever the case of its plain letters. (LIKE takes patterns of 50 bytes in D1.) */
const holds = (column: typeof room.id | typeof room.title, q: string | null) =>
  sql`instr(lower(${column}), lower(${q})) > 0`;

/** A page of all rooms; `next` is null at the end. */
export async function listEveryRoom(
  db: Database,
  { q, after, limit }: EveryRoomQuery,
): Promise<{ rooms: RoomRow[]; next: number | null }> {
  const rows = await db
    .select({ room, place })
    .from(room)
    .where(
      sql`(${after} IS NULL OR ${place} < ${after}) AND (${q} IS NULL OR ${holds(room.id, q)} OR ${holds(room.title, q)})`,
    )
    .orderBy(desc(place))
    .limit(limit + 1);
  const shown = rows.slice(0, limit);
  return { rooms: shown.map((row) => row.room), next: rows.length > limit ? (shown.at(-1)?.place ?? null) : null };
}

/** A room, deleted or not. */
export async function findAnyRoom(db: Database, id: string): Promise<RoomRow | undefined> {
  const [row] = await db.select().from(room).where(eq(room.id, id));
  return row;
}

/** Whether there is a change to make: the room is there, and is not yet as wanted. */
const CHANGES = "EXISTS (SELECT 1 FROM room WHERE id = ?1 AND deleted_at IS NULL AND (closed_at IS NULL) = ?2)";

/**
 * Closes a room or opens it again, with a version of its own; a room that is as wanted stays as it is. `note` makes the statement that
 * tells of it: run with it, it may write only where `guard` holds, SQL over `values` from ?1 on.
 */
export async function setClosed(
  db: D1Database,
  id: string,
  closed: boolean,
  at: number,
  note: (guard: string, values: readonly unknown[]) => D1PreparedStatement,
): Promise<void> {
  const wanted = closed ? 1 : 0;
  const change = `UPDATE room SET closed_at = iif(?2, ?3, NULL), config_version = config_version + 1 WHERE id = ?1 AND ${CHANGES}`;
  await db.batch([note(CHANGES, [id, wanted]), db.prepare(change).bind(id, wanted, at)]);
}

/** Figures over all rooms. Every row of these tables is counted, so it costs more the more there are. */
export interface RoomFigures {
  readonly rooms: {
    readonly total: number;
    readonly private: number;
    readonly closed: number;
    readonly deleted: number;
  };
  readonly files: { readonly total: number; readonly bytes: number };
  readonly deadLetters: { readonly total: number; readonly waiting: number };
  /** Pieces of work that are begun and not finished. */
  readonly chores: number;
}

/** Counts. Deleted rooms are not among the total. */
export async function countRooms(db: D1Database): Promise<RoomFigures> {
  const [rooms, files, deadLetters, chores] = await db.batch<Record<string, number>>([
    db.prepare(`SELECT count(*) AS total, count(CASE WHEN visibility = 'private' THEN 1 END) AS private,
      count(closed_at) AS closed, (SELECT count(deleted_at) FROM room) AS deleted FROM room WHERE deleted_at IS NULL`),
    db.prepare("SELECT count(*) AS total, coalesce(sum(size), 0) AS bytes FROM file WHERE claim IS NOT ''"),
    db.prepare("SELECT count(*) AS total, count(*) - count(replayed_at) AS waiting FROM dead_letter"),
    db.prepare("SELECT count(*) AS total FROM chore"),
  ]);
  return {
    rooms: rooms!.results[0] as unknown as RoomFigures["rooms"],
    files: files!.results[0] as unknown as RoomFigures["files"],
    deadLetters: deadLetters!.results[0] as unknown as RoomFigures["deadLetters"],
    chores: chores!.results[0]!["total"]!,
  };
}
