// The table `ticket`: which tickets were used here. A ticket is good once; after its end its row is of no use.
import type { Admission } from "../operation";

/** A ticket as the admission tells it: its id, and when it ends (ms since 1970). */
export type TicketUse = NonNullable<Admission["ticket"]>;

/** The used tickets of a room. */
export class Tickets {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** Marks a ticket as used; false when it was already. */
  use(ticket: TicketUse): boolean {
    const cursor = this.#sql.exec(
      "INSERT INTO ticket VALUES(?, ?) ON CONFLICT(id) DO NOTHING",
      ticket.id,
      ticket.expiresAt,
    );
    return cursor.rowsWritten > 0;
  }

  /** Forgets tickets that had ended at `time` (ms). It reads them all. */
  sweep(time: number): void {
    this.#sql.exec("DELETE FROM ticket WHERE expires_at < ?", time);
  }
}
