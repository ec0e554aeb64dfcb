// The unit costs: what was measured (tests/bench/results/capacity.json), and the costs of single events that follow from it. Pure.
import { atLeastNone, type Counts, combine, slope, sum } from "./counts.ts";

/** One measured case. */
export interface Case {
  readonly case: string;
  readonly about: string;
  readonly counts: Counts;
}

/** What the processor took for a unit, in ms of workerd, all of it. */
export interface Processor {
  /** A message that everybody hears before the next is said, stored and archived, by how many listen. */
  readonly message: Readonly<Record<string, number>>;
  /** The same, said without waiting. */
  readonly burst: Readonly<Record<string, number>>;
  readonly crankObject: number;
  readonly crankD1: number;
  readonly run: number;
  readonly step: number;
}

/** Bytes that stay. */
export interface Kept {
  /** Of a message in its room's log, and in the archive with its search index. */
  readonly messageObject: number;
  readonly messageD1: number;
  /** Of a step in D1. */
  readonly stepD1: number;
}

/** All that was measured. */
export interface Results {
  /** Where: Node, system, processor. */
  readonly machine: string;
  /** The day, as 2026-11-21. */
  readonly date: string;
  /** Letters of the messages. */
  readonly text: number;
  readonly cases: readonly Case[];
  readonly processorMs: Processor;
  readonly keptBytes: Kept;
}

/** The costs of single events, in counts. */
export interface Units {
  /** A message by itself: stored and delivered. */
  readonly message: Counts;
  /** What is sent to the archive at once, however many messages it holds, up to a hundred. */
  readonly flush: Counts;
  /** Saving what the room has counted and telling it, every five seconds at most. */
  readonly totals: Counts;
  /** A read mark that goes to the archive with others. */
  readonly mark: Counts;
  /** What a message by HTTP costs more than one on a socket. */
  readonly post: Counts;
  /** What is told to a relay, each time something is. */
  readonly relay: Counts;
  readonly page: Counts;
  readonly guest: Counts;
  readonly join: Counts;
  /** An alarm of a room that looks for dead sockets, or for what was not archived. */
  readonly upkeep: Counts;
  readonly upload: Counts;
  readonly download: Counts;
  readonly crank: Readonly<Record<"object" | "d1", Counts>>;
  readonly run: Counts;
  readonly step: Counts;
  readonly sleep: Counts;
  readonly hook: Counts;
  readonly chunk: Counts;
  /** What comes whether anything is used or not: the cron of each minute, and that of each night. */
  readonly watchdog: Counts;
  readonly night: Counts;
}

/** How many messages the case `burst-1` holds. */
export const BURST = 100;

/** The case of this name. Throws where it was not measured. */
export function countsOf(results: Pick<Results, "cases">, name: string): Counts {
  const found = results.cases.find((one) => one.case === name);
  if (found === undefined) throw new Error(`${name} was not measured: npm run capacity -- --measure`);
  return found.counts;
}

/**
 * Takes the cases apart. With m a message, f a flush and t a round of totals: one alone is m + f + t, two that are archived one after the
 * other are 2m + 2f + t, a hundred at once 100m + f + t.
 */
export function unitsOf(results: Pick<Results, "cases">): Units {
  const of = (name: string) => countsOf(results, name);
  const alone = of("message-1");
  const pair = of("pair-1");
  const message = slope(alone, of("burst-1"), BURST - 1);
  const flush = sum([
    [pair, 1],
    [alone, -1],
    [message, -1],
  ]);
  const totals = combine(alone, 2, pair, -1);
  return {
    message: atLeastNone(message),
    flush: atLeastNone(flush),
    totals: atLeastNone(totals),
    mark: atLeastNone(slope(of("read-marks-1"), of("read-marks-2"))),
    post: atLeastNone(slope(of("message-20"), of("post-1"))),
    relay: atLeastNone(slope(of("relays-2"), of("relays-4"), 2)),
    page: of("page-1"),
    guest: of("guest-1"),
    join: of("join-1"),
    upkeep: of("upkeep"),
    upload: of("upload-1"),
    download: of("download-1"),
    crank: { object: of("crank-object"), d1: of("crank-d1") },
    run: of("run"),
    step: of("step"),
    sleep: of("sleep"),
    hook: of("hook"),
    chunk: of("chunk"),
    watchdog: of("watchdog"),
    night: of("night"),
  };
}
