// The suite `workflow` itself: a wrong answer ends the run, the picture of growth has a line for everybody, a bound is what the issue says.
import { describe, expect, test } from "vitest";
import { suite } from "./suites/workflow.ts";
import { CASES } from "./workflow/cases.ts";
import { plotGrowth, slopes } from "./workflow/growth.ts";
import { Ring } from "./workflow/ring.ts";

const caseOf = (name: string) => CASES.find((one) => one.name === name)!;

describe("the suite workflow", () => {
  test("an answer that is not the right one counts for nobody", () => {
    expect(caseOf("sequential-10").figures({ execMs: 5, value: 10 })).toEqual({ exec: 5 });
    expect(() => caseOf("sequential-10").figures({ execMs: 5, value: 9 })).toThrow("the run returned 9");
    expect(() => caseOf("parallel-10").figures({ execMs: 5, value: 54 })).toThrow("the run returned 54");
    expect(() => caseOf("hook").figures({ execMs: 5 })).toThrow("the run returned");
  });

  test("a stream's figure is the chunk of a hundred that came last but one", () => {
    const latencies = Array.from({ length: 200 }, (_, at) => at);
    expect(caseOf("stream-p99-ms").figures({ latencies })).toEqual({ p99: 198, mean: 99.5 });
  });

  test("the bounds", () => {
    expect(caseOf("sequential-100").peers).toMatchObject({ "world-local": 1 / 1.2, "world-postgres": 1 });
    expect(caseOf("parallel-100").peers).toMatchObject({ "world-local": 5, "world-postgres": 1 });
    expect(caseOf("stream-p99-ms").peers).toMatchObject({ "bare object": 0.33333, "world-postgres": 1 });
    for (const { name, peers } of CASES) expect([name, peers["world-postgres"]]).toEqual([name, 1]);
    expect(suite.cases.at(-1)?.name).toBe("growth");
  });

  test("growth is what one more step costs, early and late, whatever the run costs besides", () => {
    const runs = (ms: (steps: number) => number) => new Map([10, 100, 300].map((steps) => [steps, ms(steps)]));
    expect(slopes(runs((steps) => 50 + 4 * steps))).toEqual({ early: 4, late: 4 });
    expect(slopes(runs((steps) => steps * steps))).toEqual({ early: 110, late: 400 });
    expect(slopes(new Map([[10, 5]]))).toBeUndefined();
  });

  test("inline steps are as many for everybody, and the caption says how many", () => {
    expect(suite.caption).toContain("16 inline steps");
  });

  test("who fails is ended before the others are measured, and left out from then on", async () => {
    const told: string[] = [];
    const ring = new Ring("nowhere", async (name) => ({
      name,
      ask: async () => {
        told.push(`${name} asked`);
        if (name === "world-local") throw new Error("no answer\nand more");
        return { execMs: 5, value: 10 };
      },
      processorMs: () => undefined,
      [Symbol.asyncDispose]: async () => {
        told.push(`${name} ended`);
      },
    }));
    const one = {
      ...caseOf("sequential-10"),
      peers: { "world-local": 1, "memory in workerd": undefined },
      warm: false,
    };
    const { rows } = await ring.measure(one, 1, () => undefined);
    expect(rows.map(({ peerName }) => peerName)).toEqual(["memory in workerd"]);
    expect([...ring.absent]).toEqual([["world-local", "sequential-10: no answer"]]);
    await ring.close();
    expect(told.slice(told.indexOf("world-local asked"))).toEqual([
      "world-local asked",
      "world-local ended",
      "memory in workerd asked",
      "ours asked",
      "ours ended",
      "memory in workerd ended",
    ]);
  });

  test("the picture of growth: what costs the same per step lies flat", () => {
    const picture = plotGrowth(
      new Map([
        ["ours", new Map([10, 100].map((steps) => [steps, steps * 4]))],
        ["peer", new Map([10, 100].map((steps) => [steps, steps * steps]))],
      ]),
      "a caption",
    );
    const lines = [...picture.matchAll(/points="([^"]+)"/g)].map(([, points]) =>
      points!.split(" ").map((point) => Number(point.split(",")[1])),
    );
    expect(lines).toHaveLength(2);
    expect(lines[0]![0]).toBe(lines[0]![1]);
    expect(lines[1]![0]).toBeGreaterThan(lines[1]![1]!);
    expect(picture).toContain("a caption");
  });
});
