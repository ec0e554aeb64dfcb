// The HTTP side of rooms, one file per resource in http/; and what other subsystems' events mean for the directory.
import { findProfiles, type OnLink, type OnSessionEnd } from "../auth";
import { type Bindings, type Caller, database, logFailure, now, type Route } from "../platform";
import { sweepDeadLetters } from "./archive/dead-letters";
import { sweepEpochs } from "./archive/epoch";
import { putAdoption, tellAdoption } from "./chores/adopt-guest";
import { beginChore, sweepChores } from "./chores/chores";
import { type AuditAction, addAudit } from "./directory/audit-table";
import { sweepLeases, takeLeases } from "./directory/lease-table";
import { moveMemberships, removeMemberships } from "./directory/member-table";
import { removeAvatars } from "./files/avatars";
import { sweepFiles } from "./files/sweep";
import { roomStub } from "./http/access";
import { adminAuditRoutes } from "./http/admin/audit";
import { choresRoutes } from "./http/admin/chores";
import { lettersRoutes } from "./http/admin/letters";
import { noted } from "./http/admin/noted";
import { nowRoutes } from "./http/admin/now";
import { overviewRoutes } from "./http/admin/overview";
import { queuesRoutes } from "./http/admin/queues";
import { liveRoutes } from "./http/admin/rooms/live";
import { repairRoutes } from "./http/admin/rooms/repair";
import { adminUsersRoutes } from "./http/admin/users";
import { exportRoutes } from "./http/archive/export";
import { searchRoutes } from "./http/archive/search";
import { archivedUntil } from "./http/files/archived-until";
import { adoptAvatar, avatarsRoutes } from "./http/files/avatars";
import { checkRoutes } from "./http/files/check";
import { filesRoutes } from "./http/files/files";
import { messagesRoutes } from "./http/messages/messages";
import { reactionsRoutes } from "./http/messages/reactions";
import { seedRoutes } from "./http/messages/seed";
import { metricsRoutes } from "./http/metrics";
import { auditRoutes } from "./http/people/audit";
import { invitesRoutes } from "./http/people/invites";
import { membersRoutes } from "./http/people/members";
import { usersRoutes } from "./http/people/users";
import { readRoutes } from "./http/read";
import { roomsRoutes } from "./http/rooms";
import { socketRoutes } from "./http/socket";
import { sweepInvites } from "./membership/invite-table";

export { recordDeadLetter } from "./archive/dead-letters";
export { retireEpoch } from "./archive/epoch";
export { choreConsumer, sweepChores } from "./chores/chores";
export { eraseAgain } from "./chores/erase-again";
export { provideLobby, refreshListing } from "./directory/listing";
export { noteDoing } from "./http/admin/noted";
export { refreshAdmission } from "./http/admit";
export { askerName, isMember, memberName, postAs, readFor } from "./http/bots";
export { ROOM_SCHEMA } from "./log/tables";

/** Every route of rooms. */
export const roomRoutes: readonly Route[] = [
  ...roomsRoutes,
  ...membersRoutes,
  ...invitesRoutes,
  ...auditRoutes,
  ...messagesRoutes,
  ...reactionsRoutes,
  ...seedRoutes,
  ...filesRoutes,
  ...checkRoutes,
  ...avatarsRoutes,
  ...readRoutes,
  ...socketRoutes,
  ...usersRoutes,
  ...metricsRoutes,
  ...searchRoutes,
  ...exportRoutes,
  ...overviewRoutes,
  ...adminUsersRoutes,
  ...nowRoutes,
  ...liveRoutes,
  ...repairRoutes,
  ...choresRoutes,
  ...lettersRoutes,
  ...queuesRoutes,
  ...adminAuditRoutes,
];

/**
 * A guest became a user: rooms, memberships and messages go along, and so does a ban. Rooms are told at once; one that fails shows the
 * guest's name on until its chore is done.
 */
export const adoptGuest: OnLink = async (env, guestId, user) => {
  await moveMemberships(env.DB, guestId, user.id, [putAdoption(env.DB, guestId, user.id, now())]);
  await beginChore(env, { kind: "adopt-guest", subject: guestId }, () => tellAdoption(env, guestId));
  logRejected("hand over a guest's picture", await Promise.allSettled([adoptAvatar(env, guestId, user.id)]));
};

/** A session has ended: the sockets it opened are closed. D1 knows already; a room that fails closes them at their expiry. */
export const closeSession: OnSessionEnd = async (env, sessionId) => {
  const leases = await takeLeases(database(env), sessionId);
  const calls = leases.map(({ roomId, userId }) =>
    roomStub(env, roomId).revoke({ userId, sessionId, error: "UNAUTHENTICATED" }),
  );
  logRejected("close the sockets of a session that has ended", await Promise.allSettled(calls));
};

/** Users are about to go for good: their memberships and pictures go first, and who owns a room in their place is told. */
export async function forgetUsers(env: Bindings, userIds: readonly string[]): Promise<void> {
  const heirs = await removeMemberships(database(env), userIds, now());
  const profiles = await findProfiles(
    env,
    heirs.map(({ userId }) => userId),
  );
  const told = heirs.map(async ({ userId, roomId, role, roleAt }) => {
    const { name, guest } = profiles.get(userId) ?? { name: "", guest: false };
    await roomStub(env, roomId).setRole({ subject: { userId, name, guest }, role, roleAt, by: null, joined: false });
  });
  logRejected("tell a room its new owner", await Promise.allSettled(told));
  await removeAvatars(env.FILES, userIds);
}

/** Writes down that an admin has begun or ended something that concerns all rooms. */
export async function noteAdmin(
  env: Bindings,
  caller: Caller | null,
  action: Extract<AuditAction, "begin_backup" | "begin_restore" | "end_restore">,
  detail: Readonly<Record<string, unknown>>,
): Promise<void> {
  await addAudit(env.DB, { ...noted(caller), action, subject: null, detail }).run();
}

/** How long a dead letter waits for somebody to look at it. */
const DEAD_LETTER_MS = 30 * 86_400_000;
/** How long it is known that a log was undone: longer than a queue keeps a message and a dead letter waits, together. */
const EPOCH_MS = 90 * 86_400_000;

/** The daily sweep of what rooms keep in D1 for a while only. A part that fails holds up no other, and is done the day after. */
export async function sweepRooms(env: Bindings): Promise<void> {
  const sweeps = [
    sweepLeases(database(env), now()),
    sweepInvites(env.DB, now()),
    sweepChores(env),
    sweepDeadLetters(env.DB, now() - DEAD_LETTER_MS),
    sweepEpochs(env.DB, now() - EPOCH_MS),
    sweepFiles(env, now(), (room) => archivedUntil(env, room)),
  ];
  logRejected("sweep what rooms keep for a while", await Promise.allSettled(sweeps));
}

function logRejected(what: string, calls: readonly PromiseSettledResult<void>[]): void {
  for (const call of calls) if (call.status === "rejected") logFailure(what, call.reason);
}
