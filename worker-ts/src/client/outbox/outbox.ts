// Own writes until the room has confirmed them: kept first, then sent in order, forgotten at their ACK.
import { decode, ERROR_CODE, encodeText, ready, uuidBytes, WireError } from "@ferrule/core";
import type { Person } from "../entry";
import type { OutboxChange, OutboxEvent, Outgoing } from "../events";
import type { Lane } from "../line/lane";
import { RoomError } from "../room-error";
import type { OutboxEntry, OutboxStore } from "./outbox-store";

/** Where the room stored a message. */
export interface Stored {
  readonly seq: number;
  readonly ts: number;
}

/** Refusals that will not change when the same frame comes again. After all others it is sent again. */
const FINAL: readonly string[] = ["bad_frame", "unsupported", "too_large", "forbidden", "not_found", "conflict"];

/** Wait (ms) after a refusal that names no time. */
const RETRY_MS = 1_000;

/** All of an Outgoing that stays the same. */
type Shown = Omit<Outgoing, "author">;

interface Item {
  readonly shown: Shown;
  /** As it is kept; undefined until then. */
  entry: OutboxEntry | undefined;
  /** Written by this client, not found in the store: it does not vanish when another tab removes it. */
  readonly own: boolean;
  readonly settle: { resolve(stored: Stored): void; reject(error: RoomError): void };
}

export interface OutboxPorts {
  readonly room: string;
  readonly store: OutboxStore;
  readonly lane: Lane;
  now(): number;
  self(): Person | undefined;
  tell(event: OutboxEvent): void;
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

  /** Writes down a message. The promise is the room's answer. */
  add(id: string, text: string, replyTo: number | null): Promise<Stored> {
    const at = Math.max(this.#ports.now(), this.#lastAt + 1);
    this.#lastAt = at;
    const done = new Promise<Stored>((resolve, reject) => {
      const item: Item = { shown: { id, text, replyTo, at }, entry: undefined, own: true, settle: { resolve, reject } };
      const old = this.#items.get(id);
      if (old !== undefined) {
        reject(new RoomError("conflict", `a message with the id ${id} is under way already`));
        return;
      }
      this.#items.set(id, item);
      this.#tell(item.shown, { status: "pending" });
      // The user of the line, even when the room has a newer name for the same person by now.
      void this.#keep(item, this.#user ?? this.#ports.self()?.id ?? null);
    });
    // Nobody has to listen: a failure is told as an event too.
    done.catch(() => {});
    return done;
  }

  /** Takes in what the store holds, for showing, before there is a connection. */
  async load(): Promise<void> {
    for (const entry of (await this.#stored()) ?? []) this.#adopt(entry);
  }

  /** Connected as `user`: takes in what the store holds, and lets everything of that user leave in the order written. */
  async handleOpen(user: string): Promise<void> {
    const turn = ++this.#turn;
    const stored = await this.#stored();
    if (turn !== this.#turn) return;
    this.#user = user;
    this.#ports.lane.clear();
    if (stored !== undefined) this.#align(stored.filter((entry) => entry.user === null || entry.user === user));
    for (const item of [...this.#items.values()])
      await this.#queue(item).catch((error) => this.#fail(item.shown.id, asRoomError(error)));
    if (turn !== this.#turn) return;
    this.#ports.lane.handleOpen();
    this.#ports.wake();
  }

  /** The connection ended, or another one begins: nothing leaves before `handleOpen` says as whom. */
  handleLost(): void {
    this.#turn++;
    this.#ports.lane.handleLost();
  }

  /** The room has it: by its ACK, or because it came back as an entry of the log. */
  handleStored(id: string, stored: Stored): void {
    const item = this.#forget(id);
    if (item === undefined) return;
    this.#tell(item.shown, { status: "stored", ...stored });
    item.settle.resolve(stored);
  }

  /** ERROR with this id. False when it is none of ours. */
  handleRefused(id: string, error: RoomError): boolean {
    if (!this.#items.has(id)) return false;
    if (FINAL.includes(error.code)) this.#fail(id, error);
    else this.#ports.lane.handleRefused(this.#ports.now() + (error.retryAfterMs ?? RETRY_MS));
    return true;
  }

  /** The program leaves the room: nobody waits any more, the store keeps its entries. */
  end(error: RoomError): void {
    this.#turn++;
    for (const item of this.#items.values()) item.settle.reject(error);
    this.#items.clear();
    this.#ports.lane.clear();
  }

  async #keep(item: Item, user: string | null): Promise<void> {
    const { id, text, replyTo, at } = item.shown;
    const { room, store } = this.#ports;
    try {
      await ready;
      const bytes = uuidBytes(id);
      if (bytes === null) throw new RoomError("bad_request", `${id} is no UUID`);
      const entry: OutboxEntry = { id, room, user, at, frame: encodeText("MSG", bytes, replyTo ?? 0, text) };
      await store.put(entry);
      item.entry = entry;
      await this.#queue(item);
      this.#ports.wake();
    } catch (error) {
      this.#fail(id, asRoomError(error));
    }
  }

  /** Lets an entry leave when it is this user's; one that has no user yet is kept as this one's first. */
  async #queue(item: Item): Promise<void> {
    const user = this.#user;
    if (item.entry === undefined || user === undefined) return;
    if (item.entry.user === null) {
      item.entry = { ...item.entry, user };
      await this.#ports.store.put(item.entry);
    }
    const { id, frame, at } = item.entry;
    if (item.entry.user === this.#user && this.#items.get(id) === item) this.#ports.lane.add(id, frame, at);
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
      this.#items.delete(id);
      this.#tell(item.shown, { status: "elsewhere" });
    }
    for (const entry of kept) this.#adopt(entry);
  }

  #adopt(entry: OutboxEntry): void {
    const shown = this.#items.has(entry.id) ? undefined : show(entry);
    if (shown === undefined) return;
    this.#lastAt = Math.max(this.#lastAt, entry.at);
    this.#items.set(entry.id, { shown, entry, own: false, settle: { resolve() {}, reject() {} } });
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
    this.#ports.lane.remove(id);
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

/** What a stored frame says, or undefined when it is not one this version writes. */
function show({ id, at, frame }: OutboxEntry): Shown | undefined {
  try {
    const message = decode("up", frame);
    if ("skip" in message || message.kind !== "MSG") return undefined;
    return { id, at, text: message.body.text, replyTo: message.body.replyTo || null };
  } catch {
    return undefined;
  }
}

function asRoomError(error: unknown): RoomError {
  if (error instanceof RoomError) return error;
  if (!(error instanceof WireError)) return notKept(error);
  const code = error.answer === ERROR_CODE.TOO_LARGE ? "too_large" : "bad_request";
  return new RoomError(code, `not a message: ${error.message}`, { cause: error });
}

function notKept(cause: unknown): RoomError {
  return new RoomError("not_kept", `the outbox failed: ${cause}`, { cause });
}
