// The bench harness itself: statistics against known answers, turns in order, ratios the right way round, rows as the
// result files have them. The clock is made up, so nothing here depends on the machine.
import { describe, expect, test } from "vitest";
import { type Contender, calibrationLoop, measure, type Pace } from "./harness/measure.ts";
import { plot } from "./harness/plot.ts";
import { choose, QUICK, run, WHOLE } from "./harness/run.ts";
import { quantile, ratioOf, summarize } from "./harness/statistics.ts";
import { type Case, calibrationRow, compare, rowOf, type Suite } from "./harness/suite.ts";
import { table, verdict } from "./harness/table.ts";

const steady = (value: number) => summarize([value]);
const timed = (goals: Record<string, number> = {}): Case => ({
  name: "relay",
  metric: "time",
  goals,
  quick: true,
  prepare: () => [],
});

/** A clock that contenders push on themselves, and what they were asked in order. */
function madeUp() {
  let nowMs = 0;
  const order: string[] = [];
  const contender = (name: string, nsPerOp: number): Contender => ({
    name,
    run(times) {
      order.push(name);
      nowMs += (times * nsPerOp) / 1e6;
      return times;
    },
  });
  const pace: Pace = { rounds: 2, turns: 3, batchMs: 1, warmUpMs: 2, now: () => nowMs };
  return { contender, order, pace };
}

describe("statistics", () => {
  test("quantiles are interpolated", () => {
    expect(quantile([1, 2, 3, 4], 0.5)).toBe(2.5);
    expect(quantile([5], 0.9)).toBe(5);
    expect(quantile([0, 10], 0.1)).toBe(1);
    expect(() => quantile([], 0.5)).toThrow(RangeError);
  });
  test("a summary sorts by number and leaves its input alone", () => {
    const values = [100, 9, 20];
    expect(summarize(values)).toEqual({ min: 9, p10: 11.2, median: 20, p90: 84, count: 3 });
    expect(values).toEqual([100, 9, 20]);
  });
  test("one slow batch in sixty does not move the median", () => {
    expect(summarize([...Array<number>(59).fill(5), 5000]).median).toBe(5);
  });
  test("above 1 ours is better, in both directions", () => {
    expect(ratioOf("lower", 50, 100)).toBe(2);
    expect(ratioOf("higher", 100, 50)).toBe(2);
    expect(ratioOf("lower", 100, 50)).toBe(0.5);
    expect(ratioOf("higher", 50, 100)).toBe(0.5);
  });
});

describe("measuring", () => {
  test("nanoseconds per operation are those of the contender", () => {
    const { contender, pace } = madeUp();
    const { times } = measure([{ name: "a", contenders: [contender("ours", 200), contender("peer", 500)] }], pace);
    expect(times.get("a")!.get("ours")!.median).toBeCloseTo(200, 6);
    expect(times.get("a")!.get("peer")!.median).toBeCloseTo(500, 6);
    expect(times.get("a")!.get("peer")!.count).toBe(6);
  });
  test("contenders take turns, and the first place goes round", () => {
    const { contender, order, pace } = madeUp();
    const names = ["ours", "b", "c"];
    measure([{ name: "a", contenders: names.map((name) => contender(name, 100)) }], { ...pace, rounds: 1 });
    expect(order.slice(-9)).toEqual(["ours", "b", "c", "b", "c", "ours", "c", "ours", "b"]);
  });
  test("every race runs in every round, so that a slow minute meets them all", () => {
    const { contender, order, pace } = madeUp();
    measure(
      ["x", "y"].map((name) => ({ name, contenders: [contender(name, 100)] })),
      { ...pace, turns: 1 },
    );
    expect(order.slice(-4)).toEqual(["x", "y", "x", "y"]);
  });
  test("a batch lasts as long as asked, also for slow work", () => {
    const { contender, pace } = madeUp();
    const asked: number[] = [];
    const slow = contender("ours", 3e6);
    const run = (times: number): number => {
      asked.push(times);
      return slow.run(times);
    };
    const spied: Contender = { name: "ours", run };
    measure([{ name: "a", contenders: [spied] }], pace);
    expect(asked.at(-1)).toBe(1);
  });
  test("results are handed out, and the calibration always does the same", () => {
    const { contender, pace } = madeUp();
    expect(measure([{ name: "a", contenders: [contender("ours", 100)] }], pace).sum).not.toBe(0);
    expect(calibrationLoop()).toBe(calibrationLoop());
  });
  test("a quick run has the sixty batches that a median needs", () => {
    for (const { rounds, turns } of [QUICK, WHOLE]) expect(rounds * turns).toBeGreaterThanOrEqual(60);
    expect(QUICK.rounds).toBe(3);
  });
});

