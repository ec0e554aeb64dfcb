// The cases: what is asked, which figure of the answer counts, which answer is right, and what the ratio to each peer is to reach.
import type { Told } from "../peers/workflow/exercise.ts";
import type { Figures } from "../ws-kit/turns.ts";
import type { Question } from "./contestants.ts";

/** Who is asked, "ours" first. */
export type PeerName = "world-local" | "world-postgres" | "memory in workerd" | StreamName;
/** Streams of our own Worker that ours are compared with. */
export type StreamName = "bare object" | "bare object, stored" | "r2-polling";

/** One case. */
export interface WorkflowCase {
  readonly name: string;
  readonly quick: boolean;
  readonly question: Question;
  readonly unit: string;
  /** Figures that count, by metric; it throws on an answer that is wrong. */
  figures(told: Told): Figures;
  /** The peers, each with what our ratio to it is to reach. */
  readonly peers: Readonly<Partial<Record<PeerName, number | undefined>>>;
  /** Rounds of a whole run that count. */
  readonly rounds: number;
  /** A round before them that does not. Off where a round takes half a minute. */
  readonly warm: boolean;
}

/** Not slower than 1.2 times the peer. */
const NEARLY = 1 / 1.2;
/** At most three times the peer, with the five digits that ratios have. */
const THRICE = 0.33333;
const ROUNDS = 5;

const quantile = (values: readonly number[], q: number): number =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * q))]!;

/** Not below the clock's tenth, which is what a mean of some whole ms can tell. */
const mean = (values: readonly number[]): number =>
  Math.max(values.reduce((sum, value) => sum + value, 0) / values.length, 0.1);

function runCase(
  name: string,
  workflow: string,
  args: readonly number[],
  value: number,
  peers: WorkflowCase["peers"],
  more: Partial<WorkflowCase> = {},
): WorkflowCase {
  return {
    name,
    quick: false,
    question: { kind: "run", workflow, args },
    unit: "ms",
    figures: (told) => {
      if (told.value !== value) throw new Error(`${name}: the run returned ${JSON.stringify(told.value)}`);
      return { exec: told.execMs! };
    },
    peers: { "memory in workerd": undefined, ...peers },
    rounds: ROUNDS,
    warm: true,
    ...more,
  };
}

const sequential = (count: number, peers: WorkflowCase["peers"], more?: Partial<WorkflowCase>) =>
  runCase(`sequential-${count}`, "sequential", [count], count, peers, more);
const parallel = (count: number, peers: WorkflowCase["peers"]) =>
  runCase(`parallel-${count}`, "parallel", [count], (count * (count + 1)) / 2, peers, { quick: true });

const BOTH = { "world-local": undefined, "world-postgres": 1 };

const STREAM_P99: WorkflowCase = {
  name: "stream-p99-ms",
  quick: true,
  question: { kind: "stream", chunks: 200, bytes: 100, gapMs: 3 },
  unit: "ms",
  // workerd's clock tells whole ms, so its quantiles are rough, and a mean is not
  figures: ({ latencies = [] }) => ({ p99: Math.max(quantile(latencies, 0.99), 1), mean: mean(latencies) }),
  peers: { ...BOTH, "bare object": THRICE, "bare object, stored": undefined, "r2-polling": undefined },
  rounds: ROUNDS,
  warm: true,
};

/** All of them. */
export const CASES: readonly WorkflowCase[] = [
  runCase("no-step", "nothing", [], 0, BOTH),
  {
    ...sequential(1, BOTH),
    figures: (told) => {
      if (told.value !== 1) throw new Error(`sequential-1: the run returned ${JSON.stringify(told.value)}`);
      return { exec: told.execMs!, "to first step": told.firstStepMs! };
    },
  },
  sequential(10, BOTH, { quick: true }),
  sequential(100, { "world-local": NEARLY, "world-postgres": 1 }, { quick: true }),
  sequential(300, BOTH, { rounds: 2, warm: false }),
  parallel(10, BOTH),
  parallel(100, { "world-local": 5, "world-postgres": 1 }),
  runCase("race-10", "race", [10], 10, BOTH),
  runCase("payload-10x10KB", "payload", [10, 10_000], 10_000, BOTH),
  {
    ...runCase("sleep-1s", "sleeper", [1000], 1000, BOTH, { rounds: 3, warm: false }),
    figures: ({ execMs }) => ({ overshoot: Math.max(execMs! - 1000, 1) }),
  },
  {
    ...runCase("hook", "hooked", [], 7, BOTH),
    question: { kind: "hook" },
    figures: ({ execMs, value }) => {
      if (value !== 7) throw new Error(`hook: the run returned ${JSON.stringify(value)}`);
      return { "resume to end": Math.max(execMs!, 1) };
    },
  },
  STREAM_P99,
  {
    ...STREAM_P99,
    name: "stream-first-byte",
    quick: false,
    question: { kind: "first-chunk", streams: 10 },
    rounds: 3,
    figures: ({ latencies = [] }) => ({ mean: mean(latencies) }),
    peers: { ...STREAM_P99.peers, "bare object": undefined, "r2-polling": 3 },
  },
];
