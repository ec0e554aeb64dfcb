// What the archive's table holds, read for the test bench as anybody with the database could read it. Nothing is written here.

/** One archived message; `id` is the client message id. */
export interface Archived {
  readonly id: string;
  readonly seq: number;
  readonly text: string;
}

const ROWS_MAX = 1000;

/** The room's messages behind a seq, by rising seq. */
export async function archivedMessages(database: D1Database, room: string, after: number): Promise<Archived[]> {
  const { results } = await database
    .prepare(
      "SELECT cid AS id, seq, text FROM message WHERE room_id = ?1 AND seq > ?2 AND cid IS NOT NULL ORDER BY seq LIMIT ?3",
    )
    .bind(room, after, ROWS_MAX)
    .all<Archived>();
  return results;
}
