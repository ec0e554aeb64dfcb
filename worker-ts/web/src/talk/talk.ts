// One room as the page holds it: joining, the client's connection, and all that is drawn of the room. No markup; tells its
// listener to draw. What has been read back is history.ts, what the user does writer.ts, who else is here company.ts.
import {
  type Crowd,
  connect,
  type Gap,
  type Page,
  type Person,
  type Role,
  type Room,
  type RoomError,
  RoomView,
  SYSTEM_EVENT,
  type SystemEntry,
  type ViewMessage,
} from "../../../src/client";
import { ApiError, joinRoom } from "../api";
import { recorder } from "../inspector/recorder";
import { nextFrame, now } from "../platform";
import { Company } from "./company";
import { History } from "./history";
import { type ShownMessage, withUnderway } from "./underway";
import { type Problem, Writer } from "./writer";

/** `refused`: there is nothing to connect to; every other state is the client's. */
export type TalkState = Room["state"] | "refused";

/** Room events after which the list of members, or of pins, is another one. */
const { JOINED, LEFT, ROLE, BANNED, UNBANNED, PINNED, UNPINNED } = SYSTEM_EVENT;
const OF_PEOPLE: ReadonlySet<number> = new Set([JOINED, LEFT, ROLE, BANNED, UNBANNED]);
const OF_PINS: ReadonlySet<number> = new Set([PINNED, UNPINNED]);

export class Talk {
  readonly #id: string;
  readonly #user: string;
  readonly #onChange: () => void;
  readonly history: History;
  readonly writer: Writer;
  readonly company = new Company();
  #view = new RoomView();
  /** Room events by seq. */
  #notes = new Map<number, SystemEntry>();
  #noteList: readonly SystemEntry[] | undefined;
  #room: Room | undefined;
  #refusal: ApiError | undefined;
  #title: string | undefined;
  #closed: boolean | undefined;
  /** Room events that concern who belongs to the room, and what is pinned: counted. */
  #peopleNews = 0;
  #pinNews = 0;
  #shown: { readonly of: readonly ViewMessage[]; readonly list: readonly ShownMessage[] } | undefined;
  #ended = false;
  #drawing = false;

  /**
   * Joins the room `id` as `user`, both ids, and connects at once; `onChange` is called when there is something to draw, once per
   * animation frame at most, and `onRefused` with each own change that the room refused for good.
   */
  constructor(id: string, user: string, onChange: () => void, onRefused: (problem: Problem) => void) {
    this.#id = id;
    this.#user = user;
    this.#onChange = onChange;
    this.writer = new Writer({
      room: () => this.#room,
      changed: () => this.#changed(),
      refused: onRefused,
    });
    this.history = new History({
      read: async (query) => this.#room?.history(query).catch(() => undefined),
      take: (page) => this.#take(page),
      changed: () => this.#draw(),
    });
    void this.#start();
  }

