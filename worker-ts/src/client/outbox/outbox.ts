// Own writes until the room has confirmed them: kept first, then sent in order, forgotten at their ACK.
import { ready } from "@ferrule/core";
import type { Person } from "../entry";
import type { OutboxChange, OutboxEvent, Outgoing, WriteKind } from "../events";
import type { Lane } from "../line/lane";
import { holdUntil } from "../line/reconnect";
import { RoomError } from "../room-error";
import { isFinal } from "./mail";
import type { OutboxEntry, OutboxStore } from "./outbox-store";
import { decodeWrite, encodeWrite, type Write } from "./write";

/** Most writes of a room that may wait at a time, and most bytes of their frames. More are refused (`outbox_full`). */
export const OUTBOX_ENTRIES_MAX = 1_000;
export const OUTBOX_BYTES_MAX = 1_048_576;

/** Where the room stored a write; seq and ts are 0 when there was nothing to change. */
export interface Stored {
  readonly seq: number;
  readonly ts: number;
}

/** Refusals that will not change when the same frame comes again. After all others it is sent again. */
const FINAL: readonly string[] = ["bad_frame", "unsupported", "too_large", "forbidden", "not_found", "conflict"];

/** The rate bucket of each kind (PROTOCOL.md section 11). */
const BUCKET: { readonly [K in WriteKind]: keyof WriteLanes } = {
  message: "write",
  edit: "write",
  delete: "write",
  react: "react",
  unreact: "react",
};

/** All of an Outgoing that stays the same. */
type Shown = Omit<Outgoing, "author">;

interface Item {
  readonly shown: Shown;
  /** As it is kept; undefined until it is encoded. */
  entry: OutboxEntry | undefined;
  /** Whether the store has it. Nothing is sent before. */
  kept: boolean;
  /** Written by this client, not found in the store: it does not vanish when another tab removes it. */
  readonly own: boolean;
  readonly settle: { resolve(stored: Stored): void; reject(error: RoomError): void };
}

/** By rate bucket: `write` takes messages, edits and deletes. */
export interface WriteLanes {
  readonly write: Lane;
  readonly react: Lane;
}

export interface OutboxPorts {
  readonly room: string;
  /** Who the program says is signed in, until the room tells. */
  readonly user: string | undefined;
  readonly store: OutboxStore;
  readonly lanes: WriteLanes;
  now(): number;
  self(): Person | undefined;
  /** The epoch of the room's log, and of the one whose events the program has handled: a reset may be on its way to it. */
  epoch(): string | null;
  epochSeen(): string | null;
  /** While it is above 0 the room refuses messages for another reason than other writes. */
  slowModeMs(): number;
  tell(event: OutboxEvent): void;
  /** Sends a message with files, which no frame can bring. */
  mail(id: string, write: Write): Promise<Stored>;
  /** The store failed; what it holds does not leave. */
  report(error: RoomError): void;
  /** Something may be sent now that could not before. */
  wake(): void;
}

/** The unconfirmed writes of one room, by client message id. Tells each change as an `outbox` event. */
export class Outbox {
  #items = new Map<string, Item>();
  #lastAt = 0;
  /** The user as whom frames leave; undefined until the first connection. */
  #user: string | undefined;
  #turn = 0;
  readonly #ports: OutboxPorts;

  constructor(ports: OutboxPorts) {
    this.#ports = ports;
  }

  get size(): number {
    return this.#items.size;
  }

