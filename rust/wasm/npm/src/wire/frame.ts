// The shapes of frames as objects (PROTOCOL.md section 7): field names of the page, in its order. Types only.
import type { KindName } from "../constant/kind.js";

/** One extension: its type and its value's bytes. Known ones are read by `readEdited` and its sisters. */
export interface Ext {
  readonly type: number;
  readonly bytes: Uint8Array;
}

/** A frame of an unassigned kind 64..127: nothing of it but its place in the log may be used. */
export interface Skip {
  readonly skip: true;
  readonly seq: number;
}

/** HELLO: open or resume. `epoch` has 8 bytes, all zero for a fresh start; `features` is a set of FEATURE bits. */
export interface HelloBody {
  readonly epoch: Uint8Array;
  readonly lastSeq: number;
  readonly features: number;
  /** Largest frame this client takes, in bytes, at least 65536. */
  readonly maxFrame: number;
  readonly client: string;
}

/** WELCOME: the answer to HELLO. `expiresAt` and `slowModeMs` are milliseconds, the windows bytes. */
export interface WelcomeBody {
  readonly outcome: number;
  readonly epoch: Uint8Array;
  readonly headSeq: number;
  readonly oldestSeq: number;
  readonly startSeq: number;
  readonly selfRef: number;
  readonly conn: number;
  readonly role: number;
  readonly expiresAt: number;
  readonly features: number;
  readonly windowSoft: number;
  readonly windowHard: number;
  readonly slowModeMs: number;
  readonly roomId: string;
  readonly title: string;
}

/** RESET: replay is impossible, `reason` (RESET_REASON) says why. */
export interface ResetBody {
  readonly reason: number;
  readonly epoch: Uint8Array;
  readonly oldestSeq: number;
  readonly headSeq: number;
  readonly startSeq: number;
}

/** MSG: `replyTo` is the seq of a message or 0. An empty text, down only, is an erased message. */
export interface MsgBody {
  readonly replyTo: number;
  readonly text: string;
}

/** EDIT: the new text of message `target`. */
export interface EditBody {
  readonly target: number;
  readonly text: string;
}

/** DELETE: erase message `target`. */
export interface DeleteBody {
  readonly target: number;
}

/** REACT and UNREACT: one emoji of the sender on message `target`. */
export interface ReactBody {
  readonly target: number;
  readonly emoji: string;
}

/** TYPING: `state` 1 typing, 0 stopped. */
export interface TypingBody {
  readonly state: number;
}

/** One connection in a PRESENCE list; `state` is one of PRESENCE_STATE. */
export interface PresenceEntry {
  readonly conn: number;
  readonly ref: number;
  readonly state: number;
}

/** PRESENCE, by `op`: 0 the whole list, 1 changes to it, 2 the own state (up), 3 totals without a list. */
export type PresenceBody =
  | {
      readonly op: 0 | 1;
      readonly connections: number;
      readonly people: number;
      readonly list: readonly PresenceEntry[];
    }
  | { readonly op: 2; readonly state: number }
  | { readonly op: 3; readonly connections: number; readonly people: number };

/** One reader: has read everything up to the seq `upTo`. */
export interface ReceiptEntry {
  readonly ref: number;
  readonly upTo: number;
}

/** RECEIPT. Up it holds exactly one entry with ref 0. */
export interface ReceiptBody {
  readonly list: readonly ReceiptEntry[];
}

/** ACK: what became of the logged frame with this id; seq and ts are those of its entry, 0 for NO_CHANGE. */
export interface AckBody {
  readonly status: number;
  readonly seq: number;
  readonly ts: number;
}

/** ERROR: `code` is one of ERROR_CODE (open), `retryAfterMs` 0 = no advice, `text` is for developers. */
export interface ErrorBody {
  readonly code: number;
  readonly retryAfterMs: number;
  readonly text: string;
}

/** HISTORY_REQ: `limit` messages before or after `from` (before 0 = the newest). */
export interface HistoryReqBody {
  readonly direction: number;
  readonly from: number;
  readonly limit: number;
}

/** HISTORY_PAGE, true for the log seq `asOf`: one PEOPLE, then MSG (each with its TALLY) and SYSTEM frames. */
export interface HistoryPageBody {
  readonly flags: number;
  readonly asOf: number;
  readonly firstSeq: number;
  readonly lastSeq: number;
  readonly list: readonly (Frame | Skip)[];
}

/** CREDIT: bytes of binary messages handled so far on this connection. */
export interface CreditBody {
  readonly consumed: number;
}

/** AUTH_REFRESH: a new ticket up; the new end of admission (ms) and role down. */
export type AuthRefreshBody = { readonly ticket: string } | { readonly expiresAt: number; readonly role: number };

/** SYSTEM: a room event (SYSTEM_EVENT, open) about the user ref `subject`, or 0. */
export interface SystemBody {
  readonly event: number;
  readonly subject: number;
  readonly text: string;
}

/** Who a ref is; `flags` is a set of PERSON_FLAG bits. Names are not trusted: show them as plain text. */
export interface PeopleEntry {
  readonly ref: number;
  readonly flags: number;
  readonly userId: string;
  readonly name: string;
}

