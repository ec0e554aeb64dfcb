// What is left to do when an account was deleted: in every room where the user was, the name is forgotten, the sockets are closed and,
// where it was asked for, what the user wrote is erased. Each step may be done twice.
import { removeUser } from "../../auth";
import { type Bindings, logFailure, now } from "../../platform";
import { removeAvatars } from "../files/avatars";
import { dropUnsent } from "../files/drop";
import { GONE_NAME } from "../log/people";

/** Rooms of one run. */
const ROOMS_MAX = 50;
/** Parts of one room's erasure in one run; what is left comes with the next. */
const PARTS_MAX = 20;

/** Where a run came to: the last room it was in, and a room that failed on the way, if any ("" = none). */
export interface Progress {
  readonly after: string;
  readonly missed: string;
}

/** The rooms where a user is or has been, or has left something, behind one of them. */
const ROOMS = `SELECT room_id AS roomId, max(leftAt) AS leftAt FROM (
    SELECT room_id, changed_at AS leftAt FROM departure WHERE user_id = ?1
    UNION ALL SELECT room_id, NULL FROM message WHERE user_id = ?1
    UNION ALL SELECT room_id, NULL FROM reaction WHERE user_id = ?1
    UNION ALL SELECT room_id, NULL FROM file WHERE user_id = ?1
    UNION ALL SELECT id, NULL FROM room WHERE created_by = ?1
  ) WHERE room_id > ?2 GROUP BY room_id ORDER BY room_id LIMIT ${ROOMS_MAX}`;

/** Memberships that the user still had, or got while the account went. */
const DEPART = `INSERT INTO departure(room_id, user_id, changed_at)
  SELECT room_id, user_id, max(changed_at + 1, ?2) FROM member WHERE user_id = ?1
  ON CONFLICT DO UPDATE SET changed_at = max(changed_at, excluded.changed_at)`;

/** Guests that the user was before. A room that was not told of it shows them as others still, and has what they wrote. */
const GUESTS = "SELECT guest_id AS id FROM adoption WHERE user_id = ?1";

/** Does some of it, from `begun` on. Null when all is done. A room that fails holds up no other; all are gone through again for it. */
export async function eraseUser(
  env: Bindings,
  userId: string,
  messages: boolean,
  begun: Progress,
): Promise<Progress | null> {
  await removeUser(env, userId);
  await env.DB.batch([
    env.DB.prepare(DEPART).bind(userId, now()),
    env.DB.prepare("DELETE FROM member WHERE user_id = ?1").bind(userId),
  ]);
  const { results } = await env.DB.prepare(ROOMS)
    .bind(userId, begun.after)
    .all<{ roomId: string; leftAt: number | null }>();
  const { results: adopted } = await env.DB.prepare(GUESTS).bind(userId).all<{ id: string }>();
  const guests = adopted.map(({ id }) => id);
  let { after, missed } = begun;
  for (const { roomId, leftAt } of results) {
    try {
      if (!(await eraseIn(env, roomId, { userId, messages, leftAt, guests }))) return { after, missed };
    } catch (thrown) {
      logFailure("erase a user in a room", thrown);
      missed ||= roomId;
    }
    after = roomId;
  }
  if (results.length === ROOMS_MAX) return { after, missed };
  if (missed !== "") return { after: "", missed };
  await removeAvatars(env.FILES, [userId]);
  await dropUnsent(env, userId);
  await env.DB.prepare("DELETE FROM departure WHERE user_id = ?1").bind(userId).run();
  return null;
}

/** Forgets a user in one room; false when there is more of it to do. */
async function eraseIn(
  env: Bindings,
  roomId: string,
  { userId, messages, leftAt, guests }: { userId: string; messages: boolean; leftAt: number | null; guests: string[] },
): Promise<boolean> {
  const room = env.ROOM.getByName(roomId);
  const subject = { userId, name: GONE_NAME, guest: false };
  // first, for whom the room never met is met by it
  if (leftAt !== null) await room.setRole({ subject, role: null, roleAt: leftAt, by: subject, joined: false });
  let next = await room.eraseUser(userId, messages, 0, guests);
  for (let parts = 1; next !== null && parts < PARTS_MAX; parts++)
    next = await room.eraseUser(userId, messages, next, guests);
  return next === null;
}
