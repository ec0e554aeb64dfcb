// Admissions: what a room is told of a caller, when a socket opens and when it goes on. What a ticket is worth is looked up
// anew each time; the lease is written first, so that the end of the session finds the room.
import { findSession, verifyTicket } from "../../auth";
import { ApiError, type Bindings, type Caller, database, now } from "../../platform";
import { holdLease } from "../directory/lease-table";
import type { Admission } from "../operation";
import { roomSettings } from "../settings";
import { configOf, type Joined, joinedRoom } from "./access";

/** The ticket that was shown: its id, and when it ends (ms since 1970). */
export type ShownTicket = NonNullable<Admission["ticket"]>;

/** Who shows this ticket in this room. Throws `unauthenticated` for a bad one, and where the session behind it is over. */
export async function ticketCaller(
  env: Bindings,
  shown: string,
  roomId: string,
): Promise<{ readonly caller: Caller; readonly ticket: ShownTicket }> {
  const { id, expiresAt, session, user } = await verifyTicket(env, shown, roomId);
  const caller = await findSession(env, session, user);
  if (caller === null) throw new ApiError("unauthenticated", "the ticket is not valid");
  return { caller, ticket: { id, expiresAt } };
}

/** Admission of a member. It ends with the session, and after ADMISSION_MS at the latest. */
export async function admit(env: Bindings, joined: Joined, caller: Caller, ticket?: ShownTicket): Promise<Admission> {
  const { room, actor } = joined;
  const { sessionId, userId } = caller;
  const { admissionMs, admissionGraceMs } = roomSettings(env, now);
  const expiresAt = Math.min(caller.sessionEndsAt, now() + admissionMs);
  const lease = { sessionId, userId, roomId: room.id, expiresAt: expiresAt + admissionGraceMs };
  await holdLease(database(env), lease);
  return { ...actor, sessionId, expiresAt, room: configOf(room), ...(ticket && { ticket }) };
}

/**
 * What a ticket is worth in a room now, for AUTH_REFRESH: null when it is bad, over, of another room, when its session is over or
 * its person is no member any more. Throws when that cannot be found out.
 */
export async function refreshAdmission(env: Bindings, roomId: string, shown: string): Promise<Admission | null> {
  try {
    const { caller, ticket } = await ticketCaller(env, shown, roomId);
    return await admit(env, await joinedRoom(env, roomId, caller), caller, ticket);
  } catch (thrown) {
    if (thrown instanceof ApiError && thrown.code !== "internal") return null;
    throw thrown;
  }
}
