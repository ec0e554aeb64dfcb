// The tables of a stream's object: what was appended and is not sealed yet, how far each writer came, which segments there are. Every
// change is synchronous, so that calls cannot interleave. No R2, no clock.
import type { SegmentEntry } from "@ferrule/core/chunk";
import { ONCE } from "../identity";
import { CHUNK_EXTRA_BYTES, PART_BYTES_MAX } from "../limits";

const TABLES = [
  "CREATE TABLE records(idx INTEGER NOT NULL, part INTEGER NOT NULL, body BLOB NOT NULL, PRIMARY KEY(idx, part))",
  "CREATE TABLE writers(id TEXT PRIMARY KEY, next_seq INTEGER NOT NULL, at INTEGER NOT NULL) WITHOUT ROWID",
  "CREATE TABLE segments(first INTEGER PRIMARY KEY, count INTEGER NOT NULL, bytes INTEGER NOT NULL, crc INTEGER NOT NULL, raw INTEGER NOT NULL)",
  "CREATE TABLE meta(key TEXT PRIMARY KEY, value) WITHOUT ROWID",
];

/** A segment, and the raw bytes of its chunks. */
export interface SealedEntry extends SegmentEntry {
  readonly raw: number;
}

/** What an object must know to go on where it stopped. */
export interface StoredState {
  readonly segments: SealedEntry[];
  /** Index of the next chunk. */
  readonly next: number;
  /** With CHUNK_EXTRA_BYTES for each chunk. */
  readonly unsealedBytes: number;
  /** When it was closed; null: it is open. */
  readonly closedAt: number | null;
}

/** The rows of one stream. */
export class Rows {
  readonly #storage: DurableObjectStorage;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
  }

  get #sql(): SqlStorage {
    return this.#storage.sql;
  }

  /** Whether the tables are there, and are what the stream is. */
  get exist(): boolean {
    return this.object !== null && this.archivedAt === null;
  }

  /** Makes the tables, for the object of this name. */
  create(object: string): void {
    this.#storage.transactionSync(() => {
      for (const table of TABLES) this.#sql.exec(table);
      this.#sql.exec("INSERT INTO meta VALUES('object', ?1)", object);
    });
  }

  #meta<T extends SqlStorageValue>(key: string): T | null {
    const [row] = this.#sql.exec<{ value: T }>("SELECT value FROM meta WHERE key = ?1", key).toArray();
    return row?.value ?? null;
  }

  /** The name that the tables were made with; also of an archived stream whose writers are still known. */
  get object(): string | null {
    const made = this.#sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'meta'").toArray().length > 0;
    return made ? this.#meta<string>("object") : null;
  }

  /** When `archive` was called; null: not, or everything is forgotten. */
  get archivedAt(): number | null {
    return this.object === null ? null : this.#meta<number>("archived_at");
  }

  /** Everything but the chunks. */
  load(): StoredState {
    const segments = this.#sql.exec<SealedEntry & Record<string, number>>("SELECT * FROM segments ORDER BY first");
    const entries = segments.toArray();
    const last = entries.at(-1);
    const sealed = last === undefined ? 0 : last.first + last.count;
    const rows = this.#sql
      .exec<{ next: number; bytes: number }>(
        "SELECT coalesce(max(idx) + 1, ?1) AS next, coalesce(sum(length(body) + ?2 * (part = 0)), 0) AS bytes FROM records",
        sealed,
        CHUNK_EXTRA_BYTES,
      )
      .one();
    const closedAt = this.#meta<number>("closed_at");
    return { segments: entries, next: rows.next, unsealedBytes: rows.bytes, closedAt };
  }

  /** The number of the chunk that a writer brings next. */
  nextSeq(writerId: string): number {
    const [row] = this.#sql
      .exec<{ next: number }>("SELECT next_seq AS next FROM writers WHERE id = ?1", writerId)
      .toArray();
    return row?.next ?? 0;
  }

  /** Adds a writer's chunks from index `first` on; `nextSeq` is how far it is then. All or nothing. */
  append(first: number, chunks: readonly Uint8Array[], writerId: string, nextSeq: number, now: number): void {
    this.#storage.transactionSync(() => {
      let index = first;
      for (const chunk of chunks) this.#add(index++, chunk);
      this.#sql.exec(
        "INSERT INTO writers VALUES(?1, ?2, ?3) ON CONFLICT DO UPDATE SET next_seq = ?2, at = ?3",
        writerId,
        nextSeq,
        now,
      );
    });
  }

  #add(index: number, chunk: Uint8Array): void {
    for (let part = 0; part === 0 || part * PART_BYTES_MAX < chunk.length; part++) {
      const body = chunk.subarray(part * PART_BYTES_MAX, (part + 1) * PART_BYTES_MAX);
      this.#sql.exec("INSERT INTO records VALUES(?1, ?2, ?3)", index, part, body);
    }
  }

  /** The chunks from `from` on: so many, of so many bytes together (of the last one its first part counts), but one at least. */
  read(from: number, countMax: number, bytesMax: number): Uint8Array[] {
    const chunks: Uint8Array[] = [];
    let parts: Uint8Array[] = [];
    let [index, bytes] = [from, 0];
    const rows = this.#sql.exec<{ idx: number; body: ArrayBuffer }>(
      "SELECT idx, body FROM records WHERE idx >= ?1 ORDER BY idx, part",
      from,
    );
    for (const { idx, body } of rows) {
      if (idx !== index) {
        // nothing may ever stand in for a chunk
        if (parts.length === 0 || idx !== index + 1) throw new RangeError(`chunk ${index} is missing`);
        chunks.push(whole(parts));
        [parts, index] = [[], idx];
        if (chunks.length === countMax || bytes + body.byteLength > bytesMax) return chunks;
      }
      parts.push(new Uint8Array(body));
      bytes += body.byteLength;
    }
    if (parts.length > 0) chunks.push(whole(parts));
    return chunks;
  }

  /** Notes a segment that R2 has, and drops its chunks. */
  seal({ first, count, bytes, crc, raw }: SealedEntry): void {
    this.#storage.transactionSync(() => {
      this.#sql.exec("INSERT INTO segments VALUES(?1, ?2, ?3, ?4, ?5)", first, count, bytes, crc, raw);
      this.#sql.exec("DELETE FROM records WHERE idx < ?1", first + count);
    });
  }

  /** No chunk comes any more. */
  close(now: number): void {
    this.#sql.exec("INSERT INTO meta VALUES('closed_at', ?1) ON CONFLICT DO NOTHING", now);
  }

  /**
   * Drops what R2 has all of. How far each writer came stays, for those whose answer was lost. The tables stay too: what a reader left
   * half read would keep them from being dropped.
   */
  archive(now: number): void {
    this.#storage.transactionSync(() => {
      this.#sql.exec("INSERT INTO meta VALUES('archived_at', ?1) ON CONFLICT DO NOTHING", now);
      this.#sql.exec("DELETE FROM records");
      this.#sql.exec("DELETE FROM segments");
    });
  }

  /** Forgets the writers of single writes that came before `time`. */
  forgetOnce(time: number): void {
    this.#sql.exec("DELETE FROM writers WHERE id GLOB ?1 AND at < ?2", `${ONCE}*`, time);
  }
}

/** One chunk of its parts. */
function whole(parts: readonly Uint8Array[]): Uint8Array {
  const [only] = parts;
  if (only !== undefined && parts.length === 1) return only;
  const chunk = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    chunk.set(part, at);
    at += part.length;
  }
  return chunk;
}
