// The table `metric` in D1: what each room has counted, and beside it the sums over all rooms, so that reading them costs the
// same however many rooms there are. The sums stand under no room's id and move by what a room's numbers grew.
import type { TotalsSnapshot } from "../log/totals";

/** Where the sums stand; no room has an id this short. */
const SUMS = "";

/** What the archive's consumers count themselves. */
export type ConsumerTotal = "batches" | "retries";

/**
 * Brings a room's totals to D1; to be run in one `D1Database.batch`, in this order. A snapshot that came before, or is older than
 * one that did, changes nothing: any order and any number of deliveries give the same rows. What has not grown is not written.
 */
export function totalsStatements(db: D1Database, roomId: string, snapshot: TotalsSnapshot): D1PreparedStatement[] {
  const { version, counts } = snapshot;
  const told = JSON.stringify(counts);
  const sums = `INSERT INTO metric(room_id, name, value, version)
    SELECT '${SUMS}', told.key, told.value - coalesce(known.value, 0), 0
    FROM json_each(?2) AS told LEFT JOIN metric AS known ON known.room_id = ?1 AND known.name = told.key
    WHERE known.version IS NULL OR (?3 > known.version AND told.value <> known.value)
    ON CONFLICT(room_id, name) DO UPDATE SET value = metric.value + excluded.value`;
  const rows = `INSERT INTO metric(room_id, name, value, version)
    SELECT ?1, told.key, told.value, ?3 FROM json_each(?2) AS told WHERE true
    ON CONFLICT(room_id, name) DO UPDATE SET value = excluded.value, version = excluded.version
    WHERE excluded.version > metric.version AND excluded.value <> metric.value`;
  return [sums, rows].map((sql) => db.prepare(sql).bind(roomId, told, version));
}

/** Adds to what the consumers count. Every run counts, those for a repeated delivery too. */
export function addTotal(db: D1Database, name: ConsumerTotal, by: number): D1PreparedStatement {
  return db
    .prepare(
      `INSERT INTO metric(room_id, name, value, version) VALUES('${SUMS}', ?1, ?2, 0)
       ON CONFLICT(room_id, name) DO UPDATE SET value = metric.value + excluded.value`,
    )
    .bind(name, by);
}

/** Counts a dead letter, if it is not in `dead_letter` yet; to be run in one `D1Database.batch` with what puts it there, before that. */
export function countDeadLetter(db: D1Database, id: string): D1PreparedStatement {
  return db
    .prepare(
      `INSERT INTO metric(room_id, name, value, version)
       SELECT '${SUMS}', 'dead', 1, 0 WHERE NOT EXISTS (SELECT 1 FROM dead_letter WHERE id = ?1)
       ON CONFLICT(room_id, name) DO UPDATE SET value = metric.value + excluded.value`,
    )
    .bind(id);
}

/** The sums by name: of what rooms count and of what the consumers do. A name that was never counted is not there. */
export async function readSums(db: Pick<D1Database, "prepare">): Promise<Map<string, number>> {
  const { results } = await db
    .prepare(`SELECT name, value FROM metric WHERE room_id = '${SUMS}'`)
    .all<{ name: string; value: number }>();
  return new Map(results.map(({ name, value }) => [name, value]));
}
