// How many messages of a room somebody has not read, counted in D1 from what the archive has. Read marks and messages come there
// by the queue, so a count is some seconds behind the room.

/** How far back one room is looked through; what is older does not count. */
const LOOKED_AT_MAX = 1_000;

const COUNT = `SELECT member.room_id AS roomId,
    (SELECT count(*) FILTER (WHERE kind = 'MSG' AND user_id <> ?1 AND deleted_at IS NULL) FROM (
      SELECT kind, user_id, deleted_at FROM message
      WHERE message.room_id = member.room_id AND message.seq > member.read_seq ORDER BY message.seq DESC LIMIT ${LOOKED_AT_MAX}
    )) AS unread
  FROM member WHERE member.user_id = ?1 AND member.role <> 'banned' AND member.room_id IN (SELECT value FROM json_each(?2))`;

/**
 * Messages behind the user's read mark that others wrote and that are not erased, among the newest 1,000 entries: by room, for
 * those of these rooms that the user is in. One query, whatever the number of rooms.
 */
export async function countUnread(
  db: Pick<D1Database, "prepare">,
  userId: string,
  roomIds: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const { results } = await db
    .prepare(COUNT)
    .bind(userId, JSON.stringify(roomIds))
    .all<{ roomId: string; unread: number }>();
  return new Map(results.map(({ roomId, unread }) => [roomId, unread]));
}