  get state(): TalkState {
    if (this.#refusal !== undefined) return "refused";
    return this.#room?.state ?? "connecting";
  }
  /** Why there is no room, or why the connection ended. */
  get error(): ApiError | RoomError | undefined {
    return this.#refusal ?? this.#room?.error;
  }
  get title(): string | undefined {
    return this.#title ?? this.#room?.title;
  }
  /** Whether the room was closed or opened again since it is on screen; undefined: neither. */
  get closed(): boolean | undefined {
    return this.#closed;
  }
  /** The signed-in user's id, once connected. */
  get selfId(): string | undefined {
    return this.#room?.self?.id;
  }
  get unsent(): number {
    return this.#room?.unsent ?? 0;
  }
  /** Whether the composer can take a message: it is kept and sent when the line is back. */
  get ready(): boolean {
    return this.#room !== undefined && this.#refusal === undefined;
  }
  /** What the user may do here; undefined before the room has told. */
  get role(): Role | undefined {
    return this.#room?.role;
  }
  /** Grows whenever who belongs to the room, or as what, has changed. */
  get peopleNews(): number {
    return this.#peopleNews;
  }
  /** Grows whenever what is pinned may have changed. */
  get pinNews(): number {
    return this.#pinNews;
  }

  /** All that is known, with own changes that are under way. The same list until something changes. */
  get messages(): readonly ShownMessage[] {
    const of = this.#view.messages;
    if (this.#shown?.of !== of) {
      const { underway, undo } = this.writer;
      underway.settle(this.#room?.cursor?.seq ?? 0);
      this.#shown = { of, list: withUnderway(of, underway, undo.seqs) };
    }
    return this.#shown.list;
  }
  /** The room's own entries (title changed, somebody joined …), by rising seq. The same array until something changes. */
  get notes(): readonly SystemEntry[] {
    this.#noteList ??= [...this.#notes.values()].sort((a, b) => a.seq - b.seq);
    return this.#noteList;
  }
  get gaps(): readonly Gap[] {
    return this.#view.gaps;
  }
  get crowd(): Crowd | undefined {
    return this.#room?.crowd;
  }
  /** Name behind a ref of a room event, as far as the room has told. */
  person(ref: number): Person | undefined {
    return this.#room?.person(ref);
  }
  /** Until when (ms, this machine's clock) nothing can be written: the room said so, or its slow mode does. */
  get heldUntil(): number | undefined {
    const room = this.#room;
    if (room === undefined) return undefined;
    const { storedAt } = this.writer;
    const slow = room.role === "member" && storedAt !== undefined ? storedAt + room.slowModeMs : 0;
    const until = Math.max(room.heldUntil ?? 0, slow);
    return until > now() ? until : undefined;
  }
  /** Least time (ms) between two messages of a member; 0 = none. */
  get slowModeMs(): number {
    return this.#room?.slowModeMs ?? 0;
  }

  /** Sends a failed message anew. A new id: the old one was refused for good, maybe because it is taken. */
  resend(clientId: string): void {
    const failed = this.messages.find((message) => message.clientId === clientId && message.status === "failed");
    if (failed === undefined) return;
    this.discard(clientId);
    this.writer.send(failed.text, failed.replyTo, failed.files);
  }
  discard(clientId: string): void {
    this.#view.discard(clientId);
    this.#changed();
  }
  /** Puts a message on the room's list of pins, or takes it off. Rejects with RoomError. */
  async pin(seq: number, on: boolean): Promise<void> {
    await this.#room?.pin(seq, on);
  }
  typing(on: boolean): void {
    this.#room?.typing(on);
  }
  /** Everything up to this seq has been seen. */
  read(seq: number): void {
    this.#room?.read(seq);
  }
  presence(state: "here" | "away"): void {
    this.#room?.presence(state);
  }

  /** Tries again at once: the connection, or the way in. */
  retry(): void {
    if (this.#refusal === undefined && this.#room !== undefined && this.#room.state !== "closed") {
      this.#room.retryNow();
      return;
    }
    this.#refusal = undefined;
    void this.#start();
    this.#draw();
  }

  async close(): Promise<void> {
    this.#ended = true;
    await this.writer.leave();
    await this.#room?.close();
  }

  async #start(): Promise<void> {
    try {
      await joinRoom(this.#id);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      // Without a line or with a server in trouble the client waits by itself, and what was written before is shown.
      if (error.status >= 400 && error.status < 500 && error.status !== 429) {
        this.#refusal = error;
        this.#draw();
        return;
      }
    }
    if (this.#ended) return;
    if (this.#room === undefined) this.#connect();
    else this.#room.retryNow();
    this.#draw();
  }

  #connect(): void {
    const room = connect({
      url: location.origin,
      room: this.#id,
      user: this.#user,
      wants: { presence: true, typing: true, receipts: true },
      tap: recorder.take,
    });
    this.#room = room;
    this.#followLog(room);
    this.company.follow(room, () => this.#draw());
    room.on("state", (event) => {
      this.#view.apply(event);
      if (event.state === "open") {
        // The title of this connection is newer than any change heard before it.
        this.#title = undefined;
        this.#peopleNews += 1;
        this.#pinNews += 1;
        if (!this.history.loaded) void this.history.loadOlder();
      }
      this.#draw();
    });
  }

  #followLog(room: Room): void {
    for (const type of ["message", "edit", "delete", "react", "unreact", "people", "outbox"] as const) {
      room.on(type, (event) => {
        this.#view.apply(event);
        if (event.type === "outbox") this.writer.handle(event);
        // A message that is deleted is no longer pinned.
        if (event.type === "delete") this.#pinNews += 1;
        this.#changed();
      });
    }
    room.on("system", ({ entry }) => {
      this.#note(entry);
      if (OF_PEOPLE.has(entry.event)) this.#peopleNews += 1;
      if (OF_PINS.has(entry.event)) this.#pinNews += 1;
      if (entry.event === SYSTEM_EVENT.TITLE) this.#title = entry.text;
      if (entry.event === SYSTEM_EVENT.CLOSED || entry.event === SYSTEM_EVENT.REOPENED)
        this.#closed = entry.event === SYSTEM_EVENT.CLOSED;
      this.#draw();
    });
    room.on("reset", (event) => {
      this.#view.apply(event);
      this.#closed = undefined;
      if (event.drop) {
        this.writer.undo.drop();
        this.#notes.clear();
        this.#noteList = undefined;
        this.history.drop();
        void this.history.loadOlder();
      }
      this.#draw();
    });
  }

  #note(entry: SystemEntry): void {
    this.#notes.set(entry.seq, entry);
    this.#noteList = undefined;
  }

  #take(page: Page): void {
    this.#view.page(page);
    for (const entry of page.system) this.#note(entry);
  }

  /** The messages are to be laid out anew. */
  #changed(): void {
    this.#shown = undefined;
    this.#draw();
  }

  /** Many events of one batch make one drawing. A hidden page draws too: its title counts what is new. */
  #draw(): void {
    if (this.#drawing || this.#ended) return;
    this.#drawing = true;
    nextFrame(() => {
      this.#drawing = false;
      if (!this.#ended) this.#onChange();
    });
  }
}
