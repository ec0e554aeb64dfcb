// The table `log`: the room's one truth, an entry per seq with the very bytes that were broadcast. No rules, no sockets.
import { KIND } from "@ferrule/core";
import type { Meta } from "./tables";

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

/** Entries that follow each other: their frames in order, the refs of their senders once each, and the seq of the last. */
export interface Run {
  readonly frames: readonly Uint8Array[];
  readonly refs: readonly number[];
  readonly upTo: number;
}

type RunRow = { frames: ArrayBuffer; lengths: string; refs: string };

/**
 * A run as one row. A BLOB that is cast to TEXT keeps its bytes, whatever they are, and group_concat joins them by length. Rows of a
 * range of the primary key come in its order.
 */
const RUN = `SELECT CAST(group_concat(CAST(frame AS TEXT), '') AS BLOB) AS frames, json_group_array(length(frame)) AS lengths,
    json_group_array(DISTINCT ref) AS refs
  FROM log WHERE seq > ? AND seq <= ?`;

type Row = { seq: number; kind: number; ref: number; frame: ArrayBuffer };
type WholeRow = Omit<LoggedEntry, "frame"> & { frame: ArrayBuffer | null };

const entryOf = (row: Row): StoredEntry => ({ ...row, frame: new Uint8Array(row.frame) });
const bytesOf = (frame: ArrayBuffer | null) => (frame === null ? null : new Uint8Array(frame));

/** The room's log. `head` and `lastTs` are read once per wake and move only after a row is in. */
export class Log {
  readonly #storage: DurableObjectStorage;
  readonly #meta: Meta;
  readonly #sql: SqlStorage;
  readonly #added: (seq: number, bytes: number) => void;
  #head: number;
  #lastTs: number;
  #trimmedSeq: number;
  /** When each person wrote their newest message, as far back as anybody asks, the newest last; undefined while nobody does. */
  #said: Map<number, number> | undefined;

  /** `added` is told of each new entry: its seq, and the bytes of its frame. */
  constructor(storage: DurableObjectStorage, meta: Meta, added: (seq: number, bytes: number) => void) {
    this.#storage = storage;
    this.#meta = meta;
    this.#sql = storage.sql;
    this.#added = added;
    this.#trimmedSeq = meta.find("trimmed_seq") ?? 0;
    const last = this.#sql
      .exec<{ seq: number; ts: number }>("SELECT seq, ts FROM log ORDER BY seq DESC LIMIT 1")
      .next();
    this.#head = last.done ? this.#trimmedSeq : last.value.seq;
    this.#lastTs = last.done ? 0 : last.value.ts;
  }

  /** Of the entries up to this seq only the messages have a row, without frame and id. */
  get trimmedSeq(): number {
    return this.#trimmedSeq;
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
    if (entry.kind === KIND.MSG) this.#noteSaid(entry.ref, entry.ts);
    this.#added(entry.seq, entry.frame.byteLength);
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

  /**
   * When this person wrote their newest message after `time` (ms), if they did. The first question reads the log back to that
   * time; from then on what is written is remembered, and what lies behind a later question's time is forgotten.
   */
  saidAfter(ref: number, time: number): number | undefined {
    this.#said ??= this.#readSaid(time);
    for (const [older, ts] of this.#said) {
      if (ts > time) break;
      this.#said.delete(older);
    }
    return this.#said.get(ref);
  }

  /** The next question of that sort may look further back; or there will be none. */
  forgetSaid(): void {
    this.#said = undefined;
  }

  #noteSaid(ref: number, ts: number): void {
    // out first: what is set anew would keep its old place
    this.#said?.delete(ref);
    this.#said?.set(ref, ts);
  }

  #readSaid(time: number): Map<number, number> {
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

  /** The frame of one entry. Throws when there is none: callers know it from `find` or `add`. */
  frame(seq: number): Uint8Array {
    const row = this.#sql.exec<{ frame: ArrayBuffer }>("SELECT frame FROM log WHERE seq = ?", seq).one();
    return new Uint8Array(row.frame);
  }

  /** Takes the frames out of the log up to `seq`, which must lie below head: messages keep a bare row, all else goes. */
  trim(seq: number): void {
    const range = [this.#trimmedSeq, seq, KIND.MSG] as const;
    this.#storage.transactionSync(() => {
      this.#sql.exec("UPDATE log SET frame = NULL, cid = NULL WHERE seq > ? AND seq <= ? AND kind = ?", ...range);
      this.#sql.exec("DELETE FROM log WHERE seq > ? AND seq <= ? AND kind <> ?", ...range);
      this.#meta.set("trimmed_seq", seq);
    });
    this.#trimmedSeq = seq;
  }

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
    const rows = this.#sql.exec<WholeRow>(
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
    const from = Math.max(seq, this.#trimmedSeq);
    if (from >= this.#head) return undefined;
    const upTo = this.#endOfRun(from, entries, bytes);
    const row = this.#sql.exec<RunRow>(RUN, from, upTo).one();
    const joined = new Uint8Array(row.frames);
    let end = 0;
    const frames = (JSON.parse(row.lengths) as number[]).map((length) => {
      end += length;
      return joined.subarray(end - length, end);
    });
    return { frames, refs: JSON.parse(row.refs) as number[], upTo };
  }

  #endOfRun(from: number, entries: number, bytes: number): number {
    for (let count = Math.min(entries, this.#head - from); ; ) {
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
            `SELECT seq, kind, ref, frame FROM log WHERE seq > ? AND seq < ?
             AND kind IN (SELECT value FROM json_each(?)) ORDER BY seq DESC`,
            this.#trimmedSeq,
            from === 0 ? this.#head + 1 : from,
            wanted,
          )
        : this.#sql.exec<Row>(
            `SELECT seq, kind, ref, frame FROM log WHERE seq > ?
             AND kind IN (SELECT value FROM json_each(?)) ORDER BY seq`,
            Math.max(from, this.#trimmedSeq),
            wanted,
          );
    for (const row of rows) yield entryOf(row);
  }

  /** Messages nearest to `from` first, as in `near`, but the trimmed ones too. */
  *messages(direction: "before" | "after", from: number): Generator<LoggedMessage, void> {
    const [where, order] = direction === "before" ? ["seq < ?", "DESC"] : ["seq > ?", "ASC"];
    const rows = this.#sql.exec<Omit<LoggedMessage, "frame"> & { frame: ArrayBuffer | null }>(
      `SELECT seq, ts, ref, frame FROM log WHERE ${where} AND kind = ? ORDER BY seq ${order}`,
      direction === "before" && from === 0 ? this.#head + 1 : from,
      KIND.MSG,
    );
    for (const row of rows) yield { ...row, frame: bytesOf(row.frame) };
  }

  /** Whether a message between these two seqs was trimmed. */
  hasTrimmed(after: number, before: number): boolean {
    const end = Math.min(before, this.#trimmedSeq + 1);
    return !this.#sql.exec("SELECT 1 FROM log WHERE seq > ? AND seq < ? AND kind = ?", after, end, KIND.MSG).next()
      .done;
  }
}
