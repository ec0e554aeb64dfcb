// The table `member` in D1: joining, and what becomes of memberships when their person changes or goes.
import { and, eq, sql } from "drizzle-orm";
import type { Database } from "../../platform";
import { member, message, room } from "../schema";

/** A membership as stored. */
export type MemberRow = typeof member.$inferSelect;

/** The user's membership, made as plain member when there is none; one that is there stays as it is. */
export async function provideMember(db: Database, roomId: string, userId: string, now: number): Promise<MemberRow> {
  await db
    .insert(member)
    .values({ roomId, userId, role: "member", joinedAt: now, changedAt: now })
    .onConflictDoNothing();
  const [row] = await db
    .select()
    .from(member)
    .where(and(eq(member.roomId, roomId), eq(member.userId, userId)));
  if (row === undefined) throw new Error(`the membership of ${roomId} is gone again`);
  return row;
}

/** The ids of the rooms that a user is in, as whatever. */
export async function roomsOf(db: Database, userId: string): Promise<string[]> {
  const rows = await db.select({ id: member.roomId }).from(member).where(eq(member.userId, userId));
  return rows.map(({ id }) => id);
}

/**
 * Hands all that one user has here to another, who may be in some of the rooms already and then keeps the higher role and the
 * further read mark.
 */
export async function moveMemberships(db: Database, from: string, to: string): Promise<void> {
  const rank = (role: string) =>
    `CASE ${role} WHEN 'banned' THEN 4 WHEN 'owner' THEN 3 WHEN 'moderator' THEN 2 ELSE 1 END`;
  const rises = sql.raw(`${rank("excluded.role")} > ${rank("member.role")}`);
  const moved = sql`SELECT ${member.roomId}, ${to}, ${member.role}, ${member.joinedAt}, ${member.readSeq}, ${member.changedAt}
    FROM ${member} WHERE ${member.userId} = ${from}`;
  await db.batch([
    db
      .insert(member)
      .select(moved)
      .onConflictDoUpdate({
        target: [member.roomId, member.userId],
        set: {
          role: sql`iif(${rises}, excluded.role, ${member.role})`,
          changedAt: sql`iif(${rises}, excluded.changed_at, ${member.changedAt})`,
          readSeq: sql`max(excluded.read_seq, ${member.readSeq})`,
        },
      }),
    db.delete(member).where(eq(member.userId, from)),
    db.update(room).set({ createdBy: to }).where(eq(room.createdBy, from)),
    db.update(message).set({ userId: to }).where(eq(message.userId, from)),
  ]);
}

/** Forgets the memberships of users that go for good. */
export async function removeMemberships(db: Database, userIds: readonly string[]): Promise<void> {
  // one parameter for all: D1 takes at most 100
  const gone = sql`(SELECT value FROM json_each(${JSON.stringify(userIds)}))`;
  await db.delete(member).where(sql`${member.userId} IN ${gone}`);
}