describe("rows", () => {
  test("time: less is better", () => {
    const row = rowOf(timed({ json: 2 }), "json", steady(100), steady(250));
    expect(row).toMatchObject({ case: "relay", metric: "time", unit: "ns", better: "lower", ours: 100, peer: 250 });
    expect(row).toMatchObject({ peerName: "json", ratio: 2.5, goal: 2 });
  });
  test("throughput: more is better, and the best is the highest", () => {
    const one: Case = { ...timed(), metric: "throughput", bytes: 1000 };
    const row = rowOf(one, "peer", summarize([10, 20, 30]), steady(40));
    expect(row).toMatchObject({
      unit: "MB/s",
      better: "higher",
      ours: 50_000,
      peer: 25_000,
      ratio: 2,
      oursBest: 100_000,
    });
    expect(row.oursP10).toBeLessThan(row.ours);
    expect(row.oursP90).toBeGreaterThan(row.ours);
  });
  test("size: bytes, less is better", () => {
    const row = rowOf({ ...timed(), metric: "size" }, "json", steady(70), steady(140));
    expect(row).toMatchObject({ metric: "size", unit: "bytes", better: "lower", ratio: 2 });
  });
  test("a case that tells several things has a row for each, and the plot says which is which", () => {
    const what = { case: "fanout", peerName: "peer", unit: "ms", better: "lower" } as const;
    const rows = [
      compare(
        { ...what, metric: "sustained", unit: "deliveries/s", better: "higher", goal: 1.5 },
        steady(30),
        steady(10),
      ),
      compare({ ...what, metric: "p99" }, steady(20), steady(10)),
    ];
    expect(rows).toMatchObject([
      { metric: "sustained", ratio: 3, goal: 1.5 },
      { metric: "p99", ratio: 0.5 },
    ]);
    const picture = plot("Suite", "caption", rows);
    for (const title of ["fanout sustained", "fanout p99"]) expect(picture).toContain(title);
    expect(plot("Suite", "caption", rows.slice(0, 1))).not.toContain("fanout sustained");
  });
  test("every row has every field, as JSON", () => {
    const fields = ["case", "metric", "unit", "better", "ours", "peer", "peerName", "ratio"];
    for (const row of [rowOf(timed(), "p", steady(1), steady(1)), calibrationRow(steady(1), steady(1), steady(2))]) {
      const read = JSON.parse(JSON.stringify(row));
      expect(Object.keys(read)).toEqual(expect.arrayContaining(fields));
    }
    expect("goal" in rowOf(timed({ other: 2 }), "p", steady(1), steady(1))).toBe(false);
  });
  test("goals: reached at the goal, missed below, silent without", () => {
    expect(verdict({ ratio: 2, goal: 2 })).toBe("reached 2");
    expect(verdict({ ratio: 1.99, goal: 2 })).toBe("MISSED 2");
    expect(verdict({ ratio: 0.5 })).toBe("");
  });
});

describe("a suite", () => {
  const { contender, pace } = madeUp();
  const suite: Suite = {
    name: "made-up",
    cases: [
      { ...timed({ slow: 2 }), prepare: () => [contender("ours", 100), contender("slow", 300), contender("fast", 50)] },
      {
        name: "size",
        metric: "size",
        goals: {},
        prepare: async () => [
          { name: "json", run: () => 90 },
          { name: "ours", run: () => 30 },
        ],
      },
    ],
    ceiling: async () => new Map([["relay", 25]]),
  };
  test("rows are printed also where we lose, with the ceiling and the calibration", async () => {
    const rows = await run(suite, suite.cases, pace);
    expect(rows.map(({ case: name, peerName, ratio }) => [name, peerName, ratio])).toEqual([
      ["relay", "slow", 3],
      ["relay", "fast", 0.5],
      ["relay", "native Rust", 0.25],
      ["size", "json", 3],
      ["calibration", "second half", expect.anything()],
    ]);
    const shown = table(rows);
    for (const word of ["fast", "0.50x", "reached 2", "native Rust", "machine noise"]) expect(shown).toContain(word);
    const picture = plot("Suite", "a <caption> & more", rows);
    for (const word of ["0.50x", "prefers-color-scheme: dark", "&#60;caption&#62; &#38;"])
      expect(picture).toContain(word);
    expect(picture).not.toMatch(/NaN|undefined|Infinity|second half/);
  });
  test("cases are chosen by name, else by --quick", () => {
    expect(choose(suite, [], false)).toHaveLength(2);
    expect(choose(suite, [], true).map(({ name }) => name)).toEqual(["relay"]);
    expect(choose(suite, ["size"], true).map(({ name }) => name)).toEqual(["size"]);
    expect(() => choose(suite, ["siez"], false)).toThrow(/no case "siez".*relay, size/);
  });
  test("a case without a contender of ours is an error", async () => {
    const cases = [{ ...timed(), prepare: () => [contender("peer", 1)] }];
    await expect(run({ name: "x", cases }, cases, pace)).rejects.toThrow("no contender of ours");
  });
});
