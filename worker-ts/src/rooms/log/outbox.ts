// What the archive has not got yet: the table `batch`, a row per run of entries that goes as one message, and the read marks of
// `person` that it has not reported. It knows when to flush, and nothing of queues; what a message holds is in archive/.
import type { OpenBatch } from "../operation";
import type { RoomSettings } from "../settings";
import type { Due } from "./due";
import type { Meta } from "./tables";

/** A run of entries, both ends included. */
export interface Batch {
  readonly from: number;
  readonly to: number;
}

/** How far a person has read, and since when (ms). */
export interface ArchivedMark {
  readonly userId: string;
  readonly readSeq: number;
  readonly readAt: number;
}

/** Waiting times before a batch is sent again, in multiples of archiveResendMs, by how often it was sent: `tries` stops at the last. */
const RESEND_FACTORS = [1, 6, 36] as const;

/** A query for each of them, together one. While an archive fails the table grows, and each of these reads what it gives alone. */
const forEachTry = (query: (tries: number) => string): string =>
  RESEND_FACTORS.map((_, at) => query(at + 1)).join(" UNION ALL ");
const OVERDUE = `${forEachTry(
  (tries) =>
    `SELECT from_seq AS "from", to_seq AS "to" FROM batch WHERE tries = ${tries} AND done = 0 AND sent_at <= ?${tries}`,
)} LIMIT ?${RESEND_FACTORS.length + 1}`;
const NEXT_OVERDUE = `SELECT min(at) AS at FROM (${forEachTry(
  (tries) => `SELECT min(sent_at) + ?${tries} AS at FROM batch WHERE tries = ${tries} AND done = 0`,
)})`;

/** Open batches are counted up to this, and so many of the oldest are told. */
export const OPEN_BATCHES_MAX = 1_000;
export const OPEN_BATCHES_TOLD = 20;
/** What was sent within this time (ms) is on its way: asked for again, it is not sent twice. */
export const ON_ITS_WAY_MS = 10_000;

type BatchRow = { from: number; to: number };

/** The entries and marks that are on their way, or still have to go. Without an archive it does nothing at all. */
export class Outbox {
  readonly #storage: DurableObjectStorage;
  readonly #meta: Meta;
  readonly #due: Due;
  readonly #settings: RoomSettings;
  readonly #archived: boolean;
  #queuedSeq: number;
  #archivedSeq: number;
  /** Bytes of entries since the last flush, as far as this life of the object knows. */
  #bytes = 0;
  /** When the next flush is due; memory saves a statement for each entry. */
  #flushAt = Number.POSITIVE_INFINITY;
  /** Marks that are in the queue, as far as this life knows: the seq by user id. */
  readonly #markSent = new Map<string, number>();

  constructor(storage: DurableObjectStorage, meta: Meta, due: Due, settings: RoomSettings, archived: boolean) {
    this.#storage = storage;
    this.#meta = meta;
    this.#due = due;
    this.#settings = settings;
    this.#archived = archived;
    this.#queuedSeq = meta.find("queued_seq") ?? 0;
    this.#archivedSeq = meta.find("archived_seq") ?? 0;
  }

  /** Every entry up to this seq belongs to a batch. */
  get queuedSeq(): number {
    return this.#queuedSeq;
  }

  /** Every entry up to this seq is in the archive, reported by it. */
  get archivedSeq(): number {
    return this.#archivedSeq;
  }

