// The HTTP side of rooms, one file per resource in http/; and what other subsystems' events mean for the directory.
import type { OnLink, OnSessionEnd } from "../auth";
import { type Bindings, database, logFailure, now, type Route } from "../platform";
import { sweepDeadLetters } from "./archive/dead-letters";
import { sweepLeases, takeLeases } from "./directory/lease-table";
import { moveMemberships, removeMemberships, roomsOf } from "./directory/member-table";
import { roomStub } from "./http/access";
import { membersRoutes } from "./http/members";
import { messagesRoutes } from "./http/messages";
import { metricsRoutes } from "./http/metrics";
import { readRoutes } from "./http/read";
import { roomsRoutes } from "./http/rooms";
import { socketRoutes } from "./http/socket";
import { usersRoutes } from "./http/users";

export { refreshAdmission } from "./http/admit";

/** Every route of rooms. */
export const roomRoutes: readonly Route[] = [
  ...roomsRoutes,
  ...membersRoutes,
  ...messagesRoutes,
  ...readRoutes,
  ...socketRoutes,
  ...usersRoutes,
  ...metricsRoutes,
];

/** A guest became a user: rooms, memberships and messages go along. A room that fails shows the guest's name on. */
export const adoptGuest: OnLink = async (env, guestId, user) => {
  const db = database(env);
  const rooms = await roomsOf(db, guestId);
  await moveMemberships(db, guestId, user.id);
  const told = rooms.map((id) => roomStub(env, id).adopt(guestId, { userId: user.id, name: user.name }));
  logRejected("tell a room whom its guest became", await Promise.allSettled(told));
};

/** A session has ended: the sockets it opened are closed. D1 knows already; a room that fails closes them at their expiry. */
export const closeSession: OnSessionEnd = async (env, sessionId) => {
  const leases = await takeLeases(database(env), sessionId);
  const calls = leases.map(({ roomId, userId }) =>
    roomStub(env, roomId).revoke({ userId, sessionId, error: "UNAUTHENTICATED" }),
  );
  logRejected("close the sockets of a session that has ended", await Promise.allSettled(calls));
};

/** Users are about to go for good: their memberships go first. */
export function forgetUsers(env: Bindings, userIds: readonly string[]): Promise<void> {
  return removeMemberships(database(env), userIds);
}

/** How long a dead letter waits for somebody to look at it. */
const DEAD_LETTER_MS = 30 * 86_400_000;

/** The daily sweep of what rooms keep in D1 for a while only. */
export async function sweepRooms(env: Bindings): Promise<void> {
  await sweepLeases(database(env), now());
  await sweepDeadLetters(env.DB, now() - DEAD_LETTER_MS);
}

function logRejected(what: string, calls: readonly PromiseSettledResult<void>[]): void {
  for (const call of calls) if (call.status === "rejected") logFailure(what, call.reason);
}
