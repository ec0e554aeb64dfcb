// The table `room` in D1: adding, finding and listing. Rights follow from what is read here, so it is never cached.
import { and, desc, eq, isNotNull, ne, or, type SQL, sql } from "drizzle-orm";
import type { Database } from "../../platform";
import { member, room } from "../schema";

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

/** The room and the caller's role in it; undefined when there is no such room. */
export async function findRoom(db: Database, id: string, userId: string | null): Promise<RoomOfCaller | undefined> {
  const [found] = await joined(db, userId).where(eq(room.id, id));
  return found;
}

/** Adds a room with its owner, both or neither. Answers why not: the id is taken, or a guest has enough rooms. */
export async function addRoom(db: Database, made: NewRoom): Promise<RoomRow | "room_exists" | "guest_limit"> {
  const { id, title, topic, visibility, owner, now } = made;
  // the count stands in the INSERT itself, so two requests at once cannot both be the third
  const allowed = owner.guest
    ? sql`(SELECT count(*) FROM ${room} WHERE ${room.createdBy} = ${owner.userId}) < ${GUEST_ROOMS_MAX}`
    : sql`true`;
  const values = sql`SELECT ${id}, ${title}, ${topic}, ${visibility}, ${owner.userId}, ${now}, NULL, 0, 0, 0, NULL, 1 WHERE ${allowed}`;
  // a room that stood before has its people: who once made it and has lost it must not become its owner again
  const owns = sql`SELECT ${room.id}, ${room.createdBy}, 'owner', ${now}, 0, ${now} FROM ${room}
    WHERE ${room.id} = ${id} AND ${room.createdBy} = ${owner.userId}
    AND NOT EXISTS (SELECT 1 FROM ${member} WHERE ${member.roomId} = ${id})`;
  const [[row]] = await db.batch([
    db.insert(room).select(values).onConflictDoNothing().returning(),
    db.insert(member).select(owns).onConflictDoNothing(),
  ]);
  if (row !== undefined) return row;
  return (await findRoom(db, id, null)) ? "room_exists" : "guest_limit";
}

/** What of a room may be changed; what is not named stays. */
export interface RoomChange {
  readonly title?: string | undefined;
  readonly topic?: string | undefined;
  readonly slowModeMs?: number | undefined;
  readonly editWindowMs?: number | undefined;
  readonly closed?: boolean | undefined;
}

/** Changes a room, which must exist, and answers it as it is then, with a version of its own. A closed one stays closed since then. */
export async function changeRoom(db: Database, id: string, change: RoomChange, now: number): Promise<RoomRow> {
  const { closed, ...columns } = change;
  const closedAt = closed === undefined ? {} : { closedAt: closed ? sql`coalesce(${room.closedAt}, ${now})` : null };
  const [row] = await db
    .update(room)
    .set({ ...columns, ...closedAt, configVersion: sql`${room.configVersion} + 1` })
    .where(eq(room.id, id))
    .returning();
  if (row === undefined) throw new Error(`the room ${id} is gone`);
  return row;
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
    .where(and(visible, beyond))
    .orderBy(desc(room.createdAt), desc(room.id))
    .limit(limit + 1);
}

/** Rooms joined with the caller's own row; for nobody the row is never there. */
function joined(db: Database, userId: string | null) {
  return db
    .select({ room, role: member.role })
    .from(room)
    .leftJoin(member, and(eq(member.roomId, room.id), eq(member.userId, userId ?? "")))
    .$dynamic();
}
