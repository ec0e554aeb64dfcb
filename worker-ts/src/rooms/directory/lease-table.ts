// The table `socket_lease` in D1: in which rooms a session may have sockets, so that its end reaches them.
import { eq, lt, sql } from "drizzle-orm";
import type { Database } from "../../platform";
import { socketLease } from "../schema";

/** A lease as stored; `expiresAt` in ms since 1970. */
export type Lease = typeof socketLease.$inferSelect;

/** Writes a lease down; one that is there lasts as long as the longer of both. */
export async function holdLease(db: Database, lease: Lease): Promise<void> {
  await db
    .insert(socketLease)
    .values(lease)
    .onConflictDoUpdate({
      target: [socketLease.sessionId, socketLease.roomId],
      set: { expiresAt: sql`max(${socketLease.expiresAt}, excluded.expires_at)` },
    });
}

/** Takes all leases of a session out of the table. */
export function takeLeases(db: Database, sessionId: string): Promise<Lease[]> {
  return db.delete(socketLease).where(eq(socketLease.sessionId, sessionId)).returning();
}

/** Forgets leases that are over by `now`: their sockets are closed. */
export async function sweepLeases(db: Database, now: number): Promise<void> {
  await db.delete(socketLease).where(lt(socketLease.expiresAt, now));
}
