// One room as the page holds it: joining, the client's connection, and all that is drawn of the room. No markup; tells its
// listener to draw. What has been read back, and what has not, is history.ts.
import {
  type Crowd,
  connect,
  type Gap,
  type Page,
  type Person,
  type Present,
  type Reader,
  type Room,
  type RoomError,
  RoomView,
  SYSTEM_EVENT,
  type SystemEntry,
} from "../../../src/client";
import { ApiError, joinRoom } from "../api";
import { recorder } from "../inspector/recorder";
import { sortPeople } from "../people/people";
import { nextFrame, now } from "../platform";
import { History } from "./history";

/** `refused`: there is nothing to connect to; every other state is the client's. */
export type TalkState = Room["state"] | "refused";

export class Talk {
  readonly #id: string;
  readonly #onChange: () => void;
  readonly history: History;
  #view = new RoomView();
  /** Room events by seq. */
  #notes = new Map<number, SystemEntry>();
  #noteList: readonly SystemEntry[] | undefined;
  #room: Room | undefined;
  #refusal: ApiError | undefined;
  #title: string | undefined;
  #closed: boolean | undefined;
  #people: readonly Present[] = [];
  #readers: readonly Reader[] = [];
  #readBefore: number | undefined;
  #typists: readonly Person[] = [];
  #written = 0;
  /** When the newest own message was stored, by the clock of this machine. */
  #storedAt: number | undefined;
  #ended = false;
  #drawing = false;

  /** Joins and connects at once; `onChange` is called when there is something to draw, once per animation frame at most. */
  constructor(id: string, onChange: () => void) {
    this.#id = id;
    this.#onChange = onChange;
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
  /** How many messages were written here since the room was opened. */
  get written(): number {
    return this.#written;
  }

  get messages() {
    return this.#view.messages;
  }
  /** The room's own entries (title changed, somebody joined …), by rising seq. The same array until something changes. */
  get notes(): readonly SystemEntry[] {
    this.#noteList ??= [...this.#notes.values()].sort((a, b) => a.seq - b.seq);
    return this.#noteList;
  }
  get gaps(): readonly Gap[] {
    return this.#view.gaps;
  }
  /** Who is in the room, the user too; empty when it is too large for a list. */
  get people(): readonly Present[] {
    return this.#people;
  }
  get crowd(): Crowd | undefined {
    return this.#room?.crowd;
  }
  /** Who is writing; never the user. */
  get typists(): readonly Person[] {
    return this.#typists;
  }
  /** How far the others have read. The same array until something changes. */
  get readers(): readonly Reader[] {
    return this.#readers;
  }
  /** How far the user had read when the room was opened here; undefined when the room has not told, or it was nothing. */
  get readBefore(): number | undefined {
    return this.#readBefore;
  }
  /** Name behind a ref of a room event, as far as the room has told. */
  person(ref: number): Person | undefined {
    return this.#room?.person(ref);
  }
  /** Until when (ms, this machine's clock) nothing can be written: the room said so, or its slow mode does. */
  get heldUntil(): number | undefined {
    const room = this.#room;
    if (room === undefined) return undefined;
    const slow = room.role === "member" && this.#storedAt !== undefined ? this.#storedAt + room.slowModeMs : 0;
    const until = Math.max(room.heldUntil ?? 0, slow);
    return until > now() ? until : undefined;
  }
  /** Least time (ms) between two messages of a member; 0 = none. */
  get slowModeMs(): number {
    return this.#room?.slowModeMs ?? 0;
  }

  send(text: string, replyTo: number | null): void {
    this.#written += 1;
    this.#room?.typing(false);
    // A refusal arrives as an outbox event and is drawn at the message.
    this.#room?.send(text, replyTo === null ? {} : { replyTo }).done.catch(() => undefined);
  }
  /** Sends a failed message anew. A new id: the old one was refused for good, maybe because it is taken. */
  resend(clientId: string): void {
    const failed = this.messages.find((message) => message.clientId === clientId && message.status === "failed");
    if (failed === undefined) return;
    this.discard(clientId);
    this.send(failed.text, failed.replyTo);
  }
  discard(clientId: string): void {
    this.#view.discard(clientId);
    this.#draw();
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
      wants: { presence: true, typing: true, receipts: true },
      tap: recorder.take,
    });
    this.#room = room;
    this.#followLog(room);
    this.#followPeople(room);
    room.on("state", (event) => {
      this.#view.apply(event);
      if (event.state === "open") {
        // The title of this connection is newer than any change heard before it.
        this.#title = undefined;
        if (!this.history.loaded) void this.history.loadOlder();
      }
      this.#draw();
    });
  }

  #followLog(room: Room): void {
    for (const type of ["message", "edit", "delete", "people", "outbox"] as const) {
      room.on(type, (event) => {
        this.#view.apply(event);
        // Slow mode counts messages alone.
        if (event.type === "outbox" && event.status === "stored" && event.entry.kind === "message")
          this.#storedAt = now();
        this.#draw();
      });
    }
    room.on("system", ({ entry }) => {
      this.#note(entry);
      if (entry.event === SYSTEM_EVENT.TITLE) this.#title = entry.text;
      if (entry.event === SYSTEM_EVENT.CLOSED || entry.event === SYSTEM_EVENT.REOPENED)
        this.#closed = entry.event === SYSTEM_EVENT.CLOSED;
      this.#draw();
    });
    room.on("reset", (event) => {
      this.#view.apply(event);
      this.#closed = undefined;
      if (event.drop) {
        this.#notes.clear();
        this.#noteList = undefined;
        this.history.drop();
        void this.history.loadOlder();
      }
      this.#draw();
    });
  }

  #followPeople(room: Room): void {
    const look = () => {
      this.#people = sortPeople([...room.here().values()], room.self?.id);
      const readers = [...room.readers().values()];
      this.#readers = readers.filter(({ person }) => person.id !== room.self?.id);
      this.#readBefore ??= readers.find(({ person }) => person.id === room.self?.id)?.seq;
      this.#draw();
    };
    for (const type of ["presence", "receipt", "people"] as const) room.on(type, look);
    for (const type of ["role", "error"] as const) room.on(type, () => this.#draw());
    room.on("typing", ({ people }) => {
      this.#typists = people;
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