/** PEOPLE: refs to users. */
export interface PeopleBody {
  readonly list: readonly PeopleEntry[];
}

/** PEOPLE_REQ: the refs asked for. */
export interface PeopleReqBody {
  readonly refs: readonly number[];
}

/** BATCH: the same as its frames one after another. */
export interface BatchBody {
  readonly list: readonly (Frame | Skip)[];
}

/** One emoji of a message: how many reacted with it, and the refs of some of them. */
export interface TallyEntry {
  readonly emoji: string;
  readonly total: number;
  readonly refs: readonly number[];
}

/** TALLY: all reactions of message `target` as of the log seq `asOf`. */
export interface TallyBody {
  readonly target: number;
  readonly asOf: number;
  readonly list: readonly TallyEntry[];
}

interface Bodies {
  HELLO: HelloBody;
  WELCOME: WelcomeBody;
  RESET: ResetBody;
  MSG: MsgBody;
  EDIT: EditBody;
  DELETE: DeleteBody;
  REACT: ReactBody;
  UNREACT: ReactBody;
  TYPING: TypingBody;
  PRESENCE: PresenceBody;
  RECEIPT: ReceiptBody;
  ACK: AckBody;
  ERROR: ErrorBody;
  HISTORY_REQ: HistoryReqBody;
  HISTORY_PAGE: HistoryPageBody;
  CREDIT: CreditBody;
  AUTH_REFRESH: AuthRefreshBody;
  SYSTEM: SystemBody;
  PEOPLE: PeopleBody;
  PEOPLE_REQ: PeopleReqBody;
  BATCH: BatchBody;
  TALLY: TallyBody;
}

/** The body of a kind of frame. */
export type BodyOf<K extends KindName> = Bodies[K];

/** A frame of kind `K`. `seq` 0 = not in the log; `ts` in ms since 1970; `id` is null where the kind has none. */
export interface FrameOf<K extends KindName> {
  readonly kind: K;
  /** FLAG bits as they came: LZ4 0x01, EXT 0x10. */
  readonly flags: number;
  readonly seq: number;
  readonly ts: number;
  /** Sixteen bytes, the reader's own copy. */
  readonly id: Uint8Array | null;
  /** User ref; 0 = "myself" up, "the room" down. */
  readonly sender: number;
  readonly ext: readonly Ext[];
  readonly body: BodyOf<K>;
}

export type HelloFrame = FrameOf<"HELLO">;
export type WelcomeFrame = FrameOf<"WELCOME">;
export type ResetFrame = FrameOf<"RESET">;
export type MsgFrame = FrameOf<"MSG">;
export type EditFrame = FrameOf<"EDIT">;
export type DeleteFrame = FrameOf<"DELETE">;
export type ReactFrame = FrameOf<"REACT">;
export type UnreactFrame = FrameOf<"UNREACT">;
export type TypingFrame = FrameOf<"TYPING">;
export type PresenceFrame = FrameOf<"PRESENCE">;
export type ReceiptFrame = FrameOf<"RECEIPT">;
export type AckFrame = FrameOf<"ACK">;
export type ErrorFrame = FrameOf<"ERROR">;
export type HistoryReqFrame = FrameOf<"HISTORY_REQ">;
export type HistoryPageFrame = FrameOf<"HISTORY_PAGE">;
export type CreditFrame = FrameOf<"CREDIT">;
export type AuthRefreshFrame = FrameOf<"AUTH_REFRESH">;
export type SystemFrame = FrameOf<"SYSTEM">;
export type PeopleFrame = FrameOf<"PEOPLE">;
export type PeopleReqFrame = FrameOf<"PEOPLE_REQ">;
export type BatchFrame = FrameOf<"BATCH">;
export type TallyFrame = FrameOf<"TALLY">;

/**
 * A frame as an object; `kind` tells the shape of `body`. Strings are decoded, and the id copied, when first read:
 * read them by name, for a spread (`{...frame.body}`) does not carry them along.
 */
export type Frame = { [K in KindName]: FrameOf<K> }[KindName];

/** A list that is written: frames as objects, or whole frames (with their CRC) as bytes. */
interface InitBodies extends Omit<Bodies, "BATCH" | "HISTORY_PAGE"> {
  BATCH: { readonly list: readonly (FrameInit | Uint8Array)[] };
  HISTORY_PAGE: Omit<HistoryPageBody, "list"> & { readonly list: readonly (FrameInit | Uint8Array)[] };
}

/** A frame of kind `K` to be written; what is left out is 0, null or empty. `flags` is ignored: the encoder sets it. */
export interface FrameInitOf<K extends KindName> {
  readonly kind: K;
  readonly flags?: number;
  readonly seq?: number;
  readonly ts?: number;
  readonly id?: Uint8Array | null;
  readonly sender?: number;
  readonly ext?: readonly Ext[];
  readonly body: InitBodies[K];
}

/** A frame to be written: as `Frame`, with the header's fields optional. */
export type FrameInit = { [K in KindName]: FrameInitOf<K> }[KindName];
