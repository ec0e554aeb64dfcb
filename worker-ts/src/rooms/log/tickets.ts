// The table `ticket`: which tickets have opened a socket here. A ticket opens one; after its end its row is of no use.
import type { Admission } from "../operation";

/** A ticket as the admission tells it: its id, and when it ends (ms since 1970). */
export type TicketUse = NonNullable<Admission["ticket"]>;

/** Marks a ticket as used; false when it was already. */
export function useTicket(sql: SqlStorage, ticket: TicketUse): boolean {
  return (
    sql.exec("INSERT INTO ticket VALUES(?, ?) ON CONFLICT(id) DO NOTHING", ticket.id, ticket.expiresAt).rowsWritten > 0
  );
}

/** Forgets tickets that have ended by `now`. */
export function sweepTickets(sql: SqlStorage, now: number): void {
  sql.exec("DELETE FROM ticket WHERE expires_at < ?", now);
}
