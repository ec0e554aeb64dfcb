// What a page shows of a room: stored messages by seq, then the own ones under way. Pure: events and pages in, lists out.
import type { Author, Message, Page, Person } from "../entry";
import type { ChangeEvent, OutboxEvent, ResetEvent, RoomEvent } from "../events";
import { type Known, know, learn, rename, type ViewMessage } from "./known";

/** Seqs that were skipped (both included); `room.history({ before: to + 1 })` begins to fill it. */
export interface Gap {
  readonly from: number;
  readonly to: number;
}

const NOBODY: Author = { id: "", name: "", guest: false };

/** Changes of messages not held that are kept, the newest: a page that is on its way may be older than they are. */
const EARLY_MAX = 1_000;

/** The list of a room's messages. Feed it every event (`apply`) and every page (`page`), in the order they come. */
export class RoomView {
  /** By seq. */
  #stored = new Map<number, Known>();
  #waiting = new Map<string, ViewMessage>();
  #early: ChangeEvent[] = [];
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
    switch (event.type) {
      case "message":
        this.#put(event.message, event.message.seq);
        break;
      case "edit":
      case "delete":
      case "react":
      case "unreact":
        this.#change(event);
        break;
      case "outbox":
        // Edits and reactions are shown when the room has them: their events come to everybody alike.
        if (event.entry.kind !== "message") return;
        this.#sent(event);
        break;
      case "people":
        this.#rename(event.people);
        break;
      case "reset":
        this.#reset(event);
        break;
      default:
        return;
    }
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
    const changes = old?.changes ?? this.#early.filter(({ target }) => target === message.seq);
    this.#stored.set(message.seq, know(message, asOf, changes));
  }

  #change(event: ChangeEvent): void {
    const known = this.#stored.get(event.target);
    if (known !== undefined) {
      this.#stored.set(event.target, learn(known, event));
    } else {
      this.#early.push(event);
      if (this.#early.length > EARLY_MAX) this.#early.shift();
    }
  }

  #sent(event: OutboxEvent): void {
    const { id, text, replyTo, at } = event.entry;
    const base = {
      clientId: id,
      text,
      replyTo,
      sender: 0,
      author: event.entry.author ?? NOBODY,
      mine: true,
      editedAt: null,
      editSeq: null,
      deletedAt: null,
      reactions: [],
    };
    if (event.status === "pending") {
      this.#waiting.set(id, { ...base, seq: 0, ts: at, status: "pending" });
    } else if (event.status === "failed") {
      this.#waiting.set(id, { ...base, seq: 0, ts: at, status: "failed", error: event.error });
    } else {
      this.#waiting.delete(id);
      // Its entry may have come already, and says more; or it never comes, if it lies before a reset.
      if (event.status === "stored" && !this.#stored.has(event.seq)) {
        this.#put({ ...base, seq: event.seq, ts: event.ts }, 0);
      }
    }
  }

  #rename(people: readonly Person[]): void {
    for (const person of people) {
      for (const [seq, known] of this.#stored) this.#stored.set(seq, rename(known, person));
    }
  }

  #reset(event: ResetEvent): void {
    if (event.drop) {
      this.#stored.clear();
      this.#early = [];
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
