// The table `audit` in D1: what was done with rights, by whom, to whom. Rows are added and read, never changed; each is added in the
// same transaction as what it tells of.
import { and, desc, eq, sql } from "drizzle-orm";
import { type Database, randomLetters } from "../../platform";
import { audit } from "../schema";

/**
 * What an entry tells. `detail` holds: of `role` and `unban` the roles `from` and `to`, of `ban` and `remove` `from`; of `change_room`
 * what was changed to what; of `delete_room` whether it was to be purged (`purge`); of `make_invite` `role`, `uses`, `expiresAt`;
 * of `begin_backup`, `begin_restore` and `end_restore` its id (`backup`, `restore`) and when the backup was made (`at`);
 * of `replay_letter`, `discard_letter` and `send_message` the `queue`, and the letter's id (`letter`) or how long the message was
 * (`bytes`); of `disconnect` the connection (`conn`); of `delete_user` whether what they wrote goes too (`messages`); of `begin_chore`
 * the `chore`; of `wake_run` the run (`runId`).
 */
export type AuditAction =
  | "ban"
  | "unban"
  | "remove"
  | "role"
  | "make_invite"
  | "change_room"
  | "delete_room"
  | "delete_message"
  | "disable_user"
  | "enable_user"
  | "delete_user"
  | "sign_out_user"
  | "resend_archive"
  | "disconnect"
  | "begin_chore"
  | "wake_run"
  | "discard_letter"
  | "replay_letter"
  | "send_message"
  | "begin_backup"
  | "begin_restore"
  | "end_restore";

/** An entry as stored. */
export type AuditRow = typeof audit.$inferSelect;

/** An entry to add; `at` in ms since 1970. */
export interface NewAudit extends Pick<AuditRow, "roomId" | "actorId" | "subject" | "at"> {
  readonly action: AuditAction;
  readonly detail: Readonly<Record<string, unknown>>;
}

const ID_LETTERS = 8;
const ID_DIGITS = 9;

/** An id that rises with time: the ms in base 36, and letters of chance. */
export function auditId(at: number): string {
  return `${at.toString(36).padStart(ID_DIGITS, "0")}-${randomLetters(ID_LETTERS)}`;
}

/**
 * Adds an entry, where `guard` holds: SQL over the parameters from ?1 on, bound to `values`. Put before the statement that changes
 * what it asks for, in one batch.
 */
export function addAudit(
  db: Pick<D1Database, "prepare">,
  { roomId, actorId, action, subject, detail, at }: NewAudit,
  guard = "1",
  values: readonly unknown[] = [],
): D1PreparedStatement {
  const [n, row] = [values.length, [auditId(at), roomId, actorId, action, subject, JSON.stringify(detail), at]];
  const places = row.map((_, i) => `?${n + i + 1}`).join(", ");
  return db
    .prepare(`INSERT INTO audit(id, room_id, actor_id, action, subject, detail, at) SELECT ${places} WHERE ${guard}`)
    .bind(...values, ...row);
}

/**
 * Adds an entry, unless the same was added within the last `ms`: false then. Two who do the same at once are one, and one note tells of
 * both.
 */
export async function addAuditOnce(db: Pick<D1Database, "prepare">, entry: NewAudit, ms: number): Promise<boolean> {
  const { roomId, action, subject, detail, at } = entry;
  const same = `SELECT 1 FROM audit WHERE at > ?1 AND action = ?2 AND room_id IS ?3 AND subject IS ?4 AND detail = ?5`;
  const values = [at - ms, action, roomId, subject, JSON.stringify(detail)];
  const { meta } = await addAudit(db, entry, `NOT EXISTS (${same})`, values).run();
  return meta.changes > 0;
}

/** Where a list goes on: behind the entry with this time and id. */
export interface AuditCursor {
  readonly at: number;
  readonly id: string;
}

/** A page of entries, of one room or (null) of all, the newest first; one more than `limit` means that there are more. */
export function listAudit(
  db: Database,
  roomId: string | null,
  after: AuditCursor | null,
  limit: number,
): Promise<AuditRow[]> {
  const inRoom = roomId === null ? undefined : eq(audit.roomId, roomId);
  const beyond = after === null ? undefined : sql`(${audit.at}, ${audit.id}) < (${after.at}, ${after.id})`;
  return db
    .select()
    .from(audit)
    .where(and(inRoom, beyond))
    .orderBy(desc(audit.at), desc(audit.id))
    .limit(limit + 1);
}
