// One room as the page holds it: joining, the client's connection, the view, history. No markup; tells its listener to draw.
import { connect, type Page, type Room, type RoomError, RoomView } from "../../../src/client";
import { ApiError, joinRoom } from "../api";
import { nextFrame } from "../platform";

const PAGE_MESSAGES = 50;

/** `refused`: there is nothing to connect to; every other state is the client's. */
export type TalkState = Room["state"] | "refused";

export class Talk {
  readonly #id: string;
  readonly #onChange: () => void;
  #view = new RoomView();
  #room: Room | undefined;
  #refusal: ApiError | undefined;
  #oldest: number | undefined;
  #more = false;
  #loading = false;
  #historyFailed = false;
  #loaded = false;
  #written = 0;
  /** Counts how often the view was emptied: a page asked for before belongs to a log that is gone. */
  #emptied = 0;
  #closed = false;
  #drawing = false;

  /** Joins and connects at once; `onChange` is called when there is something to draw, once per animation frame at most. */
  constructor(id: string, onChange: () => void) {
    this.#id = id;
    this.#onChange = onChange;
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
    return this.#room?.title;
  }
  get unsent(): number {
    return this.#room?.unsent ?? 0;
  }
  get messages() {
    return this.#view.messages;
  }
  get gaps() {
    return this.#view.gaps;
  }
  /** Whether a first page has come. */
  get loaded(): boolean {
    return this.#loaded;
  }
  get loading(): boolean {
    return this.#loading;
  }
  /** Whether the last page asked for did not come. */
  get historyFailed(): boolean {
    return this.#historyFailed;
  }
  /** Whether older messages can be asked for. */
  get more(): boolean {
    return this.#more;
  }
  /** Whether the composer can take a message: it is kept and sent when the line is back. */
  get ready(): boolean {
    return this.#room !== undefined && this.#refusal === undefined;
  }

  /** How many messages were written here since the room was opened. */
  get written(): number {
    return this.#written;
  }

  send(text: string, replyTo: number | null): void {
    this.#written += 1;
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

  /** Loads the page above the oldest known message; the newest page when none has come yet. */
  async loadOlder(): Promise<void> {
    if (!this.#loaded) return this.#loadNewest();
    if (!this.#more || this.#oldest === undefined) return;
    const page = await this.#history({ before: this.#oldest });
    if (page !== undefined) this.#extend(page);
  }

  /** Loads the end of a skipped stretch (the whole of it when it is short). */
  async loadGap(to: number): Promise<void> {
    await this.#history({ before: to + 1 });
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
    this.#closed = true;
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
    if (this.#closed) return;
    if (this.#room === undefined) this.#connect();
    else this.#room.retryNow();
    this.#draw();
  }

  #connect(): void {
    const room = connect({ url: location.origin, room: this.#id });
    this.#room = room;
    for (const type of ["message", "system", "people", "outbox"] as const) {
      room.on(type, (event) => {
        this.#view.apply(event);
        this.#draw();
      });
    }
    room.on("reset", (event) => {
      this.#view.apply(event);
      if (event.drop) {
        this.#emptied += 1;
        this.#loaded = false;
        this.#loading = false;
        this.#more = false;
        this.#oldest = undefined;
        void this.#loadNewest();
      }
      this.#draw();
    });
    room.on("state", (event) => {
      this.#view.apply(event);
      if (event.state === "open" && !this.#loaded) void this.#loadNewest();
      this.#draw();
    });
  }

  async #loadNewest(): Promise<void> {
    const page = await this.#history({});
    if (page === undefined) return;
    this.#loaded = true;
    this.#extend(page);
  }

  #extend(page: Page): void {
    this.#oldest = page.covers?.from ?? this.#oldest;
    this.#more = page.more;
    this.#draw();
  }

  async #history(query: { readonly before?: number }): Promise<Page | undefined> {
    if (this.#loading || this.#room === undefined) return undefined;
    const emptied = this.#emptied;
    this.#loading = true;
    this.#draw();
    const page = await this.#room.history({ ...query, limit: PAGE_MESSAGES }).catch(() => undefined);
    if (emptied !== this.#emptied) return undefined;
    this.#loading = false;
    this.#historyFailed = page === undefined;
    if (page !== undefined) this.#view.page(page);
    this.#draw();
    return page;
  }

  /** Many events of one batch make one drawing. A hidden page draws too: its title counts what is new. */
  #draw(): void {
    if (this.#drawing || this.#closed) return;
    this.#drawing = true;
    nextFrame(() => {
      this.#drawing = false;
      if (!this.#closed) this.#onChange();
    });
  }
}
