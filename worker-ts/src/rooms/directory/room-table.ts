// The table `room` in D1: adding, finding and listing. Rights follow from what is read here, so it is never cached.
import { and, desc, eq, isNotNull, isNull, ne, or, type SQL, sql } from "drizzle-orm";
import type { Database } from "../../platform";
import { addChore } from "../chores/chore-table";
import { member, room } from "../schema";
import { addAudit } from "./audit-table";

/** Rooms one guest may make. */
export const GUEST_ROOMS_MAX = 3;

/** A room as stored. */
export type RoomRow = typeof room.$inferSelect;
/** A caller's standing in a room, `banned` included. */
export type MemberRole = (typeof member.$inferSelect)["role"];

/** A room and what the caller is in it; role null for no member. */
export interface RoomOfCaller {
  readonly room: RoomRow;
  readonly role: MemberRole | null;
}

/** What a new room is made of. */
export interface NewRoom {
  readonly id: string;
  readonly title: string;
  readonly topic: string;
  readonly visibility: RoomRow["visibility"];
  readonly owner: { readonly userId: string; readonly guest: boolean };
  readonly now: number;
}

/** A room and what the caller is in it, with the version of that; null for no member. */
export interface RoomFound extends RoomOfCaller {
  readonly roleAt: number | null;
}

/** The room and the caller's role in it; undefined when there is no such room. */
export async function findRoom(db: Database, id: string, userId: string | null): Promise<RoomFound | undefined> {
  const [found] = await joined(db, userId).where(and(eq(room.id, id), isNull(room.deletedAt)));
  return found;
}

/** Adds a room with its owner, both or neither. Answers why not: the id is taken, or a guest has enough rooms. */
export async function addRoom(db: Database, made: NewRoom): Promise<RoomRow | "room_exists" | "guest_limit"> {
  const { id, title, topic, visibility, owner, now } = made;
  // the count stands in the INSERT itself, so two requests at once cannot both be the third
  const allowed = owner.guest
    ? sql`(SELECT count(*) FROM ${room} WHERE ${room.createdBy} = ${owner.userId}) < ${GUEST_ROOMS_MAX}`
    : sql`true`;
  const values = sql`SELECT ${id}, ${title}, ${topic}, ${visibility}, ${owner.userId}, ${now}, NULL, 0, 0, 0, NULL, 1, NULL, NULL WHERE ${allowed}`;
  // a room that stood before has its people: who once made it and has lost it must not become its owner again
  const owns = sql`SELECT ${room.id}, ${room.createdBy}, 'owner', ${now}, 0, ${now} FROM ${room}
    WHERE ${room.id} = ${id} AND ${room.createdBy} = ${owner.userId}
    AND NOT EXISTS (SELECT 1 FROM ${member} WHERE ${member.roomId} = ${id})`;
  const [[row]] = await db.batch([
    db.insert(room).select(values).onConflictDoNothing().returning(),
    db.insert(member).select(owns).onConflictDoNothing(),
  ]);
  if (row !== undefined) return row;
  const [taken] = await db.select({ id: room.id }).from(room).where(eq(room.id, id));
  return taken ? "room_exists" : "guest_limit";
}

/** What of a room may be changed; what is not named stays. */
export interface RoomChange {
  readonly title?: string | undefined;
  readonly topic?: string | undefined;
  readonly slowModeMs?: number | undefined;
  readonly editWindowMs?: number | undefined;
  readonly closed?: boolean | undefined;
}

/** Holds while ?2 owns the room ?1, which was not deleted. */
const OWNED = `EXISTS (SELECT 1 FROM room WHERE id = ?1 AND deleted_at IS NULL)
  AND EXISTS (SELECT 1 FROM member WHERE room_id = ?1 AND user_id = ?2 AND role = 'owner')`;

const CHANGE = `UPDATE room SET title = coalesce(?3, title), topic = coalesce(?4, topic), slow_mode_ms = coalesce(?5, slow_mode_ms),
  edit_window_ms = coalesce(?6, edit_window_ms),
  closed_at = CASE ?7 WHEN 1 THEN coalesce(closed_at, ?8) WHEN 0 THEN NULL ELSE closed_at END, config_version = config_version + 1
  WHERE id = ?1 AND ${OWNED} RETURNING 1`;

/**
 * Changes a room if `actorId` owns it, with a version of its own; false otherwise, and nothing is changed then. A closed one stays
 * closed since then.
 */
export async function changeRoom(
  db: D1Database,
  roomId: string,
  actorId: string,
  change: RoomChange,
  at: number,
): Promise<boolean> {
  const { title, topic, slowModeMs, editWindowMs, closed } = change;
  const values = [title, topic, slowModeMs, editWindowMs, closed === undefined ? undefined : Number(closed)];
  const told = { roomId, actorId, action: "change_room", subject: null, detail: { ...change }, at } as const;
  const results = await db.batch([
    addAudit(db, told, OWNED, [roomId, actorId]),
    db.prepare(CHANGE).bind(roomId, actorId, ...values.map((value) => value ?? null), at),
  ]);
  return (results.at(-1)?.results.length ?? 0) > 0;
}

const REMOVE = `UPDATE room SET deleted_at = ?3, closed_at = coalesce(closed_at, ?3), config_version = config_version + 1
  WHERE id = ?1 AND ${OWNED} RETURNING config_version AS version`;

/**
 * Deletes a room if `actorId` owns it: nobody finds it from then on, and the chore that follows is put down. Answers the version of
 * its configuration then; undefined otherwise.
 */
export async function removeRoom(
  db: D1Database,
  roomId: string,
  actorId: string,
  purge: boolean,
  at: number,
): Promise<number | undefined> {
  const told = { roomId, actorId, action: "delete_room", subject: null, detail: { purge }, at } as const;
  const results = await db.batch<{ version: number }>([
    addAudit(db, told, OWNED, [roomId, actorId]),
    addChore(db, { kind: "remove-room", subject: roomId, body: { purge }, at }, OWNED, [roomId, actorId]),
    db.prepare(REMOVE).bind(roomId, actorId, at),
  ]);
  return results.at(-1)?.results[0]?.version;
}

/** Where a list goes on: after the room with this time and id. */
export interface ListCursor {
  readonly createdAt: number;
  readonly id: string;
}

/** Which rooms to list: those the caller may see, or only those the caller is in. Newest first. */
export interface ListQuery {
  readonly userId: string | null;
  readonly mine: boolean;
  readonly after: ListCursor | null;
  readonly limit: number;
}

/** A page of rooms; one more than `limit` means that there are more. */
export function listRooms(db: Database, { userId, mine, after, limit }: ListQuery): Promise<RoomOfCaller[]> {
  const isIn = and(isNotNull(member.role), ne(member.role, "banned"));
  const visible = mine ? isIn : or(eq(room.visibility, "public"), isIn);
  const beyond: SQL | undefined =
    after === null ? undefined : sql`(${room.createdAt}, ${room.id}) < (${after.createdAt}, ${after.id})`;
  return joined(db, userId)
    .where(and(isNull(room.deletedAt), visible, beyond))
    .orderBy(desc(room.createdAt), desc(room.id))
    .limit(limit + 1);
}

/** Rooms joined with the caller's own row; for nobody the row is never there. */
function joined(db: Database, userId: string | null) {
  return db
    .select({ room, role: member.role, roleAt: member.changedAt })
    .from(room)
    .leftJoin(member, and(eq(member.roomId, room.id), eq(member.userId, userId ?? "")))
    .$dynamic();
}
