// A room's thresholds, from the Worker's variables with the protocol's numbers as defaults. No clock of its own: `now`
// is handed in, so that tests choose both.
import { LIMIT } from "@ferrule/core";

/** Thresholds of one room. `Ms` are milliseconds, `Bytes` bytes, all else counts. */
export interface RoomSettings {
  /** Server time in ms since 1970. */
  readonly now: () => number;
  /** How long frames wait to leave together, once one has left. */
  readonly coalesceMs: number;
  /** How long a new socket may take to say HELLO. */
  readonly helloTimeoutMs: number;
  /** A client further behind than this many entries is reset instead of replayed. */
  readonly replayEntriesMax: number;
  /** Outstanding bytes above which replay and pages are held back. */
  readonly windowSoftBytes: number;
  /** Outstanding bytes above which a connection is closed as lagging. */
  readonly windowHardBytes: number;
  readonly socketsPerRoomMax: number;
  readonly connectionsPerUserMax: number;
  /** A socket from which nothing, not even a ping, came for this long is dead. */
  readonly deadAfterMs: number;
  /** How long an admission lasts before it must be refreshed. */
  readonly admissionMs: number;
  /** How often dead sockets are looked for while there are sockets. */
  readonly sweepMs: number;
}

/** Five minutes between two looks for dead sockets: each wakes the room, and nobody waits for it. */
const SWEEP_MS = 300_000;

/**
 * Reads the settings from the Worker's variables (COALESCE_MS and so on). A variable that is absent or no whole number
 * from 0 up counts as not given.
 */
export function roomSettings(env: object, now: () => number): RoomSettings {
  const vars = env as Readonly<Record<string, unknown>>;
  const number = (name: string, otherwise: number): number => {
    const value = vars[name] === undefined || vars[name] === "" ? Number.NaN : Number(vars[name]);
    return Number.isSafeInteger(value) && value >= 0 ? value : otherwise;
  };
  return {
    now,
    coalesceMs: number("COALESCE_MS", LIMIT.COALESCE_MS),
    helloTimeoutMs: number("HELLO_TIMEOUT_MS", LIMIT.HELLO_TIMEOUT_MS),
    replayEntriesMax: number("REPLAY_ENTRIES_MAX", LIMIT.REPLAY_ENTRIES_MAX),
    windowSoftBytes: number("WINDOW_SOFT_BYTES", LIMIT.WINDOW_SOFT_BYTES),
    windowHardBytes: number("WINDOW_HARD_BYTES", LIMIT.WINDOW_HARD_BYTES),
    socketsPerRoomMax: number("SOCKETS_PER_ROOM_MAX", LIMIT.SOCKETS_PER_ROOM_MAX),
    connectionsPerUserMax: number("CONNECTIONS_PER_USER_MAX", LIMIT.CONNECTIONS_PER_USER_MAX),
    deadAfterMs: number("DEAD_AFTER_MS", LIMIT.DEAD_AFTER_MS),
    admissionMs: number("ADMISSION_MS", LIMIT.ADMISSION_MS),
    sweepMs: number("SWEEP_MS", SWEEP_MS),
  };
}
