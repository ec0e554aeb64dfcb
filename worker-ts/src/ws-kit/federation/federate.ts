// One action on many Durable Objects: bounded, timed, retried where that is safe, and answered target by target. Finding a target's stub is
// target.ts, order across calls is turns.ts.
import { type DurableIdLike, type DurableNamespaceLike, type Runtime, systemRuntime } from "../platform";
import { within } from "./attempt";
import { distinctTargets, type Resolved, type Target } from "./target";
import { type Turn, takeTurns } from "./turns";

const CONCURRENCY_MAX = 1_000;
const RETRIES_MAX = 10;
/** What a retry waits: from 50 ms, below 250 ms. */
const RETRY_WAIT_MS = [50, 250] as const;

/** What the action of {@link federate} is told about its call. */
export interface FederateCall {
  /** The target's name; where it has none, its id. */
  readonly name: string;
  /** Its place in the results. */
  readonly index: number;
  /** 1 for the first try. */
  readonly attempt: number;
  /** Aborted when the attempt timed out or the caller stopped. The remote call may finish all the same. */
  readonly signal: AbortSignal;
}

/** Options of {@link federate}. */
export interface FederateOptions {
  /** Targets called at a time, 1 to 1,000. Default 32. */
  concurrency?: number;
  /** Time for each attempt, in ms; 0 = no limit. Default 5,000. */
  timeoutMs?: number;
  /** Further attempts after an error that the platform calls retryable, 0 to 10. Needs `idempotent`. Default 0. */
  retries?: number;
  /** The action may run twice: says that retries are safe. Default false. */
  idempotent?: boolean;
  /**
   * One call at a time per target, also over several `federate` calls on one namespace, in the order of these calls and across retries.
   * Default false. With `timeoutMs` 0 a call that never settles blocks its target.
   */
  ordered?: boolean;
  /** Aborted before the start: `federate` rejects. Later: what is under way and what was not begun is rejected with its reason. */
  signal?: AbortSignal;
  /** The calling object itself: where it is a target, `run` is called once in place of an RPC to oneself. */
  self?: { id: DurableIdLike; run(): Promise<unknown> };
  /** Clock, chance and timers, for tests. */
  runtime?: Partial<Runtime>;
}

/** What became of one target. Also a `PromiseSettledResult`. `ms` is the time over all attempts, `attempts` 0 when it was not called. */
export type FederateResult<R> =
  | { status: "fulfilled"; name: string; value: R; ms: number; attempts: number }
  | {
      status: "rejected";
      name: string;
      /** What was thrown; a DOMException `TimeoutError` after a timeout; the signal's reason after an abort. */
      reason: unknown;
      ms: number;
      attempts: number;
      timedOut: boolean;
      /** The error came from the other side, not from reaching it. */
      remote: boolean;
      /** The platform says that trying again may help. */
      retryable: boolean;
    };

type Rejected = Extract<FederateResult<unknown>, { status: "rejected" }>;

/** Results in the order of the targets, each target once: an array whose `values` are what the calls gave. */
export interface FederateResults<R> extends Omit<ReadonlyArray<FederateResult<R>>, "values"> {
  /** Nothing failed. True for no targets. */
  readonly ok: boolean;
  /** What fulfilled calls gave, in order. */
  readonly values: R[];
  /** What failed, in order. */
  readonly failed: Extract<FederateResult<R>, { status: "rejected" }>[];
  /** Itself, or throws an AggregateError of all reasons. */
  throwIfFailed(): this;
}

type Settings = Required<Pick<FederateOptions, "concurrency" | "timeoutMs" | "retries">> & {
  readonly signal: AbortSignal | undefined;
  readonly runtime: Runtime;
};

/**
 * Runs `action` on each of `targets`: names (resolved for you), ids or stubs, each once. Never rejects because a target failed, and a
 * name that cannot be resolved is a failed target too. A timed-out call may still finish: at most once is not promised.
 * @param targets read to the end before the first call
 * @throws RangeError for options that are none; the signal's reason when it was aborted before the start; what reading `targets` throws.
 */
export async function federate<S, R>(
  namespace: DurableNamespaceLike<S>,
  targets: Iterable<Target<NoInfer<S>>> | AsyncIterable<Target<NoInfer<S>>>,
  action: (stub: S, call: FederateCall) => Promise<R>,
  options: FederateOptions = {},
): Promise<FederateResults<R>> {
  const settings = settle(options);
  options.signal?.throwIfAborted();
  // Without an await where there is none needed: calls in order are to queue in order.
  const all = Symbol.iterator in targets ? [...targets] : await collect(targets, options.signal);
  const items = distinctTargets(namespace, all, options.self);
  const turns = options.ordered
    ? takeTurns(namespace, items, longestMs(settings, items.length), settings.runtime.now())
    : undefined;
  const results: FederateResult<R>[] = new Array(items.length);
  let next = 0;
  const worker = async () => {
    for (let index = next++; index < items.length; index = next++)
      results[index] = await visit(items[index]!, index, action, settings, turns?.[index]);
  };
  await Promise.all(Array.from({ length: Math.min(settings.concurrency, items.length) }, worker));
  return withSummary(results);
}

