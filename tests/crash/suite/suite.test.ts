// A short run of the crash suite. FERRULE_CRASH_ROUNDS sets how many rounds (1 unless told: it has every fault), FERRULE_CRASH_SEED what
// befalls the server in them; `npm run crash` is the same from the command line.
import { expect, test } from "vitest";
import { FAULTS, planOf } from "./plan.ts";
import { crashSuite, unchecked } from "./suite.ts";

const ROUNDS = Number(process.env["FERRULE_CRASH_ROUNDS"] ?? 1);
const SEED = Number(process.env["FERRULE_CRASH_SEED"] ?? Date.now() % 1_000_000);

test(`R52, R53, R54, K28, WQ7: ${ROUNDS} rounds of kills and faults under load in rooms, kernels and workflows: nothing acknowledged is lost, doubled or torn`, {
  timeout: 900_000 + ROUNDS * 180_000,
}, async () => {
  const lines: string[] = [];
  const result = await crashSuite({ rounds: ROUNDS, seed: SEED }, (text) => void lines.push(text));
  expect(result.failures, [...lines, JSON.stringify(result)].join("\n")).toEqual([]);
  const { kills, rooms, kernel, workflows } = result;
  const enough = [
    kills > ROUNDS,
    rooms.acknowledged! > 400,
    kernel.acknowledged! > 400,
    workflows.runs! >= 20 * ROUNDS,
    // each kill found messages under way, and stored ones on their way to the archive
    rooms.looks === kills && rooms.underWay === kills && rooms.unarchived === kills,
  ];
  expect(enough, JSON.stringify(result)).toEqual(enough.map(() => true));
  console.log(JSON.stringify(result));
});

test("where nothing was looked at, that nothing is wrong is no result", () => {
  const load = { name: "kernel" } as const;
  expect(unchecked(load, { checked: { acknowledged: 3, kept: 3 }, seen: { repeats: 0 } })).toEqual([]);
  expect(unchecked(load, { checked: { acknowledged: 3, kept: 0 }, seen: {} })).toHaveLength(1);
  expect(unchecked(load, { checked: {}, seen: { repeats: 3 } })).toHaveLength(1);
  expect(unchecked(load, undefined)).toHaveLength(1);
});

test("a plan is the same for the same seed, another for another, and has every fault", () => {
  expect(planOf(7, 20)).toEqual(planOf(7, 20));
  expect(planOf(7, 20)).not.toEqual(planOf(8, 20));
  for (const rounds of [1, 2, 5, 6, 20])
    expect(new Set(planOf(rounds, rounds).flatMap(({ faults }) => faults))).toEqual(new Set(FAULTS));
});
