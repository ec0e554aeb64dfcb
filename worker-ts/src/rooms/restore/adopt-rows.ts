// What a log that came from a backup needs before it is opened: a new epoch, the schema of this code, and the outbox back to where the
// archive has everything for certain. SQL only.
import { type Meta, ROOM_SCHEMA } from "../log/tables";

/** Due for sockets, and those of the object that the backup was made of are not here. */
const OF_SOCKETS = ["hello", "sweep", "expiry"];

/**
 * Makes restored rows a room's own. The archive is told again of every entry that the log still has, of all read marks and totals: what
 * of it the archive's backup has is not known, and telling twice counts once.
 */
export function adoptRows(storage: DurableObjectStorage, meta: Meta, epoch: Uint8Array<ArrayBuffer>): void {
  const { sql } = storage;
  storage.transactionSync(() => {
    meta.set("schema", ROOM_SCHEMA);
    meta.set("epoch", epoch.buffer);
    const trimmed = meta.find("trimmed_seq") ?? 0;
    meta.set("queued_seq", trimmed);
    meta.set("archived_seq", trimmed);
    meta.set("totals_told", 0);
    meta.set("crowded", 0);
    sql.exec("DELETE FROM batch");
    sql.exec("UPDATE person SET read_archived = 0");
    sql.exec("DELETE FROM due WHERE kind IN (SELECT value FROM json_each(?))", JSON.stringify(OF_SOCKETS));
  });
}