  /** At a wake: whatever was cut short, it goes on. `head` is the log's newest seq. */
  wake(head: number): void {
    if (this.#archived && (head > this.#queuedSeq || this.unsent(1).length > 0))
      this.flushIn(this.#settings.archiveFlushMs);
  }

  /** An entry was written: it goes soon, or at once when many wait. `bytes` is the size of its frame. */
  noteEntry(seq: number, bytes: number): void {
    if (!this.#archived) return;
    const { archiveFlushEntries, archiveFlushBytes, archiveFlushMs } = this.#settings;
    this.#bytes += bytes;
    const many = seq - this.#queuedSeq >= archiveFlushEntries || this.#bytes >= archiveFlushBytes;
    this.flushIn(many ? 0 : archiveFlushMs);
  }

  /** A read mark has moved, or totals were saved: it goes soon. */
  noteRead(): void {
    if (this.#archived) this.flushIn(this.#settings.archiveFlushMs);
  }

  /** Makes sure that the next flush comes within `ms`. */
  flushIn(ms: number): void {
    const at = this.#settings.now() + ms;
    if (at >= this.#flushAt) return;
    this.#due.provide("flush", at);
    this.#flushAt = at;
  }

  /** Notes the batches that follow the last one; both or neither with `queuedSeq`. A flush begins here. */
  add(batches: readonly Batch[]): void {
    this.#flushAt = Number.POSITIVE_INFINITY;
    this.#bytes = 0;
    const last = batches.at(-1);
    if (last === undefined) return;
    this.#storage.transactionSync(() => {
      for (const batch of batches) this.#insert(batch);
      this.#meta.set("queued_seq", last.to);
    });
    this.#queuedSeq = last.to;
  }

  /** Batches that were never sent, oldest first. */
  unsent(limit: number): Batch[] {
    return this.#storage.sql
      .exec<BatchRow>(
        `SELECT from_seq AS "from", to_seq AS "to" FROM batch WHERE tries = 0 AND done = 0 ORDER BY sent_at, from_seq LIMIT ?`,
        limit,
      )
      .toArray();
  }

  /** Batches that were sent, not reported, and have waited long enough at `now`; of those sent as often, the first sent first. */
  overdue(now: number, limit: number): Batch[] {
    const latest = this.#waits().map((wait) => now - wait);
    return this.#storage.sql.exec<BatchRow>(OVERDUE, ...latest, limit).toArray();
  }

  /** When the next batch has waited long enough, or null when the archive has reported all that were sent. */
  nextOverdue(): number | null {
    return this.#storage.sql.exec<{ at: number | null }>(NEXT_OVERDUE, ...this.#waits()).one().at;
  }

  /** The batches that the archive has not reported. */
  standing(): { readonly count: number; readonly first: OpenBatch[] } {
    const { sql } = this.#storage;
    const { count } = sql
      .exec<{ count: number }>(
        "SELECT count(*) AS count FROM (SELECT 1 FROM batch WHERE done = 0 LIMIT ?)",
        OPEN_BATCHES_MAX,
      )
      .one();
    const first = sql
      .exec<{ from: number; to: number; sentAt: number; tries: number }>(
        `SELECT from_seq AS "from", to_seq AS "to", sent_at AS sentAt, tries FROM batch WHERE done = 0 ORDER BY from_seq LIMIT ?`,
        OPEN_BATCHES_TOLD,
      )
      .toArray();
    return { count, first };
  }

  /**
   * Counts every batch that was sent and not reported as never sent, so that the next flush, which comes at once, sends it again; but not
   * what was sent a moment ago. Answers how many.
   */
  again(): number {
    if (!this.#archived) return 0;
    const again = this.#storage.sql
      .exec(
        "UPDATE batch SET tries = 0 WHERE tries > 0 AND done = 0 AND sent_at <= ? RETURNING 1",
        this.#settings.now() - ON_ITS_WAY_MS,
      )
      .toArray();
    this.forgetMarks();
    this.flushIn(0);
    return again.length;
  }

  #waits(): number[] {
    return RESEND_FACTORS.map((factor) => factor * this.#settings.archiveResendMs);
  }

  /** The queue has taken a batch. Nothing happens when the archive has reported it already. */
  sent({ from }: Batch, now: number): void {
    this.#storage.sql.exec(
      "UPDATE batch SET tries = min(tries + 1, ?), sent_at = ? WHERE from_seq = ?",
      RESEND_FACTORS.length,
      now,
      from,
    );
  }

  /** A batch has become too long for one message: what follows `to` becomes a batch of its own, not sent yet. */
  split(batch: Batch, to: number): void {
    this.#storage.transactionSync(() => {
      // It may have been reported, and taken out, while another one was sent.
      const { rowsWritten } = this.#storage.sql.exec("UPDATE batch SET to_seq = ? WHERE from_seq = ?", to, batch.from);
      if (rowsWritten > 0) this.#insert({ from: to + 1, to: batch.to });
    });
  }

  #insert({ from, to }: Batch): void {
    this.#storage.sql.exec("INSERT INTO batch(from_seq, to_seq, sent_at, tries, done) VALUES(?, ?, 0, 0, 0)", from, to);
  }

  /** The archive has a batch; one that is not known, or known to be there, changes nothing. */
  done({ from, to }: Batch): void {
    this.#archivedSeq = this.#storage.transactionSync(() => {
      let reached = this.#archivedSeq;
      // the usual case goes at once, without being written first
      if (from === reached + 1 && this.#take({ from, to })) reached = to;
      else this.#storage.sql.exec("UPDATE batch SET done = 1 WHERE from_seq = ? AND to_seq = ?", from, to);
      for (let next = this.#takeDone(reached); next !== undefined; next = this.#takeDone(reached)) reached = next;
      if (reached > this.#archivedSeq) this.#meta.set("archived_seq", reached);
      return reached;
    });
  }

  #take({ from, to }: Batch): boolean {
    return this.#storage.sql.exec("DELETE FROM batch WHERE from_seq = ? AND to_seq = ?", from, to).rowsWritten > 0;
  }

  /** Takes out the batch right behind `seq` if it is done, and answers its end: only what stands alone stays in the table. */
  #takeDone(seq: number): number | undefined {
    const row = this.#storage.sql
      .exec<{ to: number }>(`DELETE FROM batch WHERE from_seq = ? AND done = 1 RETURNING to_seq AS "to"`, seq + 1)
      .next();
    return row.done ? undefined : row.value.to;
  }

  /** All marks that the archive has not reported and that are not in the queue; they count as sent from here on. */
  takeMarks(): ArchivedMark[] {
    const rows = this.#storage.sql.exec<{ userId: string; readSeq: number; readAt: number | null }>(
      `SELECT user_id AS userId, read_seq AS readSeq, read_ts AS readAt FROM person
       WHERE read_seq > read_archived ORDER BY ref`,
    );
    const marks: ArchivedMark[] = [];
    for (const { userId, readSeq, readAt } of rows) {
      if ((this.#markSent.get(userId) ?? 0) >= readSeq) continue;
      this.#markSent.set(userId, readSeq);
      marks.push({ userId, readSeq, readAt: readAt ?? 0 });
    }
    return marks;
  }

  /** The archive has these marks. */
  marksDone(marks: readonly Pick<ArchivedMark, "userId" | "readSeq">[]): void {
    if (marks.length === 0) return;
    this.#storage.sql.exec(
      `UPDATE person SET read_archived = mark.value->>'readSeq' FROM json_each(?) AS mark
       WHERE user_id = mark.value->>'userId' AND read_archived < mark.value->>'readSeq'`,
      JSON.stringify(marks),
    );
    for (const { userId, readSeq } of marks) if (this.#markSent.get(userId) === readSeq) this.#markSent.delete(userId);
  }

  /** Takes no mark for sent any more: what was in the queue may be lost. */
  forgetMarks(): void {
    this.#markSent.clear();
  }
}
