// One stream: it gives chunks their indices, keeps them until they are sealed in R2, and pushes them to readers, who wait for no timer.
// What leaves over RPC is plain data or a byte stream; refusals are answers (streamer/answer.ts), never errors.
import { DurableObject } from "cloudflare:workers";
import type { SegmentEntry } from "@ferrule/core/chunk";
import { logFailure } from "../platform/log";
import { type Answer, type ChunkPage, type Refusal, refuse, type StreamInfo } from "./streamer/answer";
import { Archive, type ArchivedStream, placeOf, SegmentCache } from "./streamer/archive";
import { identityOf, type StreamIdentity } from "./streamer/identity";
import {
  CHUNK_BYTES_MAX,
  CHUNK_EXTRA_BYTES,
  GROUP_CHUNKS_MAX,
  PAGE_BYTES_MAX,
  SEAL_BYTES,
  SEAL_CHUNKS,
  STREAM_SETTINGS,
  type StreamSettings,
} from "./streamer/limits";
import { addStream, markArchived } from "./streamer/listing";
import { StreamLog } from "./streamer/object/log";
import { makeReader, type ReadSource } from "./streamer/object/reader";
import { Rows } from "./streamer/object/rows";
import { putIndex, sealAll } from "./streamer/object/sealing";
import { Waiters } from "./streamer/object/waiters";

/** What the object needs of a Worker. */
export interface StreamObjectEnv {
  readonly WORKFLOW_DB: D1Database;
  readonly WORKFLOW_BUCKET: R2Bucket;
}

/** Stands in the storage while rows of a backup come; and which call emptied it last, which stays. */
const RESTORING = "restoring";
const EMPTIED = "emptied";

/** What an empty object answers. */
const NOTHING: ArchivedStream = { entries: [], next: 0 };

/** The stream of one run and name; its object's name is `runId/name`. */
export class StreamObject extends DurableObject<StreamObjectEnv> {
  /** What it goes by; tests hand others in. */
  settings: StreamSettings = STREAM_SETTINGS;

  readonly #rows = new Rows(this.ctx.storage);
  readonly #cache = new SegmentCache();
  /** Those who wait for a chunk or the end, and those who wait for room. */
  readonly #readers = new Waiters();
  readonly #writers = new Waiters();
  /** What is in the tables, or was when it was archived. */
  #log: StreamLog | null = null;
  /** What R2 has all of. */
  #archived: ArchivedStream | null = null;
  /** Its stream is forgotten: a sealing that is under way ends where it is. */
  #removed = false;
  #sealing: Promise<void> | null = null;
  #opening: Promise<void> | null = null;
  #listing: Promise<void> | null = null;
  #emptying: Promise<void> = Promise.resolve();
  #readerCount = 0;
  /** Of the appends that wait for room. */
  #waitingBytes = 0;
  #alarmAt: number | null = null;
  /** Until when the writers of the archived stream are known; null: they are not. */
  #writersUntil: number | null = null;
  #appendedAt = 0;
  #failures = 0;

