// The table `member` in D1: joining a public room, and listing who is in one. Changing what others are is in change.ts, by invitation
// comes who is in invite-table.ts, and people who become others or go are in directory/member-table.ts.
import { and, desc, eq, gt, sql } from "drizzle-orm";
import type { Database } from "../../platform";
import { member } from "../schema";

/** A membership as stored. */
export type MemberRow = typeof member.$inferSelect;

/**
 * The user's membership of a public room, made as plain member when there is none; one that is there stays as it is. Undefined when
 * the room is not public any more.
 */
export async function provideMember(
  db: D1Database,
  roomId: string,
  userId: string,
  now: number,
): Promise<MemberRow | undefined> {
  const [, read] = await db.batch<MemberRow>([
    db.prepare(JOIN).bind(roomId, userId, now),
    db.prepare(`SELECT ${COLUMNS} FROM member WHERE room_id = ?1 AND user_id = ?2`).bind(roomId, userId),
  ]);
  return read?.results[0];
}

const COLUMNS =
  "room_id AS roomId, user_id AS userId, role, joined_at AS joinedAt, read_seq AS readSeq, changed_at AS changedAt";

/** The version of a new membership of ?2 in ?1 at ?3: above that of an earlier one, though the clocks of two machines differ. */
export const NEW_VERSION =
  "max(?3, coalesce((SELECT changed_at + 1 FROM departure WHERE room_id = ?1 AND user_id = ?2), 0))";

const JOIN = `INSERT INTO member(room_id, user_id, role, joined_at, changed_at)
  SELECT ?1, ?2, 'member', ?3, ${NEW_VERSION}
  WHERE EXISTS (SELECT 1 FROM room WHERE id = ?1 AND visibility = 'public' AND deleted_at IS NULL)
  ON CONFLICT DO NOTHING`;

/** Where a list goes on: behind the member with these. */
export type MemberCursor = Pick<MemberRow, "role" | "joinedAt" | "userId">;

/** A page of those who are in a room: owners, moderators, members, then (where asked for) who is banned; each the newest first. */
export interface MembersQuery {
  readonly roomId: string;
  readonly banned: boolean;
  readonly after: MemberCursor | null;
  readonly limit: number;
}

/** One more than `limit` means that there are more. The names of the roles happen to be in that order, backwards, and so is the index. */
export function listMembers(db: Database, { roomId, banned, after, limit }: MembersQuery): Promise<MemberRow[]> {
  const beyond =
    after === null
      ? undefined
      : sql`(${member.role}, ${member.joinedAt}, ${member.userId}) < (${after.role}, ${after.joinedAt}, ${after.userId})`;
  return db
    .select()
    .from(member)
    .where(and(eq(member.roomId, roomId), banned ? undefined : gt(member.role, "banned"), beyond))
    .orderBy(desc(member.role), desc(member.joinedAt), desc(member.userId))
    .limit(limit + 1);
}
