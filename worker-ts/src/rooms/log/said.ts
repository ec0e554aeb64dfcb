// When people wrote their newest messages, as far back as slow mode asks: read from the table `log` once, then remembered. It
// writes nothing.
import { KIND } from "@ferrule/core";

/** Times of newest messages. */
export class Said {
  readonly #sql: SqlStorage;
  /** By ref, the newest last; undefined while nobody asks. */
  #times: Map<number, number> | undefined;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /**
   * When this person wrote their newest message after `time` (ms), if they did. The first question reads the log back to that
   * time; from then on what is written is remembered, and what lies behind a later question's time is forgotten.
   */
  after(ref: number, time: number): number | undefined {
    this.#times ??= this.#read(time);
    for (const [older, ts] of this.#times) {
      if (ts > time) break;
      this.#times.delete(older);
    }
    return this.#times.get(ref);
  }

  /** The next question may look further back; or there will be none. */
  forget(): void {
    this.#times = undefined;
  }

  /** This person wrote a message. */
  note(ref: number, ts: number): void {
    // out first: what is set anew would keep its old place
    this.#times?.delete(ref);
    this.#times?.set(ref, ts);
  }

  #read(time: number): Map<number, number> {
    const rows = this.#sql.exec<{ ts: number; kind: number; ref: number }>(
      "SELECT ts, kind, ref FROM log ORDER BY seq DESC",
    );
    const newestFirst = new Map<number, number>();
    for (const { ts, kind, ref } of rows) {
      if (ts <= time) break;
      if (kind === KIND.MSG && !newestFirst.has(ref)) newestFirst.set(ref, ts);
    }
    return new Map([...newestFirst].reverse());
  }
}
