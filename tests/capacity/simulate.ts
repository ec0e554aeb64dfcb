// The simulator: from unit costs and a use to what is counted in a month, the bill by line, and the limits with how near the use comes to
// them. Pure: the same numbers give the same answer.
import { type Counts, sum } from "./counts.ts";
import { LIMITS, type LimitName, PLAN_DOLLARS, PLATFORM, PRICE_NAMES, PRICES, type PriceName } from "./prices.ts";
import { type Results, type Units, unitsOf } from "./units.ts";
import type { Use } from "./use.ts";

/** Settings of the house that the arithmetic knows (docs/operations.md). */
export const HOUSE = {
  /** ARCHIVE_FLUSH_ENTRIES. */
  flushEntries: 100,
  /** COALESCE_MS: while frames wait to leave together the object is awake. */
  coalesceS: 0.02,
  /** Alarms of an active room an hour: SWEEP_MS, and ARCHIVE_RESEND_MS while it writes. */
  upkeepPerHour: 12 + 6,
  /** … and once a day TRIM_MS. */
  upkeepPerDay: 1,
  /** SOCKETS_DIRECT_MAX: how many sockets an object has before newcomers are sent to relays. */
  roomSockets: 5_000,
  /** RELAYS_MAX and RELAY_SOCKETS_MAX. */
  relays: 20,
  relaySockets: 5_000,
  /** Half of the window after which clients give credit. */
  creditBytes: 32_768,
} as const;

/** What could not be measured on one machine; taken, not found. */
export const TAKEN = {
  /** How long an object waits for a queue or D1, each time. */
  waitS: 0.02,
} as const;

/** Of a month. */
export const DAYS = 30;
/** Seconds of a day. */
export const DAY_S = 86_400;
const ROUNDS = DAYS * 24 * 60;

/** One line of the bill. */
export interface Line {
  readonly price: PriceName;
  /** Units a month, in all; and those of them that come without any use. */
  readonly units: number;
  readonly fixed: number;
  /** US dollars a month behind what the plan includes. */
  readonly dollars: number;
}

/** How near a use comes to a limit. */
export interface Nearness {
  readonly limit: LimitName | "roomSockets" | "roomProcessor";
  readonly what: string;
  readonly value: number;
  readonly most: number;
  readonly unit: string;
  /** value / most. */
  readonly share: number;
}

/** What a use comes to. */
export interface Answer {
  readonly use: Use;
  /** What is counted in a month. */
  readonly counts: Counts;
  readonly lines: readonly Line[];
  readonly dollars: number;
  /** The nearest first. */
  readonly limits: readonly Nearness[];
  /** What it takes: objects that are rooms, relays, kernels; sockets in all, D1 databases by their size and their queries. */
  readonly takes: {
    readonly rooms: number;
    readonly relays: number;
    readonly kernels: number;
    readonly sockets: number;
    readonly databases: number;
  };
}

/** What is known of the rooms of a use, a month. */
export interface Talk {
  readonly perMonth: number;
  /** Messages a second of an average room in its active hours. */
  readonly rate: number;
  readonly flushes: number;
  readonly totals: number;
}

/** Seconds of a day in which rooms are active: a minute at least. */
const activeOf = (active: number) => Math.max(60, active * DAY_S);

/** The pace of a use's rooms. */
export function talkOf({ messages, rooms, active, flush, totals }: Use): Talk {
  // where there is no room nobody talks
  const perMonth = rooms === 0 ? 0 : messages * DAYS;
  const rate = rooms === 0 ? 0 : messages / rooms / activeOf(active);
  const flushes = perMonth / Math.min(HOUSE.flushEntries, 1 + rate * flush);
  return { perMonth, rate, flushes, totals: perMonth / (1 + rate * totals) };
}

/** Relays of each room. */
export const relaysOf = ({ sockets }: Use): number =>
  Math.ceil(Math.max(0, sockets - HOUSE.roomSockets) / HOUSE.relaySockets);

