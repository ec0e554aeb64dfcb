// The message that a room puts into the archive's queue: its shape, its limits, and the reading of what comes out at the other
// end. Cheap and without a schema library, because the object and the consumer are published.
import type { ArchivedMark } from "../log/outbox";
import type { TotalsSnapshot } from "../log/totals";

/** Most entries of one message. */
export const ENTRIES_MAX = 100;

/**
 * Most bytes of `messages`, `reactions` and `pins` as JSON; a single one may be longer. A queue takes 128,000: the longest text,
 * 16,384 bytes of control characters, becomes 98,304 of them, and what stands around it stays below 25,000.
 */
export const CONTENT_BYTES_MAX = 98_304;

/** Most read marks of one message: each has at most 450 bytes. */
export const MARKS_MAX = 50;

/** What may change of a message once it is written, and which state it is: of two, the one with the greater version holds. */
interface ArchivedState {
  readonly seq: number;
  readonly kind: "MSG" | "SYSTEM";
  /** Seq of the entry that made it what it is. */
  readonly version: number;
  readonly text: string;
  readonly editedAt: number | null;
  readonly deletedAt: number | null;
  readonly deletedBy: string | null;
}

/** A message as it stands; times are ms since 1970, users by id. */
export interface ArchivedMessage extends ArchivedState {
  /** What a SYSTEM entry tells (SYSTEM_EVENT). */
  readonly event: number | null;
  /** Null for what the room itself wrote. */
  readonly userId: string | null;
  readonly cid: string | null;
  readonly ts: number;
  readonly replyTo: number | null;
  /** Ids of its files, as in the table `file`; messages of the queue that are older than files have none. */
  readonly files?: readonly string[];
}

/** What has changed of a message that the room's log has no text of any more; the archive keeps the rest of it. */
export type ArchivedChange = ArchivedState & { readonly ts?: never };

/** What the entry `seq` made of somebody's reaction: of two states of one, that with the greater seq holds. */
export interface ArchivedReaction {
  readonly target: number;
  readonly emoji: string;
  readonly userId: string;
  readonly seq: number;
  readonly present: boolean;
}

/** Whether a message is pinned since the entry `seq`, and by whom; as with reactions. */
export type ArchivedPin = Omit<ArchivedReaction, "emoji">;

/** One message of the queue: what was written or touched in from..to, as it stood when this was made. */
export interface ArchiveMessage {
  readonly v: 1;
  readonly room: string;
  /** That of the room's log, as hex; messages of the queue that are older than this have none. */
  readonly epoch?: string;
  /** `to` is `from - 1` in a message that brings read marks alone. */
  readonly from: number;
  readonly to: number;
  /** Time of entry `to`; null when there is none. */
  readonly at: number | null;
  readonly messages: readonly (ArchivedMessage | ArchivedChange)[];
  readonly reactions: readonly ArchivedReaction[];
  readonly pins: readonly ArchivedPin[];
  readonly people: readonly ArchivedMark[];
  readonly totals: TotalsSnapshot;
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;
const isCountOrNull = (value: unknown) => value === null || isCount(value);
const isText = (value: unknown): value is string => typeof value === "string";
const isTextOrNull = (value: unknown) => value === null || isText(value);
const isListOf = (value: unknown, isItem: (item: unknown) => boolean) => Array.isArray(value) && value.every(isItem);

function isState(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { seq, kind, version, text, editedAt, deletedAt, deletedBy } = value;
  return (
    isCount(seq) &&
    (kind === "MSG" || kind === "SYSTEM") &&
    isCount(version) &&
    isText(text) &&
    isCountOrNull(editedAt) &&
    isCountOrNull(deletedAt) &&
    isTextOrNull(deletedBy) &&
    (value["ts"] === undefined || isWhole(value))
  );
}

function isWhole({ event, userId, cid, ts, replyTo, files }: Readonly<Record<string, unknown>>): boolean {
  return (
    isCountOrNull(event) &&
    isTextOrNull(userId) &&
    isTextOrNull(cid) &&
    isCount(ts) &&
    isCountOrNull(replyTo) &&
    (files === undefined || isListOf(files, isText))
  );
}

function isPin(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { target, userId, seq, present } = value;
  return isCount(target) && isText(userId) && isCount(seq) && typeof present === "boolean";
}

const isReaction = (value: unknown) => isObject(value) && isText(value["emoji"]) && isPin(value);

const isMark = (value: unknown) =>
  isObject(value) && isText(value["userId"]) && isCount(value["readSeq"]) && isCount(value["readAt"]);

const isTotals = (value: unknown) =>
  isObject(value) &&
  isCount(value["version"]) &&
  isObject(value["counts"]) &&
  Object.values(value["counts"]).every(isCount);

/** What each field of a message must be; what stands in none of them is of a later version and must not be dropped. */
const FIELDS: Readonly<Record<keyof ArchiveMessage, (value: unknown) => boolean>> = {
  v: (value) => value === 1,
  // under the empty name stand the sums of all rooms
  room: (value) => isText(value) && value !== "",
  epoch: (value) => value === undefined || isText(value),
  from: isCount,
  to: isCount,
  at: isCountOrNull,
  messages: (value) => isListOf(value, isState),
  reactions: (value) => isListOf(value, isReaction),
  pins: (value) => isListOf(value, isPin),
  people: (value) => isListOf(value, isMark),
  totals: isTotals,
};

/** The first field in which `body` is no message of this version, or null when it is one. */
export function flawOf(body: unknown): string | null {
  if (!isObject(body)) return "it is no object";
  for (const [name, holds] of Object.entries(FIELDS))
    if (!holds(body[name])) return `its \`${name}\` is not understood`;
  const unknown = Object.keys(body).find((name) => !Object.hasOwn(FIELDS, name));
  return unknown === undefined ? null : `its \`${unknown}\` is not known`;
}

/** Whether `body` is a message of this version. */
export function isArchiveMessage(body: unknown): body is ArchiveMessage {
  return flawOf(body) === null;
}
