// Reading the table `log`: runs for replay, entries for pages and for the archive. No writing, no rules.
import { KIND } from "@ferrule/core";

/** An entry as it is read back for replay and pages. */
export interface StoredEntry {
  readonly seq: number;
  readonly kind: number;
  readonly ref: number;
  /** Ref that the frame names besides its sender: who erased it, or whom an entry of the room is about. 0 = none. */
  readonly mention: number;
  readonly frame: Uint8Array;
}

/** An entry with all that the archive asks of it. `frame` is null when it was trimmed, `target` and `touched` 0 when unused. */
export interface LoggedEntry {
  readonly seq: number;
  readonly ts: number;
  readonly kind: number;
  readonly ref: number;
  /** Seq of the message that it changes. */
  readonly target: number;
  /** Seq of the newest entry that changed it. */
  readonly touched: number;
  readonly frame: Uint8Array | null;
}

/** A message as the log has it: `frame` is null once it was trimmed. */
export type LoggedMessage = Pick<LoggedEntry, "seq" | "ts" | "ref" | "frame">;

/** An EDIT or a DELETE that the log still has. */
export interface LoggedChange extends Pick<LoggedEntry, "seq" | "ts" | "kind" | "ref" | "target"> {
  readonly frame: Uint8Array;
}

/** Entries that follow each other: their frames in order, the refs that they name once each, and the seq of the last. */
export interface Run {
  readonly frames: readonly Uint8Array[];
  readonly refs: readonly number[];
  readonly upTo: number;
}

/** Where to read messages: those before `from` (0 = from the newest) or after it, or of these only the pinned ones. */
export interface MessageRange {
  readonly direction: "before" | "after";
  readonly from: number;
  readonly pinned: boolean;
}

type RunRow = { frames: ArrayBuffer; lengths: string; refs: string };
type Row = { seq: number; kind: number; ref: number; mention: number; frame: ArrayBuffer };
type Bare<T> = Omit<T, "frame"> & { frame: ArrayBuffer | null };

/**
 * A run as one row. A BLOB that is cast to TEXT keeps its bytes, whatever they are, and group_concat joins them by length. Rows of a
 * range of the primary key come in its order.
 */
const RUN = `SELECT CAST(group_concat(CAST(frame AS TEXT), '') AS BLOB) AS frames, json_group_array(length(frame)) AS lengths,
    json_group_array(DISTINCT ref) AS refs
  FROM log WHERE seq > ? AND seq <= ?`;
/** Few entries mention anybody, and they have an index of their own. */
const MENTIONS = "SELECT DISTINCT mention FROM log INDEXED BY log_mention WHERE seq > ? AND seq <= ? AND mention > 0";

/** The condition of the index `log_change`, word for word: only so is it used. */
const IS_CHANGE = `kind IN (${KIND.EDIT}, ${KIND.DELETE})`;

const bytesOf = (frame: ArrayBuffer | null) => (frame === null ? null : new Uint8Array(frame));

/** The log as it is read. Who writes it says where it ends and how far it was trimmed. */
export abstract class LogReader {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** Seq of the newest entry, 0 in an empty room. */
  abstract get head(): number;

  /** Of the entries up to this seq only the messages have a row, without frame and id. */
  abstract get trimmedSeq(): number;

