// The rules of a room as pure functions: what an opening leads to, who may write, and what each refusal is called on the
// wire. No storage, no sockets, no clock.
import { ERROR_CODE, KIND, RESET_REASON, ROLE, WELCOME_OUTCOME } from "@ferrule/core";
import type { Target } from "./log/log";
import type { RefusalCode, RoleName, RoomConfig } from "./operation";

/** What HELLO claims: the epoch the client knows (all zero = none) and the last logged seq it handled. */
export interface Cursor {
  readonly epoch: Uint8Array;
  readonly lastSeq: number;
}

/** Where the log stands: `oldestSeq` is the first entry that can be replayed; an empty room has head 0, oldest 1. */
export interface LogState {
  readonly epoch: Uint8Array;
  readonly headSeq: number;
  readonly oldestSeq: number;
}

/** Answer to HELLO: outcome and reset reason by number (reset 0 = none), and the seq after which entries follow. */
export interface Opening {
  readonly outcome: number;
  readonly reset: number;
  readonly startSeq: number;
}

/** Decides how a client opens: fresh, recovered or reset with a reason (PROTOCOL.md 8.2, first match wins). */
export function opening(cursor: Cursor, log: LogState, replayEntriesMax: number): Opening {
  const reset = (reason: number): Opening => ({
    outcome: WELCOME_OUTCOME.RESET,
    reset: reason,
    startSeq: log.headSeq,
  });
  if (cursor.epoch.every((byte) => byte === 0))
    return { outcome: WELCOME_OUTCOME.FRESH, reset: 0, startSeq: log.headSeq };
  if (cursor.epoch.some((byte, at) => byte !== log.epoch[at])) return reset(RESET_REASON.EPOCH_CHANGED);
  if (cursor.lastSeq > log.headSeq) return reset(RESET_REASON.AHEAD);
  if (cursor.lastSeq < log.oldestSeq - 1) return reset(RESET_REASON.TRIMMED);
  if (log.headSeq - cursor.lastSeq > replayEntriesMax) return reset(RESET_REASON.TOO_FAR);
  return { outcome: WELCOME_OUTCOME.RECOVERED, reset: 0, startSeq: cursor.lastSeq };
}

/** Whether this role may change what the room is called and how it is used. */
export function mayConfigure(role: RoleName): boolean {
  return role === "owner";
}

/** What is known of a message before it is written. Times are ms since 1970. */
export interface Intent {
  readonly config: Pick<RoomConfig, "closed" | "slowModeMs">;
  readonly role: RoleName;
  readonly now: number;
  /** When its author wrote the newest message after this time, if any; asked only where slow mode holds. */
  readonly saidAfter: (time: number) => number | undefined;
  /** Seq of the message answered to, 0 = none. */
  readonly replyTo: number;
  /** The message at that seq, if it is one; asked only when there is one. */
  readonly target: (seq: number) => Pick<Target, "erased"> | undefined;
}

/** Why something may not be written; `retryAfterMs` says when it may, 0 where waiting does not help. */
export interface Refusal {
  readonly code: RefusalCode;
  readonly retryAfterMs: number;
}

const refuse = (code: RefusalCode, retryAfterMs = 0): Refusal => ({ code, retryAfterMs });

/** Why a message may not be written, or null (PROTOCOL.md section 10, "Checks of a write"). */
export function refusalOf(intent: Intent): Refusal | null {
  if (intent.config.closed) return refuse("room_closed");
  const retryAfterMs = slowModeWait(intent);
  if (retryAfterMs > 0) return refuse("rate_limited", retryAfterMs);
  if (intent.replyTo !== 0 && intent.target(intent.replyTo)?.erased !== false) return refuse("not_found");
  return null;
}

/** How long (ms) slow mode makes this message wait: members have one in slowModeMs, over all their tabs. */
function slowModeWait({ config: { slowModeMs }, role, now, saidAfter }: Intent): number {
  if (slowModeMs === 0 || role !== "member") return 0;
  const said = saidAfter(now - slowModeMs);
  return said === undefined ? 0 : said + slowModeMs - now;
}

/** Kinds that change a message (KIND). */
export type ChangeKind = (typeof KIND)["EDIT" | "DELETE" | "REACT" | "UNREACT"];

