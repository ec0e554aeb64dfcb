// What stands in a room's log, as the application sees it. Shapes and their limits; made in read.ts from frames and from HTTP.
import { LIMIT } from "@ferrule/core";

/** The numbers of room events by name, for `SystemEntry.event`: TITLE, JOINED, CLOSED … Others may come. */
export { SYSTEM_EVENT } from "@ferrule/core";

/** Most bytes of UTF-8 in the text of a message. */
export const TEXT_BYTES_MAX: number = LIMIT.TEXT_BYTES_MAX;

/** Whose name stands on a message. `id` is "" while the person is not known yet. */
export interface Author {
  readonly id: string;
  /** Not unique and not trusted: show it as plain text. */
  readonly name: string;
  readonly guest: boolean;
}

/** A user of the room. */
export interface Person extends Author {
  /** The room's small number for this user; the same for as long as the room's epoch lasts. */
  readonly ref: number;
  readonly bot: boolean;
  /** The account was deleted. */
  readonly gone: boolean;
}

/** What the user may do in the room. */
export type Role = "member" | "moderator" | "owner";

/** One emoji on a message. */
export interface Reaction {
  /** Any emoji sequence, or a `:name:`. Compared byte by byte. */
  readonly emoji: string;
  /** How many people reacted with it. */
  readonly count: number;
  /** Whether this client's user is among them. */
  readonly mine: boolean;
  /** Those of them whom this client knows: perhaps fewer than `count`, and absent when the message came by HTTP. */
  readonly people?: readonly Person[];
}

/** A file of a message. */
export interface FileInfo {
  /** Where its bytes are: `room.fileUrl`. */
  readonly id: string;
  /** Chosen by people: show it as plain text. */
  readonly name: string;
  /** What it is by its own first bytes: a picture's, or `application/octet-stream`. */
  readonly mime: string;
  /** Bytes. */
  readonly size: number;
  /** Pixels; 0 = not to be shown as a picture. */
  readonly width: number;
  readonly height: number;
}

/** One message as it stands. */
export interface Message {
  readonly seq: number;
  /** Server time, ms since 1970. */
  readonly ts: number;
  /** The author's client message id (UUID). */
  readonly clientId: string;
  /** The author's ref; 0 when the message came by HTTP, which knows no refs. */
  readonly sender: number;
  readonly author: Author;
  /** Whether this client's user wrote it. */
  readonly mine: boolean;
  /** "" when erased. Decoded when it is read. A message that was written with files alone has their names here. */
  readonly text: string;
  /** Empty when erased. */
  readonly files: readonly FileInfo[];
  /** Seq of the message answered to, or null. */
  readonly replyTo: number | null;
  readonly editedAt: number | null;
  /** Seq of the last edit; null for none, and when the message came by HTTP, which does not tell. */
  readonly editSeq: number | null;
  readonly deletedAt: number | null;
  /** Reactions, as far as the message came with them: a page has them, a message that was just written has none. */
  readonly reactions: readonly Reaction[];
}

/** One event of the room. `event` is the number of PROTOCOL.md section 7, SYSTEM; unknown ones may come. */
export interface SystemEntry {
  readonly seq: number;
  readonly ts: number;
  readonly event: number;
  /** Ref of who did it; 0 = the room itself. */
  readonly sender: number;
  /** Ref of whom it concerns, or 0. */
  readonly subject: number;
  readonly text: string;
}

/** A stretch of the log, read back. Entries are by rising seq. */
export interface Page {
  readonly messages: readonly Message[];
  /** Always empty in pages that came by HTTP. */
  readonly system: readonly SystemEntry[];
  /** Every message from `from` to `to` (seqs, both included) is in `messages`; null for an empty log. */
  readonly covers: { readonly from: number; readonly to: number } | null;
  /** Whether there are more in the direction asked. */
  readonly more: boolean;
  /** The newest log seq when the page was made: edits and erasures up to it are in. */
  readonly asOf: number;
}
