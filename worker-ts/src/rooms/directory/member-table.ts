// The table `member` in D1, where its people change: a guest becomes a user, users go for good. A room keeps an owner through all of
// it, while there is anybody who could be one. Joining, leaving and roles are in membership/.
import { and, eq, isNull, sql } from "drizzle-orm";
import type { Database } from "../../platform";
import { departure, member } from "../schema";

/** What somebody is in a room, with the version of that; role null for who is no member any more. */
export interface StandingIn {
  readonly roomId: string;
  readonly role: (typeof member.$inferSelect)["role"] | null;
  readonly roleAt: number;
}

/** The rooms that a user is in, as whatever, or was in. */
export function standingsOf(db: Database, userId: string): Promise<StandingIn[]> {
  const here = db
    .select({
      roomId: member.roomId,
      role: sql<StandingIn["role"]>`${member.role}`.as("role"),
      roleAt: member.changedAt,
    })
    .from(member)
    .where(eq(member.userId, userId));
  const left = db
    .select({ roomId: departure.roomId, role: sql<StandingIn["role"]>`NULL`.as("role"), roleAt: departure.changedAt })
    .from(departure)
    .leftJoin(member, and(eq(member.roomId, departure.roomId), eq(member.userId, departure.userId)))
    .where(and(eq(departure.userId, userId), isNull(member.userId)));
  return here.unionAll(left);
}

/** Of two memberships of one person this one's role holds. A ban is not shaken off by becoming another; but an owner answers to nobody. */
const rank = (role: string) =>
  `CASE ${role} WHEN 'owner' THEN 4 WHEN 'banned' THEN 3 WHEN 'moderator' THEN 2 ELSE 1 END`;
const RISES = `${rank("excluded.role")} > ${rank("member.role")}`;

/**
 * Hands all that one user has here to another, who may be in some of the rooms already and then keeps the role that weighs more and
 * the further read mark. Every version stays above those that the rooms may know of either. `first` is run before, in the same transaction.
 */
export async function moveMemberships(
  db: D1Database,
  from: string,
  to: string,
  first: readonly D1PreparedStatement[] = [],
): Promise<void> {
  await db.batch([...first, ...MOVES.map((sql) => db.prepare(sql).bind(from, to))]);
}

/** The least version that a membership of ?2 may have where they left once. */
const LEFT =
  "coalesce((SELECT d.changed_at + 1 FROM departure AS d WHERE d.room_id = member.room_id AND d.user_id = ?2), 0)";
const THEIRS = "room_id IN (SELECT room_id FROM member WHERE user_id = ?2)";

/** From ?1 to ?2, in this order; each names both, as a statement must that is given both. */
const MOVES: readonly string[] = [
  "INSERT INTO adoption(guest_id, user_id) SELECT ?1, ?2 WHERE ?1 <> ?2 ON CONFLICT DO NOTHING",
  `INSERT INTO departure(room_id, user_id, changed_at) SELECT room_id, ?2, changed_at FROM departure WHERE user_id = ?1
    ON CONFLICT DO UPDATE SET changed_at = max(changed_at, excluded.changed_at)`,
  `INSERT INTO member(room_id, user_id, role, joined_at, read_seq, changed_at)
    SELECT room_id, ?2, role, joined_at, read_seq, changed_at FROM member WHERE user_id = ?1
    ON CONFLICT DO UPDATE SET role = iif(${RISES}, excluded.role, role),
      changed_at = iif(${RISES}, max(changed_at, excluded.changed_at) + 1, changed_at), read_seq = max(read_seq, excluded.read_seq)`,
  `UPDATE member SET changed_at = ${LEFT} WHERE user_id = ?2 AND changed_at < ${LEFT} AND ?1 <> ?2`,
  "DELETE FROM member WHERE user_id = ?1 AND ?1 <> ?2",
  "DELETE FROM departure WHERE user_id = ?1 AND ?1 <> ?2",
  "UPDATE room SET created_by = ?2 WHERE created_by = ?1",
  "UPDATE message SET user_id = ?2, deleted_by = iif(deleted_by = ?1, ?2, deleted_by) WHERE user_id = ?1",
  "UPDATE file SET user_id = ?2 WHERE user_id = ?1",
  `UPDATE invite SET created_by = ?2 WHERE created_by = ?1 AND ${THEIRS}`,
  `UPDATE pin SET user_id = ?2 WHERE user_id = ?1 AND ${THEIRS}`,
  `INSERT INTO reaction(room_id, target_seq, emoji, user_id, seq, present)
    SELECT room_id, target_seq, emoji, ?2, seq, present FROM reaction WHERE user_id = ?1
    ON CONFLICT DO UPDATE SET seq = excluded.seq, present = excluded.present WHERE excluded.seq > reaction.seq`,
  "DELETE FROM reaction WHERE user_id = ?1 AND ?1 <> ?2",
];

/** The user that a guest became; undefined for everybody else. */
export async function findHeir(db: D1Database, guestId: string): Promise<string | undefined> {
  const row = await db
    .prepare("SELECT user_id AS id FROM adoption WHERE guest_id = ?1")
    .bind(guestId)
    .first<{ id: string }>();
  return row?.id;
}

/** Who became the owner of a room because the last one has gone. */
export interface Heir extends StandingIn {
  readonly userId: string;
}

/**
 * Forgets the memberships of users that go for good. Where they were the only owners, the first of the moderators takes their
 * place, or else of the members: they are answered.
 */
export async function removeMemberships(db: Database, userIds: readonly string[], now: number): Promise<Heir[]> {
  // one parameter for all: D1 takes at most 100
  const gone = sql`(SELECT value FROM json_each(${JSON.stringify(userIds)}))`;
  const heir = sql`(SELECT next.rowid FROM member AS next WHERE next.room_id = owned.room_id AND next.role IN ('moderator', 'member')
    AND next.user_id NOT IN ${gone} ORDER BY next.role DESC, next.joined_at LIMIT 1)`;
  const [heirs] = await db.batch([
    db
      .update(member)
      .set({ role: "owner", changedAt: sql`max(changed_at + 1, ${now})` })
      .where(
        sql`rowid IN (SELECT ${heir} FROM member AS owned WHERE owned.role = 'owner' AND owned.user_id IN ${gone} AND NOT EXISTS (
          SELECT 1 FROM member AS other WHERE other.room_id = owned.room_id AND other.role = 'owner' AND other.user_id NOT IN ${gone}))`,
      )
      .returning({ roomId: member.roomId, userId: member.userId, role: member.role, roleAt: member.changedAt }),
    db.delete(member).where(sql`${member.userId} IN ${gone}`),
    db.delete(departure).where(sql`${departure.userId} IN ${gone}`),
  ]);
  return heirs;
}
