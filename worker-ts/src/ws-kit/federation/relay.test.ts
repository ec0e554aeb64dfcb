// The relay tree alone, over a `call` that is a function: widths, depths, faults and budgets; the checks of what comes by RPC; the dedupe.
import { describe, expect, it, test } from "vitest";
import { namesOf, randomBy } from "../../../../tests/worker/ws-kit/federation/simulation";
import {
  BUDGET_MAX_MS,
  CALLS_MAX,
  capacity,
  checkRelayAnswer,
  checkRelayMessage,
  DEPTH_MAX,
  Dedupe,
  FANOUT_MAX,
  type RelayAnswer,
  type RelayOptions,
  relay,
  SHARDS_MAX,
  split,
} from "./relay";

const options = (over: Partial<RelayOptions> & Pick<RelayOptions, "call">): RelayOptions => ({
  fanout: 4,
  budgetMs: 1_000,
  now: () => 0,
  ...over,
});
const answer = (matched: number): RelayAnswer => ({ matched, failed: [] });

/** A tree in one process: every head is its own hop, as it is between objects. */
function tree(fanout: number, lose: () => "call" | "answer" | undefined = () => undefined) {
  const delivered = new Map<string, number>();
  const memory = new Map<string, Dedupe>();
  let widest = 0;
  let deepest = 0;
  const hop = async (targets: readonly string[], depth: number): Promise<RelayAnswer> => {
    let calls = 0;
    const result = await relay(
      targets,
      depth,
      options({
        fanout,
        callsMax: 10_000,
        call: async (head, rest, below) => {
          calls++;
          deepest = Math.max(deepest, below);
          await undefined;
          const lost = lose();
          if (lost === "call") throw new Error("lost before");
          const dedupe = memory.get(head) ?? new Dedupe();
          memory.set(head, dedupe);
          const own = await dedupe.run("m", () => {
            delivered.set(head, (delivered.get(head) ?? 0) + 1);
            return 10;
          });
          const under = await hop(rest, below);
          if (lost === "answer") throw new Error("lost after");
          return { matched: own + under.matched, failed: under.failed };
        },
      }),
    );
    widest = Math.max(widest, calls);
    return result;
  };
  return { hop, delivered, seen: () => ({ widest, deepest }) };
}

describe("A42 the tree", () => {
  it("A42 without faults: each once, exact sum, calls within the fan-out, three levels", async () => {
    const sizes = [
      [0, 4],
      [1, 4],
      [4, 4],
      [40, 4],
      [84, 4],
      [1_000, 32],
      [5_000, 32],
      [14, 2],
      [3, 1],
    ] as const;
    for (const [count, fanout] of sizes) {
      const { hop, delivered, seen } = tree(fanout);
      expect(await hop(namesOf(count), 0)).toEqual({ matched: count * 10, failed: [] });
      expect([...delivered.values()].every((times) => times === 1) && delivered.size === count).toBe(true);
      expect(seen().widest).toBeLessThanOrEqual(fanout);
      expect(seen().deepest).toBeLessThanOrEqual(DEPTH_MAX);
    }
  });

  it("A42 property: lost calls and answers, 1,000 seeds: never twice, nobody silently missing", async () => {
    for (let seed = 1; seed <= 1_000; seed++) {
      const random = randomBy(seed);
      const fanout = 1 + Math.floor(random() * 8);
      const shards = namesOf(Math.floor(random() * Math.min(120, capacity(fanout) + 1)));
      const rate = random() * 0.5;
      const { hop, delivered } = tree(fanout, () => {
        const chance = random();
        return chance < rate / 2 ? "call" : chance < rate ? "answer" : undefined;
      });
      const { matched, failed } = await hop(shards, 0);
      expect(
        [...delivered.values()].filter((times) => times > 1),
        `seed ${seed}: twice`,
      ).toEqual([]);
      const missing = shards.filter((name) => !delivered.has(name) && !failed.includes(name));
      expect(missing, `seed ${seed}: silently missing`).toEqual([]);
      expect(matched, `seed ${seed}`).toBe((shards.length - new Set(failed).size) * 10);
    }
  });

  it("A42 calls beyond callsMax are not made, and named", async () => {
    let calls = 0;
    const call = async () => {
      calls++;
      throw new Error("dead");
    };
    const shards = namesOf(40);
    expect(await relay(shards, 0, options({ callsMax: 7, call }))).toEqual({
      matched: 0,
      failed: expect.arrayContaining(shards),
    });
    expect(calls).toBe(7);
    calls = 0;
    const most = await relay(namesOf(1_000), 0, options({ fanout: FANOUT_MAX, call }));
    expect([calls, most.failed.length]).toEqual([CALLS_MAX, 1_000]);
  });

  it("A42 each try gets 60 % of what is left, and none is made with nothing left", async () => {
    let nowMs = 0;
    const given: number[] = [];
    const call = async (_head: string, _rest: readonly string[], _depth: number, budgetMs: number) => {
      given.push(Math.round(budgetMs));
      nowMs += budgetMs;
      throw new Error("silent");
    };
    const result = await relay(
      namesOf(40),
      0,
      options({ fanout: 1 + 39, now: () => nowMs, call: async () => answer(1) }),
    );
    expect(result.matched).toBe(40);
    await relay(namesOf(3), 0, options({ fanout: 1, now: () => nowMs, call }));
    expect(given).toEqual([600, 240, 96]);
    given.length = 0;
    const { failed } = await relay(namesOf(30), 0, options({ fanout: 3, budgetMs: 100, now: () => nowMs, call }));
    expect(failed).toHaveLength(30);
    expect(given.length).toBeLessThan(30);
    expect(Math.min(...given)).toBeGreaterThanOrEqual(3);
  });

  it("A42 an abort: no further call, and who was not reached is named", async () => {
    const stop = new AbortController();
    const called: string[] = [];
    const call = async (head: string) => {
      called.push(head);
      stop.abort();
      throw new Error("stopped");
    };
    const shards = namesOf(9);
    const result = await relay(shards, 0, options({ fanout: 3, signal: stop.signal, call }));
    expect([called, [...result.failed].sort()]).toEqual([["s0"], shards]);
  });

  it("A42 groups are even", () => {
    expect(split(namesOf(40), 4).map((group) => group.length)).toEqual([10, 10, 10, 10]);
    expect(split(namesOf(5), 4).map((group) => group.length)).toEqual([2, 2, 1]);
    expect(split([], 4)).toEqual([]);
    expect(capacity(32)).toBe(33_824);
  });
});

