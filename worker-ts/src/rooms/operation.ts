// The shapes that cross the RPC between the Worker and a room. Shapes only: no rules, no storage, no HTTP.
import type { FileFact } from "@ferrule/core";

/** What a person may do in a room. */
export type RoleName = "member" | "moderator" | "owner";

/** Who somebody is, without what they may do. */
export interface Identity {
  readonly userId: string;
  /** Display name, at most NAME_BYTES_MAX bytes of UTF-8. */
  readonly name: string;
  readonly guest: boolean;
  /** A program of the house, as PEOPLE tells it (PROTOCOL.md section 7, flag bit 1). */
  readonly bot?: boolean;
}

/** Who acts: as looked up by the Worker, never as claimed by a client. */
export interface Actor extends Identity {
  readonly role: RoleName;
  /** Version of the role: when the membership was changed last (ms, rising with each change). 0 where that is not known. */
  readonly roleAt: number;
}

/** Admission to one socket: the actor, the session behind it, and when it ends (ms since 1970). */
export interface Admission extends Actor {
  readonly sessionId: string;
  readonly expiresAt: number;
  /** What the directory says about the room now: the room takes it over when it is newer (the lobby, made by a migration, is
   *  never configured otherwise; a lost `configure` heals here). */
  readonly room: RoomConfig;
  /** The ticket that was shown, if one was: the room lets each id in once (`ticket` table) and forgets it after `expiresAt`. A
   *  used one is answered with HTTP 401 and the code `unauthenticated`. */
  readonly ticket?: { readonly id: string; readonly expiresAt: number };
}

/** A message that comes by HTTP instead of a socket. `id` is the client message id (16 bytes). */
export interface PostOperation {
  readonly type: "post";
  readonly id: Uint8Array;
  /** May be empty where there are files: their names then become the text. */
  readonly text: string;
  /** Seq of the message answered to, or 0. */
  readonly replyTo: number;
  /** What the Worker knows of the files, which are the actor's own and of this room; at most FILES_PER_MESSAGE_MAX. */
  readonly files?: readonly FileFact[];
}

/** New text for the message `target` (its seq). */
export interface EditOperation {
  readonly type: "edit";
  readonly id: Uint8Array;
  readonly target: number;
  readonly text: string;
}

/** Erases the message `target`. */
export interface DeleteOperation {
  readonly type: "delete";
  readonly id: Uint8Array;
  readonly target: number;
}

/** Sets the actor's reaction of this emoji to `target`, or takes it away. */
export interface ReactOperation {
  readonly type: "react";
  readonly id: Uint8Array;
  readonly target: number;
  readonly emoji: string;
  readonly on: boolean;
}

/** Pins the message `target`, or unpins it. It needs no id: done twice, it has no effect. */
export interface PinOperation {
  readonly type: "pin";
  readonly target: number;
  readonly on: boolean;
}

/** Everything the Worker may ask a room to write. */
export type Operation = PostOperation | EditOperation | DeleteOperation | ReactOperation | PinOperation;

/** Reactions of one emoji to one message; `mine` says whether the reader's is among them. */
export interface ReactionCount {
  readonly emoji: string;
  readonly count: number;
  readonly mine: boolean;
}

/** One message as it stands now. Times are ms since 1970. An erased one has an empty text and no files. */
export interface StoredMessage {
  readonly seq: number;
  readonly ts: number;
  readonly id: Uint8Array;
  readonly author: Identity;
  readonly text: string;
  /** Seq of the message answered to, or 0. */
  readonly replyTo: number;
  readonly files: readonly FileFact[];
  readonly editedAt: number | null;
  readonly deletedAt: number | null;
  /** User id of who erased it. */
  readonly deletedBy: string | null;
  readonly pinned: boolean;
  readonly reactions: readonly ReactionCount[];
}

/** What was changed of a message since the archive was last known to have it; `text` is empty, and files are gone, of an erased one. */
export type MessageChange = Pick<StoredMessage, "text" | "editedAt" | "deletedAt" | "deletedBy">;

/** A message whose text only the archive has: what the room still knows of it. */
export interface TrimmedMessage extends Pick<StoredMessage, "seq" | "ts" | "author" | "pinned" | "reactions"> {
  /** Holds against what the archive says: it may not have heard of it yet. Null when nothing of it is known here. */
  readonly change: MessageChange | null;
}

/** Refusals a room answers with; the HTTP layer maps them to status codes. */
export type RefusalCode =
  | "bad_request"
  | "banned"
  | "conflict"
  | "forbidden"
  | "internal"
  | "not_found"
  | "rate_limited"
  | "room_closed"
  | "too_large"
  | "too_many_pins";

/**
 * Outcome of `apply`: whether something was stored, had been stored under this id, or would have changed nothing; with the
 * message that was written or changed, as it stands now. One that was trimmed stands under `trimmed` instead, and `message` is
 * null. Or why not.
 */