  /** The last seq in seq..last that was written before `time` (ms), given that times rise with seqs; 0 when there is none. */
  lastBefore(time: number, seq: number, last: number): number {
    const rows = this.#sql.exec<{ seq: number; ts: number }>(
      "SELECT seq, ts FROM log WHERE seq >= ? AND seq <= ? ORDER BY seq",
      seq,
      last,
    );
    let found = 0;
    for (const row of rows) {
      if (row.ts >= time) break;
      found = row.seq;
    }
    return found;
  }

  /** The entries first..last by rising seq, read one by one. */
  *entries(first: number, last: number): Generator<LoggedEntry, void> {
    const rows = this.#sql.exec<Bare<LoggedEntry>>(
      "SELECT seq, ts, kind, ref, target, touched, frame FROM log WHERE seq >= ? AND seq <= ? ORDER BY seq",
      first,
      last,
    );
    for (const row of rows) yield { ...row, frame: bytesOf(row.frame) };
  }

  /** One entry, trimmed or not. */
  entry(seq: number): LoggedEntry | undefined {
    const [found] = this.entries(seq, seq);
    return found;
  }

  /**
   * A run of entries after `seq` that were not trimmed: at most `entries` of them, and at most `bytes` of frames unless the first has
   * more; undefined where the log ends. It comes as one row: reading a row costs more than all else that becomes of an entry in a
   * replay.
   */
  run(seq: number, entries: number, bytes: number): Run | undefined {
    const from = Math.max(seq, this.trimmedSeq);
    if (from >= this.head) return undefined;
    const upTo = this.#endOfRun(from, entries, bytes);
    const row = this.#sql.exec<RunRow>(RUN, from, upTo).one();
    const joined = new Uint8Array(row.frames);
    let end = 0;
    const frames = (JSON.parse(row.lengths) as number[]).map((length) => {
      end += length;
      return joined.subarray(end - length, end);
    });
    const refs = new Set(JSON.parse(row.refs) as number[]);
    for (const { mention } of this.#sql.exec<{ mention: number }>(MENTIONS, from, upTo)) refs.add(mention);
    return { frames, refs: [...refs], upTo };
  }

  #endOfRun(from: number, entries: number, bytes: number): number {
    for (let count = Math.min(entries, this.head - from); ; ) {
      const { size } = this.#sql
        .exec<{ size: number }>(
          "SELECT sum(length(frame)) AS size FROM log WHERE seq > ? AND seq <= ?",
          from,
          from + count,
        )
        .one();
      if (size <= bytes || count === 1) return from + count;
      count = Math.max(1, Math.floor((count * bytes) / size));
    }
  }

  /**
   * Entries of the given kinds that were not trimmed, nearest to `from` first: those before it (0 = from the
   * newest) or those after it. They are read one by one, so a caller may stop early.
   */
  *near(kinds: readonly number[], direction: "before" | "after", from: number): Generator<StoredEntry, void> {
    const wanted = JSON.stringify(kinds);
    const rows =
      direction === "before"
        ? this.#sql.exec<Row>(
            `SELECT seq, kind, ref, mention, frame FROM log WHERE seq > ? AND seq < ?
             AND kind IN (SELECT value FROM json_each(?)) ORDER BY seq DESC`,
            this.trimmedSeq,
            from === 0 ? this.head + 1 : from,
            wanted,
          )
        : this.#sql.exec<Row>(
            `SELECT seq, kind, ref, mention, frame FROM log WHERE seq > ?
             AND kind IN (SELECT value FROM json_each(?)) ORDER BY seq`,
            Math.max(from, this.trimmedSeq),
            wanted,
          );
    for (const row of rows) yield { ...row, frame: new Uint8Array(row.frame) };
  }

  /** Messages nearest to `from` first, as in `near`, but the trimmed ones too. */
  *messages({ direction, from, pinned }: MessageRange): Generator<LoggedMessage, void> {
    const [where, order] = direction === "before" ? ["seq < ?", "DESC"] : ["seq > ?", "ASC"];
    const only = pinned ? "AND seq IN (SELECT target FROM pin)" : "";
    const rows = this.#sql.exec<Bare<LoggedMessage>>(
      `SELECT seq, ts, ref, frame FROM log WHERE ${where} AND kind = ? ${only} ORDER BY seq ${order}`,
      direction === "before" && from === 0 ? this.head + 1 : from,
      KIND.MSG,
    );
    for (const row of rows) yield { ...row, frame: bytesOf(row.frame) };
  }

  /** The EDITs and DELETEs of these messages that the log still has, by rising seq. */
  changesOf(targets: readonly number[]): LoggedChange[] {
    return this.#sql
      .exec<Omit<LoggedChange, "frame"> & { frame: ArrayBuffer }>(
        `SELECT seq, ts, kind, ref, target, frame FROM log INDEXED BY log_change
         WHERE target IN (SELECT value FROM json_each(?)) AND ${IS_CHANGE} ORDER BY seq`,
        JSON.stringify(targets),
      )
      .toArray()
      .map((row) => ({ ...row, frame: new Uint8Array(row.frame) }));
  }

  /** Whether a message between these two seqs was trimmed. */
  hasTrimmed(after: number, before: number): boolean {
    const end = Math.min(before, this.trimmedSeq + 1);
    return !this.#sql.exec("SELECT 1 FROM log WHERE seq > ? AND seq < ? AND kind = ?", after, end, KIND.MSG).next()
      .done;
  }
}
