// The HTTP side of rooms, one file per resource in http/; and what other subsystems' events mean for the directory.
import type { OnLink } from "../auth";
import { type Bindings, database, logFailure, type Route } from "../platform";
import { moveMemberships, removeMemberships, roomsOf } from "./directory/member-table";
import { roomStub } from "./http/access";
import { membersRoutes } from "./http/members";
import { messagesRoutes } from "./http/messages";
import { roomsRoutes } from "./http/rooms";
import { socketRoutes } from "./http/socket";
import { usersRoutes } from "./http/users";

/** Every route of rooms. */
export const roomRoutes: readonly Route[] = [
  ...roomsRoutes,
  ...membersRoutes,
  ...messagesRoutes,
  ...socketRoutes,
  ...usersRoutes,
];

/** A guest became a user: rooms, memberships and messages go along. A room that fails shows the guest's name on. */
export const adoptGuest: OnLink = async (env, guestId, user) => {
  const db = database(env);
  const rooms = await roomsOf(db, guestId);
  await moveMemberships(db, guestId, user.id);
  const told = rooms.map((id) => roomStub(env, id).adopt(guestId, { userId: user.id, name: user.name }));
  for (const { reason } of (await Promise.allSettled(told)).filter((call) => call.status === "rejected"))
    logFailure("tell a room whom its guest became", reason);
};

/** Users are about to go for good: their memberships go first. */
export function forgetUsers(env: Bindings, userIds: readonly string[]): Promise<void> {
  return removeMemberships(database(env), userIds);
}
