// A room's thresholds, from the Worker's variables with the protocol's numbers as defaults. No clock of its own: `now`
// is handed in, so that tests choose both.
import { LIMIT } from "@ferrule/core";

/** How fast frames of one sort may come: so many a second (`bytes`: bytes), of which `burst` may be saved up. */
export interface Rate {
  readonly perSecond: number;
  readonly burst: number;
}

/** What is limited, and how fast unless a variable says otherwise (PROTOCOL.md section 11). */
const RATES = {
  /** MSG EDIT DELETE, and writes by HTTP. */
  write: { perSecond: 5, burst: 10 },
  /** REACT UNREACT. */
  react: { perSecond: 5, burst: 20 },
  /** TYPING PRESENCE RECEIPT: dropped in silence. */
  soft: { perSecond: 4, burst: 10 },
  /** HISTORY_REQ PEOPLE_REQ. */
  read: { perSecond: 4, burst: 10 },
  /** CREDIT AUTH_REFRESH, and frames that no kind is known for. */
  control: { perSecond: 20, burst: 40 },
  /** Bytes of all binary messages. */
  bytes: { perSecond: 65_536, burst: 262_144 },
} as const satisfies Record<string, Rate>;

/** Name of a token bucket. */
export type BucketName = keyof typeof RATES;

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
  /** After this long without a repeat nobody is typing any more. */
  readonly typingTtlMs: number;
  /** Above this many connections only the totals of presence are told; never more than fit into one list. */
  readonly presenceListMax: number;
  /** How often those totals are told at most. */
  readonly presenceTotalsMs: number;
  /** How many readers a newcomer is told, the newest. */
  readonly receiptListMax: number;
  /** Sockets of one object of a room, above which it is full if there are no relays. */
  readonly socketsPerRoomMax: number;
  /** From so many sockets at the room itself on, newcomers are sent to relays. */
  readonly socketsDirectMax: number;
  /** How many relays a room may have; 0 = none. */
  readonly relaysMax: number;
  /** Sockets of one relay. */
  readonly relaySocketsMax: number;
  /** A relay replays so many of the newest entries by itself. */
  readonly relayEntries: number;
  /** When a room looks whether its relays have what was written. */
  readonly relayRetryMs: number;
  /** A call between a room and a relay that takes longer has failed. */
  readonly relayAnswerMs: number;
  /** How long a relay tries to reach its room before those who wait for it are closed. */
  readonly relayGiveUpMs: number;
  readonly connectionsPerUserMax: number;
  /** A socket from which nothing, not even a ping, came for this long is dead. */
  readonly deadAfterMs: number;
  /** How long an admission lasts before it must be refreshed. */
  readonly admissionMs: number;
  /** How long after its end an admission is still good, for one that is being refreshed. */
  readonly admissionGraceMs: number;
  /** The token buckets of each connection; those of writes and reactions stand once more for each user. */
  readonly rates: Readonly<Record<BucketName, Rate>>;
  /** Frames within a minute that came although they were told to wait, after which a connection is closed. */
  readonly rateStrikesMax: number;
  /** How long a new entry may wait for others to go to the archive with it. */
  readonly archiveFlushMs: number;
  /** So many new entries go to the archive at once. */
  readonly archiveFlushEntries: number;
  /** So many bytes of new entries go to the archive at once. */
  readonly archiveFlushBytes: number;
  /** What the archive has not reported goes again after this time, then after 6 times it, then every 36 times. */
  readonly archiveResendMs: number;
  /** The log keeps entries younger than this. Below DEDUPE_MS a late resend would be stored a second time. */
  readonly trimAgeMs: number;
  /** The log keeps so many of the newest entries. */
  readonly trimKeepEntries: number;
  /** How often the log is trimmed. */
  readonly trimMs: number;
  /** How often dead sockets are looked for while there are sockets. */
  readonly sweepMs: number;
  /** How long what the room counts waits to be saved and told. */
  readonly totalsMs: number;
}

/** The archive: a second of delay for a hundred entries at once; what it does not report in ten minutes is sent again. */
const ARCHIVE_FLUSH_MS = 1_000;
const ARCHIVE_FLUSH_ENTRIES = 100;
const ARCHIVE_FLUSH_BYTES = 65_536;
const ARCHIVE_RESEND_MS = 600_000;

const DAY_MS = 86_400_000;
const TRIM_AGE_MS = 7 * DAY_MS;
const TRIM_KEEP_ENTRIES = 10_000;

/** Five minutes between two looks for dead sockets: each wakes the room, and nobody waits for it. */
const SWEEP_MS = 300_000;
/** An object sleeps after ten idle seconds: half of that, so that it does not forget what it counted. */
const TOTALS_MS = 5_000;

/** A hundred thousand sockets in all: each relay is one call a tick to the room. */
const RELAYS_MAX = 20;
const RELAY_SOCKETS_MAX = 5_000;
const RELAY_ENTRIES = 1_000;
/** A room that ended between storing and telling tells again after this. */
const RELAY_RETRY_MS = 1_000;
const RELAY_ANSWER_MS = 5_000;
const RELAY_GIVE_UP_MS = 15_000;

