// The beginning of an account's end, in one transaction: the chore that will finish it, and all memberships over. A room keeps an
// owner: who is the last one somewhere stays until that is settled.
import { addChore, choreId } from "./chore-table";

/** Rooms that only ?1 owns; deleted ones need no owner. */
const OWNED_ALONE = `SELECT room.id FROM member AS own JOIN room ON room.id = own.room_id AND room.deleted_at IS NULL
  WHERE own.user_id = ?1 AND own.role = 'owner' AND NOT EXISTS (
    SELECT 1 FROM member AS other WHERE other.room_id = own.room_id AND other.role = 'owner' AND other.user_id <> ?1)`;

const BEGUN = "EXISTS (SELECT 1 FROM chore WHERE id = ?2)";
const DEPART = `INSERT INTO departure(room_id, user_id, changed_at)
  SELECT room_id, user_id, max(changed_at + 1, ?3) FROM member WHERE user_id = ?1 AND ${BEGUN}
  ON CONFLICT DO UPDATE SET changed_at = max(changed_at, excluded.changed_at)`;

/** What a backup from before brings back is erased again by these rows; guests that the user was before, too. */
const REMEMBER = `INSERT INTO erasure(user_id, messages, at)
  SELECT id, ?3, ?4 FROM (SELECT ?1 AS id UNION SELECT guest_id FROM adoption WHERE user_id = ?1) WHERE ${BEGUN}
  ON CONFLICT(user_id) DO UPDATE SET messages = max(messages, excluded.messages), at = max(at, excluded.at)`;

/** Makes a statement that is run with the beginning; it may write only where `guard` holds: SQL over `values` from ?1 on. */
type Note = (guard: string, values: readonly unknown[]) => D1PreparedStatement;

/**
 * Begins it; false, and nothing is changed, where the user is the last owner of a room. Begun twice, it is the same work, and the note
 * tells of the first time.
 */
export async function beginErasure(
  db: D1Database,
  userId: string,
  messages: boolean,
  now: number,
  note?: Note,
): Promise<boolean> {
  const chore = { kind: "erase-user", subject: userId, body: { messages, after: "", missed: "" }, at: now } as const;
  const id = choreId(chore);
  const results = await db.batch([
    ...(note ? [note(`NOT ${BEGUN} AND NOT EXISTS (${OWNED_ALONE})`, [userId, id])] : []),
    addChore(db, chore, `NOT EXISTS (${OWNED_ALONE})`, [userId]),
    db.prepare(DEPART).bind(userId, id, now),
    db.prepare(`DELETE FROM member WHERE user_id = ?1 AND ${BEGUN}`).bind(userId, id),
    db.prepare(REMEMBER).bind(userId, id, messages ? 1 : 0, now),
    db.prepare("SELECT 1 FROM chore WHERE id = ?1").bind(id),
  ]);
  return (results.at(-1)?.results.length ?? 0) > 0;
}

/** Ids of the rooms that would be left without an owner. */
export async function roomsOwnedAlone(db: D1Database, userId: string): Promise<string[]> {
  const { results } = await db.prepare(`${OWNED_ALONE} ORDER BY room.id LIMIT 20`).bind(userId).all<{ id: string }>();
  return results.map(({ id }) => id);
}
