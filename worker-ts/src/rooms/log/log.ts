// The table `log`: the room's one truth, an entry per seq with the very bytes that were broadcast. No rules, no sockets.
import { KIND } from "@ferrule/core";

/** A new entry. `id` and `sum` are null for entries of the room itself; `frame` is the whole down frame. */
export interface NewEntry {
  readonly seq: number;
  readonly ts: number;
  readonly kind: number;
  readonly ref: number;
  readonly id: Uint8Array | null;
  /** CRC-32 of the body section as it came. */
  readonly sum: number | null;
  readonly frame: Uint8Array;
}

/** An entry as it is read back for replay and pages. */
export interface StoredEntry {
  readonly seq: number;
  readonly kind: number;
  readonly ref: number;
  readonly frame: Uint8Array;
}

/** What is kept of an id that was seen. `sum` null means erased: any body counts as the same. */
export interface Seen {
  readonly seq: number;
  readonly ts: number;
  readonly kind: number;
  readonly sum: number | null;
}

type Row = { seq: number; kind: number; ref: number; frame: ArrayBuffer };

const entryOf = (row: Row): StoredEntry => ({ ...row, frame: new Uint8Array(row.frame) });

/** The room's log. `head` and `lastTs` are read once per wake and move only after a row is in. */
export class Log {
  readonly #sql: SqlStorage;
  #head: number;
  #lastTs: number;
  /** Entries up to this seq may have lost their frames. */
  readonly trimmedSeq: number;

  constructor(sql: SqlStorage, trimmedSeq: number) {
    this.#sql = sql;
    this.trimmedSeq = trimmedSeq;
    const last = sql.exec<{ seq: number; ts: number }>("SELECT seq, ts FROM log ORDER BY seq DESC LIMIT 1").next();
    this.#head = last.done ? trimmedSeq : last.value.seq;
    this.#lastTs = last.done ? 0 : last.value.ts;
  }

  /** Seq of the newest entry, 0 in an empty room. */
  get head(): number {
    return this.#head;
  }

  /** Time of the newest entry in ms, null in a room that never had one. */
  get lastAt(): number | null {
    return this.#head === 0 ? null : this.#lastTs;
  }

  /** Seq of the first entry that can be replayed. */
  get oldest(): number {
    return this.trimmedSeq + 1;
  }

  /** Place and time of the next entry; time never falls as seq rises. */
  next(now: number): { readonly seq: number; readonly ts: number } {
    return { seq: this.#head + 1, ts: Math.max(now, this.#lastTs) };
  }

  /** Adds an entry made with `next`. False, and nothing written, when this person's id was seen before. */
  add(entry: NewEntry): boolean {
    const cursor = this.#sql.exec(
      "INSERT INTO log(seq, ts, kind, ref, cid, sum, frame) VALUES(?, ?, ?, ?, ?, ?, ?) ON CONFLICT(ref, cid) DO NOTHING",
      entry.seq,
      entry.ts,
      entry.kind,
      entry.ref,
      entry.id,
      entry.sum,
      entry.frame,
    );
    if (cursor.rowsWritten === 0) return false;
    this.#head = entry.seq;
    this.#lastTs = entry.ts;
    return true;
  }

  /** The entry that this person wrote under this id, if any. */
  find(ref: number, id: Uint8Array): Seen | undefined {
    const row = this.#sql
      .exec<{ seq: number; ts: number; kind: number; sum: number | null }>(
        "SELECT seq, ts, kind, sum FROM log WHERE ref = ? AND cid = ?",
        ref,
        id,
      )
      .next();
    return row.done ? undefined : row.value;
  }

  /** Whether `seq` is a message; rows of messages outlive trimming. */
  isMessage(seq: number): boolean {
    return !this.#sql.exec("SELECT 1 FROM log WHERE seq = ? AND kind = ?", seq, KIND.MSG).next().done;
  }

  /** The frame of one entry. Throws when there is none: callers know it from `find` or `add`. */
  frame(seq: number): Uint8Array {
    const row = this.#sql.exec<{ frame: ArrayBuffer }>("SELECT frame FROM log WHERE seq = ?", seq).one();
    return new Uint8Array(row.frame);
  }

  /** Every entry after `seq` in order, at most `entries`, ending with the one that reaches `bytes` of frames. */
  after(seq: number, entries: number, bytes: number): StoredEntry[] {
    const rows = this.#sql.exec<Row>(
      "SELECT seq, kind, ref, frame FROM log WHERE seq > ? ORDER BY seq LIMIT ?",
      seq,
      entries,
    );
    const found: StoredEntry[] = [];
    let size = 0;
    for (const row of rows) {
      found.push(entryOf(row));
      size += row.frame.byteLength;
      if (size >= bytes) break;
    }
    return found;
  }

  /**
   * Entries of the given kinds whose frames are still here, nearest to `from` first: those before it (0 = from the
   * newest) or those after it. They are read one by one, so a caller may stop early.
   */
  *near(kinds: readonly number[], direction: "before" | "after", from: number): Generator<StoredEntry, void> {
    const wanted = JSON.stringify(kinds);
    const rows =
      direction === "before"
        ? this.#sql.exec<Row>(
            `SELECT seq, kind, ref, frame FROM log WHERE seq < ? AND frame IS NOT NULL
             AND kind IN (SELECT value FROM json_each(?)) ORDER BY seq DESC`,
            from === 0 ? this.#head + 1 : from,
            wanted,
          )
        : this.#sql.exec<Row>(
            `SELECT seq, kind, ref, frame FROM log WHERE seq > ? AND frame IS NOT NULL
             AND kind IN (SELECT value FROM json_each(?)) ORDER BY seq`,
            from,
            wanted,
          );
    for (const row of rows) yield entryOf(row);
  }
}
