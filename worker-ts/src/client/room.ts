// The public face of one room. (Interface first; the implementation follows in this file.)
import type { Page, Person } from "./entry";
import type { RoomEvent, RoomEvents, RoomState } from "./events";
import type { RoomError } from "./room-error";

/** What the user may do in the room. */
export type Role = "member" | "moderator" | "owner";

/** Where this client stands in the log: enough to resume exactly there, also after a restart of the program. */
export interface Cursor {
  /** Sixteen hex digits. */
  readonly epoch: string;
  /** The last seq whose event was handled. */
  readonly seq: number;
}

/** A message under way. */
export interface Sent {
  /** The client message id (UUID), as in `Outgoing.id` and `Message.clientId`. */
  readonly id: string;
  /** Fulfilled when the room has stored it; rejected with a RoomError only when it was refused for good, or on `close()`. */
  readonly done: Promise<{ readonly seq: number; readonly ts: number }>;
}

/** Which messages: the newest by default; those with seq < `before`, or those with seq > `after`. */
export interface HistoryQuery {
  readonly before?: number;
  readonly after?: number;
  /** 1 to 200; 50 by default. */
  readonly limit?: number;
}

export interface Room extends AsyncDisposable {
  readonly state: RoomState;
  /** Why the last connection ended; undefined while open. */
  readonly error: RoomError | undefined;
  /** The signed-in user in this room; undefined until the first connection. */
  readonly self: Person | undefined;
  readonly role: Role | undefined;
  /** The room's title; undefined until the first connection. */
  readonly title: string | undefined;
  readonly cursor: Cursor | undefined;
  /** How many own messages the room has not confirmed yet. */
  readonly unsent: number;
  send(text: string, options?: { readonly replyTo?: number; readonly id?: string }): Sent;
  history(query?: HistoryQuery): Promise<Page>;
  person(ref: number): Person | undefined;
  on<K extends keyof RoomEvents>(type: K, listener: (event: RoomEvents[K]) => void | Promise<void>): () => void;
  events(): AsyncIterableIterator<RoomEvent>;
  retryNow(): void;
  close(): Promise<void>;
}
