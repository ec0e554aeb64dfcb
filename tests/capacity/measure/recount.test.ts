// Counts a message, a crank and a step again on the real Worker in workerd: what they cost now is what tests/bench/results/capacity.json says, to
// the row. No time is looked at. Who changes what something costs runs `npm run capacity -- --measure`.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { CountName, Counts } from "../counts.ts";
import { readResults } from "../results.ts";
import { countsOf } from "../units.ts";
import { messageAlone } from "./chat.ts";
import { crank, step } from "./machines.ts";
import { neat } from "./main.ts";
import { type Counting, startCounting } from "./server.ts";

const results = readResults();
/**
 * Vary a little: with the digits of numbers, with names that are made by chance, and rows read with whether an object fell asleep meanwhile.
 * What is written does not, and it is a thousand times as dear.
 */
const NEARLY: readonly CountName[] = ["bytesOut", "queueBytes", "objectRowsRead"];
/** An object that is at work for long sees to its own waking: on a slow machine once more in all the cranks of a run. */
const SELDOM: readonly CountName[] = ["alarms", "alarmsSet"];
const SELDOM_MORE_MAX = 0.05;
const TEST_MS = 180_000;

const exact = (counts: Counts): Counts =>
  Object.fromEntries(Object.entries(counts).filter(([name]) => ![...NEARLY, ...SELDOM].includes(name as CountName)));

describe("what things cost", () => {
  let server: Counting;
  beforeAll(async () => {
    server = await startCounting();
  }, TEST_MS);
  afterAll(async () => server[Symbol.asyncDispose]());

  const same = (name: string, counts: Counts) => {
    expect(exact(neat(counts)), name).toEqual(exact(countsOf(results, name)));
    for (const length of NEARLY) {
      const before = countsOf(results, name)[length] ?? 0;
      expect(Math.abs((counts[length] ?? 0) - before), `${name}: ${length}`).toBeLessThanOrEqual(2 + 0.1 * before);
    }
    for (const seldom of SELDOM) {
      const more = (counts[seldom] ?? 0) - (countsOf(results, name)[seldom] ?? 0);
      expect(more, `${name}: ${seldom}`).toBeGreaterThanOrEqual(0);
      expect(more, `${name}: ${seldom}`).toBeLessThanOrEqual(SELDOM_MORE_MAX);
    }
  };

  test("a message alone, from the socket to the archive", { timeout: TEST_MS }, async () => {
    const { room, measured } = await messageAlone(server, 20);
    room.cut();
    same(measured.case, measured.counts);
  });

  test("a crank of a kernel with its rows in its object", { timeout: TEST_MS }, async () => {
    const measured = await crank(server, "object");
    same(measured.case, measured.counts);
  });

  test("a step of a workflow", { timeout: TEST_MS }, async () => {
    const measured = await step(server);
    same(measured.case, measured.counts);
  });
});
