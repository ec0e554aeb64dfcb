// The table `log`: the room's one truth, an entry per seq with the very bytes that were broadcast. Writing, and what a rule must
// know of an entry; reading at length is in reader.ts. No rules, no sockets.
import { KIND } from "@ferrule/core";
import { LogReader } from "./reader";
import { Said } from "./said";
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

/** A new entry that changes a message or names somebody. */
export interface ChangeEntry extends NewEntry {
  /** Seq of the message that it changes, 0 = none. */
  readonly target: number;
  /** As in StoredEntry. */
  readonly mention: number;
}

/** What is kept of an id that was seen. `sum` null means erased: any body counts as the same. */
export interface Seen {
  readonly seq: number;
  readonly ts: number;
  readonly kind: number;
  readonly sum: number | null;
}

/** What a rule must know of a message. */
export interface Target {
  /** Who wrote it. */
  readonly ref: number;
  readonly ts: number;
  readonly erased: boolean;
}

/** A message as a change leaves it. */
export interface Rewritten {
  readonly seq: number;
  /** Null for one that was trimmed. */
  readonly frame: Uint8Array | null;
  /** Seq of the entry that changes it. */
  readonly touched: number;
}

/** The room's log. `head` and `lastTs` are read once per wake and move only after a row is in. */
export class Log extends LogReader {
  readonly #storage: DurableObjectStorage;
  readonly #meta: Meta;
  readonly #sql: SqlStorage;
  readonly #added: (seq: number, bytes: number) => void;
  readonly said: Said;
  #head: number;
  #lastTs: number;
  #trimmedSeq: number;

  /** `added` is told of each new entry: its seq, and the bytes of its frame. */
  constructor(storage: DurableObjectStorage, meta: Meta, added: (seq: number, bytes: number) => void) {
    super(storage.sql);
    this.#storage = storage;
    this.#meta = meta;
    this.#sql = storage.sql;
    this.#added = added;
    this.said = new Said(storage.sql);
    this.#trimmedSeq = meta.find("trimmed_seq") ?? 0;
    const last = this.#sql
      .exec<{ seq: number; ts: number }>("SELECT seq, ts FROM log ORDER BY seq DESC LIMIT 1")
      .next();
    this.#head = last.done ? this.#trimmedSeq : last.value.seq;
    this.#lastTs = last.done ? 0 : last.value.ts;
  }

  override get trimmedSeq(): number {
    return this.#trimmedSeq;
  }

  override get head(): number {
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

  /** Adds an entry made with `next` that changes no other. False, and nothing written, when this person's id was seen before. */
  add(entry: NewEntry): boolean {
    // without what only other entries have: most are messages, and each column costs
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
    this.#moveTo(entry);
    return true;
  }

  /** Adds entries that follow each other, whose ids are new, with what `besides` writes: all or nothing. */
  addAll(entries: readonly ChangeEntry[], besides: () => void = () => undefined): void {
    this.#storage.transactionSync(() => {
      besides();
      for (const { seq, ts, kind, ref, id, sum, frame, target, mention } of entries)
        this.#sql.exec(
          "INSERT INTO log(seq, ts, kind, ref, cid, sum, frame, target, mention) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)",
          ...[seq, ts, kind, ref, id, sum, frame, target, mention],
        );
    });
    // only now: what has failed has not happened
    for (const entry of entries) this.#moveTo(entry);
  }

  #moveTo(entry: NewEntry): void {
    this.#head = entry.seq;
    this.#lastTs = entry.ts;
    if (entry.kind === KIND.MSG) this.said.note(entry.ref, entry.ts);
    this.#added(entry.seq, entry.frame.byteLength);
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

  /** The message at `seq`, if it is one; rows of messages outlive trimming. */
  target(seq: number): Target | undefined {
    // an erased message has no sum: no other has none
    const row = this.#sql
      .exec<{ ref: number; ts: number; erased: number }>(
        "SELECT ref, ts, sum IS NULL AS erased FROM log WHERE seq = ? AND kind = ?",
        seq,
        KIND.MSG,
      )
      .next();
    return row.done ? undefined : { ...row.value, erased: row.value.erased === 1 };
  }

  /** Messages of these people behind `after` that are not erased, at most `limit`, the oldest first; trimmed ones too. */
  standing(refs: readonly number[], after: number, limit: number): number[] {
    // +: through the log in its order, once for all calls together; by ref what is erased already were looked at again each time
    return this.#sql
      .exec<{ seq: number }>(
        `SELECT seq FROM log WHERE seq > ? AND kind = ? AND sum IS NOT NULL AND +ref IN (SELECT value FROM json_each(?))
         ORDER BY seq LIMIT ?`,
        ...[after, KIND.MSG, JSON.stringify(refs), limit],
      )
      .toArray()
      .map(({ seq }) => seq);
  }

  /** A message has another text. In a transaction, with the entry that says so. */
  rewrite({ seq, frame, touched }: Rewritten): void {
    this.#sql.exec("UPDATE log SET frame = ?, touched = ? WHERE seq = ?", frame, touched, seq);
  }

  /** A message has no text any more; `by` is the ref of who erased it. In a transaction, with the entry that says so. */
  erase({ seq, frame, touched }: Rewritten, by: number): void {
    this.#sql.exec(
      "UPDATE log SET frame = ?, touched = ?, sum = NULL, mention = ? WHERE seq = ?",
      frame,
      touched,
      frame === null ? 0 : by,
      seq,
    );
  }

  /** An EDIT of an erased message shows no text, and nothing of it is kept. In a transaction. */
  empty(seq: number, frame: Uint8Array): void {
    this.#sql.exec("UPDATE log SET frame = ?, sum = NULL WHERE seq = ?", frame, seq);
  }

  /** Takes the frames out of the log up to `seq`, which must lie below head: messages keep a bare row, all else goes. */
  trim(seq: number): void {
    const range = [this.#trimmedSeq, seq, KIND.MSG] as const;
    this.#storage.transactionSync(() => {
      this.#sql.exec(
        "UPDATE log SET frame = NULL, cid = NULL, mention = 0 WHERE seq > ? AND seq <= ? AND kind = ?",
        ...range,
      );
      this.#sql.exec("DELETE FROM log WHERE seq > ? AND seq <= ? AND kind <> ?", ...range);
      this.#meta.set("trimmed_seq", seq);
    });
    this.#trimmedSeq = seq;
  }
}
