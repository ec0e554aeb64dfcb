// Follows a run while somebody looks: its log, looked at twice a second, and its streams, which tell by themselves. What is there comes at
// once, then what comes. Whoever reads says when it is enough; nothing is shown or sent here.
import type { Event, Storage } from "@workflow/world";
import { within } from "../../platform/clock";
import { encodeCursor } from "../store/cursor";

/** Times of following, in ms. */
export interface FollowTimes {
  /** Between two looks. */
  readonly poll: number;
  /** After so long without news an empty group says that the line is there. */
  readonly beat: number;
  /** After so long it ends, and is to be begun again behind the last event: statements of one invocation are counted. */
  readonly end: number;
}

const TIMES: FollowTimes = { poll: 500, beat: 15_000, end: 240_000 };
/** Events of one group. */
const GROUP_MAX = 500;

/** How following ended. */
export type Followed = "over" | "again";

const ENDS: ReadonlySet<string> = new Set(["run_completed", "run_failed", "run_cancelled"]);

/**
 * Groups of events behind a slot, without payloads. It returns "over" once the run has ended and all was told, which `ended` says of a
 * run that is over already.
 */
export async function* followEvents(
  events: Pick<Storage["events"], "list">,
  runId: string,
  from: { readonly slot: number; readonly ended: boolean },
  times: FollowTimes = TIMES,
): AsyncGenerator<readonly Event[], Followed> {
  const since = Date.now();
  let [cursor, ended, beat] = [encodeCursor("events", [from.slot]), from.ended, since];
  for (;;) {
    const page = await events.list({ runId, pagination: { cursor, limit: GROUP_MAX }, resolveData: "none" });
    cursor = page.cursor ?? cursor;
    ended ||= page.data.some(({ eventType }) => ENDS.has(eventType));
    const now = Date.now();
    if (page.data.length > 0 || now - beat >= times.beat) {
      beat = now;
      yield page.data;
    }
    if (page.hasMore) continue;
    if (ended) return "over";
    if (now - since >= times.end) return "again";
    await scheduler.wait(times.poll);
  }
}

/** Reads the values of a stream. */
export interface ValueReader {
  read(): Promise<ReadableStreamReadResult<unknown>>;
  cancel(): Promise<void>;
}

/** A value with its index; null says that the line is there. */
export type FollowedValue = { readonly index: number; readonly value: unknown } | null;

/** Where in a stream one is. */
export interface StreamPlace {
  /** Index of the next value. */
  readonly first: number;
  /** What is known of the end when the run is over: nobody closes what it left open. */
  readonly left?: {
    /** Index of the last value there is. */
    readonly last: number;
    /** Since when (ms since 1970) the run is over: what its steps wrote last may come a little later. */
    readonly since: number;
  };
}

/** For how long (ms) after its end a run's streams may grow: core waits half a second for what a step has written, and goes on. */
const LATE_MS = 30_000;

/** Values of a stream. It returns "over" when there will be no more. The reader is let go whichever way it ends. */
export async function* followValues(
  reader: ValueReader,
  { first, left }: StreamPlace,
  { beat, end }: Pick<FollowTimes, "beat" | "end"> = TIMES,
): AsyncGenerator<FollowedValue, Followed> {
  const until = Date.now() + end;
  const settled = left === undefined ? Number.POSITIVE_INFINITY : left.since + LATE_MS;
  const last = left?.last ?? Number.POSITIVE_INFINITY;
  let pending: ReturnType<ValueReader["read"]> | undefined;
  try {
    for (let index = first; ; ) {
      const now = Date.now();
      const late = index > last;
      if (late && now >= settled) return "over";
      if (now >= until) return "again";
      pending ??= reader.read();
      const read = await within(Math.min(beat, until - now, late ? settled - now : beat), pending);
      if (read?.done === true) return "over";
      if (read !== undefined) pending = undefined;
      yield read === undefined ? null : { index: index++, value: read.value };
    }
  } finally {
    pending?.catch(() => undefined);
    // a reader that broke has nothing left to let go
    await reader.cancel().catch(() => undefined);
  }
}
