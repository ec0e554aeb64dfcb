// The face of auth: who calls, tickets for sockets, and the daily sweep. Its routes are in routes.ts.
export type { OnLink, OnSessionEnd } from "./auth";
export { findSession, type Identity, identify, requireAdmin, requireUser } from "./session";
export { sweep } from "./sweep";
export { issueTicket, type Ticket, type TicketSubject, verifyTicket } from "./ticket";
