// What follows the end of a connection: the client's column of PROTOCOL.md section 12, and the waits of section 8.6.
import { ERROR_CODE, type ErrorName, LIMIT } from "@ferrule/core";
import { RoomError } from "../room-error";

/**
 * `back-off`: wait, then reconnect. `at-once`: reconnect without a wait. `once`: reconnect, but stop when it happens
 * again, for one of the two sides has a bug. `stop`: only a person can change it.
 */
export type Remedy = "back-off" | "at-once" | "once" | "stop";

const remedies: Partial<Record<ErrorName, Remedy>> = {
  BAD_FRAME: "once",
  BAD_CRC: "once",
  UNSUPPORTED: "stop",
  UNAUTHENTICATED: "stop",
  TOO_LARGE: "once",
  FORBIDDEN: "stop",
  EXPIRED: "at-once",
  LAGGING: "at-once",
  BAD_STATE: "once",
  GONE: "stop",
  REPLACED: "stop",
};

const names = new Map<number, ErrorName>(Object.entries(ERROR_CODE).map(([name, code]) => [code, name as ErrorName]));

/** Close codes are 4000 + an error code. */
const CLOSE_BASE = 4000;

/** The stable code of a wire error's number: its name in lower case. An unknown number counts as INTERNAL. */
export function codeOf(number: number): string {
  return (names.get(number) ?? "INTERNAL").toLowerCase();
}

/** Why a socket was closed, from its close code; `told` is the ERROR that came before, if any. */
export function closeError(closeCode: number, reason: string, told?: RoomError): RoomError {
  if (closeCode <= CLOSE_BASE || closeCode >= CLOSE_BASE + 1000) {
    return new RoomError("network", reason || `the connection ended (${closeCode})`);
  }
  const code = codeOf(closeCode - CLOSE_BASE);
  const retryAfterMs = told?.code === code ? told.retryAfterMs : undefined;
  return new RoomError(code, told?.code === code ? told.message : reason || code, {
    fatal: true,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}

/** What to do after a close code. All that is not in the table (1000, 1006, 1012, unknown codes): back-off. */
export function remedyOf(closeCode: number): Remedy {
  const name = names.get(closeCode - CLOSE_BASE);
  return (name !== undefined && remedies[name]) || "back-off";
}

/** The wait (ms) before try `tries` (0 = the first after a good connection). `random` is 0 ≤ x < 1. */
export function backoffMs(tries: number, random: number): number {
  const most =
    tries === 0 ? LIMIT.RECONNECT_FIRST_MS : Math.min(LIMIT.RECONNECT_CAP_MS, 500 * 2 ** Math.min(tries, 16));
  return Math.floor(random * most);
}

/** The wait (ms) after a refusal that names no time. */
const RETRY_MS = 1_000;
/** Added to a wait that the room has asked for: its clock and ours both cut off parts of a millisecond. */
const ROUNDING_MS = 1;

/** When (ms) a frame may come again that was refused just now. */
export function holdUntil(now: number, retryAfterMs: number | undefined): number {
  return now + (retryAfterMs ?? RETRY_MS) + ROUNDING_MS;
}