/** What is counted in a month of this use, without what comes anyway. */
function countsOf(units: Units, use: Use, talk: Talk): Counts {
  const opened = use.rooms * use.sockets * use.joins * DAYS;
  const files = use.files * DAYS;
  const runs = use.runs * DAYS;
  const marks = talk.perMonth * use.sockets * use.marks;
  const upkeep = use.rooms * DAYS * (use.active * 24 * HOUSE.upkeepPerHour + HOUSE.upkeepPerDay);
  const credits = (use.sockets * (units.message.bytesOut ?? 0)) / HOUSE.creditBytes;
  const soft = talk.perMonth * (use.typing + credits);
  return sum([
    [units.message, talk.perMonth],
    [units.flush, talk.flushes],
    [units.totals, talk.totals],
    [units.post, talk.perMonth * use.posts],
    [units.mark, marks],
    [units.relay, (talk.perMonth * relaysOf(use)) / (1 + talk.rate * HOUSE.coalesceS)],
    [{ framesIn: 1 }, soft],
    [units.join, opened],
    [units.page, opened * use.pages],
    [units.upkeep, upkeep],
    [units.upload, files],
    [units.download, files * use.sockets],
    [units.crank[use.store], use.cranks * DAYS],
    [units.run, runs],
    [units.step, runs * use.steps],
    [units.sleep, runs * use.sleeps],
    [units.hook, runs * use.hooks],
    [units.chunk, runs * use.chunks],
  ]);
}

/** What comes whether anything is used or not. */
const fixedOf = (units: Units): Counts =>
  sum([
    [units.watchdog, ROUNDS],
    [units.night, DAYS],
  ]);

/** Seconds in which objects are active. */
function activeS(results: Results, use: Use, talk: Talk): number {
  const { message, crankObject, crankD1 } = results.processorMs;
  const { own, each } = perSocket(message);
  const rooms =
    talk.perMonth * (HOUSE.coalesceS / (1 + talk.rate * HOUSE.coalesceS) + (own + each * use.sockets) / 1000) +
    talk.flushes * TAKEN.waitS;
  const crank = use.store === "d1" ? crankD1 / 1000 + TAKEN.waitS : crankObject / 1000;
  return rooms + use.cranks * DAYS * crank;
}

/** Processor time of a message: by itself, and for each who listens. A line through the smallest and the largest room measured. */
export function perSocket(message: Readonly<Record<string, number>>): { readonly own: number; readonly each: number } {
  const sizes = Object.entries(message)
    .map(([sockets, ms]) => [Number(sockets), ms] as const)
    .sort(([a], [b]) => a - b);
  const [small, large] = [sizes[0]!, sizes.at(-1)!];
  const each = Math.max(0, (large[1] - small[1]) / Math.max(1, large[0] - small[0]));
  return { own: Math.max(0, small[1] - each * small[0]), each };
}

/** GB that are kept at the end of the months that are kept. */
function keptOf({ keptBytes, text }: Results, use: Use, talk: Talk) {
  const more = use.text - text;
  const messages = talk.perMonth * use.months;
  const steps = use.runs * DAYS * use.months * (use.steps + use.sleeps + use.hooks + 1);
  return {
    message: keptBytes.messageObject + more,
    objects: messages * Math.max(0, keptBytes.messageObject + more),
    d1: messages * Math.max(0, keptBytes.messageD1 + 2 * more) + steps * keptBytes.stepD1,
    files: use.files * DAYS * use.months * use.bytes,
  };
}

/** Units of each price that counts come to, but those of time and storage. */
function billed(counts: Counts, use: Use): Partial<Record<PriceName, number>> {
  const of = (...names: readonly (keyof Counts)[]) => names.reduce((all, name) => all + (counts[name] ?? 0), 0);
  return {
    requests: of("requests", "consumerRuns", "cronRuns"),
    objectRequests: of("objectRequests", "rpcCalls", "alarms") + of("framesIn") / PLATFORM.framesPerRequest,
    objectRowsRead: of("objectRowsRead"),
    objectRowsWritten: of("objectRowsWritten", "alarmsSet"),
    d1RowsRead: of("d1RowsRead"),
    d1RowsWritten: of("d1RowsWritten"),
    queueOperations: of("queueOperations"),
    r2Writes: of("r2Writes"),
    r2Reads: of("r2Reads"),
    kvReads: of("kvReads"),
    kvWrites: of("kvWrites"),
    points: of("points"),
    logs:
      use.sampling *
      of("requests", "consumerRuns", "cronRuns", "objectRequests", "rpcCalls", "alarms", "framesIn", "logLines"),
  };
}

