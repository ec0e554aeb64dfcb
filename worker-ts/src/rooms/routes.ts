// The HTTP side of rooms, one file per resource in http/; and what other subsystems' events mean for the directory.
import { type Bindings, database, type Route } from "../platform";
import { moveMemberships, removeMemberships } from "./directory/member-table";
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

/** A guest became a user: the rooms and memberships go along. */
export function adoptGuest(env: Bindings, guestId: string, userId: string): Promise<void> {
  return moveMemberships(database(env), guestId, userId);
}

/** Users are about to go for good: their memberships go first. */
export function forgetUsers(env: Bindings, userIds: readonly string[]): Promise<void> {
  return removeMemberships(database(env), userIds);
}