describe("A43 guards", () => {
  it("A43 refuses a list that no tree can hold, and options that are none", async () => {
    const call = async () => answer(0);
    await expect(relay(namesOf(15), 0, options({ fanout: 2, call }))).rejects.toMatchObject({
      code: "LIMIT",
      fault: "caller",
    });
    await expect(relay(namesOf(SHARDS_MAX + 1), 0, options({ fanout: 64, call }))).rejects.toMatchObject({
      code: "LIMIT",
    });
    for (const over of [{ fanout: 0 }, { fanout: 2.5 }, { fanout: 257 }, { callsMax: -1 }])
      await expect(relay(["a"], 0, options({ call, ...over }))).rejects.toBeInstanceOf(RangeError);
  });

  it("A43 at the last level nobody is called", async () => {
    const call = async () => expect.unreachable("called");
    expect(await relay(["a", "b"], DEPTH_MAX, options({ call }))).toEqual({ matched: 0, failed: ["a", "b"] });
  });

  const good = { v: 1, id: "m", topic: "t", frame: "{}", relay: ["a"], depth: 1, fanout: 4, budgetMs: 100 };
  it("A43 a good message is handed through as it is", () => {
    for (const message of [
      good,
      { ...good, excludeClientId: "c" },
      { ...good, depth: 3, relay: [] },
      { ...good, budgetMs: 0 },
    ])
      expect(checkRelayMessage(message)).toBe(message);
    expect(checkRelayMessage({ ...good, frame: "x".repeat(10_000_000) })).toBeDefined();
  });

  test.each<[string, unknown]>([
    ["nothing", undefined],
    ["null", null],
    ["a text", "{}"],
    ["a list", []],
    ["version 2", { ...good, v: 2 }],
    ["no id", { ...good, id: undefined }],
    ["an empty id", { ...good, id: "" }],
    ["a long id", { ...good, id: "x".repeat(65) }],
    ["a topic that is a number", { ...good, topic: 1 }],
    ["an empty topic", { ...good, topic: "" }],
    ["a long topic", { ...good, topic: "x".repeat(257) }],
    ["no frame", { ...good, frame: undefined }],
    ["a binary frame", { ...good, frame: new Uint8Array(1) }],
    ["a long frame", { ...good, frame: "x".repeat(10_000_001) }],
    ["a client that is an object", { ...good, excludeClientId: {} }],
    ["a long client id", { ...good, excludeClientId: "x".repeat(65) }],
    ["no relay", { ...good, relay: undefined }],
    ["a relay that only looks like a list", { ...good, relay: { length: 1, 0: "a" } }],
    ["a name that is a number", { ...good, relay: [1] }],
    ["an empty name", { ...good, relay: [""] }],
    ["a long name", { ...good, relay: ["x".repeat(1_025)] }],
    ["a hole", { ...good, relay: new Array(1) }],
    ["a name twice", { ...good, relay: ["a", "b", "a"] }],
    ["more names than fit below", { ...good, relay: namesOf(21) }],
    ["more names than fit one level down", { ...good, depth: 2, relay: namesOf(5) }],
    ["level 0", { ...good, depth: 0 }],
    ["half a level", { ...good, depth: 1.5 }],
    ["a fan-out of 0", { ...good, fanout: 0 }],
    ["a fan-out of 257", { ...good, fanout: 257 }],
    ["a budget below 0", { ...good, budgetMs: -1 }],
    ["a budget that is no number", { ...good, budgetMs: Number.NaN }],
    ["a budget for ever", { ...good, budgetMs: BUDGET_MAX_MS + 1 }],
  ])("A43 RELAY_INVALID: %s", (_, message) => {
    expect(() => checkRelayMessage(message)).toThrow(expect.objectContaining({ code: "RELAY_INVALID", fault: "peer" }));
  });

  it("A43 RELAY_TOO_DEEP: below the last level, or asked to go there", () => {
    for (const message of [
      { ...good, depth: 3 },
      { ...good, depth: 4, relay: [] },
      { ...good, depth: 1e9 },
    ])
      expect(() => checkRelayMessage(message)).toThrow(
        expect.objectContaining({ code: "RELAY_TOO_DEEP", fault: "peer" }),
      );
  });

  it("A43 limits may be narrower", () => {
    const limits = { frameCharsMax: 2, topicCharsMax: 1 };
    expect(checkRelayMessage(good, limits)).toBe(good);
    expect(() => checkRelayMessage({ ...good, frame: "{ }" }, limits)).toThrow();
    expect(() => checkRelayMessage({ ...good, topic: "tt" }, limits)).toThrow();
  });

  it("A43 answers: a count, and only of those that were asked", () => {
    expect(checkRelayAnswer({ matched: 3, failed: ["b"] }, ["a", "b"])).toEqual({ matched: 3, failed: ["b"] });
    const wrong = [
      undefined,
      {},
      { matched: "3", failed: [] },
      { matched: -1, failed: [] },
      { matched: 1.5, failed: [] },
    ];
    const others = [
      { matched: 1, failed: "a" },
      { matched: 1, failed: ["c"] },
      { matched: 1, failed: new Array(1) },
      { matched: 1, failed: ["a", "a", "a"] },
    ];
    for (const value of [...wrong, ...others])
      expect(() => checkRelayAnswer(value, ["a", "b"])).toThrow(expect.objectContaining({ code: "RELAY_INVALID" }));
  });
});

