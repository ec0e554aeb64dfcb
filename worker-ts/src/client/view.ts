// What a page shows of a room: stored messages by seq, then the own ones under way. Pure: events and pages in, lists out.
import type { Author, Message, Page, Person } from "./entry";
import type { Outgoing, RoomEvent } from "./events";
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

/** Builds the list of a room's messages. Feed it every event (`apply`) and every page (`page`), in the order they come. */
export class RoomView {
  #stored = new Map<number, { message: Message; asOf: number }>();
  #waiting = new Map<string, ViewMessage>();
  #gaps: readonly Gap[] = [];
  #list: readonly ViewMessage[] | undefined;
  #self: Author = { id: "", name: "", guest: false };

  /** Stored messages by seq, then pending and failed ones. The same array until something changes. */
  get messages(): readonly ViewMessage[] {
    this.#list ??= [
      ...[...this.#stored.values()]
        .map(({ message }): ViewMessage => ({ ...message, status: "stored" }))
        .sort((a, b) => a.seq - b.seq),
      ...this.#waiting.values(),
    ];
    return this.#list;
  }

  /** What was skipped and not read since, by rising seq. */
  get gaps(): readonly Gap[] {
    return this.#gaps;
  }

  apply(_event: RoomEvent): void {}

  /** Merges a page of history. An older page never replaces what is known better. */
  page(_page: Page): void {}

  /** Takes a failed message off the list. */
  discard(_id: string): void {}
}
