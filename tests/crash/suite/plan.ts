// What befalls the server in each round of the suite, all of it from one seed: which faults, for how long, and when it is killed.
import { dice } from "../../worker/support/random.ts";

/** What goes wrong beside the kills. */
export const FAULTS = ["disk", "d1", "queue", "clockForward", "clockBack", "r2"] as const;
export type Fault = (typeof FAULTS)[number];

/** One round. */
export interface Round {
  readonly faults: readonly Fault[];
  /** How long (ms) they last before the kill. */
  readonly faultMs: number;
  /** Whether they last over the kill, into the next life. */
  readonly outlive: boolean;
  /** How long (ms) into its lives the server is killed, one life after another. */
  readonly killsMs: readonly number[];
  /** How far (ms) the clock jumps, where it does. */
  readonly jumpMs: number;
}

/** As for a Worker that is well, but for its clock. */
export const NO_FAULTS = { d1Percent: 0, d1Ms: 0, queueOut: false, r2Ms: 0, diskPercent: 0 };
const PERCENT = 1;
const D1_MS = 40;
const R2_MS = 2_000;
const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

/** What the Worker is told (tests/worker/crash/faults.ts). */
export const faultsOf = (faults: readonly Fault[]): typeof NO_FAULTS => ({
  d1Percent: faults.includes("d1") ? PERCENT : 0,
  d1Ms: faults.includes("d1") ? D1_MS : 0,
  queueOut: faults.includes("queue"),
  r2Ms: faults.includes("r2") ? R2_MS : 0,
  diskPercent: faults.includes("disk") ? PERCENT : 0,
});

/** The rounds of a seed. Every fault comes at least once, however few rounds there are; with each hand that is dealt the order is another. */
export function planOf(seed: number, rounds: number): Round[] {
  const roll = dice(seed);
  const perRound = Math.max(1, Math.ceil(FAULTS.length / rounds));
  let deck: Fault[] = [];
  const deal = (): Fault => {
    if (deck.length === 0) deck = shuffled(roll);
    return deck.pop()!;
  };
  return Array.from({ length: rounds }, () => {
    const faults = [...new Set(Array.from({ length: perRound }, deal))];
    const forward = faults.includes("clockForward") ? (1 + roll(3)) * HOUR_MS : 0;
    const back = faults.includes("clockBack") ? (1 + roll(10)) * MINUTE_MS : 0;
    return {
      faults,
      faultMs: 2_000 + roll(3_000),
      outlive: roll(2) === 0,
      killsMs: roll(2) === 0 ? [roll(1_500)] : [roll(1_500), roll(4_000)],
      jumpMs: forward - back,
    };
  });
}

function shuffled(roll: (below: number) => number): Fault[] {
  const all = [...FAULTS];
  for (let at = all.length - 1; at > 0; at--) {
    const other = roll(at + 1);
    [all[at], all[other]] = [all[other]!, all[at]!];
  }
  return all;
}
