// How an admission goes on and how it ends (PROTOCOL.md section 9): AUTH_REFRESH, roles that change, expiry, and sockets that
// are closed because who opened them may no longer be here. Whom to believe is asked outside; nothing is verified here. But what the
// room was told of a role holds against whatever is older: so a ban wins that overtakes an admission.
import { ERROR_CODE, encode } from "@ferrule/core";
import { logFailure } from "../../platform/log";
import type { KnownRole } from "../log/people";
import type { OpenRoom } from "../open-room";
import type { Actor, Admission, Revocation, RoleName } from "../operation";
import { REFUSAL, ROLE_NUMBER } from "../room";
import type { RoomSettings } from "../settings";
import type { Connections } from "./connections";
import type { Peer, PeerFacts } from "./frame/peer";

/** What one is told who may not be here. */
export const UNWANTED = "you may no longer be here";

/** Who has sockets: a room, or a relay of it. */
export interface SocketOwner {
  readonly connections: Connections;
  readonly settings: RoomSettings;
  readonly due: { provide(kind: "expiry" | "hello" | "sweep", at: number): void };
}

/** Which connections something concerns. */
type Which = (connection: { readonly state: { readonly conn: number } }) => boolean;

/** What somebody is from now on. */
export type NewRole = Pick<Actor, "role" | "roleAt">;

/** Why somebody may not be here: banned, no member any more, or the account is gone. */
export type Unwanted = "banned" | "forbidden" | "unauthenticated";

/** What an actor is here now, who was looked up some time ago; or why not. */
export function standingOf({ people }: OpenRoom, { userId, role, roleAt }: Actor): RoleName | Unwanted {
  return standing(people.roleOf(userId), { role, roleAt });
}

function standing(known: KnownRole, { role, roleAt }: NewRole): RoleName | Unwanted {
  if (known.gone) return "unauthenticated";
  // of a version that is not known only so much is clear: that a ban holds
  if (roleAt === 0) return known.role === "banned" ? "banned" : role;
  return known.at <= roleAt ? role : (known.role ?? "forbidden");
}

/** What somebody is here now whose ref is known, and as what they were let in. */
export function standingOfRef({ people }: OpenRoom, ref: number, as: NewRole): RoleName | Unwanted {
  return standing(people.roleOfRef(ref), as);
}

/** Whether a standing is none. */
export function isUnwanted(standing: RoleName | Unwanted): standing is Unwanted {
  return standing === "banned" || standing === "forbidden" || standing === "unauthenticated";
}

/**
 * Answers AUTH_REFRESH: asks what the ticket is worth now, and prolongs the admission. Other frames of the connection may be
 * handled meanwhile, and it may be closed: then there is nothing left to prolong.
 */
export async function refresh(room: OpenRoom, peer: Peer, id: Uint8Array | null, ticket: string): Promise<void> {
  if (room.admit === undefined) {
    peer.refuse(ERROR_CODE.UNSUPPORTED, "admissions are not refreshed here", id);
    return;
  }
  let admission: Admission | null;
  try {
    admission = await room.admit(ticket);
  } catch (error) {
    // the ticket is not used up: the client may try again before its admission ends
    logFailure("look up what a ticket is worth", error);
    peer.refuse(ERROR_CODE.INTERNAL, REFUSAL.internal.text, id);
    return;
  }
  if (!peer.open) return;
  if (admission === null || !isGood(room, peer, admission)) {
    peer.fail("UNAUTHENTICATED", "the ticket is not valid");
    return;
  }
  const role = standingOf(room, admission);
  if (isUnwanted(role)) {
    peer.fail(unwantedAs(role), UNWANTED);
    return;
  }
  const { sessionId, expiresAt, roleAt } = admission;
  peer.prolong({ sessionId, expiresAt, role, roleAt });
  peer.send(granted(room, { expiresAt, role }, id));
  tellRole(room, peer.facts.userId, { role, roleAt });
}

/** The ERROR of one who may not be here. */
export const unwantedAs = (standing: Unwanted): "UNAUTHENTICATED" | "FORBIDDEN" =>
  standing === "unauthenticated" ? "UNAUTHENTICATED" : "FORBIDDEN";

/** Whether this ticket prolongs this connection: it is the same person's, and was not used before. */
function isGood(room: OpenRoom, { facts }: Peer, { userId, ticket }: Admission): boolean {
  return userId === facts.userId && ticket !== undefined && room.tickets.use(ticket);
}

/** Gives a user's connections their new role; those that had another are told by an AUTH_REFRESH of the room's own. */
export function tellRole(
  owner: SocketOwner,
  userId: string,
  { role, roleAt }: NewRole,
  which: Which = () => true,
): void {
  for (const connection of owner.connections.ofUser(userId)) {
    if (connection.state.role === role || !which(connection)) continue;
    connection.state.role = role;
    connection.state.roleAt = roleAt;
    connection.save();
    // WELCOME tells those that have not said HELLO
    if (connection.state.hello) connection.send(granted(owner, connection.state, null));
  }
}

/** The AUTH_REFRESH that tells until when a connection is admitted, and as what. */
function granted(
  { settings }: Pick<SocketOwner, "settings">,
  { expiresAt, role }: Pick<PeerFacts, "expiresAt" | "role">,
  id: Uint8Array | null,
): Uint8Array {
  const body = { expiresAt, role: ROLE_NUMBER[role] };
  return encode({ kind: "AUTH_REFRESH", ts: settings.now(), id, body });
}

/** Closes connections whose admission has ended and was not refreshed, and comes again for the others. */
export function endExpired(room: SocketOwner, now: number): void {
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
export function revoke(
  owner: Pick<SocketOwner, "connections">,
  { userId, sessionId, error }: Revocation,
  which: Which = () => true,
): void {
  for (const connection of owner.connections.ofUser(userId))
    if ((sessionId === undefined || connection.state.sessionId === sessionId) && which(connection))
      connection.fail(error, error === "FORBIDDEN" ? UNWANTED : "you are signed out");
}

/** `revoke` for a room and its relays. */
export function revokeEverywhere(room: OpenRoom, revocation: Revocation): void {
  revoke(room, revocation);
  room.relays.tell({ type: "revoke", revocation });
}
