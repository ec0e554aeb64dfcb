// The rules of a room as pure functions: what an opening leads to, who may write, and what each refusal is called on the
// wire. No storage, no sockets, no clock.
import { ERROR_CODE, RESET_REASON, ROLE, WELCOME_OUTCOME } from "@ferrule/core";
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
  /** Whether that seq is a message; asked only when there is one. */
  readonly isMessage: (seq: number) => boolean;
}

/** Why something may not be written; `retryAfterMs` says when it may, 0 where waiting does not help. */
export interface Refusal {
  readonly code: RefusalCode;
  readonly retryAfterMs: number;
}

/** Why a message may not be written, or null (PROTOCOL.md section 10, "Checks of a write"). */
export function refusalOf(intent: Intent): Refusal | null {
  if (intent.config.closed) return { code: "room_closed", retryAfterMs: 0 };
  const retryAfterMs = slowModeWait(intent);
  if (retryAfterMs > 0) return { code: "rate_limited", retryAfterMs };
  if (intent.replyTo !== 0 && !intent.isMessage(intent.replyTo)) return { code: "not_found", retryAfterMs: 0 };
  return null;
}

/** How long (ms) slow mode makes this message wait: members have one in slowModeMs, over all their tabs. */
function slowModeWait({ config: { slowModeMs }, role, now, saidAfter }: Intent): number {
  if (slowModeMs === 0 || role !== "member") return 0;
  const said = saidAfter(now - slowModeMs);
  return said === undefined ? 0 : said + slowModeMs - now;
}

/** The wire's number and words for each refusal of a room: the one place where HTTP's codes meet PROTOCOL.md section 12. */
export const REFUSAL: Readonly<Record<RefusalCode, { readonly code: number; readonly text: string }>> = {
  bad_request: { code: ERROR_CODE.BAD_FRAME, text: "the message is malformed" },
  conflict: { code: ERROR_CODE.CONFLICT, text: "this id was used for something else" },
  forbidden: { code: ERROR_CODE.FORBIDDEN, text: "not allowed" },
  internal: { code: ERROR_CODE.INTERNAL, text: "the room failed" },
  not_found: { code: ERROR_CODE.NOT_FOUND, text: "the message answered to does not exist" },
  rate_limited: { code: ERROR_CODE.RATE_LIMITED, text: "too fast" },
  room_closed: { code: ERROR_CODE.FORBIDDEN, text: "the room is closed" },
  too_large: { code: ERROR_CODE.TOO_LARGE, text: "the message is too large" },
};

/** The wire's number for a role. */
export const ROLE_NUMBER: Readonly<Record<RoleName, number>> = {
  member: ROLE.MEMBER,
  moderator: ROLE.MODERATOR,
  owner: ROLE.OWNER,
};
