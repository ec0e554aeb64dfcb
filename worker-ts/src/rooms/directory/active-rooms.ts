// Rooms where something goes on: those that sessions may have sockets in, by their leases, and those that the archive has heard of lately.
// What is read is limited, and does not grow with the rooms that ever were.

/** How long ago (ms) something may have been said for a room to count as active: a day. */
export const ACTIVE_MS = 86_400_000;
/** Leases, and rooms by their newest entry, that are looked at: the newest ones. */
export const ACTIVE_ROWS_MAX = 500;

/** A room that is active. */
export interface ActiveRoom {
  readonly id: string;
  readonly title: string;
  readonly closedAt: number | null;
  /** About when something happened last, ms since 1970. */
  readonly at: number;
}

/** A lease names a time to come; that of the newest entry is over. Nearer than now nothing can be. */
const ACTIVE = `WITH seen(id, at) AS (
    SELECT * FROM (SELECT room_id, ?1 FROM socket_lease WHERE expires_at > ?1 ORDER BY expires_at DESC LIMIT ${ACTIVE_ROWS_MAX})
    UNION ALL
    SELECT * FROM (SELECT id, min(last_at, ?1) FROM room WHERE last_at > ?2 ORDER BY last_at DESC LIMIT ${ACTIVE_ROWS_MAX})
  )
  SELECT room.id, room.title, room.closed_at AS closedAt, max(seen.at) AS at FROM seen JOIN room ON room.id = seen.id
  WHERE room.deleted_at IS NULL GROUP BY room.id ORDER BY at DESC, room.id LIMIT ?3 OFFSET ?4`;

/** A page of active rooms, the latest first, behind the first `after`; `next` is null at the end. */
export async function listActiveRooms(
  db: Pick<D1Database, "prepare">,
  now: number,
  after: number,
  limit: number,
): Promise<{ rooms: ActiveRoom[]; next: number | null }> {
  const { results } = await db
    .prepare(ACTIVE)
    .bind(now, now - ACTIVE_MS, limit + 1, after)
    .all<ActiveRoom>();
  return { rooms: results.slice(0, limit), next: results.length > limit ? after + limit : null };
}
