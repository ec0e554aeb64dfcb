// What goes on behind a Room: takes what the connection tells to people, outbox, requests, live state and listeners.
import { FEATURE, type Frame, LIMIT, type PeopleEntry, ready, uuidText } from "@ferrule/core";
import type { Person } from "./entry";
import type { RoomEvents, RoomState } from "./events";
import { EventQueue } from "./feed/event-queue";
import { Facts } from "./feed/facts";
import { People } from "./feed/people";
import { readChange, readMessage, readSystem } from "./feed/read";
import { Requests } from "./feed/requests";
import { type HttpPorts, takeTicket } from "./http";
import { Connection } from "./line/connection";
import { Lane } from "./line/lane";
import { Line } from "./line/line";
import type { Cursor, News } from "./line/news";
import { type TappedFrame, tapOf } from "./line/tap";
import { Live } from "./live/live";
import { Voice } from "./live/voice";
import { mail } from "./outbox/mail";
import { Outbox } from "./outbox/outbox";
import type { OutboxStore } from "./outbox/outbox-store";
import type { Platform } from "./platform";
import { RoomError } from "./room-error";

/** Name and version, for the server's logs. */
const CLIENT = "ferrule-client/0.1.0";

/** What the room is asked to tell besides its log. */
export interface Wants {
  readonly presence?: boolean;
  readonly typing?: boolean;
  readonly receipts?: boolean;
}

export interface RoomPorts {
  readonly url: URL;
  readonly room: string;
  readonly token: (() => string | undefined | Promise<string | undefined>) | undefined;
  /** Who the program says is signed in. */
  readonly user: string | undefined;
  readonly wants: Wants;
  readonly store: OutboxStore;
  readonly resume: Cursor | undefined;
  readonly tap: ((frame: TappedFrame) => void) | undefined;
  readonly platform: Platform;
}

/** The parts of one room and their wiring. Commands go to the parts; the state of the connection is kept here. */
export class Switchboard {
  readonly http: HttpPorts;
  readonly line: Line;
  readonly events = new EventQueue();
  readonly people = new People();
  readonly facts = new Facts();
  readonly live: Live;
  readonly voice = new Voice();
  readonly outbox: Outbox;
  readonly requests: Requests;
  readonly #reads = new Lane();
  readonly #stops: (() => void)[];
  #state: RoomState = "connecting";
  #error: RoomError | undefined;
  #cursor: Cursor | undefined;
  /** Whether the outbox has been opened on this connection. */
  #sending = false;
  #closed = false;
  /** Whether core and outbox are there; without them nothing can be sent. */
  #started = false;

  constructor({ platform, url, room, token, user, wants, store, resume, tap }: RoomPorts) {
    const now = () => platform.now();
    const wake = () => this.line.poll();
    const report = (error: RoomError) => this.events.push({ type: "error", error });
    const lanes = { write: new Lane(), react: new Lane() };
    const [random, uuid] = [() => platform.random(), () => platform.uuid()];
    this.http = { fetch: platform.fetch, url, room, token };
    this.#cursor = resume;
    this.live = new Live({
      people: this.people,
      now,
      selfRef: () => this.facts.selfRef,
      tell: (event) => this.events.push(event),
    });
    this.line = new Line({
      platform,
      connection: new Connection({ random, uuid, client: CLIENT, features: featuresOf(wants), resume }),
      sources: [this.voice, lanes.write, lanes.react, this.#reads],
      timed: this.live,
      tap: tapOf(tap, { now, report }),
      takeTicket: (signal) => takeTicket(this.http, signal),
      tell: (news) => this.#hear(news),
    });
    this.outbox = new Outbox({
      room,
      user,
      store,
      lanes,
      now,
      wake,
      report,
      self: () => this.self,
      epoch: () => this.facts.epoch,
      epochSeen: () => this.#cursor?.epoch ?? this.facts.epoch,
      slowModeMs: () => this.facts.slowModeMs,
      tell: (event) => this.events.push(event),
      mail: (id, write) => mail(this.http, platform, id, write),
    });
    this.requests = new Requests({ lane: this.#reads, now, wake, uuid });
    const watched = store.watch?.(room, () => void this.outbox.handleStoreChanged());
    this.#stops = [platform.onOnline(() => this.line.online()), ...(watched === undefined ? [] : [watched])];
    void this.#start();
  }

  get state(): RoomState {
    return this.#state;
  }

  /** Why the last connection ended; undefined while there is one. */
  get error(): RoomError | undefined {
    return this.#error;
  }

  /** Up to where every event has been handled. */
  get cursor(): Cursor | undefined {
    return this.#cursor;
  }

  /** Left for good. */
  get closed(): boolean {
    return this.#closed;
  }

  get self(): Person | undefined {
    return this.people.find(this.facts.selfRef);
  }

  retryNow(): void {
    if (this.#started) this.line.retry();
  }

  async #start(): Promise<void> {
    try {
      await ready;
    } catch (cause) {
      const error = new RoomError("no_core", "the WebAssembly core could not be loaded", { fatal: true, cause });
      this.#hear({ type: "state", state: "closed", error });
      return;
    }
    await this.outbox.load();
    this.#started = true;
    this.line.start();
  }

  #hear(news: News): void {
    switch (news.type) {
      case "state":
        this.#stateChanged(news);
        break;
      case "welcome":
        this.facts.handleWelcome(news.body);
        this.#roleIs(news.body.role);
        this.live.handleWelcome(news.body.features);
        this.#sending = false;
        this.outbox.handleWelcome();
        this.#reads.handleOpen();
        break;
      case "reset":
        if (news.drop) this.#forget();
        this.events.push(news);
        break;
      case "role":
        this.#roleIs(news.role);
        break;
      case "frame":
        this.#handle(news.frame);
        break;
      case "error":
        this.#refused(news.id, news.error);
        break;
      case "moved":
        this.events.push(undefined, () => {
          this.#cursor = news.cursor;
        });
        break;
      case "end":
        this.#askForStrangers();
        this.events.push(undefined, () => this.line.consumed(news.line, news.bytes));
        break;
    }
  }

  #stateChanged(event: RoomEvents["state"]): void {
    this.#state = event.state;
    if (event.state !== "connecting") this.#error = event.error;
    if (event.state === "waiting" || event.state === "closed") {
      this.outbox.handleLost();
      this.#reads.handleLost();
      this.voice.handleLost();
      this.live.handleLost();
    }
    if (event.state === "closed") {
      this.requests.end(event.error!);
      this.live.handleClosed();
    }
    if (event.error?.code === "closed") {
      this.#closed = true;
      for (const stop of this.#stops) stop();
      this.outbox.end(event.error);
      this.events.end(event);
    } else {
      this.events.push(event);
    }
  }

  /** The log is another one from here on. */
  #forget(): void {
    this.people.forget();
    this.live.forget();
    this.voice.forget();
  }

  #roleIs(number: number): void {
    if (this.facts.handleRole(number) && this.facts.role !== undefined)
      this.events.push({ type: "role", role: this.facts.role });
  }