  /** Until when (ms) the room wants writes to wait; in the past when it does not. */
  get heldUntil(): number {
    return Math.max(...this.#lanes.map((lane) => lane.heldUntil));
  }

  /** Writes it down. The promise is the room's answer. */
  add(id: string, write: Write): Promise<Stored> {
    const at = Math.max(this.#ports.now(), this.#lastAt + 1);
    this.#lastAt = at;
    const done = new Promise<Stored>((resolve, reject) => {
      const item: Item = {
        shown: { ...write, id, at },
        entry: undefined,
        kept: false,
        own: true,
        settle: { resolve, reject },
      };
      const old = this.#items.get(id);
      if (old !== undefined) {
        reject(new RoomError("conflict", `a write with the id ${id} is under way already`));
        return;
      }
      this.#items.set(id, item);
      this.#tell(item.shown, { status: "pending" });
      // The user of the line, even when the room has a newer name for the same person by now.
      void this.#keep(item, this.#user ?? this.#ports.self()?.id ?? this.#ports.user ?? null);
    });
    // Nobody has to listen: a failure is told as an event too.
    done.catch(() => {});
    return done;
  }

  /** Takes in what the store holds, for showing, before there is a connection: another's too, unless it is known who is signed in. */
  async load(): Promise<void> {
    const { user } = this.#ports;
    for (const entry of (await this.#stored()) ?? [])
      if (user === undefined || entry.user === null || entry.user === user) this.#adopt(entry);
  }

  /**
   * Connected as `user`: takes in what the store holds, and lets everything of that user leave in the order written. What is nobody's yet
   * is this user's if it was written here or before this client began; else whoever writes it now has yet to learn as whom.
   */
  async handleOpen(user: string): Promise<void> {
    const turn = ++this.#turn;
    const stored = await this.#stored();
    if (turn !== this.#turn) return;
    this.#user = user;
    for (const lane of this.#lanes) lane.clear();
    if (stored !== undefined)
      this.#align(stored.filter((entry) => (entry.user === null ? this.#items.has(entry.id) : entry.user === user)));
    for (const item of [...this.#items.values()])
      await this.#queue(item).catch((error) => this.#fail(item.shown.id, asRoomError(error)));
    if (turn !== this.#turn) return;
    for (const lane of this.#lanes) lane.handleOpen();
    this.#ports.wake();
  }

  /** WELCOME: nothing leaves before `handleOpen` says as whom. */
  handleWelcome(): void {
    this.#turn++;
    for (const lane of this.#lanes) lane.handlePaused();
  }

  /** The connection ended. */
  handleLost(): void {
    this.#turn++;
    for (const lane of this.#lanes) lane.handleLost();
  }

  /** The room has it: its ACK, or its entry of the log. */
  handleStored(id: string, stored: Stored): void {
    const item = this.#forget(id);
    if (item === undefined) return;
    this.#tell(item.shown, { status: "stored", ...stored });
    item.settle.resolve(stored);
  }

  /** Its ACK: the next one may leave. */
  handleAck(id: string, stored: Stored): void {
    for (const lane of this.#lanes) lane.handleAnswered(id);
    this.handleStored(id, stored);
  }

  /** ERROR with this id. False when it is none of ours. */
  handleRefused(id: string, error: RoomError): boolean {
    const lane = this.#lanes.find((each) => each.has(id));
    const item = this.#items.get(id);
    if (lane === undefined && item === undefined) return false;
    if (FINAL.includes(error.code)) {
      lane?.handleAnswered(id);
      this.#fail(id, error);
      return true;
    }
    const { now, slowModeMs } = this.#ports;
    const until = holdUntil(now(), error.retryAfterMs);
    const slow = error.code === "rate_limited" && item?.shown.kind === "message" && slowModeMs() > 0;
    lane?.handleRefused(id, until, slow);
    if (item !== undefined) this.#tell(item.shown, { status: "pending", heldUntil: until });
    return true;
  }

  /** The program leaves the room: nobody waits any more, the store keeps its entries. */
  end(error: RoomError): void {
    this.#turn++;
    for (const item of this.#items.values()) item.settle.reject(error);
    this.#items.clear();
    for (const lane of this.#lanes) lane.clear();
  }

  get #lanes(): readonly Lane[] {
    const { write, react } = this.#ports.lanes;
    return [write, react];
  }

  async #keep(item: Item, user: string | null): Promise<void> {
    const { id, at } = item.shown;
    const { room, store } = this.#ports;
    try {
      const epoch = item.shown.target === null ? null : this.#ports.epochSeen();
      await ready;
      const entry: OutboxEntry = { id, room, user, at, epoch, frame: encodeWrite(id, item.shown) };
      this.#checkRoom(entry.frame.length);
      // Counted from now on, so that many at once cannot pass the limit together.
      item.entry = entry;
      await store.put(entry);
      item.kept = true;
      await this.#queue(item);
      this.#ports.wake();
    } catch (error) {
      this.#fail(id, asRoomError(error));
    }
  }

  /** Throws when there is no room for one more frame of `bytes` bytes. */
  #checkRoom(bytes: number): void {
    const waiting = [...this.#items.values()].flatMap(({ entry }) => entry ?? []);
    const sum = waiting.reduce((all, { frame }) => all + frame.length, bytes);
    if (waiting.length < OUTBOX_ENTRIES_MAX && sum <= OUTBOX_BYTES_MAX) return;
    throw new RoomError("outbox_full", `${waiting.length} writes wait already: ${sum - bytes} bytes`);
  }

  /** Lets an entry leave when it is this user's; one that has no user yet is kept as this one's first. */
  async #queue(item: Item): Promise<void> {
    const user = this.#user;
    if (item.entry === undefined || !item.kept || user === undefined) return;
    if (item.entry.user === null) {
      item.entry = { ...item.entry, user };
      await this.#ports.store.put(item.entry);
    }
    const { id, frame, at } = item.entry;
    if (item.entry.user !== this.#user || this.#items.get(id) !== item) return;
    if (item.entry.epoch !== null && item.entry.epoch !== this.#ports.epoch())
      throw new RoomError("reset", "the message that it changes was of another log");
    const { kind } = item.shown;
    const leaves = item.shown.files.length === 0 ? frame : () => void this.#mail(id, item.shown);
    this.#ports.lanes[BUCKET[kind]].add(id, leaves, at, kind === "message");
  }

  /** What was stored is stored, whenever it is told; a failure counts as long as nothing else has been tried. */
  async #mail(id: string, write: Write): Promise<void> {
    const turn = this.#turn;
    try {
      this.handleAck(id, await this.#ports.mail(id, write));
    } catch (thrown) {
      if (turn !== this.#turn) return;
      const error = asRoomError(thrown);
      if (!isFinal(error)) this.handleRefused(id, error);
      else {
        for (const lane of this.#lanes) lane.handleAnswered(id);
        this.#fail(id, error);
      }
    }
    this.#ports.wake();
  }

  /** What the store holds of this room, in the order written; undefined when it cannot be read now. */
  async #stored(): Promise<readonly OutboxEntry[] | undefined> {
    try {
      return [...(await this.#ports.store.load(this.#ports.room))].sort((a, b) => a.at - b.at);
    } catch (cause) {
      this.#ports.report(notKept(cause));
      return undefined;
    }
  }

  /** Takes in what is kept for this user; what other tabs have brought to an end, or is another user's, is off the list. */
  #align(kept: readonly OutboxEntry[]): void {
    for (const [id, item] of this.#items) {
      if (item.own || kept.some((entry) => entry.id === id)) continue;
      this.#elsewhere(item);
    }
    for (const entry of kept) this.#adopt(entry);
  }

  /** What the store no longer holds came to its end in another tab. Own writes stay until this tab has its answer. */
  async handleStoreChanged(): Promise<void> {
    if ([...this.#items.values()].every(({ own }) => own)) return;
    const turn = this.#turn;
    const stored = await this.#stored();
    if (turn !== this.#turn || stored === undefined) return;
    for (const item of [...this.#items.values()])
      if (!item.own && !stored.some(({ id }) => id === item.shown.id)) this.#elsewhere(item);
  }

  #elsewhere({ shown }: Item): void {
    this.#items.delete(shown.id);
    for (const lane of this.#lanes) lane.remove(shown.id);
    this.#tell(shown, { status: "elsewhere" });
  }

  #adopt(entry: OutboxEntry): void {
    const write = this.#items.has(entry.id) ? undefined : decodeWrite(entry.frame);
    if (write === undefined) return;
    const shown = { ...write, id: entry.id, at: entry.at };
    this.#lastAt = Math.max(this.#lastAt, entry.at);
    this.#items.set(entry.id, { shown, entry, kept: true, own: false, settle: { resolve() {}, reject() {} } });
    this.#tell(shown, { status: "pending" });
  }

  #tell(shown: Shown, change: OutboxChange): void {
    this.#ports.tell({ type: "outbox", entry: { ...shown, author: this.#ports.self() ?? null }, ...change });
  }

  #fail(id: string, error: RoomError): void {
    const item = this.#forget(id);
    if (item === undefined) return;
    this.#tell(item.shown, { status: "failed", error });
    item.settle.reject(error);
  }

  #forget(id: string): Item | undefined {
    const item = this.#items.get(id);
    if (item === undefined) return undefined;
    this.#items.delete(id);
    for (const lane of this.#lanes) lane.remove(id);
    void this.#remove(id);
    return item;
  }

  async #remove(id: string): Promise<void> {
    try {
      await this.#ports.store.remove(this.#ports.room, id);
    } catch (cause) {
      // Not lost and not doubled: it is sent once more later, and the room answers DUPLICATE.
      this.#ports.report(notKept(cause));
    }
  }
}

function asRoomError(error: unknown): RoomError {
  return error instanceof RoomError ? error : notKept(error);
}

function notKept(cause: unknown): RoomError {
  return new RoomError("not_kept", `the outbox failed: ${cause}`, { cause });
}
