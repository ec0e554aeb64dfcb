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

/** The rooms in which any of these sessions may have sockets, each once. */
export async function leasedRooms(db: Database, sessionIds: readonly string[]): Promise<string[]> {
  const rows = await db.selectDistinct({ id: socketLease.roomId }).from(socketLease).where(ofSessions(sessionIds));
  return rows.map(({ id }) => id);
}

/** The rooms in which any session of a user may have sockets. It looks at every lease: for what is done by hand. */
export async function leasedRoomsOf(db: Database, userId: string): Promise<string[]> {
  const rows = await db
    .selectDistinct({ id: socketLease.roomId })
    .from(socketLease)
    .where(eq(socketLease.userId, userId));
  return rows.map(({ id }) => id);
}

/** Forgets all leases of a user. */
export async function dropLeasesOf(db: Database, userId: string): Promise<void> {
  await db.delete(socketLease).where(eq(socketLease.userId, userId));
}

/** Forgets the leases of these sessions: what rested on them is closed. */
export async function dropLeases(db: Database, sessionIds: readonly string[]): Promise<void> {
  await db.delete(socketLease).where(ofSessions(sessionIds));
}

/** One parameter for all of them: D1 takes at most a hundred. */
const ofSessions = (ids: readonly string[]) =>
  sql`${socketLease.sessionId} IN (SELECT value FROM json_each(${JSON.stringify(ids)}))`;

/** Forgets leases that are over by `now`: their sockets are closed. */
export async function sweepLeases(db: Database, now: number): Promise<void> {
  await db.delete(socketLease).where(lt(socketLease.expiresAt, now));
}
