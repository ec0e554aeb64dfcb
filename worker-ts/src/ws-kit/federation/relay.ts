// Who calls whom when one message goes to many shards: a tree of bounded fan-out, and the memory that keeps repeats out.
// Pure: it knows names, a clock and a `call` function that are handed in; no sockets, no stubs, no timers, no randomness.
import { WsKitDurableError } from "../platform";

/** Levels of shards below the sender. */
export const DEPTH_MAX = 3;
/** Shards at each level that one caller calls, unless told otherwise; the most that a caller may ask for. */
export const FANOUT_DEFAULT = 32;
export const FANOUT_MAX = 256;
/** Calls that one invocation makes, repairs included. The platform allows 1,000 subrequests. */
export const CALLS_MAX = 256;
/** What a hop gives each call of what it still has. The rest is for the repair when that call is lost. */
const BUDGET_SHARE = 0.6;
/** A hop with less left calls nobody: the answer could not travel back in time. */
const BUDGET_LEAST_MS = 5;
/** The longest time that a message may be under way. */
export const BUDGET_MAX_MS = 300_000;
/** Names of Durable Objects are kept up to 1,024 bytes by the platform. */
const NAME_CHARS_MAX = 1_024;
const ID_CHARS_MAX = 64;
const TOPIC_CHARS_MAX = 256;
/** The platform carries 32 MiB by RPC and in one WebSocket message; a character may be three bytes. */
const FRAME_CHARS_MAX = 10_000_000;

/** Shards that `levels` levels of a tree hold at a fan-out: 32 + 32² + 32³ = 33,824 by default. */
export function capacity(fanout: number, levels = DEPTH_MAX): number {
  let sum = 0;
  for (let level = 1; level <= levels; level++) sum += fanout ** level;
  return sum;
}

/** Shards that one message may be sent to, whatever the fan-out. */
export const SHARDS_MAX = capacity(FANOUT_DEFAULT);

/** What one shard is handed: a finished frame, and the names that it is to hand the frame on to. All plain data, for RPC. */
export interface RelayMessage {
  readonly v: 1;
  /** The message's id, the same for all shards; a second arrival delivers nothing. At most 64 characters. */
  readonly id: string;
  readonly topic: string;
  /** The text that goes to sockets as it is. Never parsed again. */
  readonly frame: string;
  /** A client that does not get the frame. */
  readonly excludeClientId?: string;
  /** Shards below the receiver. */
  readonly relay: readonly string[];
  /** The receiver's level: 1 for those that the sender calls. */
  readonly depth: number;
  /** Calls that the receiver makes at a time. */
  readonly fanout: number;
  /** What the receiver has before its caller gives up, in ms. A duration, because clocks differ. */
  readonly budgetMs: number;
}

/** What a shard and all below it report back. */
export interface RelayAnswer {
  /** Sockets that were sent the frame. */
  readonly matched: number;
  /** Shards that may not have the message. */
  readonly failed: string[];
}

/** What {@link relay} needs of the world. */
export interface RelayOptions {
  /** Calls at a time; the tree's width. 1 to {@link FANOUT_MAX}. */
  readonly fanout: number;
  /** Calls that this invocation may make, repairs included; what does not fit is named in `failed`. Default {@link CALLS_MAX}. */
  readonly callsMax?: number;
  /** What this hop has, in ms. */
  readonly budgetMs: number;
  /** Milliseconds on a clock that does not run backwards. */
  now(): number;
  /** Aborted: no further call is made, and what was not reached is named in `failed`. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Delivers at `head`, which hands on to `rest`. Rejects when the answer is not there after `budgetMs`, and whenever it is not sure
   * that `head` and all of `rest` were looked after.
   */
  call(head: string, rest: readonly string[], depth: number, budgetMs: number): Promise<RelayAnswer>;
}

/** Even groups, at most `count` of them. */
export function split<T>(items: readonly T[], count: number): T[][] {
  const size = Math.ceil(items.length / count) || 1;
  return Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size));
}