  /**
   * Adds what is new of a writer's chunks, in one piece; `chunkSeq` is the number of the first among all of that writer. Answers with
   * the index behind the last when it is durable. Refused: WRITER_GAP, CLOSED, NO_ROOM, TOO_LONG, BAD_REQUEST.
   */
  async append(writerId: string, chunkSeq: number, chunks: readonly Uint8Array[]): Promise<Answer<{ next: number }>> {
    const flaw = flawOf(chunkSeq, chunks);
    if (flaw !== null) return flaw;
    await this.#provide();
    const until = Date.now() + this.settings.roomMs;
    // the last look at the room and the append are one turn: of those who are woken together only so many find some
    while (this.#isFull && !this.#knows(writerId, chunkSeq + chunks.length))
      if (!(await this.#waitForRoom(until, bytesOf(chunks))))
        return refuse("NO_ROOM", "too much of the stream waits to be sealed");
    const log = this.#log;
    if (log === null || this.#archived !== null)
      return this.#knows(writerId, chunkSeq + chunks.length)
        ? { next: this.#next }
        : refuse("CLOSED", "the stream is closed");
    const now = Date.now();
    const answer = log.append(writerId, chunkSeq, chunks, now, this.settings.segmentsMax);
    if ("refused" in answer) return answer;
    this.#appendedAt = now;
    this.#readers.wake();
    this.#plan();
    return answer;
  }

  /** Ends the stream; twice is fine. */
  async close(): Promise<void> {
    await this.#provide();
    if (this.#log === null || this.#archived !== null) return;
    this.#log.close(Date.now());
    this.#readers.wake();
    this.#writers.wake();
    this.#plan();
  }

  /** Bytes of the appends that wait for room. */
  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  /** How far it is. */
  async info(): Promise<StreamInfo> {
    await this.#open();
    return { tailIndex: this.#next - 1, done: this.#closed };
  }

  /** The chunks from `from` on that there are now: so many at most, and of 4 MiB together, but one at least if there is one. */
  async chunks(from: number, countMax: number): Promise<ChunkPage> {
    await this.#open();
    const chunks: Uint8Array[] = [];
    const page = () => ({ chunks, next: this.#next, done: this.#closed });
    let bytes = 0;
    while (chunks.length < countMax && from + chunks.length < this.#next) {
      const found = await this.#read(from + chunks.length, countMax - chunks.length, PAGE_BYTES_MAX - bytes);
      // what is not sealed yet comes by its rows, and may be more than was asked for
      for (const chunk of found) {
        if (chunks.length > 0 && bytes + chunk.length > PAGE_BYTES_MAX) return page();
        chunks.push(chunk);
        bytes += chunk.length;
      }
    }
    return page();
  }

  /**
   * The stream from `startIndex` on as records (rust/chunk/FORMAT.md, section 5), live until its end; negative counts from the tail. One
   * without an end was cut. Refused: READERS.
   */
  async read(startIndex: number): Promise<Answer<{ stream: ReadableStream<Uint8Array> }>> {
    await this.#open();
    if (this.#readerCount >= this.settings.readersMax)
      return refuse("READERS", `a stream has at most ${this.settings.readersMax} readers at a time`);
    const index = startIndex < 0 ? Math.max(0, this.#next + startIndex) : startIndex;
    this.#readerCount++;
    const stream = makeReader(this.#source, index, () => {
      this.#readerCount--;
      // the one that waits would stand there until the next chunk
      this.#readers.wake();
    });
    return { stream };
  }

  /** Forgets the stream, whose run is forgotten; who reads it is at its end. What R2 has is the caller's to remove; nothing comes to it. */
  async remove(): Promise<void> {
    await this.#open().catch(() => undefined);
    this.#removed = true;
    this.#archived = NOTHING;
    this.#log = null;
    this.#writersUntil = null;
    this.#readers.wake();
    this.#writers.wake();
    // what it puts would lie in R2 for ever if it came there later
    await this.#sealing?.catch(() => undefined);
    await this.ctx.storage.deleteAll();
    await this.ctx.storage.deleteAlarm();
  }

  /**
   * Forgets the stream, as `remove` does; rows of a backup are about to come. Until `restored` nobody gets in. `turn` is greater with each
   * call that means something new: the same again, or one that comes late, empties nothing.
   */
  emptied(turn = ""): Promise<void> {
    // one after another: of two that mean the same, the second finds it done
    this.#emptying = this.#emptying.catch(() => undefined).then(() => this.#empty(turn));
    return this.#emptying;
  }

  async #empty(turn: string): Promise<void> {
    if (turn !== "" && (this.ctx.storage.kv.get<string>(EMPTIED) ?? "") >= turn) return;
    await this.remove();
    this.#forgetAll();
    this.ctx.storage.kv.put(RESTORING, 1);
    this.ctx.storage.kv.put(EMPTIED, turn);
    this.#rows.create(this.#object);
  }

  /** Nothing comes: there is no such stream in the backup. */
  async clear(): Promise<void> {
    const turn = this.ctx.storage.kv.get<string>(EMPTIED);
    await this.remove();
    this.#forgetAll();
    if (turn !== undefined) this.ctx.storage.kv.put(EMPTIED, turn);
  }

  /** The rows have come: what is not sealed of them will be. */
  async restored(): Promise<void> {
    this.ctx.storage.kv.delete(RESTORING);
    this.#forgetAll();
    await this.#open();
  }

  /** Nothing is known any more but what lies in the storage. */
  #forgetAll(): void {
    this.#removed = false;
    this.#log = null;
    this.#archived = null;
    this.#sealing = null;
    this.#opening = null;
    this.#listing = null;
    this.#alarmAt = null;
    this.#writersUntil = null;
    this.#failures = 0;
  }

  /** Seals. */
  override async alarm(): Promise<void> {
    this.#alarmAt = null;
    await this.#open();
    if (this.#archived !== null) return this.#forget();
    const log = this.#log;
    if (log === null) return;
    const idleAt = this.#appendedAt + this.settings.idleMs;
    if (!this.#isDue(log) && Date.now() < idleAt) return this.#wakeAt(idleAt);
    try {
      this.#sealing = this.#seal(log);
      await this.#sealing;
      this.#failures = 0;
    } catch (error) {
      if (this.#removed) return;
      logFailure("seal a stream", error);
      const { retryMs, retryMsMax } = this.settings;
      this.#wakeAt(Date.now() + Math.min(retryMsMax, retryMs * 2 ** this.#failures++));
      return;
    }
    this.#plan();
  }

  get #next(): number {
    return (this.#log ?? this.#archived ?? NOTHING).next;
  }

  get #closed(): boolean {
    return this.#archived !== null || (this.#log !== null && this.#log.closedAt !== null);
  }

  get #source(): ReadSource {
    const next = () => this.#next;
    const closed = () => this.#closed;
    return {
      get next() {
        return next();
      },
      get closed() {
        return closed();
      },
      read: (from, bytesMax) => this.#read(from, GROUP_CHUNKS_MAX, bytesMax),
      wait: () => this.#readers.wait(),
    };
  }

  get #object(): string {
    const name = this.ctx.id.name ?? this.#rows.object;
    if (name === null) throw new TypeError("a stream's object is got by its run and name");
    return name;
  }

  get #identity(): StreamIdentity {
    return identityOf(this.#object);
  }

  get #archive(): Archive {
    return new Archive(this.env.WORKFLOW_BUCKET, this.#identity);
  }

  /** Knows what there is: its tables, or R2, or nothing. */
  #open(): Promise<void> {
    this.#opening ??= this.#find().catch((error) => {
      this.#opening = null;
      throw error;
    });
    return this.#opening;
  }

  async #find(): Promise<void> {
    if (this.ctx.storage.kv.get(RESTORING) !== undefined) throw new Error("the stream is being restored from a backup");
    if (this.#rows.object !== null) this.#alarmAt = await this.ctx.storage.getAlarm();
    if (!this.#rows.exist) {
      const { archivedAt } = this.#rows;
      this.#archived = (await this.#archive.findStream()) ?? (archivedAt === null ? null : NOTHING);
      if (archivedAt !== null) this.#remember(archivedAt);
      return;
    }
    this.#log = new StreamLog(this.#rows);
    this.#plan();
  }

  /** Begins the stream unless it has begun: its row in D1 first, then its tables. Where those are, so is the row. */
  async #provide(): Promise<void> {
    if (this.#log !== null || this.#archived !== null) return;
    if (this.#rows.object !== null) return this.#open();
    this.#listing ??= addStream(this.env.WORKFLOW_DB, this.#identity, Date.now()).catch((error) => {
      this.#listing = null;
      throw error;
    });
    await Promise.all([this.#open(), this.#listing]);
    if (this.#log !== null || this.#archived !== null) return;
    this.#rows.create(this.#object);
    this.#log = new StreamLog(this.#rows);
  }

  /** Whether an append has to wait. */
  get #isFull(): boolean {
    return this.#log !== null && !this.#closed && this.#log.unsealedBytes > this.settings.unsealedBytesMax;
  }

  /** Until there may be room for an append of so many bytes; false: it took too long, or too much waits. */
  async #waitForRoom(until: number, bytes: number): Promise<boolean> {
    const left = until - Date.now();
    if (left <= 0 || this.#waitingBytes + bytes > this.settings.waitingBytesMax) return false;
    this.#waitingBytes += bytes;
    await this.#writers.wait(left);
    this.#waitingBytes -= bytes;
    return true;
  }

  #isDue({ closedAt, next, sealed, unsealedBytes }: StreamLog): boolean {
    return closedAt !== null || next - sealed >= SEAL_CHUNKS || unsealedBytes >= SEAL_BYTES;
  }

  /** Sets the alarm that what is there calls for. */
  #plan(): void {
    const log = this.#log;
    if (log === null || this.#archived !== null || this.#failures > 0) return;
    if (this.#isDue(log)) this.#wakeAt(Date.now());
    else if (log.sealed < log.next && this.#alarmAt === null) this.#wakeAt(Date.now() + this.settings.idleMs);
  }

  #wakeAt(time: number): void {
    if (this.#alarmAt !== null && this.#alarmAt <= time) return;
    this.#alarmAt = time;
    this.ctx.storage.setAlarm(time).catch(() => {
      this.#alarmAt = null;
    });
  }

  async #seal(log: StreamLog): Promise<void> {
    this.#rows.forgetOnce(Date.now() - this.settings.onceMs);
    const goesOn = () => {
      this.#writers.wake();
      return !this.#removed;
    };
    await sealAll(log, this.#archive, goesOn);
    if (this.#removed) return;
    if (log.closedAt === null || log.sealed < log.next) return;
    await putIndex(log, this.#archive);
    if (this.#removed) return;
    await markArchived(this.env.WORKFLOW_DB, this.#identity, log.closedAt, log.next);
    if (this.#removed) return;
    // readers and calls that are under way go on with what is in memory
    this.#archived = log.archived;
    const now = Date.now();
    this.#rows.archive(now);
    this.#remember(now);
  }

  /** Whether a writer's chunks before its `end`th are in the stream, as far as its writers are known. */
  #knows(writerId: string, end: number): boolean {
    const known = this.#archived === null ? this.#log !== null : this.#writersUntil !== null;
    return known && this.#rows.nextSeq(writerId) >= end;
  }

  /** Keeps the writers of an archived stream a while: one whose answer was lost asks again, and is told that its chunks are there. */
  #remember(archivedAt: number): void {
    this.#writersUntil = archivedAt + this.settings.writersMs;
    this.#wakeAt(this.#writersUntil);
  }

  /** Forgets them, and with them the rest of the tables, when it is time. */
  async #forget(): Promise<void> {
    if (this.#writersUntil === null) return;
    if (Date.now() < this.#writersUntil) return this.#wakeAt(this.#writersUntil);
    this.#writersUntil = null;
    await this.ctx.storage.deleteAll();
    await this.ctx.storage.deleteAlarm();
  }

  /** Some chunks from `from` on, which is before the next; one at least. */
  async #read(from: number, countMax: number, bytesMax: number): Promise<Uint8Array[]> {
    const entries: readonly (SegmentEntry & { readonly raw?: number })[] =
      this.#log?.segments ?? this.#archived?.entries ?? [];
    const entry = entries[placeOf(entries, from)];
    if (entry === undefined) return this.#log?.read(from, countMax, bytesMax) ?? [];
    const chunks = await this.#cache.chunks(this.#archive, entry, entry.raw ?? entry.bytes);
    const start = from - entry.first;
    let [end, bytes] = [start, 0];
    while (end < chunks.length && end - start < countMax) {
      bytes += chunks[end]!.length;
      if (bytes > bytesMax && end > start) break;
      end++;
    }
    return chunks.slice(start, end);
  }
}

/** What is wrong with a group, whatever the stream is. */
function flawOf(chunkSeq: number, chunks: readonly Uint8Array[]): Refusal | null {
  if (!Number.isSafeInteger(chunkSeq) || chunkSeq < 0)
    return refuse("BAD_REQUEST", `${chunkSeq} is no number of a chunk`);
  if (chunks.length > GROUP_CHUNKS_MAX) return refuse("BAD_REQUEST", `a group has at most ${GROUP_CHUNKS_MAX} chunks`);
  const large = chunks.find(({ length }) => length > CHUNK_BYTES_MAX);
  return large === undefined ? null : refuse("TOO_LONG", `a chunk has at most ${CHUNK_BYTES_MAX} bytes`);
}

/** What a group counts for while it waits. */
function bytesOf(chunks: readonly Uint8Array[]): number {
  return chunks.reduce((sum, { length }) => sum + length + CHUNK_EXTRA_BYTES, 0);
}
