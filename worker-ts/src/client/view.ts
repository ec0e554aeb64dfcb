// What a page shows of a room: stored messages by seq, then the own ones under way. Pure: events and pages in, lists out.
import type { Author, Message, Page, Person } from "./entry";
import type { OutboxEvent, ResetEvent, RoomEvent } from "./events";
import type { RoomError } from "./room-error";

/** A message to show. `pending` and `failed` ones have seq 0 and stand last, in the order written. */
export interface ViewMessage extends Message {
  readonly status: "stored" | "pending" | "failed";
  /** Why it failed. */
  readonly error?: RoomError;
}

/** Seqs that were skipped (both included); `room.history({ before: to + 1 })` begins to fill it. */
export interface Gap {
  readonly from: number;
  readonly to: number;
}

const NOBODY: Author = { id: "", name: "", guest: false };

/** The list of a room's messages. Feed it every event (`apply`) and every page (`page`), in the order they come. */
export class RoomView {
  /** By seq; `asOf` says up to which log seq the message is known to be true. */
  #stored = new Map<number, { readonly message: ViewMessage; readonly asOf: number }>();
  #waiting = new Map<string, ViewMessage>();
  #gaps: readonly Gap[] = [];
  #list: readonly ViewMessage[] | undefined;

  /** Stored messages by seq, then pending and failed ones. The same array until something changes. */
  get messages(): readonly ViewMessage[] {
    if (this.#list === undefined) {
      const stored = [...this.#stored.values()].map(({ message }) => message).sort((a, b) => a.seq - b.seq);
      this.#list = [...stored, ...this.#waiting.values()];
    }
    return this.#list;
  }

  /** What was skipped and has not been read since, by rising seq. */
  get gaps(): readonly Gap[] {
    return this.#gaps;
  }

  /** Takes in one event; those that change no message are ignored. */
  apply(event: RoomEvent): void {
    if (event.type === "message") this.#put(event.message, event.message.seq);
    else if (event.type === "outbox") this.#sent(event);
    else if (event.type === "people") this.#rename(event.people);
    else if (event.type === "reset") this.#reset(event);
    else return;
    this.#list = undefined;
  }

  /** Takes in a page of history: fills gaps, and never replaces what is known better. */
  page(page: Page): void {
    for (const message of page.messages) this.#put(message, page.asOf);
    const { covers } = page;
    if (covers !== null) this.#gaps = this.#gaps.flatMap((gap) => without(gap, covers));
    this.#list = undefined;
  }

  /** Takes a failed message off the list. */
  discard(id: string): void {
    if (this.#waiting.get(id)?.status === "failed") this.#waiting.delete(id);
    this.#list = undefined;
  }

  #put(message: Message, asOf: number): void {
    if (message.mine) this.#waiting.delete(message.clientId);
    const old = this.#stored.get(message.seq);
    if (old !== undefined && old.asOf > asOf) return;
    this.#stored.set(message.seq, { message: { ...message, status: "stored" }, asOf });
  }

  #sent(event: OutboxEvent): void {
    const { id, text, replyTo, at } = event.entry;
    const author = event.entry.author ?? NOBODY;
    const base = {
      clientId: id,
      text,
      replyTo,
      sender: 0,
      author,
      mine: true,
      editedAt: null,
      deletedAt: null,
    };
    if (event.status === "pending") {
      this.#waiting.set(id, { ...base, seq: 0, ts: at, status: "pending" });
    } else if (event.status === "failed") {
      this.#waiting.set(id, { ...base, seq: 0, ts: at, status: "failed", error: event.error });
    } else {
      this.#waiting.delete(id);
      // Its entry may have come already, and says more; or it never comes, if it lies before a reset.
      if (event.status === "stored" && !this.#stored.has(event.seq)) {
        this.#stored.set(event.seq, { message: { ...base, seq: event.seq, ts: event.ts, status: "stored" }, asOf: 0 });
      }
    }
  }

  #rename(people: readonly Person[]): void {
    for (const person of people) {
      for (const [seq, { message, asOf }] of this.#stored) {
        const theirs = message.sender === person.ref || (message.author.id !== "" && message.author.id === person.id);
        if (theirs) this.#stored.set(seq, { message: { ...message, author: person }, asOf });
      }
    }
  }

  #reset(event: ResetEvent): void {
    if (event.drop) {
      this.#stored.clear();
      this.#gaps = [];
    } else if (event.gap !== null) {
      this.#gaps = [...this.#gaps, event.gap];
    }
  }
}

/** What is left of a gap when a stretch of it has been read. */
function without(gap: Gap, covers: Gap): Gap[] {
  const left = [
    { from: gap.from, to: Math.min(gap.to, covers.from - 1) },
    { from: Math.max(gap.from, covers.to + 1), to: gap.to },
  ];
  return covers.to < gap.from || covers.from > gap.to ? [gap] : left.filter(({ from, to }) => from <= to);
}