describe("A42 dedupe", () => {
  it("A42 the second arrival gets the first one's count and delivers nothing, also while the first is under way", async () => {
    const dedupe = new Dedupe();
    let runs = 0;
    const deliver = async () => {
      runs++;
      return 5;
    };
    const first = dedupe.run("m", deliver);
    expect(runs).toBe(1);
    expect(await Promise.all([first, dedupe.run("m", deliver), dedupe.run("m", deliver)])).toEqual([5, 5, 5]);
    expect(runs).toBe(1);
  });

  it("A42 what failed is not tried again, for it may have been sent in part", async () => {
    const dedupe = new Dedupe();
    let runs = 0;
    const deliver = () => {
      runs++;
      throw new Error("half way");
    };
    for (let round = 0; round < 2; round++) await expect(dedupe.run("m", deliver)).rejects.toThrow("half way");
    expect(runs).toBe(1);
  });

  it("A42 remembers 1,024 ids, the oldest are forgotten first", async () => {
    const dedupe = new Dedupe();
    for (let at = 0; at < 1_024; at++) await dedupe.run(`m${at}`, () => at);
    expect(await dedupe.run("m0", () => -1)).toBe(0);
    await dedupe.run("one more", () => 0);
    expect(await dedupe.run("m1", () => -1)).toBe(1);
    expect(await dedupe.run("m0", () => -1)).toBe(-1);
  });
});