export type Outcome =
  | {
      readonly ok: true;
      readonly status: "stored" | "duplicate" | "no_change";
      readonly message: StoredMessage | null;
      readonly trimmed: TrimmedMessage | null;
    }
  | { readonly ok: false; readonly code: RefusalCode; readonly message: string; readonly retryAfterMs?: number };

/** A page of messages: before `before`, or after `after`, newest 'limit' of them by default. */
export interface PageQuery {
  readonly before?: number;
  readonly after?: number;
  readonly limit: number;
  /** Only those that are pinned. */
  readonly pinned?: boolean;
  /** User id of who reads, for what is theirs; null for nobody. */
  readonly reader: string | null;
}

/** Answer to a PageQuery, each list by rising seq; `head` is the room's newest seq when it was read. */
export interface PageAnswer {
  /** Those of the page that were trimmed, all older than `messages`: their texts are to be had from the archive. */
  readonly trimmed: readonly TrimmedMessage[];
  readonly messages: readonly StoredMessage[];
  readonly head: number;
  /** Whether there are more in the direction asked. */
  readonly more: boolean;
}

/** Figures of a room. */
export interface RoomStats {
  readonly headSeq: number;
  /** People (not connections) here now. */
  readonly online: number;
  /** Time of the newest entry in ms since 1970; null while there is none. */
  readonly lastAt: number | null;
  /** Every entry up to this seq is on its way to the archive. */
  readonly queuedSeq: number;
  /** Every entry up to this seq is in the archive: when it is headSeq, all is there. */
  readonly archivedSeq: number;
}

/** A relay of a big room. */
export interface RelayWatch {
  /** Its number in the room. */
  readonly n: number;
  readonly sockets: number;
  /** The seq that it has. */
  readonly at: number;
}

/** A connection whose client does not keep up. */
export interface Laggard {
  /** Its number, unique in the room. */
  readonly conn: number;
  /** Which relay it is on; null for the room itself. */
  readonly relay: number | null;
  readonly userId: string;
  readonly name: string;
  /** Bytes sent and not handled by the client, as far as is known. */
  readonly bytes: number;
  /** Whether it is being told what it missed. */
  readonly recovering: boolean;
}

/** How many connections are behind, and the worst of them. */
export interface Laggards {
  readonly count: number;
  readonly worst: readonly Laggard[];
}

/** A batch of entries that the archive has not reported. */
export interface OpenBatch {
  readonly from: number;
  readonly to: number;
  /** When it was sent last, ms since 1970; 0 for never. */
  readonly sentAt: number;
  /** How often it was sent, up to 3. */
  readonly tries: number;
}

/** A room as an admin watches it. Times are ms since 1970. */
export interface RoomWatch extends RoomStats {
  readonly at: number;
  readonly title: string;
  readonly closed: boolean;
  /** Sockets of the room itself; those of its relays stand there. */
  readonly sockets: number;
  readonly relays: readonly RelayWatch[];
  /** Time of the oldest entry that is not known to be in the archive; null when there is none. */
  readonly unarchivedSince: number | null;
  /** How many batches are open, counted up to a limit, and the oldest of them. */
  readonly batches: { readonly count: number; readonly first: readonly OpenBatch[] };
  readonly laggards: Laggards;
  /** All that the room has counted, by the names of its totals. */
  readonly counts: Readonly<Record<string, number>>;
  /** What is to be done later, by kind: how many of it, and when the first is due. */
  readonly due: readonly { readonly kind: string; readonly count: number; readonly at: number }[];
}

/** What the directory tells a room about itself. Given on creation, with each admission and whenever it changes. */
export interface RoomConfig {
  /** Grows with each change: a room takes only what is newer than what it has, so nothing that comes late turns it back. */
  readonly version: number;
  readonly title: string;
  readonly closed: boolean;
  /** A member may write one message in this time; 0 = as many as the rates allow. */
  readonly slowModeMs: number;
  /** How long after a message its author may edit it; 0 = always. */
  readonly editWindowMs: number;
}

/** Whose sockets are to be closed: all of a user's, or those of one session. Each gets this ERROR and is closed with its code. */
export interface Revocation {
  readonly userId: string;
  readonly sessionId?: string;
  readonly error: "UNAUTHENTICATED" | "FORBIDDEN";
}

/**
 * A membership that has changed. The room keeps the version of each person's role and takes nothing older, so that changes may
 * come late and in any order.
 */
export interface RoleChange {
  readonly subject: Identity;
  /** Null for who is no member any more. */
  readonly role: RoleName | "banned" | null;
  /** Version of the role, as in Actor. */
  readonly roleAt: number;
  /** Who did it; null for the room itself. */
  readonly by: Identity | null;
  /** Whether they came into the room by it, and the room is to be told. */
  readonly joined: boolean;
}

/** An account that was deleted; `messages`: with all that it wrote. */
export interface ErasedUser {
  readonly userId: string;
  readonly messages: boolean;
}