/** What is known of a change of a message before it is written. */
export interface ChangeIntent {
  readonly kind: ChangeKind;
  readonly config: Pick<RoomConfig, "closed" | "editWindowMs">;
  readonly role: RoleName;
  /** Who asks for it. */
  readonly ref: number;
  readonly now: number;
  /** The message, if there is one. */
  readonly target: Target | undefined;
  /** Whether what this author wrote is theirs now who asks; asked only where it matters. */
  readonly isHeir: (author: number) => boolean;
  /** Whether this person's reaction of this emoji is there; asked only for reactions. */
  readonly hasReacted: () => boolean;
  /** Whether this emoji would be one too many; asked only for a new reaction. */
  readonly isOneTooMany: () => boolean;
}

/** What is to become of a change: it is written, it would change nothing, or it is refused. */
export type Verdict = "change" | "no_change" | Refusal;

/** What is to become of an EDIT, DELETE, REACT or UNREACT: checks in the order of PROTOCOL.md section 10. */
export function verdictOf(intent: ChangeIntent): Verdict {
  const { kind, config, target } = intent;
  if (config.closed) return refuse("room_closed");
  if (target === undefined) return refuse("not_found");
  if (!hasRightTo(intent, target)) return refuse("forbidden");
  if (target.erased) return kind === KIND.DELETE ? "no_change" : refuse("not_found");
  if (kind === KIND.EDIT || kind === KIND.DELETE) return "change";
  if (intent.hasReacted() === (kind === KIND.REACT)) return "no_change";
  return kind === KIND.REACT && intent.isOneTooMany() ? refuse("too_large") : "change";
}

function hasRightTo({ kind, config, role, ref, now, isHeir }: ChangeIntent, target: Target): boolean {
  const isOwn = () => target.ref === ref || isHeir(target.ref);
  if (kind === KIND.EDIT) return isOwn() && (config.editWindowMs === 0 || now - target.ts <= config.editWindowMs);
  return kind !== KIND.DELETE || role !== "member" || isOwn();
}

/** What is known of a pin before it is written. */
export interface PinIntent {
  readonly on: boolean;
  readonly config: Pick<RoomConfig, "closed">;
  readonly role: RoleName;
  /** The message, if there is one. */
  readonly target: Pick<Target, "erased"> | undefined;
  readonly isPinned: () => boolean;
  /** Whether the room has as many pins as it may. */
  readonly isFull: () => boolean;
}

/** What is to become of a pin. An erased message is pinned no more, so it can be unpinned again and again. */
export function pinVerdictOf({ on, config, role, target, isPinned, isFull }: PinIntent): Verdict {
  if (config.closed) return refuse("room_closed");
  if (role === "member") return refuse("forbidden");
  if (target === undefined || (on && target.erased)) return refuse("not_found");
  if (isPinned() === on) return "no_change";
  return on && isFull() ? refuse("too_many_pins") : "change";
}

/** The wire's number and words for each refusal of a room: the one place where HTTP's codes meet PROTOCOL.md section 12. */
export const REFUSAL: Readonly<Record<RefusalCode, { readonly code: number; readonly text: string }>> = {
  bad_request: { code: ERROR_CODE.BAD_FRAME, text: "the message is malformed" },
  banned: { code: ERROR_CODE.FORBIDDEN, text: "banned from this room" },
  conflict: { code: ERROR_CODE.CONFLICT, text: "this id was used for something else" },
  forbidden: { code: ERROR_CODE.FORBIDDEN, text: "not allowed" },
  internal: { code: ERROR_CODE.INTERNAL, text: "the room failed" },
  not_found: { code: ERROR_CODE.NOT_FOUND, text: "there is no such message" },
  rate_limited: { code: ERROR_CODE.RATE_LIMITED, text: "too fast" },
  room_closed: { code: ERROR_CODE.FORBIDDEN, text: "the room is closed" },
  too_large: { code: ERROR_CODE.TOO_LARGE, text: "too large, or one too many" },
  too_many_pins: { code: ERROR_CODE.TOO_LARGE, text: "the room has enough pins" },
};

/** The wire's number for a role. */
export const ROLE_NUMBER: Readonly<Record<RoleName, number>> = {
  member: ROLE.MEMBER,
  moderator: ROLE.MODERATOR,
  owner: ROLE.OWNER,
};
