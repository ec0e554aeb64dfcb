// How an admission goes on and how it ends (PROTOCOL.md section 9): AUTH_REFRESH, roles that change, expiry, and sockets that
// are closed because who opened them may no longer be here. Whom to believe is asked outside; nothing is verified here.
import { ERROR_CODE, encode } from "@ferrule/core";
import type { OpenRoom } from "../open-room";
import type { Admission, Revocation, RoleName } from "../operation";
import { REFUSAL, ROLE_NUMBER } from "../room";
import type { Connection } from "./connection";

/**
 * Answers AUTH_REFRESH: asks what the ticket is worth now, and prolongs the admission. Other frames of the connection may be
 * handled meanwhile, and it may be closed: then there is nothing left to prolong.
 */
export async function refresh(
  room: OpenRoom,
  connection: Connection,
  id: Uint8Array | null,
  ticket: string,
): Promise<void> {
  if (room.admit === undefined) {
    connection.refuse(ERROR_CODE.UNSUPPORTED, "admissions are not refreshed here", id);
    return;
  }
  let admission: Admission | null;
  try {
    admission = await room.admit(ticket);
  } catch (error) {
    // the ticket is not used up: the client may try again before its admission ends
    console.error(error);
    connection.refuse(ERROR_CODE.INTERNAL, REFUSAL.internal.text, id);
    return;
  }
  if (!connection.open) return;
  if (admission === null || !isGood(room, connection, admission)) {
    connection.fail("UNAUTHENTICATED", "the ticket is not valid");
    return;
  }
  const { state } = connection;
  state.sessionId = admission.sessionId;
  state.expiresAt = admission.expiresAt;
  state.role = admission.role;
  connection.save();
  room.due.provide("expiry", state.expiresAt + room.settings.admissionGraceMs);
  connection.send(granted(room, connection, id));
  tellRole(room, state.userId, state.role);
}

/** Whether this ticket prolongs this connection: it is the same person's, and was not used before. */
function isGood(room: OpenRoom, { state }: Connection, { userId, ticket }: Admission): boolean {
  return userId === state.userId && ticket !== undefined && room.tickets.use(ticket);
}

/** Gives a user's connections their new role; those that had another are told by an AUTH_REFRESH of the room's own. */
export function tellRole(room: OpenRoom, userId: string, role: RoleName): void {
  for (const connection of room.connections.ofUser(userId)) {
    if (connection.state.role === role) continue;
    connection.state.role = role;
    connection.save();
    // WELCOME tells those that have not said HELLO
    if (connection.state.hello) connection.send(granted(room, connection, null));
  }
}

/** The AUTH_REFRESH that tells until when a connection is admitted, and as what. */
function granted({ settings }: OpenRoom, { state }: Connection, id: Uint8Array | null): Uint8Array {
  const body = { expiresAt: state.expiresAt, role: ROLE_NUMBER[state.role] };
  return encode({ kind: "AUTH_REFRESH", ts: settings.now(), id, body });
}

/** Closes connections whose admission has ended and was not refreshed, and comes again for the others. */
export function endExpired(room: OpenRoom, now: number): void {
  let next = Number.POSITIVE_INFINITY;
  for (const connection of room.connections.all()) {
    const end = connection.state.expiresAt + room.settings.admissionGraceMs;
    if (end <= now) connection.fail("EXPIRED", "the admission has ended");
    else next = Math.min(next, end);
  }
  if (next < Number.POSITIVE_INFINITY) room.due.provide("expiry", next);
}

/**
 * Closes a user's connections, or those of one session of theirs. Sessions are compared, and not tags: a tag stays as it
 * was when the socket opened, but a refresh may rest on a newer session.
 */
export function revoke(room: OpenRoom, { userId, sessionId, error }: Revocation): void {
  for (const connection of room.connections.ofUser(userId))
    if (sessionId === undefined || connection.state.sessionId === sessionId)
      connection.fail(error, error === "FORBIDDEN" ? "you may no longer be here" : "you are signed out");
}
