// The table `invite` in D1: invitations into rooms, by the hash of their token. An invitation is worth what who made it could still
// give: it ends when its maker is banned, leaves, or loses the role it takes, and rests while an admin keeps its maker out.
import { addAudit } from "../directory/audit-table";
import type { invite, member } from "../schema";
import { NEW_VERSION } from "./roster-table";

/** Most invitations of a room that are open at once. */
export const INVITES_PER_ROOM_MAX = 100;

/** What an invitation makes of who comes by it. */
export type InviteRole = (typeof invite.$inferSelect)["role"];

/** A new invitation. Times are ms since 1970. */
export interface NewInvite {
  readonly tokenHash: string;
  readonly roomId: string;
  readonly role: InviteRole;
  readonly createdBy: string;
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly uses: number;
}

/** Adds an invitation; false when the room has enough of them. That its maker may make it is asked for when it is used. */
export async function addInvite(db: D1Database, made: NewInvite): Promise<boolean> {
  const { tokenHash, roomId, role, createdBy, createdAt, expiresAt, uses } = made;
  const few = `(SELECT count(*) FROM invite WHERE room_id = ?1 AND expires_at > ?2 AND uses_left > 0) < ${INVITES_PER_ROOM_MAX}`;
  const told = { roomId, actorId: createdBy, action: "make_invite", subject: null, at: createdAt } as const;
  const results = await db.batch([
    addAudit(db, { ...told, detail: { role, uses, expiresAt } }, few, [roomId, createdAt]),
    db
      .prepare(
        `INSERT INTO invite(token_hash, room_id, role, created_by, created_at, expires_at, uses_left)
        SELECT ?3, ?1, ?4, ?5, ?2, ?6, ?7 WHERE ${few} RETURNING 1`,
      )
      .bind(roomId, createdAt, tokenHash, role, createdBy, expiresAt, uses),
  ]);
  return (results.at(-1)?.results.length ?? 0) > 0;
}

/** Where an invitation leads, and what its bearer is there: role null for who is no member. */
export interface Invitation {
  readonly roomId: string;
  readonly role: (typeof member.$inferSelect)["role"] | null;
  readonly roleAt: number | null;
}

/** The invitation of this token, open or not, as this user sees it; null when there is none, or its room is gone. */
export function findInvitation(db: D1Database, tokenHash: string, userId: string): Promise<Invitation | null> {
  return db
    .prepare(
      `SELECT invite.room_id AS roomId, member.role, member.changed_at AS roleAt FROM invite
      JOIN room ON room.id = invite.room_id AND room.deleted_at IS NULL
      LEFT JOIN member ON member.room_id = invite.room_id AND member.user_id = ?2 WHERE invite.token_hash = ?1`,
    )
    .bind(tokenHash, userId)
    .first<Invitation>();
}

/** Whether the invitation ?4 into ?1 is open at ?3 for ?2, who is nothing there yet. Uses are not asked for here. */
const OPEN = `token_hash = ?4 AND room_id = ?1 AND expires_at > ?3
  AND EXISTS (SELECT 1 FROM room WHERE id = ?1 AND deleted_at IS NULL)
  AND EXISTS (SELECT 1 FROM member AS maker WHERE maker.room_id = ?1 AND maker.user_id = invite.created_by
    AND (maker.role = 'owner' OR (maker.role = 'moderator' AND invite.role = 'member')))
  AND NOT EXISTS (SELECT 1 FROM user WHERE id = invite.created_by AND disabled_at IS NOT NULL)
  AND NOT EXISTS (SELECT 1 FROM member WHERE room_id = ?1 AND user_id = ?2)`;

/**
 * Within the transaction a use that is taken may leave 0, which lets the one in who took it; behind it there is no 0, so that whoever
 * comes when there was none left is not let in. A row with -1 stays until it ends.
 */
const TAKE = `UPDATE invite SET uses_left = uses_left - 1 WHERE uses_left > 0 AND ${OPEN}`;
const ENTER = `INSERT INTO member(room_id, user_id, role, joined_at, changed_at)
  SELECT ?1, ?2, role, ?3, ${NEW_VERSION} FROM invite WHERE uses_left >= 0 AND ${OPEN} RETURNING role, changed_at AS roleAt`;
const SPEND = "UPDATE invite SET uses_left = -1 WHERE token_hash = ?1 AND uses_left = 0";

/** What came of an invitation: the new membership. */
export interface Entered {
  readonly role: InviteRole;
  readonly roleAt: number;
}

/** Makes the user a member by this invitation and takes one use of it, both or neither; null when it is not open for this user. */
export async function acceptInvite(
  db: D1Database,
  tokenHash: string,
  roomId: string,
  userId: string,
  now: number,
): Promise<Entered | null> {
  const asked = [roomId, userId, now, tokenHash];
  const [, entered] = await db.batch<Entered>([
    db.prepare(TAKE).bind(...asked),
    db.prepare(ENTER).bind(...asked),
    db.prepare(SPEND).bind(tokenHash),
  ]);
  return entered?.results[0] ?? null;
}

/** Forgets invitations that ended before `time` (ms since 1970). */
export async function sweepInvites(db: D1Database, time: number): Promise<void> {
  await db.prepare("DELETE FROM invite WHERE expires_at < ?1").bind(time).run();
}
