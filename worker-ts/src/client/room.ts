// One room, as the application holds it: its state to read, its commands, its events. What happens behind is switchboard.ts.
/// <reference lib="esnext.disposable" preserve="true" />
import { HISTORY_DIRECTION, ready } from "@ferrule/core";
import type { FileInfo, Page, Person, Role } from "./entry";
import type { Crowd, Present, Reader, RoomEvent, RoomEvents, RoomState } from "./events";
import { type PageRequest, readPage } from "./feed/read";
import { textWith } from "./file";
import { fileUrl, readMessages, setPin, uploadFile } from "./http";
import type { Cursor } from "./line/news";
import type { Stored } from "./outbox/outbox";
import type { Write } from "./outbox/write";
import { RoomError } from "./room-error";
import { type RoomPorts, Switchboard } from "./switchboard";

/** A write under way. */
export interface Sent {
  /** The client message id (UUID), as in `Outgoing.id` and `Message.clientId`. */
  readonly id: string;
  /**
   * Fulfilled when the room has stored it, or has nothing to change (seq 0). Rejected with a RoomError only when it was
   * refused for good, or by `close()` (`closed`: it is still in the outbox). It need not be awaited: a failure comes as an
   * `outbox` event too.
   */
  readonly done: Promise<Stored>;
}

/** What a message may have beside its text. */
export interface SendOptions {
  /** Seq of the message answered to. */
  readonly replyTo?: number;
  /** The client message id, a UUID. */
  readonly id?: string;
  /** What `upload` gave. */
  readonly files?: readonly FileInfo[];
}

/** Which messages: the newest by default; those with seq < `before`, or those with seq > `after`. */
export interface HistoryQuery {
  readonly before?: number;
  readonly after?: number;
  /** 1 to 200; 50 by default. */
  readonly limit?: number;
}

/** Made by `connect`. Reconnects and resumes by itself until `close()`. */
export class Room implements AsyncDisposable {
  readonly #ports: RoomPorts;
  readonly #board: Switchboard;

  constructor(ports: RoomPorts) {
    this.#ports = ports;
    this.#board = new Switchboard(ports);
  }

  /** See RoomState. */
  get state(): RoomState {
    return this.#board.state;
  }

  /** Why the last connection ended; undefined while there is one. */
  get error(): RoomError | undefined {
    return this.#board.error;
  }

  /** The signed-in user, in this room; undefined until the first connection. */
  get self(): Person | undefined {
    return this.#board.self;
  }

  /** Undefined until the first connection. Changes come as `role` events. */
  get role(): Role | undefined {
    return this.#board.facts.role;
  }

  /** The room's title; undefined until the first connection. Changes come as `system` events. */
  get title(): string | undefined {
    return this.#board.facts.title;
  }

  /** How long (ms) a member has to wait from one message to the next; 0 = not at all. Changes come as `system` events. */
  get slowModeMs(): number {
    return this.#board.facts.slowModeMs;
  }

  /** Up to where every event has been handled. Keep it and hand it to `connect` to go on there later. */
  get cursor(): Cursor | undefined {
    return this.#board.cursor;
  }

  /** How many own writes the room has not confirmed. */
  get unsent(): number {
    return this.#board.outbox.size;
  }

  /** Until when (ms of the platform's clock) the room wants writes to wait; undefined when it does not. They go by themselves. */
  get heldUntil(): number | undefined {
    const until = this.#board.outbox.heldUntil;
    return until > this.#ports.platform.now() ? until : undefined;
  }

  /** How many are here now, when `wants.presence` was asked for and the room has told. */
  get crowd(): Crowd | undefined {
    return this.#board.live.crowd;
  }

  /**
   * Who is here now, by user id, oneself included. Empty when `wants.presence` was not asked for, and when there are too
   * many (`crowd.listed`). While there is no connection it is what was told last. The same map until something changes.
   */
  here(): ReadonlyMap<string, Present> {
    return this.#board.live.here;
  }

  /** Who is typing, in the order they began; never oneself. Empty when `wants.typing` was not asked for. */
  typists(): readonly Person[] {
    return this.#board.live.typists;
  }

  /** How far people have read, by user id, oneself included. Empty when `wants.receipts` was not asked for. */
  readers(): ReadonlyMap<string, Reader> {
    return this.#board.live.readers;
  }

  /**
   * Writes a message: 1 to 16,384 bytes of UTF-8. It is kept in the outbox first and sent as soon as there is a
   * connection, each write after the one before it. `id` (a UUID) is for callers that must be able to say the same
   * thing twice; by default it is random. With `files` (up to 4, each uploaded for this message alone) the text may be empty: it
   * is then their names. Never throws: see `Sent.done`.
   */
  send(text: string, options: SendOptions = {}): Sent {
    const { replyTo = null, id, files = [] } = options;
    this.#board.voice.handleWritten();
    return this.#write({ kind: "message", text: textWith(text, files), files, replyTo, target: null }, id);
  }

  /** Gives an own message another text, as `send` writes one. */
  edit(seq: number, text: string): Sent {
    return this.#write({ kind: "edit", text, files: [], replyTo: null, target: seq });
  }

