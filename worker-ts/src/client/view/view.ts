// What a page shows of a room: stored messages by seq, then the own ones under way. Pure: events and pages in, lists out.
import type { Author, Message, Page, Person } from "../entry";
import type { ChangeEvent, OutboxEvent, ResetEvent, RoomEvent } from "../events";
import { type Known, know, learn, namesOf, rename, type ViewMessage } from "./known";

/** Seqs that were skipped (both included); `room.history({ before: to + 1 })` begins to fill it. */
export interface Gap {
  readonly from: number;
  readonly to: number;
}

const NOBODY: Author = { id: "", name: "", guest: false };

/** Changes of messages not held that are kept, the newest: a page that is on its way may be older than they are. */
const EARLY_MAX = 1_000;

/** A stored message, and where it stands among them: that makes a change cost neither a search nor a sort. */
interface Place {
  readonly seq: number;
  at: number;
  known: Known;
}

/** The list of a room's messages. Feed it every event (`apply`) and every page (`page`), in the order they come. */
export class RoomView {
  /** By seq. */
  #stored = new Map<number, Place>();
  /** The same as a list, and what is shown of each. By rising seq while `#sorted`: only older pages come out of order. */
  #places: Place[] = [];
  #shown: ViewMessage[] = [];
  #sorted = true;
  #waiting = new Map<string, ViewMessage>();
  #early: ChangeEvent[] = [];
  #gaps: readonly Gap[] = [];
  #list: readonly ViewMessage[] | undefined;

  /** Stored messages by seq, then pending and failed ones. The same array until something changes. */
  get messages(): readonly ViewMessage[] {
    if (!this.#sorted) this.#sort();
    this.#list ??= [...this.#shown, ...this.#waiting.values()];
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
    const { seq } = message;
    const place = this.#stored.get(seq);
    if (place !== undefined) {
      if (place.known.asOf <= asOf) this.#show(place, know(message, asOf, place.known.changes));
      return;
    }
    const changes = this.#early.filter(({ target }) => target === seq);
    const added = { seq, at: this.#places.length, known: know(message, asOf, changes) };
    if (seq < (this.#places.at(-1)?.seq ?? 0)) this.#sorted = false;
    this.#stored.set(seq, added);
    this.#places.push(added);
    this.#shown.push(added.known.message);
  }

  #show(place: Place, known: Known): void {
    place.known = known;
    this.#shown[place.at] = known.message;
  }

  #sort(): void {
    this.#places.sort((a, b) => a.seq - b.seq);
    for (const [at, place] of this.#places.entries()) place.at = at;
    this.#shown = this.#places.map(({ known }) => known.message);
    this.#sorted = true;
  }

  #change(event: ChangeEvent): void {
    const place = this.#stored.get(event.target);
    if (place !== undefined) {
      this.#show(place, learn(place.known, event));
    } else {
      this.#early.push(event);
      if (this.#early.length > EARLY_MAX) this.#early.shift();
    }
  }

  #sent(event: OutboxEvent): void {
    const { id, text, files, replyTo, at } = event.entry;
    const base = {
      clientId: id,
      text,
      files,
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
    const names = namesOf(people);
    for (const place of this.#places) this.#show(place, rename(place.known, names));
  }

  #reset(event: ResetEvent): void {
    if (event.drop) {
      this.#stored.clear();
      this.#places = [];
      this.#shown = [];
      this.#sorted = true;
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
