// Changing what somebody is in a room, in D1: read, decide by the rules, then write only if everybody is still what was read. So
// requests that come at once have an effect as if they had come one after another, and the last owner stays.
import { type AuditAction, addAudit } from "../directory/audit-table";
import { mayChange, mayStepDown, type Standing } from "./rules";

/** What is wanted: `subjectId` becomes `to` by the will of `actorId`, who may be the same. */
export interface WantedChange {
  readonly roomId: string;
  readonly actorId: string;
  readonly subjectId: string;
  readonly to: Standing;
  /** Time of the change, ms since 1970. */
  readonly now: number;
}

/** What has become of it. `from` equals `to` where it was so before. */
export interface Changed {
  readonly from: Standing;
  readonly to: Standing;
  /** Version of the membership now; of its end, when there is none. */
  readonly roleAt: number;
  readonly joinedAt: number | null;
}

/** Why nothing was changed; `not_found`: the subject neither is nor was a member. */
export type ChangeRefusal = "forbidden" | "last_owner" | "not_found" | "conflict";

/** So often it is tried again because somebody else was quicker. */
const TRIES_MAX = 20;

interface Found {
  readonly actor: Standing;
  readonly from: Standing;
  readonly changedAt: number | null;
  readonly joinedAt: number | null;
  /** Version of the end of an earlier membership. */
  readonly leftAt: number | null;
  readonly otherOwners: number;
}

const READ = `SELECT
    (SELECT role FROM member WHERE room_id = ?1 AND user_id = ?3) AS actor, subject.role AS "from",
    subject.changed_at AS changedAt, subject.joined_at AS joinedAt,
    (SELECT changed_at FROM departure WHERE room_id = ?1 AND user_id = ?2) AS leftAt,
    (SELECT count(*) FROM member WHERE room_id = ?1 AND role = 'owner' AND user_id <> ?2) AS otherOwners
  FROM (SELECT 1) LEFT JOIN member AS subject ON subject.room_id = ?1 AND subject.user_id = ?2`;

/** Changes it, or says why not. The room is not told: that is the caller's, also where nothing was changed (it may not know yet). */
export async function changeMember(db: D1Database, wanted: WantedChange): Promise<Changed | ChangeRefusal> {
  const { roomId, actorId, subjectId, to } = wanted;
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    const found = await db.prepare(READ).bind(roomId, subjectId, actorId).first<Found>();
    if (found === null) throw new Error("a SELECT without FROM has a row");
    const { actor, from, changedAt, joinedAt, leftAt, otherOwners } = found;
    if (!(actorId === subjectId ? mayStepDown(from, to) : mayChange(actor, from, to))) return "forbidden";
    if (from === to) {
      const roleAt = changedAt ?? leftAt;
      return roleAt === null ? "not_found" : { from, to, roleAt, joinedAt };
    }
    if (from === "owner" && otherOwners === 0) return "last_owner";
    const roleAt = Math.max(wanted.now, (changedAt ?? leftAt ?? -1) + 1);
    if (await write(db, wanted, found, roleAt)) return { from, to, roleAt, joinedAt: joinedAt ?? wanted.now };
  }
  return "conflict";
}

/** Holds while the actor (?3) is what was read (?4), the subject (?2) too (?5, ?6), and the room (?1) keeps an owner. */
const UNCHANGED = `(SELECT role FROM member WHERE room_id = ?1 AND user_id = ?3) IS ?4
  AND (SELECT role FROM member WHERE room_id = ?1 AND user_id = ?2) IS ?5
  AND (SELECT changed_at FROM member WHERE room_id = ?1 AND user_id = ?2) IS ?6
  AND (?5 IS NOT 'owner' OR EXISTS (SELECT 1 FROM member WHERE room_id = ?1 AND role = 'owner' AND user_id <> ?2))`;

const INSERT = `INSERT INTO member(room_id, user_id, role, joined_at, changed_at)
  SELECT ?1, ?2, ?7, ?9, ?8 WHERE ${UNCHANGED} RETURNING 1`;
const UPDATE = `UPDATE member SET role = ?7, changed_at = ?8 WHERE room_id = ?1 AND user_id = ?2 AND ${UNCHANGED} RETURNING 1`;
const DEPART = `INSERT INTO departure(room_id, user_id, changed_at) SELECT ?1, ?2, ?7 WHERE ${UNCHANGED}
  ON CONFLICT DO UPDATE SET changed_at = max(changed_at, excluded.changed_at)`;
const DELETE = `DELETE FROM member WHERE room_id = ?1 AND user_id = ?2 AND ${UNCHANGED} RETURNING 1`;

/** Writes the change with its audit, all or nothing. False when something was no more as read. */
async function write(db: D1Database, wanted: WantedChange, found: Found, roleAt: number): Promise<boolean> {
  const { roomId, subjectId, actorId, to, now } = wanted;
  const read = [roomId, subjectId, actorId, found.actor, found.from, found.changedAt];
  const statements =
    to === null
      ? [db.prepare(DEPART).bind(...read, roleAt), db.prepare(DELETE).bind(...read)]
      : found.from === null
        ? [db.prepare(INSERT).bind(...read, to, roleAt, now)]
        : [db.prepare(UPDATE).bind(...read, to, roleAt)];
  const told = auditOf(wanted, found.from);
  // first of all, for its guard asks for what the others change
  if (told !== null) statements.unshift(addAudit(db, told, UNCHANGED, read));
  const results = await db.batch(statements);
  return (results.at(-1)?.results.length ?? 0) > 0;
}

/** What the audit is told; nothing of those who leave by themselves. */
function auditOf({ roomId, actorId, subjectId, to, now }: WantedChange, from: Standing) {
  if (actorId === subjectId && to === null) return null;
  const entry = { roomId, actorId, subject: subjectId, at: now };
  const action: AuditAction = to === "banned" ? "ban" : from === "banned" ? "unban" : to === null ? "remove" : "role";
  return { ...entry, action, detail: action === "ban" || action === "remove" ? { from } : { from, to } };
}