/** US dollars for so many units a month. */
export function dollarsFor(name: PriceName, units: number): number {
  const { included, dollars, per } = PRICES[name];
  return (Math.max(0, units - included) / per) * dollars;
}

/** Reckons a month. */
export function simulate(results: Results, use: Use): Answer {
  const units = unitsOf(results);
  const talk = talkOf(use);
  const metered = countsOf(units, use, talk);
  const anyway = fixedOf(units);
  const kept = keptOf(results, use, talk);
  const { message, run, step } = results.processorMs;
  const runs = use.runs * DAYS;
  const own: Partial<Record<PriceName, number>> = {
    ...billed(metered, use),
    // of a room's work as well: what of it is the Worker's was not told apart
    cpu: talk.perMonth * perSocket(message).own + runs * (run + step * (use.steps + use.sleeps + use.hooks)),
    duration: activeS(results, use, talk) * PLATFORM.objectGb,
    objectBytes: kept.objects / 1e9,
    d1Bytes: kept.d1 / 1e9,
    r2Bytes: kept.files / 1e9,
  };
  const without = billed(anyway, use);
  const lines = PRICE_NAMES.map((price) => {
    const fixed = without[price] ?? 0;
    const all = fixed + (own[price] ?? 0);
    // published and not billed: shown, not added
    return { price, units: all, fixed, dollars: price === "points" ? 0 : dollarsFor(price, all) };
  });
  const limits = nearness(results, use, talk, metered, kept);
  const databases = Math.max(
    ...limits.filter(({ limit }) => limit === "d1Bytes" || limit === "d1Rate").map(({ share }) => share),
  );
  return {
    use,
    counts: sum([
      [metered, 1],
      [anyway, 1],
    ]),
    lines,
    dollars: lines.reduce((all, line) => all + line.dollars, PLAN_DOLLARS),
    limits,
    takes: {
      rooms: use.rooms,
      relays: use.rooms * relaysOf(use),
      kernels: use.kernels,
      sockets: use.rooms * use.sockets,
      databases: Math.max(1, Math.ceil(databases)),
    },
  };
}

function nearness(results: Results, use: Use, talk: Talk, counts: Counts, kept: ReturnType<typeof keptOf>): Nearness[] {
  const perSecond = (month: number) => (month / DAYS / activeOf(use.active)) * use.peak;
  const roomRate = talk.rate * use.peak * use.busiest;
  const { burst, message } = results.processorMs;
  const direct = use.rooms === 0 ? 0 : Math.min(use.sockets, HOUSE.roomSockets);
  // what is said within a tick leaves in one frame for each socket
  const busy =
    roomRate * perSocket(burst).own + Math.min(roomRate, 1 / HOUSE.coalesceS) * direct * perSocket(message).each;
  const ofRoom = use.rooms === 0 ? 0 : (talk.perMonth * use.months * use.busiest) / use.rooms;
  const of = (limit: LimitName, value: number): Nearness => ({
    limit,
    ...LIMITS[limit],
    value,
    share: value / LIMITS[limit].most,
  });
  const ours = (limit: "roomSockets" | "roomProcessor", what: string, value: number, most: number, unit: string) => {
    return { limit, what, value, most, unit, share: value / most };
  };
  const all: Nearness[] = [
    of("d1Bytes", kept.d1),
    of("d1Rate", perSecond(counts.d1Statements ?? 0)),
    of("d1AccountBytes", kept.d1),
    of("queueRate", perSecond(talk.flushes + talk.totals)),
    of("objectBytes", Math.min(ofRoom, talk.perMonth * use.months) * kept.message),
    of("objectRequests", roomRate * (1 + use.typing + use.sockets * use.marks)),
    of("objectSockets", direct),
    ours(
      "roomSockets",
      "sockets of a room with all its relays",
      use.rooms === 0 ? 0 : use.sockets,
      HOUSE.roomSockets + HOUSE.relays * HOUSE.relaySockets,
      "sockets",
    ),
    ours("roomProcessor", "processor of the busiest room (this machine's)", busy, 1_000, "ms/s"),
  ];
  return all.sort((a, b) => b.share - a.share);
}
