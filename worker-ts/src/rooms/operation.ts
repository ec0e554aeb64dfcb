// The shapes that cross the RPC between the Worker and a room. Shapes only: no rules, no storage, no HTTP.

/** What a person may do in a room; `banned` never reaches the room object. */
export type RoleName = "member" | "moderator" | "owner";

/** Who acts: as looked up by the Worker, never as claimed by a client. */
export interface Actor {
  readonly userId: string;
  /** Display name, at most NAME_BYTES_MAX bytes of UTF-8. */
  readonly name: string;
  readonly guest: boolean;
  readonly role: RoleName;
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

/** A write that comes by HTTP instead of a socket. `id` is the client message id (16 bytes). */
export interface PostOperation {
  readonly type: "post";
  readonly id: Uint8Array;
  readonly text: string;
  /** Seq of the message answered to, or 0. */
  readonly replyTo: number;
}

/** Everything the Worker may ask a room to write. */
export type Operation = PostOperation;

/** One message as it stands now. `author` is null only for entries of the room itself. */
export interface StoredMessage {
  readonly seq: number;
  readonly ts: number;
  readonly id: Uint8Array;
  readonly author: { readonly userId: string; readonly name: string; readonly guest: boolean };
  readonly text: string;
  readonly replyTo: number;
}

/** A message whose text only the archive has: what the room still knows of it. */
export type TrimmedMessage = Pick<StoredMessage, "seq" | "ts" | "author">;

/** Refusals a room answers with; the HTTP layer maps them to status codes. */
export type RefusalCode =
  | "bad_request"
  | "conflict"
  | "forbidden"
  | "internal"
  | "not_found"
  | "rate_limited"
  | "room_closed"
  | "too_large";

/** Outcome of `apply`: what was stored (or was already), or why not. */
export type Outcome =
  | { readonly ok: true; readonly duplicate: boolean; readonly message: StoredMessage }
  | { readonly ok: false; readonly code: RefusalCode; readonly message: string; readonly retryAfterMs?: number };

/** A page of messages: before `before`, or after `after`, newest 'limit' of them by default. */
export interface PageQuery {
  readonly before?: number;
  readonly after?: number;
  readonly limit: number;
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
