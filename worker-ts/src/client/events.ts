// What a room tells the application: shapes only. Knows no frames and no sockets.
import type { Author, FileInfo, Message, Person, Role, SystemEntry } from "./entry";
import type { RoomError } from "./room-error";

/** `waiting`: reconnects by itself at `retryAt`. `closed`: does not; `retryNow()` tries again, but not after `close()`. */
export type RoomState = "connecting" | "open" | "waiting" | "closed";

/** Why entries were skipped. After `epoch_changed` and `ahead` nothing cached of the room is true any more. */
export type ResetReason = "epoch_changed" | "trimmed" | "too_far" | "ahead";

/** What an own write does. */
export type WriteKind = "message" | "edit" | "delete" | "react" | "unreact";

/** A write on its way. `at` is the local time (ms) at which it was written. */
export interface Outgoing {
  /** The client message id, a UUID: the same in `Sent.id` and in `Message.clientId`. */
  readonly id: string;
  readonly kind: WriteKind;
  /** The signed-in user; null before the first connection. */
  readonly author: Author | null;
  /** The text of a message or an edit, the emoji of a reaction; "" for a delete. */
  readonly text: string;
  /** Of a message. */
  readonly files: readonly FileInfo[];
  /** Seq of the message answered to, or null. */
  readonly replyTo: number | null;
  /** Seq of the message that is changed; null for a message. */
  readonly target: number | null;
  readonly at: number;
}

/** Somebody who is in the room now. */
export interface Present {
  readonly person: Person;
  /** Open connections: tabs, devices. */
  readonly connections: number;
  /** True when all of them are away. */
  readonly away: boolean;
}

/** How many are in the room now. `listed` false: too many for a list, so `here()` is empty. */
export interface Crowd {
  readonly connections: number;
  readonly people: number;
  readonly listed: boolean;
}

/** Somebody who has read everything up to and with `seq`. */
export interface Reader {
  readonly person: Person;
  readonly seq: number;
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
  /** On `waiting`: when the next try starts, in ms of the platform's clock; later for listeners that are far behind. */
  readonly retryAt?: number;
}
/** What every change of a message says. `target` is the message's seq, `seq` the change's own, `ts` its time (ms). */
interface Change {
  readonly seq: number;
  readonly ts: number;
  readonly target: number;
  /** Ref of who did it, and who that is as far as the room has told. */
  readonly sender: number;
  readonly person?: Person;
  /** Whether this client's user did it. */
  readonly mine: boolean;
}
/** A message got a new text. */
export interface EditEvent extends Change {
  readonly type: "edit";
  /** "" when the message was erased since. Decoded when it is read. */
  readonly text: string;
}
/** A message was erased. */
export interface DeleteEvent extends Change {
  readonly type: "delete";
}
/** Somebody reacted to a message. */
export interface ReactEvent extends Change {
  readonly type: "react";
  readonly emoji: string;
}
/** Somebody took a reaction back. */
export interface UnreactEvent extends Change {
  readonly type: "unreact";
  readonly emoji: string;
}
/** Who is typing changed. Everybody who is, in the order they began, never the user of this client. */
export interface TypingEvent {
  readonly type: "typing";
  readonly people: readonly Person[];
}
/** Who is here changed: all of it, by user id. */
export interface PresenceEvent {
  readonly type: "presence";
  readonly here: ReadonlyMap<string, Present>;
  /** Undefined when it is not known (any more). */
  readonly crowd: Crowd | undefined;
}
/** Some have read on, or became known by name: those, and how far they are now. */
export interface ReceiptEvent {
  readonly type: "receipt";
  readonly receipts: readonly Reader[];
}
/** The user got another role in the room. */
export interface RoleEvent {
  readonly type: "role";
  readonly role: Role;
}
/**
 * What became of an own write: written down, stored by the room, or refused for good. `pending` comes again, with
 * `heldUntil` (ms of the platform's clock), when the room asks to wait. `stored` has seq 0 when there was nothing to change.
 * `elsewhere`: another tab, which shares the outbox, has brought it to its end, or it is another user's who wrote on this
 * machine.
 */
export type OutboxChange =
  | { readonly status: "pending"; readonly heldUntil?: number }
  | { readonly status: "elsewhere" }
  | { readonly status: "stored"; readonly seq: number; readonly ts: number }
  | { readonly status: "failed"; readonly error: RoomError };
/** An own write moved on. A stored one comes as an event of the log too, like everyone's, before or after this. */
export type OutboxEvent = { readonly type: "outbox"; readonly entry: Outgoing } & OutboxChange;
/** A refusal that concerns the connection or a frame, fatal or not. Failed writes come as `outbox` too. */
export interface ErrorEvent {
  readonly type: "error";
  readonly error: RoomError;
}

/** Every event, told apart by `type`. */
export type RoomEvent =
  | MessageEvent
  | ChangeEvent
  | SystemEvent
  | TypingEvent
  | PresenceEvent
  | ReceiptEvent
  | PeopleEvent
  | ResetEvent
  | StateEvent
  | RoleEvent
  | OutboxEvent
  | ErrorEvent;

/** An entry of the log that changes a message. */
export type ChangeEvent = EditEvent | DeleteEvent | ReactEvent | UnreactEvent;

/** Event by name, for `Room.on`. */
export type RoomEvents = { [K in RoomEvent["type"]]: Extract<RoomEvent, { type: K }> };