function settle(options: FederateOptions): Settings {
  const { concurrency = 32, timeoutMs = 5_000, retries = 0, signal, runtime } = options;
  if (!isWhole(concurrency, 1, CONCURRENCY_MAX)) throw new RangeError(`concurrency must be 1 to ${CONCURRENCY_MAX}`);
  if (!(timeoutMs >= 0 && timeoutMs < 2 ** 31)) throw new RangeError("timeoutMs must be 0 or a time in milliseconds");
  if (!isWhole(retries, 0, RETRIES_MAX)) throw new RangeError(`retries must be 0 to ${RETRIES_MAX}`);
  if (retries > 0 && !options.idempotent) throw new RangeError("retries need idempotent: true");
  return { concurrency, timeoutMs, retries, signal, runtime: { ...systemRuntime, ...runtime } };
}

async function collect<T>(targets: AsyncIterable<T>, signal: AbortSignal | undefined): Promise<T[]> {
  const all: T[] = [];
  for await (const target of targets) {
    signal?.throwIfAborted();
    all.push(target);
  }
  return all;
}

/** One target to its end: attempts, waits between them, and what came of it. Never rejects. */
async function visit<S, R>(
  item: Resolved<S>,
  index: number,
  action: (stub: S, call: FederateCall) => Promise<R>,
  settings: Settings,
  turn: Turn | undefined,
): Promise<FederateResult<R>> {
  const { timeoutMs, signal, runtime } = settings;
  const startMs = runtime.now();
  let attempts = 0;
  try {
    await turn?.wait(runtime, signal);
    for (;;) {
      signal?.throwIfAborted();
      attempts++;
      try {
        const value = await within(runtime, timeoutMs, signal, async (own) =>
          item.self
            ? ((await item.self.run()) as R)
            : action(item.stub(attempts), { name: item.name, index, attempt: attempts, signal: own }),
        );
        return { status: "fulfilled", name: item.name, value, ms: runtime.now() - startMs, attempts };
      } catch (error) {
        if (attempts > settings.retries || !isRetryable(error) || signal?.aborted) throw error;
      }
      await pause(settings);
    }
  } catch (reason) {
    return rejected(item.name, reason, runtime.now() - startMs, attempts);
  } finally {
    turn?.end();
  }
}

/** A failure in the words of the platform: `retryable`, `overloaded` and `remote` are properties that it sets on errors of calls. */
function rejected(name: string, reason: unknown, ms: number, attempts: number): Rejected {
  const timedOut = reason instanceof DOMException && reason.name === "TimeoutError";
  return {
    status: "rejected",
    name,
    reason,
    ms,
    attempts,
    timedOut,
    remote: flag(reason, "remote"),
    retryable: isRetryable(reason),
  };
}

const flag = (error: unknown, name: "retryable" | "overloaded" | "remote"): boolean =>
  typeof error === "object" && error !== null && (error as Record<string, unknown>)[name] === true;
/** An overloaded object is not helped by asking again. */
const isRetryable = (error: unknown): boolean => flag(error, "retryable") && !flag(error, "overloaded");

/** The wait before a retry, by chance so that callers do not come back together. Rejects with the signal's reason. */
function pause({ runtime, signal }: Settings): Promise<void> {
  const [leastMs, mostMs] = RETRY_WAIT_MS;
  const waitMs = leastMs + runtime.random() * (mostMs - leastMs);
  let cancelTimer = () => {};
  const waited = new Promise<void>((resolve) => {
    cancelTimer = runtime.startTimer(waitMs, resolve);
  });
  return within(runtime, 0, signal, () => waited).finally(cancelTimer);
}

/** No federation of `count` targets takes longer, once its turn has come; 0 where nothing bounds it. */
function longestMs({ timeoutMs, retries, concurrency }: Settings, count: number): number {
  return timeoutMs && Math.ceil(count / concurrency) * (retries + 1) * (timeoutMs + RETRY_WAIT_MS[1]);
}

/** The list itself stays a plain array; what is beside it does not show when it is walked, copied or printed. */
function withSummary<R>(results: FederateResult<R>[]): FederateResults<R> {
  const failed = results.filter((result) => result.status === "rejected");
  const values = results.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
  const summary = {
    ok: failed.length === 0,
    values,
    failed,
    throwIfFailed() {
      if (failed.length === 0) return results;
      const reasons = failed.map((result) => result.reason);
      throw new AggregateError(reasons, `${failed.length} of ${results.length} targets failed: ${failed[0]!.name} …`);
    },
  };
  for (const [name, value] of Object.entries(summary)) Object.defineProperty(results, name, { value });
  return results as unknown as FederateResults<R>;
}

const isWhole = (value: number, least: number, most: number): boolean =>
  Number.isSafeInteger(value) && value >= least && value <= most;
