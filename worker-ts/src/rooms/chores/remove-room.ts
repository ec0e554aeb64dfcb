// What is left to do when a room was deleted: its sockets end, the list of rooms forgets it; and where it is to be purged, nothing of
// what was said stays anywhere. Each step may be done twice; rows go in parts, so that none lasts too long.
import { type Bindings, now } from "../../platform";
import { forgetListed } from "../directory/listing";
import { filesPrefix } from "../files/fact";

/** Rows of a table that go in one statement: the words of a message leave the index with it, which costs up to 2 ms each. */
const ROWS_AT_ONCE = 200;
/** Files that go at once; a bucket takes no more. */
const FILES_AT_ONCE = 1_000;
/** Parts of one run; what is left comes with the next. */
const PARTS_MAX = 100;

/** Does it; false when there is more to do. */
export async function finishRoom(env: Bindings, roomId: string, purge: boolean): Promise<boolean> {
  if (purge) await markPurged(env, roomId);
  await env.ROOM.getByName(roomId).remove(purge);
  await forgetListed(env, roomId);
  return !purge || (await purgeRows(env, roomId));
}

/** From then on the archive's consumer takes nothing more of the room. The row stays, so that nobody else gets the id. */
async function markPurged({ DB }: Bindings, roomId: string): Promise<void> {
  await DB.prepare(
    "UPDATE room SET purged_at = coalesce(purged_at, ?2), title = '', topic = '' WHERE id = ?1 AND deleted_at IS NOT NULL",
  )
    .bind(roomId, now())
    .run();
}

/** Tables in which rows of a room stand. The archive's first, for they hold what was said. */
const TABLES = ["message", "reaction", "pin", "file", "invite", "member", "departure", "socket_lease"] as const;

async function purgeRows(env: Bindings, roomId: string): Promise<boolean> {
  let parts = 0;
  for (const table of TABLES) {
    for (;;) {
      const { meta } = await env.DB.prepare(
        `DELETE FROM ${table} WHERE rowid IN (SELECT rowid FROM ${table} WHERE room_id = ?1 LIMIT ${ROWS_AT_ONCE})`,
      )
        .bind(roomId)
        .run();
      if (meta.changes === 0) break;
      if (++parts >= PARTS_MAX) return false;
    }
  }
  // bytes that come once their row is gone are removed by who brings them; those that came before it went stand here
  while (await purgeFiles(env, roomId)) if (++parts >= PARTS_MAX) return false;
  await env.DB.batch([
    env.DB.prepare("DELETE FROM dead_letter WHERE body->>'room' = ?1").bind(roomId),
    // who did what stays; what the room was called does not
    env.DB.prepare("UPDATE audit SET detail = json_remove(detail, '$.title', '$.topic') WHERE room_id = ?1").bind(
      roomId,
    ),
  ]);
  return true;
}

/** Removes some of the room's files; false when there were none. */
async function purgeFiles({ FILES }: Bindings, roomId: string): Promise<boolean> {
  const { objects } = await FILES.list({ prefix: filesPrefix(roomId), limit: FILES_AT_ONCE });
  if (objects.length > 0) await FILES.delete(objects.map(({ key }) => key));
  return objects.length > 0;
}
