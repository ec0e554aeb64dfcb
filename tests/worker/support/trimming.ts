// A log that is trimmed when the test says so: what the archive has, and how much of it goes.
import { runInDurableObject } from "cloudflare:test";
import type { RoomObject } from "../../../worker-ts/src/rooms/room-object";
import { type RoomStub, tune } from "./room-client";

export const HOUR_MS = 3_600_000;
/** The test says what the archive has; nothing leaves or goes by itself. */
export const STILL = {
  archiveFlushMs: HOUR_MS,
  archiveFlushEntries: 1e6,
  archiveFlushBytes: 1e12,
  trimMs: HOUR_MS,
  totalsMs: HOUR_MS,
};

/** Trims by rules that leave only the newest `keep` entries of what the archive has. */
export async function trim(stub: RoomStub, archivedSeq: number, keep: number): Promise<void> {
  await tune(stub, { ...STILL, trimAgeMs: -HOUR_MS, trimKeepEntries: keep });
  await runInDurableObject(stub, async (room: RoomObject, { storage }) => {
    const { queuedSeq } = room.stats();
    if (archivedSeq > queuedSeq) {
      storage.sql.exec("INSERT OR REPLACE INTO due VALUES('flush', '', 1)");
      await room.alarm();
    }
    for (const { from_seq, to_seq } of storage.sql
      .exec<{ from_seq: number; to_seq: number }>("SELECT * FROM batch")
      .toArray())
      if (to_seq <= archivedSeq) room.archived(from_seq, to_seq, []);
    storage.sql.exec("INSERT OR REPLACE INTO due VALUES('trim', '', 1)");
    await room.alarm();
  });
}
