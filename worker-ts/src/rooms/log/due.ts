// The table `due`: everything the room has to do later. The object has one alarm; it stands at the earliest of them.

/** What can be due: `hello` looks for sockets that never said HELLO, `sweep` for dead ones. */
export type DueKind = "hello" | "sweep";

/** What is to be done later, one row per kind. */
export class Due {
  readonly #storage: DurableObjectStorage;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
  }

  /** Makes sure that `kind` comes at `at` (ms) or earlier. */
  provide(kind: DueKind, at: number): void {
    const cursor = this.#storage.sql.exec(
      `INSERT INTO due VALUES(?, '', ?) ON CONFLICT(kind, key) DO UPDATE SET at = excluded.at
       WHERE excluded.at < due.at`,
      kind,
      at,
    );
    if (cursor.rowsWritten > 0) this.arm();
  }

  /** Takes out what is due at `now`. Call `arm` when it is done. */
  take(now: number): DueKind[] {
    return this.#storage.sql
      .exec<{ kind: DueKind }>("DELETE FROM due WHERE at <= ? RETURNING kind", now)
      .toArray()
      .map((row) => row.kind);
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