/**
 * Sends to all of `targets`, from level `depth` (0 = the sender). Groups run side by side; within a group the head gets the rest, and
 * a head that fails loses its place to the next one. Does not reject because a call failed.
 * @throws RangeError for a fan-out or a number of calls that is none.
 * @throws WsKitDurableError `LIMIT` when no tree of {@link DEPTH_MAX} levels holds so many targets.
 */
export async function relay(targets: readonly string[], depth: number, options: RelayOptions): Promise<RelayAnswer> {
  const { fanout, callsMax = CALLS_MAX, budgetMs } = options;
  if (!isWhole(callsMax, 0, Number.MAX_SAFE_INTEGER)) throw new RangeError("callsMax must be a whole number");
  if (depth >= DEPTH_MAX) return { matched: 0, failed: [...targets] };
  checkTree(targets.length, fanout, depth);
  const hop: Hop = { depth, options, callsLeft: callsMax, endMs: options.now() + budgetMs };
  return merge(await Promise.all(split(targets, fanout).map((group) => send(group, hop))));
}

/**
 * Whether `count` shards fit below level `depth`.
 * @throws as {@link relay} does
 */
export function checkTree(count: number, fanout: number, depth = 0): void {
  if (!isWhole(fanout, 1, FANOUT_MAX)) throw new RangeError(`fanout must be a whole number from 1 to ${FANOUT_MAX}`);
  const most = shardsBelow(fanout, depth);
  if (count > most) throw new WsKitDurableError("LIMIT", `at most ${most} shards at fan-out ${fanout}, not ${count}`);
}

interface Hop {
  readonly depth: number;
  readonly options: RelayOptions;
  readonly endMs: number;
  callsLeft: number;
}

/** Down one group: the first head that answers takes all behind it. */
async function send(group: readonly string[], hop: Hop): Promise<RelayAnswer> {
  const { options, depth } = hop;
  const failed: string[] = [];
  for (const [at, head] of group.entries()) {
    const leftMs = hop.endMs - options.now();
    if (options.signal?.aborted || hop.callsLeft === 0 || leftMs < BUDGET_LEAST_MS)
      return { matched: 0, failed: [...failed, ...group.slice(at)] };
    hop.callsLeft--;
    try {
      const answer = await options.call(head, group.slice(at + 1), depth + 1, leftMs * BUDGET_SHARE);
      return { matched: answer.matched, failed: [...failed, ...answer.failed] };
    } catch {
      failed.push(head);
    }
  }
  return { matched: 0, failed };
}

function merge(parts: readonly RelayAnswer[]): RelayAnswer {
  return {
    matched: parts.reduce((sum, part) => sum + part.matched, 0),
    failed: parts.flatMap((part) => part.failed),
  };
}

/** What may stand below level `depth`. */
const shardsBelow = (fanout: number, depth: number): number =>
  Math.min(SHARDS_MAX, capacity(fanout, DEPTH_MAX - depth));

/** Limits of {@link checkRelayMessage}, in characters of JavaScript strings: 10,000,000 and 256 unless told otherwise. */
export interface RelayLimits {
  readonly frameCharsMax?: number;
  readonly topicCharsMax?: number;
}

/** A sender checks these three itself: what receivers refuse would cost one call each to find out. */
export const isShardName = (name: unknown): name is string => isText(name, 1, NAME_CHARS_MAX);
export const isTopic = (topic: unknown, { topicCharsMax = TOPIC_CHARS_MAX }: RelayLimits): topic is string =>
  isText(topic, 1, topicCharsMax);
export const isFrame = (frame: unknown, { frameCharsMax = FRAME_CHARS_MAX }: RelayLimits): frame is string =>
  isText(frame, 1, frameCharsMax);

/**
 * A message as it came over RPC, checked before anything else looks at it. Costs no copy.
 * @throws WsKitDurableError `RELAY_TOO_DEEP` when it is below the last level or asks to go there; `RELAY_INVALID` for all else.
 */