/** In a large room somebody comes or goes at each moment, and telling it costs a frame for everybody who is there. */
const PRESENCE_TOTALS_MS = 1_000;

/** `5/10`: five a second, ten saved up. Neither may be 0, for nothing would ever pass. */
const RATE = /^([1-9]\d{0,11})\/([1-9]\d{0,11})$/;

/**
 * Reads the settings from the Worker's variables: COALESCE_MS and so on, whole numbers from 0 up; RATE_WRITE, RATE_REACT,
 * RATE_SOFT, RATE_READ, RATE_CONTROL and RATE_BYTES as `5/10` (a second / saved up; below 65536 saved up, RATE_BYTES counts a
 * longer frame as that much). A variable that is absent or not of its form counts as not given.
 */
export function roomSettings(env: object, now: () => number): RoomSettings {
  const vars = env as Readonly<Record<string, unknown>>;
  const number = (name: string, otherwise: number): number => {
    const value = vars[name] === undefined || vars[name] === "" ? Number.NaN : Number(vars[name]);
    return Number.isSafeInteger(value) && value >= 0 ? value : otherwise;
  };
  const rate = (name: BucketName): Rate => {
    const [, perSecond, burst] = RATE.exec(String(vars[`RATE_${name.toUpperCase()}`])) ?? [];
    return burst === undefined ? RATES[name] : { perSecond: Number(perSecond), burst: Number(burst) };
  };
  return {
    now,
    coalesceMs: number("COALESCE_MS", LIMIT.COALESCE_MS),
    helloTimeoutMs: number("HELLO_TIMEOUT_MS", LIMIT.HELLO_TIMEOUT_MS),
    replayEntriesMax: number("REPLAY_ENTRIES_MAX", LIMIT.REPLAY_ENTRIES_MAX),
    windowSoftBytes: number("WINDOW_SOFT_BYTES", LIMIT.WINDOW_SOFT_BYTES),
    windowHardBytes: number("WINDOW_HARD_BYTES", LIMIT.WINDOW_HARD_BYTES),
    typingTtlMs: number("TYPING_TTL_MS", LIMIT.TYPING_TTL_MS),
    presenceListMax: Math.min(number("PRESENCE_LIST_MAX", LIMIT.PRESENCE_LIST_MAX), LIMIT.LIST_ENTRIES_MAX),
    presenceTotalsMs: number("PRESENCE_TOTALS_MS", PRESENCE_TOTALS_MS),
    receiptListMax: Math.min(number("RECEIPT_LIST_MAX", LIMIT.RECEIPT_LIST_MAX), LIMIT.LIST_ENTRIES_MAX),
    socketsDirectMax: number("SOCKETS_DIRECT_MAX", LIMIT.SOCKETS_PER_ROOM_MAX),
    relaysMax: number("RELAYS_MAX", RELAYS_MAX),
    relaySocketsMax: number("RELAY_SOCKETS_MAX", RELAY_SOCKETS_MAX),
    relayEntries: number("RELAY_ENTRIES", RELAY_ENTRIES),
    relayRetryMs: number("RELAY_RETRY_MS", RELAY_RETRY_MS),
    relayAnswerMs: number("RELAY_ANSWER_MS", RELAY_ANSWER_MS),
    relayGiveUpMs: number("RELAY_GIVE_UP_MS", RELAY_GIVE_UP_MS),
    socketsPerRoomMax: number("SOCKETS_PER_ROOM_MAX", LIMIT.SOCKETS_PER_ROOM_MAX),
    connectionsPerUserMax: number("CONNECTIONS_PER_USER_MAX", LIMIT.CONNECTIONS_PER_USER_MAX),
    deadAfterMs: number("DEAD_AFTER_MS", LIMIT.DEAD_AFTER_MS),
    admissionMs: number("ADMISSION_MS", LIMIT.ADMISSION_MS),
    admissionGraceMs: number("ADMISSION_GRACE_MS", LIMIT.ADMISSION_GRACE_MS),
    rates: {
      write: rate("write"),
      react: rate("react"),
      soft: rate("soft"),
      read: rate("read"),
      control: rate("control"),
      bytes: rate("bytes"),
    },
    rateStrikesMax: number("RATE_STRIKES_MAX", LIMIT.RATE_STRIKES_MAX),
    archiveFlushMs: number("ARCHIVE_FLUSH_MS", ARCHIVE_FLUSH_MS),
    archiveFlushEntries: number("ARCHIVE_FLUSH_ENTRIES", ARCHIVE_FLUSH_ENTRIES),
    archiveFlushBytes: number("ARCHIVE_FLUSH_BYTES", ARCHIVE_FLUSH_BYTES),
    archiveResendMs: number("ARCHIVE_RESEND_MS", ARCHIVE_RESEND_MS),
    trimAgeMs: number("TRIM_AGE_MS", TRIM_AGE_MS),
    trimKeepEntries: number("TRIM_KEEP_ENTRIES", TRIM_KEEP_ENTRIES),
    trimMs: number("TRIM_MS", DAY_MS),
    sweepMs: number("SWEEP_MS", SWEEP_MS),
    totalsMs: number("TOTALS_MS", TOTALS_MS),
  };
}
