// How far the archive of a room has come, as a time: for deciding what no message can have any more.
import { type Bindings, logFailure, now } from "../../../platform";
import { roomStub } from "../access";

/** Until when (ms since 1970) all that a room wrote is in the archive. 0 when the room does not say, so that nothing follows from it. */
export async function archivedUntil(env: Bindings, room: string): Promise<number> {
  const asked = now();
  try {
    const { archivedSeq, headSeq } = await roomStub(env, room).stats();
    if (archivedSeq >= headSeq) return asked;
    const newest = "SELECT ts FROM message WHERE room_id = ?1 AND seq <= ?2 ORDER BY seq DESC LIMIT 1";
    return (await env.DB.prepare(newest).bind(room, archivedSeq).first<number>("ts")) ?? 0;
  } catch (thrown) {
    logFailure("ask how far the archive of a room has come", thrown);
    return 0;
  }
}
