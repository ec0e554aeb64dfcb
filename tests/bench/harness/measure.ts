// The stopwatch: runs contenders in turns, so that whatever the machine does meanwhile happens to all of them alike.
// Knows nothing of what is measured.
import { type Summary, summarize } from "./statistics.ts";

/** One way of doing the work of a case. */
export interface Contender {
  /** "ours", or the peer's name. */
  readonly name: string;
  /** Does the work `times` times and returns a number that depends on all results, so that none can be left out. */
  readonly run: (times: number) => number;
}

/** Contenders for the same work. */
export interface Race {
  readonly name: string;
  readonly contenders: readonly Contender[];
}

/** How long and how often. */
export interface Pace {
  /** Every race runs once per round; the rounds of all races follow each other. */
  readonly rounds: number;
  /** Batches of each contender in one round. */
  readonly turns: number;
  /** What one batch lasts at least, in milliseconds. */
  readonly batchMs: number;
  /** What each contender runs before it counts, in milliseconds. */
  readonly warmUpMs: number;
  /** Milliseconds since some moment; only differences are used. */
  readonly now: () => number;
}

/** Nanoseconds per operation, by race and contender. */
export interface Measured {
  readonly times: ReadonlyMap<string, ReadonlyMap<string, Summary>>;
  /** A fixed loop that ran beside every turn: its own spread, and first half against second half of the run. */
  readonly calibration: { readonly all: Summary; readonly first: Summary; readonly second: Summary };
  /** The sum of what all runs returned: since it is handed out, no work can be left out as unused. */
  readonly sum: number;
}

const CALIBRATION_STEPS = 1_000_000;

/** A multiply-and-add chain without memory: what it takes is up to the machine alone. */
export function calibrationLoop(): number {
  let x = 1;
  for (let i = 0; i < CALIBRATION_STEPS; i++) x = (Math.imul(x, 1_664_525) + 1_013_904_223) | 0;
  return x;
}

/** Doubles the batch until it lasts long enough; warms the contender up on the way. `sink` takes the results. */
function batchSize(contender: Contender, pace: Pace, sink: (result: number) => void): number {
  const started = pace.now();
  for (let times = 1; ; times *= 2) {
    const before = pace.now();
    sink(contender.run(times));
    const took = pace.now() - before;
    if (took < pace.batchMs) continue;
    if (pace.now() - started >= pace.warmUpMs) return Math.max(1, Math.round((times * pace.batchMs) / took));
    times = Math.max(1, Math.floor(times / 2));
  }
}

/** Runs the races to the end. In turn t of a race the contender t (modulo their number) goes first. */
export function measure(races: readonly Race[], pace: Pace, onRound: (round: number) => void = () => {}): Measured {
  const sizes = new Map<Contender, number>();
  const samples = new Map<Contender, number[]>();
  const calibration: number[] = [];
  let sum = 0;
  const sink = (result: number): void => {
    sum += result;
  };
  for (let i = 0; i < 20; i++) sink(calibrationLoop());
  for (const { contenders } of races) {
    for (const contender of contenders) {
      sizes.set(contender, batchSize(contender, pace, sink));
      samples.set(contender, []);
    }
  }
  const time = (run: () => number): number => {
    const before = pace.now();
    sink(run());
    return (pace.now() - before) * 1e6;
  };
  for (let round = 0; round < pace.rounds; round++) {
    for (const { contenders } of races) {
      for (let turn = 0; turn < pace.turns; turn++) {
        calibration.push(time(calibrationLoop));
        for (let place = 0; place < contenders.length; place++) {
          const contender = contenders[(turn + place) % contenders.length]!;
          const times = sizes.get(contender)!;
          samples.get(contender)!.push(time(() => contender.run(times)) / times);
        }
      }
    }
    onRound(round + 1);
  }
  const half = Math.ceil(calibration.length / 2);
  return {
    times: new Map(
      races.map(({ name, contenders }) => [
        name,
        new Map(contenders.map((contender) => [contender.name, summarize(samples.get(contender)!)])),
      ]),
    ),
    calibration: {
      all: summarize(calibration),
      first: summarize(calibration.slice(0, half)),
      second: summarize(calibration.slice(half)),
    },
    sum,
  };
}
