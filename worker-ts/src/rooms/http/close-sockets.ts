// Closing what a person has open in all rooms, when all their sessions end at once.
import { type Bindings, database } from "../../platform";
import { dropLeases, dropLeasesOf, leasedRooms, leasedRoomsOf } from "../directory/lease-table";
import { roomStub } from "./access";

/**
 * Closes every socket of a user that may rest on one of these sessions. Rejects when a room could not be told; the leases stay
 * then, so that asking again reaches it.
 */
export async function closeSockets(env: Bindings, userId: string, sessionIds: readonly string[]): Promise<void> {
  const db = database(env);
  await closeIn(env, userId, await leasedRooms(db, sessionIds));
  await dropLeases(db, sessionIds);
}

/** The same for whatever session it rests on, also for one that is gone. */
export async function closeAllSockets(env: Bindings, userId: string): Promise<void> {
  const db = database(env);
  await closeIn(env, userId, await leasedRoomsOf(db, userId));
  await dropLeasesOf(db, userId);
}

async function closeIn(env: Bindings, userId: string, rooms: readonly string[]): Promise<void> {
  const calls = rooms.map((id) => roomStub(env, id).revoke({ userId, error: "UNAUTHENTICATED" }));
  const failed = (await Promise.allSettled(calls)).find((call) => call.status === "rejected");
  if (failed !== undefined) throw failed.reason;
}
