// The suite `ws-kit` itself: ratios are those of rounds, contenders go first in turns, rooms stay below the system's limit of open files.
import { describe, expect, test } from "vitest";
import { compareRounds } from "./harness/suite.ts";
import { suite } from "./suites/ws-kit.ts";
import { socketsFor } from "./ws-kit/rooms.ts";
import { Rounds } from "./ws-kit/turns.ts";

const what = { case: "x", metric: "inside", unit: "us", better: "lower", peerName: "peer" } as const;

describe("the suite ws-kit", () => {
  test("what slows a round slows both sides of its ratio, and only that one", () => {
    const row = compareRounds(what, [1, 100, 1, 1, 1], [2, 200, 2, 2, 2]);
    expect(row).toMatchObject({ ratio: 2, ratioP10: 2, ratioP90: 2, ours: 1, peer: 2 });
    expect(() => compareRounds(what, [1], [1, 2])).toThrow("1 rounds of ours, 2 of the peer's");
  });

  test("everybody goes first in turn; the first round does not count", async () => {
    const order: string[] = [];
    const runner = (name: string) => ({
      name,
      turn: async () => ({ inside: order.push(name) }),
    });
    const all = await Rounds.run("x", [runner("ours"), runner("peer")], 2, () => {}, " of 3 sockets");
    expect(order.join(" ")).toBe("ours peer peer ours ours peer");
    expect(all.of("ours", "inside")).toEqual([4, 5]);
    const [row] = all.rows("x", { metric: "inside", unit: "us", goals: { peer: 1 } });
    expect(row).toMatchObject({ metric: "inside of 3 sockets", goal: 1, batches: 2 });
    expect(all.rows("x", { metric: "processor", unit: "us", goals: { peer: 1 } })).toEqual([]);
  });

  test("sockets are as many as wished for, or as the limit allows, by hundreds", () => {
    expect(socketsFor(4, 100)).toBe(100);
    expect(socketsFor(10, 100_000_000) % 100).toBe(0);
  });

  test("a quick run has what the page has goals for and few sockets serve", () => {
    const quick = suite.cases.filter((one) => one.quick).map(({ name }) => name);
    expect(quick).toEqual(["dispatch", "adapter", "broadcast-1000", "publish-5000", "restore"]);
    expect(suite.cases).toHaveLength(8);
  });
});
