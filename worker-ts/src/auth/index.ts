// The face of auth: who calls, tickets for sockets, and the daily sweep. Its routes are in routes.ts.

export { countUse } from "./attempts";
export type { OnLink, OnSessionEnd } from "./auth";
export { findSession, type Identity, identify, requireAdmin, requireUser } from "./session";
export { sweep } from "./sweep";
export { issueTicket, type Ticket, type TicketSubject, verifyTicket } from "./ticket";
export { personName, removeUser, renameUser } from "./users/account";
export { isActive } from "./users/disabled";
export { findProfile, findProfiles, type Profile, setAvatarUrl } from "./users/profile";
export {
  countUsers,
  disableUser,
  endSessions,
  findUser,
  listSessions,
  listUsers,
  type UserRecord,
  type UsersPage,
} from "./users/users";