export function checkRelayMessage(value: unknown, limits: RelayLimits = {}): RelayMessage {
  if (!isMessage(value)) throw invalid("it is not a message of version 1");
  if (!isText(value.id, 1, ID_CHARS_MAX)) throw invalid("id");
  if (!isTopic(value.topic, limits)) throw invalid("topic");
  if (!isFrame(value.frame, limits)) throw invalid("frame");
  if (value.excludeClientId !== undefined && !isText(value.excludeClientId, 1, ID_CHARS_MAX))
    throw invalid("excludeClientId");
  if (!isWhole(value.depth, 1, Number.MAX_SAFE_INTEGER)) throw invalid("depth");
  if (!isWhole(value.fanout, 1, FANOUT_MAX)) throw invalid("fanout");
  if (typeof value.budgetMs !== "number" || !(value.budgetMs >= 0 && value.budgetMs <= BUDGET_MAX_MS))
    throw invalid("budgetMs");
  if (!Array.isArray(value.relay)) throw invalid("relay");
  if (value.depth > DEPTH_MAX || (value.depth === DEPTH_MAX && value.relay.length > 0))
    throw new WsKitDurableError("RELAY_TOO_DEEP", `a relay has at most ${DEPTH_MAX} levels`);
  if (value.relay.length > shardsBelow(value.fanout, value.depth)) throw invalid("relay: more names than fit below");
  for (const name of value.relay) if (!isShardName(name)) throw invalid("relay: a name"); // `every` would skip holes
  if (new Set(value.relay).size !== value.relay.length) throw invalid("relay: a name twice");
  return value as unknown as RelayMessage;
}

/**
 * An answer as it came over RPC: a count, and of `rest` those that failed.
 * @throws WsKitDurableError `RELAY_INVALID`
 */
export function checkRelayAnswer(value: unknown, rest: readonly string[]): RelayAnswer {
  const { matched, failed } = (value ?? {}) as { matched?: unknown; failed?: unknown };
  if (!isWhole(matched, 0, Number.MAX_SAFE_INTEGER) || !Array.isArray(failed)) throw invalid("answer");
  if (failed.length > 0) {
    const asked = new Set<unknown>(rest);
    if (failed.length > rest.length) throw invalid("answer");
    for (const name of failed) if (!asked.has(name)) throw invalid("answer");
  }
  return { matched, failed };
}

const invalid = (what: string) => new WsKitDurableError("RELAY_INVALID", `a relay message is wrong: ${what}`);
const isMessage = (value: unknown): value is Record<keyof RelayMessage, unknown> =>
  typeof value === "object" && value !== null && (value as { v?: unknown }).v === 1;
const isText = (value: unknown, least: number, most: number): value is string =>
  typeof value === "string" && value.length >= least && value.length <= most;
const isWhole = (value: unknown, least: number, most: number): value is number =>
  Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most;

/**
 * Remembers what was delivered, by message id: a second arrival gets the first one's count and delivers nothing. Also while the first is
 * under way, and when it failed: what may have been sent in part is not sent again. Lost with the object's memory.
 */
export class Dedupe {
  readonly #seen = new Map<string, Promise<number>>();

  constructor(private readonly entriesMax = 1_024) {}

  /** Runs `deliver` at once, unless `id` was here before. */
  run(id: string, deliver: () => number | Promise<number>): Promise<number> {
    const known = this.#seen.get(id);
    if (known) return known;
    const result = (async () => deliver())();
    result.catch(() => {}); // who asked is told; nobody asks for what is only remembered
    this.#seen.set(id, result);
    if (this.#seen.size > this.entriesMax) for (const oldest of this.#seen.keys()) return this.#forget(oldest, result);
    return result;
  }

  #forget(id: string, result: Promise<number>): Promise<number> {
    this.#seen.delete(id);
    return result;
  }
}
