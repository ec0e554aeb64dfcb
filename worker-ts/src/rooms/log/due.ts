// The table `due`: everything the room has to do later. The object has one alarm; it stands at the earliest of them.

/**
 * What can be due: `hello` looks for sockets that never said HELLO, `sweep` for dead ones, `expiry` for those no longer admitted;
 * `flush` sends what is new to the archive, `resend` what it has not reported, `trim` takes out of the log what it has, `totals`
 * saves what was counted, `noop` forgets ids that changed nothing; `entry` tells the composition of a message, its key is the seq; `relays` looks whether they have what was written.
 */
export type DueKind =
  | "entry"
  | "expiry"
  | "flush"
  | "hello"
  | "noop"
  | "relays"
  | "resend"
  | "sweep"
  | "totals"
  | "trim";

/** One thing that is due. `key` tells several of a kind apart; most kinds have one, with an empty key. */
export interface DueRow {
  readonly kind: DueKind;
  readonly key: string;
}

/** What is to be done later, one row per kind and key. */
export class Due {
  readonly #storage: DurableObjectStorage;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
  }

  /** Makes sure that `kind` comes at `at` (ms) or earlier. */
  provide(kind: DueKind, at: number, key = ""): void {
    const cursor = this.#storage.sql.exec(
      `INSERT INTO due VALUES(?, ?, ?) ON CONFLICT(kind, key) DO UPDATE SET at = excluded.at
       WHERE excluded.at < due.at`,
      kind,
      key,
      at,
    );
    if (cursor.rowsWritten > 0) this.arm();
  }

  /** What is due at `now`, in the order in which it fell due. */
  list(now: number): DueRow[] {
    return this.#storage.sql
      .exec<{ kind: DueKind; key: string }>("SELECT kind, key FROM due WHERE at <= ? ORDER BY at, kind, key", now)
      .toArray();
  }

  /** All that is due some time, by kind: how many, and when the first. */
  standing(): { readonly kind: DueKind; readonly count: number; readonly at: number }[] {
    return this.#storage.sql
      .exec<{ kind: DueKind; count: number; at: number }>(
        "SELECT kind, count(*) AS count, min(at) AS at FROM due GROUP BY kind ORDER BY kind",
      )
      .toArray();
  }

  /** Takes one out: right before it is done, so that what it provides anew stays. Call `arm` after the last. */
  take({ kind, key }: DueRow): void {
    this.#storage.sql.exec("DELETE FROM due WHERE kind = ? AND key = ?", kind, key);
  }

  /**
   * Makes sure that what was taken and has failed comes again at `at` (ms). Where that is refused too, `end` ends the object, and with it
   * all that is not stored yet: the taking out is among that, unless the work has written down how it goes on and waited for something.
   */
  putBack({ kind, key }: DueRow, at: number, end: (why: string) => void): void {
    try {
      this.provide(kind, at, key);
    } catch (error) {
      end("what was due cannot be put back");
      throw error;
    }
  }

  /** Sets the alarm to the earliest of all. Not awaited: the output gate holds answers until it is stored. */
  arm(): void {
    const at = this.#earliest();
    void (at === null ? this.#storage.deleteAlarm() : this.#storage.setAlarm(at));
  }

  /** At a wake: sets the alarm again when something is overdue, for the runtime gives up an alarm that keeps failing. */
  recover(now: number): void {
    const at = this.#earliest();
    if (at !== null && at < now) this.arm();
  }

  #earliest(): number | null {
    return this.#storage.sql.exec<{ at: number | null }>("SELECT min(at) AS at FROM due").one().at;
  }
}
