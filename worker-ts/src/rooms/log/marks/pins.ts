// The table `pin`: which messages are pinned now. That one was unpinned is in the log alone. No rules, no frames.

/** Messages that a room may have pinned. */
export const PINS_MAX = 50;

/** The pins of a room. */
export class Pins {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  has(target: number): boolean {
    return !this.#sql.exec("SELECT 1 FROM pin WHERE target = ?", target).next().done;
  }

  /** Whether there can be no more. */
  get full(): boolean {
    return this.#sql.exec<{ count: number }>("SELECT count(*) AS count FROM pin").one().count >= PINS_MAX;
  }

  /** One that is not there; `ref` has pinned it by the entry `seq`. */
  add(target: number, ref: number, seq: number): void {
    this.#sql.exec("INSERT INTO pin(target, ref, seq) VALUES(?, ?, ?)", target, ref, seq);
  }

  remove(target: number): void {
    this.#sql.exec("DELETE FROM pin WHERE target = ?", target);
  }

  /** Those of these messages that are pinned. */
  of(targets: readonly number[]): Set<number> {
    const rows = this.#sql.exec<{ target: number }>(
      "SELECT target FROM pin WHERE target IN (SELECT value FROM json_each(?))",
      JSON.stringify(targets),
    );
    return new Set([...rows].map(({ target }) => target));
  }
}