  #handle(frame: Frame): void {
    switch (frame.kind) {
      case "MSG": {
        const message = readMessage(frame, this.people, this.facts.selfRef);
        this.#own(frame);
        if (message.mine) this.voice.handleStored();
        this.events.push({ type: "message", message });
        this.live.handleMessage(frame.sender);
        break;
      }
      case "EDIT":
      case "DELETE":
      case "REACT":
      case "UNREACT":
        this.#own(frame);
        this.events.push(readChange(frame, this.people, this.facts.selfRef));
        break;
      case "SYSTEM": {
        const entry = readSystem(frame);
        this.facts.handleSystem(entry);
        this.events.push({ type: "system", entry });
        break;
      }
      case "TYPING":
      case "PRESENCE":
      case "RECEIPT":
        this.live.handleFrame(frame);
        break;
      case "PEOPLE":
        this.#meet(frame.body.list);
        this.requests.handleAnswer(frame);
        break;
      case "HISTORY_PAGE":
        for (const inner of frame.body.list)
          if ("kind" in inner && inner.kind === "PEOPLE") this.#meet(inner.body.list);
        this.requests.handleAnswer(frame);
        break;
      case "ACK":
        this.outbox.handleAck(uuidText(frame.id!), { seq: frame.body.seq, ts: frame.body.ts });
        break;
      default:
        // Kinds that the connection keeps for itself.
        break;
    }
  }

  /** An own entry of the log is as good as its ACK, which may have been lost with an earlier connection. */
  #own({ sender, id, seq, ts }: Frame): void {
    if (sender === this.facts.selfRef) this.outbox.handleStored(uuidText(id!), { seq, ts });
  }

  #askForStrangers(): void {
    const refs = this.people.pollUnknown(LIMIT.PEOPLE_REQ_MAX);
    // A refusal leaves them unknown, which is how they are shown.
    if (refs.length > 0) this.requests.ask({ kind: "PEOPLE_REQ", body: { refs } }).catch(() => {});
  }

  #meet(entries: readonly PeopleEntry[]): void {
    const people = this.people.tell(entries);
    if (people.length > 0) {
      this.events.push({ type: "people", people });
      this.live.handlePeople(people);
    }
    const self = this.self;
    if (self === undefined || this.#sending) return;
    this.#sending = true;
    void this.outbox.handleOpen(self.id);
  }

  #refused(id: Uint8Array | null, error: RoomError): void {
    if (id !== null && this.outbox.handleRefused(uuidText(id), error)) return;
    if (id !== null && this.requests.handleRefused(id, error)) return;
    this.events.push({ type: "error", error });
  }
}

function featuresOf({ presence, typing, receipts }: Wants): number {
  return (
    (presence === true ? FEATURE.PRESENCE : 0) |
    (typing === true ? FEATURE.TYPING : 0) |
    (receipts === true ? FEATURE.RECEIPTS : 0)
  );
}