  /** Erases a message: an own one, or as a moderator anybody's. */
  remove(seq: number): Sent {
    return this.#write({ kind: "delete", text: "", files: [], replyTo: null, target: seq });
  }

  /** Adds a reaction of one's own: an emoji or a `:name:`, at most 64 bytes. */
  react(seq: number, emoji: string): Sent {
    return this.#write({ kind: "react", text: emoji, files: [], replyTo: null, target: seq });
  }

  /** Takes a reaction of one's own back. */
  unreact(seq: number, emoji: string): Sent {
    return this.#write({ kind: "unreact", text: emoji, files: [], replyTo: null, target: seq });
  }

  /**
   * Uploads a file of at most 10 MiB, for a message that is written within a day; else it goes. `name` is that of a File, unless
   * given; the room cleans it. Goes at once or not at all. Rejects with RoomError: `too_large`, `rate_limited`, `network` …
   */
  upload(file: Blob, name?: string): Promise<FileInfo> {
    const own = "name" in file && typeof file.name === "string" ? file.name : "";
    return uploadFile(this.#board.http, file, name ?? own);
  }

  /** Where the bytes of a file are. Whoever may read the room gets them there, by the cookie or with the bearer. */
  fileUrl(file: Pick<FileInfo, "id">): string {
    return fileUrl(this.#board.http, file.id);
  }

  /** Pins a message, or takes its pin away; for moderators. Goes at once or not at all. Rejects with RoomError. */
  pin(seq: number, on: boolean): Promise<void> {
    return setPin(this.#board.http, seq, on);
  }

  /**
   * Tells that the user is typing, or has stopped. While it is on it repeats itself; `send` ends it. It lapses for the
   * others a few seconds after the connection ends.
   */
  typing(on: boolean): void {
    this.#board.voice.typing(on);
    this.#board.line.poll();
  }

  /** Tells that the user has read everything up to `seq`. Marks only grow; many at once become one. */
  read(seq: number): void {
    this.#board.voice.read(seq);
    this.#board.line.poll();
  }

  /** Tells whether the user looks at this tab, also after a reconnect; "here" until told otherwise. */
  presence(state: "here" | "away"): void {
    this.#board.voice.presence(state === "away");
    this.#board.line.poll();
  }

  /**
   * Reads a page of the log, from the room or, for what it no longer holds, from the archive. While there is no
   * connection it waits for one. Rejects with RoomError.
   */
  async history(query: HistoryQuery = {}): Promise<Page> {
    const { before = 0, after, limit = 50 } = query;
    if (before > 0 && after !== undefined)
      throw new RoomError("bad_request", "history takes before or after, not both");
    if (![before, after ?? 0, limit].every((number) => Number.isSafeInteger(number) && number >= 0))
      throw new RoomError("bad_request", "history takes whole numbers from 0 up");
    // Without the core the room is closed, and says why.
    await ready.catch(() => {});
    const { state, error, requests, people, facts, http } = this.#board;
    if (state === "closed") throw error ?? new RoomError("closed", "there is no connection");
    const direction = after === undefined ? HISTORY_DIRECTION.BEFORE : HISTORY_DIRECTION.AFTER;
    const request: PageRequest = { direction, from: after ?? before, limit: Math.min(Math.max(limit, 1), 200) };
    const frame = await requests.ask({ kind: "HISTORY_REQ", body: request });
    if (frame.kind !== "HISTORY_PAGE") throw new RoomError("bad_answer", `${frame.kind} in place of a page`);
    const { archived, ...page } = readPage(frame, request, people, facts.selfRef);
    return archived && page.messages.length === 0 ? readMessages(http, request, this.self?.id) : page;
  }

  /** Who a ref is, as far as the room has told. */
  person(ref: number): Person | undefined {
    return this.#board.people.find(ref);
  }

  /**
   * Calls `listener` for every event of a type; returns how to stop. While an async listener runs, later events wait,
   * and in the end so does the room.
   */
  on<K extends keyof RoomEvents>(type: K, listener: (event: RoomEvents[K]) => void | Promise<void>): () => void {
    return this.#board.events.on(type, listener);
  }

  /**
   * All events from now on, for `for await`; ends at `close()`. An event counts as handled when the next one is asked
   * for, so a slow loop slows the room down; leave the loop when you no longer read.
   */
  events(): AsyncIterableIterator<RoomEvent> {
    return this.#board.events.iterate();
  }

  /** Connects now: skips the wait, or tries again after a final refusal (signed in again, say). */
  retryNow(): void {
    this.#board.retryNow();
  }

  /** Leaves for good. Sends nothing more; what is unconfirmed stays in the outbox for the next `connect`. */
  async close(): Promise<void> {
    this.#board.line.end();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #write(write: Write, given?: string): Sent {
    const id = given?.toLowerCase() ?? this.#ports.platform.uuid();
    if (this.#board.closed) {
      const done = Promise.reject<Stored>(new RoomError("closed", "the room was closed by this client"));
      done.catch(() => {});
      return { id, done };
    }
    return { id, done: this.#board.outbox.add(id, write) };
  }
}
