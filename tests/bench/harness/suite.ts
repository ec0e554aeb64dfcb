// What a suite is, and the row that each comparison becomes. Shapes, and the one place where a row is made.
import type { Contender } from "./measure.ts";
import { type Better, ratioOf, type Summary, summarize } from "./statistics.ts";

/** What can be chosen on the command line. */
export interface Named {
  readonly name: string;
  /** Part of `--quick` runs. */
  readonly quick?: boolean;
}

/** A case: the same work for ours and for every peer. */
export interface Case extends Named {
  /** "time" cases are measured in turns; the others tell their figures themselves. */
  readonly metric: "time" | "throughput" | "size";
  /** Bytes that one operation handles; makes MB/s of a "throughput" case. */
  readonly bytes?: number;
  /** What the ratio to a peer is to reach. */
  readonly goals: Readonly<Record<string, number>>;
  /**
   * The contenders, "ours" first. It has to prove that all of them do the work, and throws when one does not.
   * For "size" cases `run` returns the number of bytes.
   */
  readonly prepare: () => readonly Contender[] | Promise<readonly Contender[]>;
}

/** Cases that belong together; the file's name in suites/ is the suite's. */
export interface Suite {
  readonly name: string;
  readonly cases: readonly Case[];
  /** Native figures, by case, in nanoseconds per operation: what the same code does without WebAssembly. */
  readonly ceiling?: (names: readonly string[]) => Promise<ReadonlyMap<string, number>>;
}

/** A suite whose contenders are servers under load: it measures by itself, case by case, and says how in its caption. */
export interface LoadSuite {
  readonly name: string;
  readonly cases: readonly Named[];
  readonly caption: string;
  /** Measures a case, with the contenders in turns. `note` tells people how far it is. */
  readonly measure: (name: string, quick: boolean, note: (text: string) => void) => Promise<Row[]>;
  /** Stops what serves several cases. Called once, at the end, whatever happened. */
  readonly close?: () => Promise<void>;
}

/** One comparison, as it stands in `results/SUITE.json`. `ratio` above 1 means that ours is better. */
export interface Row {
  readonly case: string;
  readonly metric: string;
  readonly unit: string;
  readonly better: Better;
  readonly ours: number;
  readonly peer: number;
  readonly peerName: string;
  readonly ratio: number;
  /** The ratio of the best batches. */
  readonly ratioOfBest: number;
  readonly oursBest: number;
  readonly oursP10: number;
  readonly oursP90: number;
  readonly peerBest: number;
  readonly peerP10: number;
  readonly peerP90: number;
  readonly batches: number;
  readonly goal?: number;
  /** Where the ratio is the median of the rounds' own ratios: how far those lie apart. */
  readonly ratioP10?: number;
  readonly ratioP90?: number;
  /** Processes that wanted to run, on average over the last minute, when this was measured. */
  readonly load?: number;
}

const UNITS = { time: "ns", throughput: "MB/s", size: "bytes" } as const;

/** A summary in the unit of the metric. Where more is better, the best is the highest and p10 and p90 change places. */
function inUnit({ metric, bytes }: Pick<Case, "metric" | "bytes">, ns: Summary): Summary {
  if (metric !== "throughput") return ns;
  if (bytes === undefined) throw new Error("a throughput case says how many bytes one operation handles");
  const rate = (value: number) => (bytes / value) * 1000;
  return { min: rate(ns.min), p10: rate(ns.p90), median: rate(ns.median), p90: rate(ns.p10), count: ns.count };
}

const rounded = (value: number) => Number(value.toPrecision(5));

/** What is compared, and in which unit. */
export interface Comparison {
  readonly case: string;
  readonly metric: string;
  readonly unit: string;
  readonly better: Better;
  readonly peerName: string;
  readonly goal?: number | undefined;
}

/** The row of one comparison. Where more is better, the best is the highest. */
export function compare({ goal, ...what }: Comparison, ours: Summary, peer: Summary): Row {
  const { case: name, metric, unit, better, peerName } = what;
  return {
    case: name,
    metric,
    unit,
    better,
    ours: rounded(ours.median),
    peer: rounded(peer.median),
    peerName,
    ratio: rounded(ratioOf(better, ours.median, peer.median)),
    ratioOfBest: rounded(ratioOf(better, ours.min, peer.min)),
    oursBest: rounded(ours.min),
    oursP10: rounded(ours.p10),
    oursP90: rounded(ours.p90),
    peerBest: rounded(peer.min),
    peerP10: rounded(peer.p10),
    peerP90: rounded(peer.p90),
    batches: ours.count,
    ...(goal === undefined ? {} : { goal }),
  };
}

/** The row of figures that were taken in pairs, round by round: whatever slowed a round slowed both, so the ratio is that of the pairs. */
export function compareRounds(what: Comparison, ours: readonly number[], peer: readonly number[], load?: number): Row {
  if (ours.length !== peer.length)
    throw new Error(`${what.case}: ${ours.length} rounds of ours, ${peer.length} of the peer's`);
  const ratios = summarize(ours.map((own, round) => ratioOf(what.better, own, peer[round]!)));
  return {
    ...compare(what, summarize(ours), summarize(peer)),
    ratio: rounded(ratios.median),
    ratioP10: rounded(ratios.p10),
    ratioP90: rounded(ratios.p90),
    ...(load === undefined ? {} : { load }),
  };
}

/** The row of a case against one peer, from nanoseconds per operation (or bytes, for "size"). */
export function rowOf(one: Case, peerName: string, oursNs: Summary, peerNs: Summary): Row {
  const { name, metric, goals } = one;
  const better = metric === "throughput" ? "higher" : "lower";
  const what = { case: name, metric, unit: UNITS[metric], better, peerName, goal: goals[peerName] } as const;
  return compare(what, inUnit(one, oursNs), inUnit(one, peerNs));
}

/** The calibration's row: the first half of the run as ours, the second as peer. Far from 1, or a wide spread: a noisy machine. */
export function calibrationRow(all: Summary, first: Summary, second: Summary): Row {
  return {
    case: "calibration",
    metric: "time",
    unit: "ns",
    better: "lower",
    ours: rounded(first.median),
    peer: rounded(second.median),
    peerName: "second half",
    ratio: rounded(ratioOf("lower", first.median, second.median)),
    ratioOfBest: rounded(ratioOf("lower", first.min, second.min)),
    oursBest: rounded(all.min),
    oursP10: rounded(all.p10),
    oursP90: rounded(all.p90),
    peerBest: rounded(second.min),
    peerP10: rounded(second.p10),
    peerP90: rounded(second.p90),
    batches: all.count,
  };
}
