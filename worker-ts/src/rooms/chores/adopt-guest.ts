// What is left to do when a guest became a user: every room where the guest was is told whose its guest's words are now. Rooms that were
// told leave the chore; each may be told twice.
import { findProfiles } from "../../auth";
import { type Bindings, database, logFailure } from "../../platform";
import { standingsOf } from "../directory/member-table";
import { choreId, findChore } from "./chore-table";

/** Rooms of one run; all are called at once. */
export const ROOMS_MAX = 50;

/** To be run before anything of the guest's moves: of each room, with the role that the user has there until then ('' = none). */
const PUT = `INSERT INTO chore(id, kind, body, at)
  SELECT ?1, 'adopt-guest', json_object('userId', ?3, 'rooms', json_group_object(was.room_id, coalesce(own.role, ''))), ?4
  FROM (SELECT room_id FROM member WHERE user_id = ?2 UNION SELECT room_id FROM departure WHERE user_id = ?2) AS was
    LEFT JOIN member AS own ON own.room_id = was.room_id AND own.user_id = ?3
  WHERE ?2 <> ?3 HAVING count(*) > 0
  ON CONFLICT(id) DO UPDATE SET body = json_set(body, '$.rooms', json_patch(body -> '$.rooms', excluded.body -> '$.rooms'))`;

/** Puts the chore down, for the transaction that hands over what the guest has in D1. `at` is ms since 1970. */
export function putAdoption(db: D1Database, guestId: string, userId: string, at: number): D1PreparedStatement {
  return db.prepare(PUT).bind(choreId({ kind: "adopt-guest", subject: guestId }), guestId, userId, at);
}

const TOLD = `UPDATE chore SET body = json_set(body, '$.rooms', (
    SELECT json_group_object(key, value) FROM json_each(chore.body, '$.rooms') WHERE key NOT IN (SELECT value FROM json_each(?2))
  )) WHERE id = ?1`;

/**
 * Tells some of the rooms. False when there are more of them; it rejects when rooms failed, and their neighbours were told all the same.
 * Where the account has gone meanwhile nothing is told: `erase-user` knows whom the user was.
 */
export async function tellAdoption(env: Bindings, guestId: string): Promise<boolean> {
  const id = choreId({ kind: "adopt-guest", subject: guestId });
  const chore = await findChore(env.DB, id);
  if (chore?.kind !== "adopt-guest") return true;
  const { userId, rooms } = chore.body;
  const name = (await findProfiles(env, [userId])).get(userId)?.name;
  const due = Object.entries(rooms);
  const now = due.slice(0, ROOMS_MAX);
  const failed: string[] = [];
  if (name !== undefined) {
    const standings = await standingsOf(database(env), userId);
    const after = new Map(standings.map((standing) => [standing.roomId, standing]));
    const tell = async ([roomId, before]: [string, string]): Promise<void> => {
      const { role, roleAt } = after.get(roomId) ?? { role: null, roleAt: 0 };
      const room = env.ROOM.getByName(roomId);
      await room.adopt(guestId, { userId, name });
      const other = before !== "" && role !== before;
      const subject = { userId, name, guest: false };
      if (other || role === "banned") await room.setRole({ subject, role, roleAt, by: null, joined: false });
    };
    for (const [at, call] of (await Promise.allSettled(now.map(tell))).entries()) {
      if (call.status === "fulfilled") continue;
      logFailure("tell a room whom its guest became", call.reason);
      failed.push(now[at]![0]);
    }
  }
  const told = now.map(([roomId]) => roomId).filter((roomId) => !failed.includes(roomId));
  await env.DB.batch([
    env.DB.prepare(TOLD).bind(id, JSON.stringify(told)),
    env.DB.prepare("DELETE FROM chore WHERE id = ?1 AND body ->> '$.rooms' = '{}'").bind(id),
  ]);
  if (failed.length > 0) throw new Error(`${failed.length} rooms failed, ${failed[0]} among them`);
  return due.length <= ROOMS_MAX;
}
