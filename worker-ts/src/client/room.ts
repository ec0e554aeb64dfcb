// One room, as the application holds it: routes what the connection tells to people, outbox, requests and listeners.
/// <reference lib="esnext.disposable" preserve="true" />
import {
  type Frame,
  HISTORY_DIRECTION,
  LIMIT,
  type PeopleEntry,
  ready,
  uuidText,
  type WelcomeBody,
} from "@ferrule/core";
import type { Page, Person } from "./entry";
import type { RoomEvent, RoomEvents, RoomState } from "./events";
import { EventQueue } from "./feed/event-queue";
import { People } from "./feed/people";
import { type PageRequest, readMessage, readPage, readSystem } from "./feed/read";
import { Requests } from "./feed/requests";
import { readMessages, takeTicket } from "./http";
import { Connection, type Cursor, type News } from "./line/connection";
import { Lane } from "./line/lane";
import { Line } from "./line/line";
import { Outbox, type Stored } from "./outbox/outbox";
import type { OutboxStore } from "./outbox/outbox-store";
import type { Platform } from "./platform";
import { RoomError } from "./room-error";

/** Name and version, for the server's logs. */
const CLIENT = "ferrule-client/0.1.0";

/** What the user may do in the room. */
export type Role = "member" | "moderator" | "owner";

const ROLES: readonly Role[] = ["member", "moderator", "owner"];

/** A message under way. */
export interface Sent {
  /** The client message id (UUID), as in `Outgoing.id` and `Message.clientId`. */
  readonly id: string;
  /**
   * Fulfilled when the room has stored it. Rejected with a RoomError only when it was refused for good, or by `close()`
   * (`closed`: it is still in the outbox). It need not be awaited: a failure comes as an `outbox` event too.
   */
  readonly done: Promise<Stored>;
}

/** Which messages: the newest by default; those with seq < `before`, or those with seq > `after`. */
export interface HistoryQuery {
  readonly before?: number;
  readonly after?: number;
  /** 1 to 200; 50 by default. */
  readonly limit?: number;
}

export interface RoomPorts {
  readonly url: URL;
  readonly room: string;
  readonly token: (() => string | undefined | Promise<string | undefined>) | undefined;
  readonly store: OutboxStore;
  readonly resume: Cursor | undefined;
  readonly platform: Platform;
}

/** Made by `connect`. Reconnects and resumes by itself until `close()`. */
export class Room implements AsyncDisposable {
  readonly #ports: RoomPorts;
  readonly #line: Line;
  readonly #events = new EventQueue();
  readonly #people = new People();
  readonly #reads = new Lane();
  readonly #outbox: Outbox;
  readonly #requests: Requests;
  readonly #stopOnline: () => void;
  #state: RoomState = "connecting";
  #error: RoomError | undefined;
  #welcome: WelcomeBody | undefined;
  #cursor: Cursor | undefined;
  /** Whether the outbox has been opened on this connection. */
  #sending = false;
  #closed = false;
  /** Whether core and outbox are there; without them nothing can be sent. */
  #started = false;

