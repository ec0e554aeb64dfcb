// The epochs of a room's log that a restore has put an end to. What such a log has put into the archive's queue may come for days yet, and
// again from the dead letters; it would stand in the place of what the room says now, under the same seq and version.

/** An epoch as messages of the queue, and the table `retired_epoch`, tell it. */
export const epochText = (epoch: Uint8Array): string =>
  [...epoch].map((byte) => byte.toString(16).padStart(2, "0")).join("");

/** Finds the row of an epoch (`?2`) of a room (`?1`) that is over. */
export const RETIRED = "FROM retired_epoch WHERE room_id = ?1 AND epoch = ?2";

const RETIRE = `INSERT INTO retired_epoch(room_id, epoch, at) SELECT ?1, value, ?3 FROM json_each(?2) WHERE true
  ON CONFLICT DO UPDATE SET at = excluded.at`;

/** Whatever a room of this epoch has sent counts no more; nor does what names none, being older than epochs in messages. */
export async function retireEpoch(db: D1Database, room: string, epoch: string, now: number): Promise<void> {
  await db
    .prepare(RETIRE)
    .bind(room, JSON.stringify(["", epoch]), now)
    .run();
}

/** Forgets those that were retired before `time` (ms): no queue keeps a message, and nobody a dead letter, so long. */
export async function sweepEpochs(db: D1Database, time: number): Promise<void> {
  await db.prepare("DELETE FROM retired_epoch WHERE at < ?1").bind(time).run();
}
