// The rooms that somebody is in, for what goes through all of them at once. Rights follow from it, so it is never cached.

/** A room and what the user is in it. */
export interface JoinedRoom {
  readonly id: string;
  readonly title: string;
  readonly role: "owner" | "moderator" | "member" | "banned";
  readonly joinedAt: number;
  readonly readSeq: number;
}

const LIST = `SELECT room.id, room.title, member.role, member.joined_at AS joinedAt, member.read_seq AS readSeq
  FROM member JOIN room ON room.id = member.room_id WHERE member.user_id = ?1 AND room.deleted_at IS NULL`;

/** Rooms that the user may read as a member, those first in which something was said last. */
export async function readableRooms(db: D1Database, userId: string, limit: number): Promise<string[]> {
  const { results } = await db
    .prepare(`${LIST} AND member.role <> 'banned' ORDER BY coalesce(room.last_at, room.created_at) DESC LIMIT ?2`)
    .bind(userId, limit)
    .all<JoinedRoom>();
  return results.map(({ id }) => id);
}

/** All rooms that the user is in, or is banned from, the first joined first. */
export async function memberships(db: D1Database, userId: string): Promise<JoinedRoom[]> {
  const { results } = await db.prepare(`${LIST} ORDER BY member.joined_at, room.id`).bind(userId).all<JoinedRoom>();
  return results;
}
