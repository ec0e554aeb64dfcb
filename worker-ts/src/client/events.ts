// What a room tells the application: shapes only. Knows no frames and no sockets.
import type { Author, Message, Person, SystemEntry } from "./entry";
import type { RoomError } from "./room-error";

/** `waiting`: reconnects by itself at `retryAt`. `closed`: does not; `retryNow()` tries again, but not after `close()`. */
export type RoomState = "connecting" | "open" | "waiting" | "closed";

/** Why entries were skipped. After `epoch_changed` and `ahead` nothing cached of the room is true any more. */
export type ResetReason = "epoch_changed" | "trimmed" | "too_far" | "ahead";

/** A message on its way. `at` is the local time (ms) at which it was written. */
export interface Outgoing {
  /** The client message id, a UUID: the same in `Sent.id` and in `Message.clientId`. */
  readonly id: string;
  /** The signed-in user; null before the first connection. */
  readonly author: Author | null;
  readonly text: string;
  /** Seq of the message answered to, or null. */
  readonly replyTo: number | null;
  readonly at: number;
}

/** A message or system event was written to the room's log; by rising seq, each once, without gaps but for `reset`. */
export interface MessageEvent {
  readonly type: "message";
  readonly message: Message;
}
/** A room event of the log: title changed, somebody joined, a notice … */
export interface SystemEvent {
  readonly type: "system";
  readonly entry: SystemEntry;
}
/** People became known, or changed their names. */
export interface PeopleEvent {
  readonly type: "people";
  readonly people: readonly Person[];
}
/** The room could not replay what was missed. Always comes before the first entry after the gap. */
export interface ResetEvent {
  readonly type: "reset";
  readonly reason: ResetReason;
  /** True: drop everything cached of this room. False: what is cached stays true and only the gap is missing. */
  readonly drop: boolean;
  /** Seqs that will not come by themselves, both included; null when there are none. Read them with `history`. */
  readonly gap: { readonly from: number; readonly to: number } | null;
}
/** The connection changed. */
export interface StateEvent {
  readonly type: "state";
  readonly state: RoomState;
  /** Why the connection ended, on `waiting` and `closed`. */
  readonly error?: RoomError;
  /** On `waiting`: when the next try starts, in ms of the platform's clock. */
  readonly retryAt?: number;
}
/**
 * What became of an own message: written down, stored by the room, or refused for good. `elsewhere`: another tab, which
 * shares the outbox, has brought it to its end, or it is another user's who wrote on this machine.
 */
export type OutboxChange =
  | { readonly status: "pending" | "elsewhere" }
  | { readonly status: "stored"; readonly seq: number; readonly ts: number }
  | { readonly status: "failed"; readonly error: RoomError };
/** An own message changed. A stored one comes as `message` too, like everyone's, before or after this. */
export type OutboxEvent = { readonly type: "outbox"; readonly entry: Outgoing } & OutboxChange;
/** A refusal that concerns the connection or a frame, fatal or not. Failed messages come as `outbox` too. */
export interface ErrorEvent {
  readonly type: "error";
  readonly error: RoomError;
}

/** Every event, told apart by `type`. */
export type RoomEvent = MessageEvent | SystemEvent | PeopleEvent | ResetEvent | StateEvent | OutboxEvent | ErrorEvent;

/** Event by name, for `Room.on`. */
export type RoomEvents = { [K in RoomEvent["type"]]: Extract<RoomEvent, { type: K }> };