  constructor(ports: RoomPorts) {
    const { platform, room, store, resume } = ports;
    const now = () => platform.now();
    const wake = () => this.#line.poll();
    const writes = new Lane();
    this.#ports = ports;
    this.#cursor = resume;
    this.#line = new Line({
      platform,
      connection: new Connection({ random: () => platform.random(), client: CLIENT, resume }),
      lanes: [writes, this.#reads],
      takeTicket: (signal) => takeTicket(this.#http, signal),
      tell: (news) => this.#hear(news),
    });
    this.#outbox = new Outbox({
      room,
      store,
      lane: writes,
      now,
      wake,
      self: () => this.self,
      tell: (event) => this.#events.push(event),
      report: (error) => this.#events.push({ type: "error", error }),
    });
    this.#requests = new Requests({ lane: this.#reads, now, wake, uuid: () => platform.uuid() });
    this.#stopOnline = platform.onOnline(() => this.#line.online());
    void this.#start();
  }

  /** See RoomState. */
  get state(): RoomState {
    return this.#state;
  }

  /** Why the last connection ended; undefined while there is one. */
  get error(): RoomError | undefined {
    return this.#error;
  }

  /** The signed-in user, in this room; undefined until the first connection. */
  get self(): Person | undefined {
    return this.#people.find(this.#welcome?.selfRef ?? 0);
  }

  /** Undefined until the first connection. */
  get role(): Role | undefined {
    return ROLES[(this.#welcome?.role ?? 0) - 1];
  }

  /** The room's title when this connection began; undefined until the first one. Changes come as `system` events. */
  get title(): string | undefined {
    return this.#welcome?.title;
  }

  /** Up to where every event has been handled. Keep it and hand it to `connect` to go on there later. */
  get cursor(): Cursor | undefined {
    return this.#cursor;
  }

  /** How many own messages the room has not confirmed. */
  get unsent(): number {
    return this.#outbox.size;
  }

  /**
   * Writes a message: 1 to 16,384 bytes of UTF-8. It is kept in the outbox first and sent as soon as there is a
   * connection, each message after the one before it. `id` (a UUID) is for callers that must be able to say the same
   * thing twice; by default it is random. Never throws: see `Sent.done`.
   */
  send(text: string, options: { readonly replyTo?: number; readonly id?: string } = {}): Sent {
    const id = options.id?.toLowerCase() ?? this.#ports.platform.uuid();
    if (this.#closed) {
      const done = Promise.reject<Stored>(new RoomError("closed", "the room was closed by this client"));
      done.catch(() => {});
      return { id, done };
    }
    return { id, done: this.#outbox.add(id, text, options.replyTo ?? null) };
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
    if (this.#state === "closed") throw this.#error ?? new RoomError("closed", "there is no connection");
    const direction = after === undefined ? HISTORY_DIRECTION.BEFORE : HISTORY_DIRECTION.AFTER;
    const request: PageRequest = { direction, from: after ?? before, limit: Math.min(Math.max(limit, 1), 200) };
    const frame = await this.#requests.ask({ kind: "HISTORY_REQ", body: request });
    if (frame.kind !== "HISTORY_PAGE") throw new RoomError("bad_answer", `${frame.kind} in place of a page`);
    const { archived, ...page } = readPage(frame, request, this.#people, this.#welcome?.selfRef ?? 0);
    return archived && page.messages.length === 0 ? readMessages(this.#http, request, this.self?.id) : page;
  }

  /** Who a ref is, as far as the room has told. */
  person(ref: number): Person | undefined {
    return this.#people.find(ref);
  }

  /**
   * Calls `listener` for every event of a type; returns how to stop. While an async listener runs, later events wait,
   * and in the end so does the room.
   */
  on<K extends keyof RoomEvents>(type: K, listener: (event: RoomEvents[K]) => void | Promise<void>): () => void {
    return this.#events.on(type, listener);
  }

  /**
   * All events from now on, for `for await`; ends at `close()`. An event counts as handled when the next one is asked
   * for, so a slow loop slows the room down; leave the loop when you no longer read.
   */
  events(): AsyncIterableIterator<RoomEvent> {
    return this.#events.iterate();
  }

  /** Connects now: skips the wait, or tries again after a final refusal (signed in again, say). */
  retryNow(): void {
    if (this.#started) this.#line.retry();
  }

  /** Leaves for good. Sends nothing more; what is unconfirmed stays in the outbox for the next `connect`. */
  async close(): Promise<void> {
    this.#line.end();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  get #http() {
    const { platform, url, room, token } = this.#ports;
    return { fetch: platform.fetch, url, room, token };
  }

  async #start(): Promise<void> {
    try {
      await ready;
    } catch (cause) {
      const error = new RoomError("no_core", "the WebAssembly core could not be loaded", { fatal: true, cause });
      this.#hear({ type: "state", state: "closed", error });
      return;
    }
    await this.#outbox.load();
    this.#started = true;
    this.#line.start();
  }

  #hear(news: News): void {
    switch (news.type) {
      case "state":
        this.#stateChanged(news);
        break;
      case "welcome":
        this.#welcome = news.body;
        this.#sending = false;
        this.#outbox.handleLost();
        this.#reads.handleOpen();
        break;
      case "reset":
        if (news.drop) this.#people.forget();
        this.#events.push(news);
        break;
      case "frame":
        this.#handle(news.frame);
        break;
      case "error":
        this.#refused(news.id, news.error);
        break;
      case "moved":
        this.#events.push(undefined, () => {
          this.#cursor = news.cursor;
        });
        break;
      case "end":
        this.#askForStrangers();
        this.#events.push(undefined, () => this.#line.consumed(news.line, news.bytes));
        break;
    }
  }

  #stateChanged(event: RoomEvents["state"]): void {
    this.#state = event.state;
    if (event.state !== "connecting") this.#error = event.error;
    if (event.state === "waiting" || event.state === "closed") {
      this.#outbox.handleLost();
      this.#reads.handleLost();
    }
    if (event.state === "closed") this.#requests.end(event.error!);
    if (event.error?.code === "closed") {
      this.#closed = true;
      this.#stopOnline();
      this.#outbox.end(event.error);
      this.#events.end(event);
    } else {
      this.#events.push(event);
    }
  }

  #handle(frame: Frame): void {
    switch (frame.kind) {
      case "MSG": {
        const message = readMessage(frame, this.#people, this.#welcome!.selfRef);
        // As good as its ACK, which may have been lost with an earlier connection.
        if (message.mine) this.#outbox.handleStored(message.clientId, { seq: frame.seq, ts: frame.ts });
        this.#events.push({ type: "message", message });
        break;
      }
      case "SYSTEM":
        this.#events.push({ type: "system", entry: readSystem(frame) });
        break;
      case "PEOPLE":
        this.#meet(frame.body.list);
        this.#requests.handleAnswer(frame);
        break;
      case "HISTORY_PAGE":
        for (const inner of frame.body.list)
          if ("kind" in inner && inner.kind === "PEOPLE") this.#meet(inner.body.list);
        this.#requests.handleAnswer(frame);
        break;
      case "ACK":
        this.#outbox.handleStored(uuidText(frame.id!), { seq: frame.body.seq, ts: frame.body.ts });
        break;
      default:
        // Kinds whose features this client does not ask for.
        break;
    }
  }

  #askForStrangers(): void {
    const refs = this.#people.pollUnknown(LIMIT.PEOPLE_REQ_MAX);
    // A refusal leaves them unknown, which is how they are shown.
    if (refs.length > 0) this.#requests.ask({ kind: "PEOPLE_REQ", body: { refs } }).catch(() => {});
  }

  #meet(entries: readonly PeopleEntry[]): void {
    const people = this.#people.tell(entries);
    if (people.length > 0) this.#events.push({ type: "people", people });
    const self = this.self;
    if (self === undefined || this.#sending) return;
    this.#sending = true;
    void this.#outbox.handleOpen(self.id);
  }

  #refused(id: Uint8Array | null, error: RoomError): void {
    if (id !== null && this.#outbox.handleRefused(uuidText(id), error)) return;
    if (id !== null && this.#requests.handleRefused(id, error)) return;
    this.#events.push({ type: "error", error });
  }
}
