// The law of a global publish over simulated shards, clocks and faults: nobody gets a message twice, and everybody has it or is named in
// `failed`, in the time that was given.
import { describe, expect, it } from "vitest";
import { namesOf, randomBy, SOCKETS, VirtualTime, World } from "../../../../tests/worker/ws-kit/federation/simulation";
import { Federation, type RelayStub } from "./global";
import { capacity, DEPTH_MAX, type RelayMessage } from "./relay";

const tell = (over: Partial<RelayMessage> = {}): RelayMessage => ({
  v: 1,
  id: "m",
  topic: "topic",
  frame: "{}",
  relay: [],
  depth: 1,
  fanout: 4,
  budgetMs: 1_000,
  ...over,
});

describe("A41 publishGlobal over three shards", () => {
  it("A41 reaches each once, and the sum is exact", async () => {
    const shards = namesOf(3);
    const world = new World(shards);
    const result = await world.time.until(world.publish("s0", "hello", { shards }));
    expect(result).toEqual({ ok: true, capability: "exact", matched: 30, id: "m0", shards: 3, failed: [] });
    for (const shard of world.shards.values()) expect(shard.got).toEqual(["hello"]);
    expect(world.calls.map(({ to, message }) => [to, message.depth, message.relay.length])).toEqual([
      ["s1", 1, 0],
      ["s2", 1, 0],
    ]);
    expect(world.time.pending).toBe(0);
  });

  it("A41 names twice count once; the sender need not be among them; shards may be found by topic", async () => {
    const world = new World(namesOf(3));
    const found = (topic: string) => (topic === "topic" ? ["s1", "s2", "s1"] : []);
    const result = await world.time.until(world.publish("s0", "hello", { shards: found }));
    expect(result).toMatchObject({ capability: "exact", matched: 30, shards: 2, failed: [] });
    expect(world.calls).toHaveLength(2);
  });

  it("A41 a sender that does not know its own name is neither told twice nor counted twice", async () => {
    const shards = namesOf(3);
    const world = new World(shards, randomBy(2), {}, true);
    expect(await world.time.until(world.publish("s0", "hello", { shards }))).toMatchObject({ matched: 30, failed: [] });
    expect(world.shards.get("s0")!.got).toEqual(["hello"]);
  });

  it("A41 a name that no object can have fails alone", async () => {
    const long = "x".repeat(1_025);
    const world = new World(namesOf(3));
    const result = await world.time.until(world.publish("s0", "hello", { shards: ["s1", long, "", "s2"], fanout: 1 }));
    expect(result).toMatchObject({ capability: "estimate", matched: 30, shards: 4, failed: [long, ""] });
  });

  it("A41 what local delivery refused goes nowhere; what is too long neither", async () => {
    const world = new World(namesOf(2));
    const { federation } = world.shards.get("s0")!;
    const shards = namesOf(2);
    const refused = { ok: false, error: "VALIDATION", retryable: false } as const;
    expect(await federation.publish("topic", { shards }, async () => ({ result: refused }))).toEqual({
      ...refused,
      id: "m0",
      shards: 2,
      failed: ["s1"],
    });
    const result = { ok: true, capability: "exact", matched: 1 } as const;
    const long = async () => ({ result, frame: "x".repeat(10_000_001) });
    expect(await federation.publish("topic", { shards }, long)).toMatchObject({ error: "PAYLOAD_TOO_LARGE" });
    const ok = async () => ({ result, frame: "{}" });
    expect(await federation.publish("t".repeat(257), { shards }, ok)).toMatchObject({ error: "VALIDATION" });
    expect(world.calls).toEqual([]);
  });

  it("A41 bad options and a missing namespace throw before anything is delivered", async () => {
    const { federation } = new World(["s0"]).shards.get("s0")!;
    const alone = new Federation({
      namespace: undefined,
      name: "s0",
      runtime: { now: () => 0, startTimer: () => () => {}, randomId: () => "m" },
      deliver: () => 0,
    });
    const local = async () => expect.unreachable("delivered");
    const shards = ["s1"];
    for (const timeoutMs of [0, -1, Number.NaN, 300_001])
      await expect(federation.publish("t", { shards, timeoutMs }, local)).rejects.toBeInstanceOf(RangeError);
    for (const fanout of [0, 1.5, 257])
      await expect(federation.publish("t", { shards, fanout }, local)).rejects.toBeInstanceOf(RangeError);
    await expect(alone.publish("t", { shards }, local)).rejects.toMatchObject({ code: "NO_NAMESPACE" });
    await expect(federation.publish("t", { shards: namesOf(16), fanout: 2 }, local)).rejects.toMatchObject({
      code: "LIMIT",
    });
    const result = { ok: true, capability: "exact", matched: 7 } as const;
    const only = await alone.publish("t", { shards: ["s0"] }, async () => ({ result, frame: "{}" }));
    expect(only).toMatchObject({ matched: 7, shards: 1, failed: [] });
  });

  it("A41 an abort stops further calls and names who was not reached", async () => {
    const shards = namesOf(9);
    const world = new World(shards);
    for (const name of ["s1", "s5"]) world.shards.get(name)!.dead = true;
    const stop = new AbortController();
    world.time.startTimer(0.5, () => stop.abort());
    const result = await world.time.until(world.publish("s0", "x", { shards, fanout: 2, signal: stop.signal }));
    expect(result).toMatchObject({ capability: "estimate", matched: SOCKETS });
    expect(result.failed.sort()).toEqual(shards.slice(1));
    expect(world.calls.filter(({ from }) => from === "s0")).toHaveLength(2);
  });
});

describe("A42 a tree of shards", () => {
  it("A42 40 shards at fan-out 4: each once, exact, no caller calls more than four, no deeper than three", async () => {
    const shards = namesOf(40);
    const world = new World(shards);
    const result = await world.time.until(world.publish("s0", "hello", { shards, fanout: 4 }));
    expect(result).toMatchObject({ capability: "exact", matched: 400, shards: 40, failed: [] });
    for (const shard of world.shards.values()) expect(shard.got).toEqual(["hello"]);
    expect(Math.max(...world.callsByCaller().values())).toBeLessThanOrEqual(4);
    expect(Math.max(...world.calls.map(({ message }) => message.depth))).toBeLessThanOrEqual(DEPTH_MAX);
  });

  it("A42 a dead relay: its rest is sent by the next one, and it alone has failed", async () => {
    const shards = namesOf(40);
    const world = new World(shards);
    world.shards.get("s1")!.dead = true;
    const result = await world.time.until(world.publish("s0", "hello", { shards, fanout: 4 }));
    expect(result).toMatchObject({ capability: "estimate", matched: 390, failed: ["s1"] });
    for (const [name, { got }] of world.shards) expect(got, name).toEqual(name === "s1" ? [] : ["hello"]);
  });

  it("A42 a relay that takes the message and then is silent: all below it still have it once", async () => {
    const world = new World(namesOf(40));
    const [, , ...others] = namesOf(40);
    const silent = world.shards.get("s1")!;
    const { deliver } = silent.federation;
    silent.federation.deliver = async (message) => {
      await deliver.call(silent.federation, message);
      return new Promise(() => {});
    };
    const started = world.time.nowMs;
    const result = await world.time.until(world.publish("s0", "hello", { shards: namesOf(40), fanout: 4 }));
    expect(result).toMatchObject({ matched: 390, failed: ["s1"] });
    for (const name of others) expect(world.shards.get(name)!.got, name).toEqual(["hello"]);
    // 60 % of 5,000 ms for the first call; the repair is quick.
    expect(world.time.nowMs - started).toBeGreaterThanOrEqual(3_000);
    expect(world.time.nowMs - started).toBeLessThan(3_300);
  });

  it("A42 a hop gives its children 60 % of what it has, as a duration", async () => {
    const shards = namesOf(21);
    const world = new World(shards);
    await world.time.until(world.publish("s0", "x", { shards, fanout: 4, timeoutMs: 1_000 }));
    const budgets = new Map(world.calls.map(({ message }) => [message.depth, Math.round(message.budgetMs)]));
    expect([...budgets]).toEqual([
      [1, 600],
      [2, 360],
    ]);
  });

  it("A42 property: never twice, never silently missing, never late; without faults exact and bounded", {
    timeout: 60_000,
  }, async () => {
    const sizes = [0, 1, 2, 31, 32, 33, 100, 317, 1_000];
    for (let seed = 1; seed <= 300; seed++) {
      const random = randomBy(seed);
      const fanout = seed % 3 === 0 ? 32 : 2 + Math.floor(random() * 12);
      const count = Math.min(sizes[seed % sizes.length]! || Math.floor(random() * 200), capacity(fanout));
      const some = seed % 4 === 0 ? 0 : random() * 0.3;
      const faults = { dead: some * random(), lostCall: some * random(), lostAnswer: some * random(), late: some / 3 };
      const shards = namesOf(count);
      const world = new World(["sender", ...shards], random, faults);
      world.shards.get("sender")!.dead = false;
      const timeoutMs = 500 + Math.floor(random() * 5_000);
      const result = await world.time.until(world.publish("sender", "x", { shards, fanout, timeoutMs }));
      const failed = new Set(result.failed);
      const has = (name: string) => world.shards.get(name)!.got.length === 1;
      const tag = `seed ${seed}: ${count} shards, fan-out ${fanout}`;
      expect(result.ok, tag).toBe(true);
      expect(failed.size, `${tag}: a name failed twice`).toBe(result.failed.length);
      expect(
        shards.filter((name) => !has(name) && !failed.has(name)),
        `${tag}: silently missing`,
      ).toEqual([]);
      expect(world.time.nowMs, `${tag}: late`).toBeLessThanOrEqual(timeoutMs);
      const delivered = shards.filter(has).length;
      const { matched = 0 } = result as { matched?: number };
      expect(matched, `${tag}: counted more than delivered`).toBeLessThanOrEqual((delivered + 1) * SOCKETS);
      expect(matched, `${tag}: counted less than the rest`).toBe((count - failed.size + 1) * SOCKETS);
      if (some === 0) {
        expect(result, tag).toMatchObject({ capability: "exact", matched: (count + 1) * SOCKETS, failed: [] });
        expect(Math.max(0, ...world.callsByCaller().values()), tag).toBeLessThanOrEqual(fanout);
        expect(world.calls, tag).toHaveLength(count);
      }
      await world.time.drain();
      const twice = [...world.shards].filter(([, { got }]) => got.length > 1).map(([name]) => name);
      expect(twice, `${tag}: twice`).toEqual([]);
    }
  });
});

describe("A44 order", () => {
  it("A44 what one sender sends without waiting reaches every shard in that order", async () => {
    const shards = namesOf(40);
    const world = new World(shards, randomBy(44));
    const frames = Array.from({ length: 60 }, (_, index) => `f${index}`);
    const all = Promise.all(frames.map((frame) => world.publish("s0", frame, { shards, fanout: 4 })));
    for (const result of await world.time.until(all)) expect(result).toMatchObject({ matched: 400, failed: [] });
    for (const [name, { got }] of world.shards) expect(got, name).toEqual(frames);
  });

  it("A44 order holds though more shards are called meanwhile than stubs are kept", async () => {
    const [, ...shards] = namesOf(1_300);
    const first = shards.slice(0, 20);
    const world = new World(["s0", ...shards], randomBy(45));
    const all = [world.publish("s0", "first", { shards: first })];
    for (let at = 20; at < shards.length; at += 256)
      all.push(world.publish("s0", "crowd", { shards: shards.slice(at, at + 256), fanout: 256 }));
    all.push(world.publish("s0", "second", { shards: first }));
    for (const result of await world.time.until(Promise.all(all))) expect(result.failed).toEqual([]);
    for (const name of first) expect(world.shards.get(name)!.got, name).toEqual(["first", "second"]);
  });

  it("A44 stubs are forgotten once there are many and none of their calls is under way", async () => {
    let made = 0;
    const federation = new Federation({
      namespace: {
        idFromName: (name) => ({ toString: () => name, equals: () => false }),
        get: () => {
          made++;
          return { wskitDeliver: async () => ({ matched: 0, failed: [] }) };
        },
      },
      name: "s0",
      runtime: { now: () => 0, startTimer: () => () => {}, randomId: () => `m${made}` },
      deliver: () => 0,
    });
    const local = async () => ({ result: { ok: true, capability: "exact", matched: 0 } as const, frame: "{}" });
    const [, ...shards] = namesOf(1_281);
    for (let at = 0; at < shards.length; at += 256)
      await federation.publish("t", { shards: shards.slice(at, at + 256), fanout: 256 }, local);
    await federation.publish("t", { shards: shards.slice(0, 256), fanout: 256 }, local);
    expect(made).toBe(1_280 + 256);
  });

  it("A44 a stub that failed is not used again", async () => {
    const world = new World(["s0"]);
    let made = 0;
    const stub = (fails: boolean): RelayStub => ({
      wskitDeliver: async () => {
        if (fails) throw new Error("object was reset");
        return { matched: 1, failed: [] };
      },
    });
    const federation = new Federation({
      namespace: {
        idFromName: (name) => ({ toString: () => name, equals: () => false }),
        get: () => stub(made++ === 0),
      },
      name: "s0",
      runtime: { now: () => 0, startTimer: (ms, run) => world.time.startTimer(ms, run), randomId: () => "m" },
      deliver: () => 0,
    });
    const local = async () => ({ result: { ok: true, capability: "exact", matched: 0 } as const, frame: "{}" });
    expect(await federation.publish("t", { shards: ["s1"] }, local)).toMatchObject({ failed: ["s1"] });
    for (let round = 0; round < 3; round++)
      expect(await federation.publish("t", { shards: ["s1"] }, local)).toMatchObject({ matched: 1, failed: [] });
    expect(made).toBe(2);
  });
});

describe("A43 deliver", () => {
  it("A43 checks before it delivers", async () => {
    const world = new World(namesOf(2));
    const { federation, got } = world.shards.get("s1")!;
    await expect(federation.deliver({ ...tell(), v: 2 })).rejects.toMatchObject({
      code: "RELAY_INVALID",
      fault: "peer",
    });
    await expect(federation.deliver(tell({ depth: 3, relay: ["s0"] }))).rejects.toMatchObject({
      code: "RELAY_TOO_DEEP",
    });
    expect([got, world.calls]).toEqual([[], []]);
  });

  it("A42 a repeat answers with the first count and hands on all the same", async () => {
    const world = new World(namesOf(3));
    const { federation, got } = world.shards.get("s1")!;
    expect(await federation.deliver(tell())).toEqual({ matched: SOCKETS, failed: [] });
    expect(await world.time.until(federation.deliver(tell({ relay: ["s2"] })))).toEqual({
      matched: 2 * SOCKETS,
      failed: [],
    });
    expect([got, world.shards.get("s2")!.got]).toEqual([["{}"], ["{}"]]);
  });

  it("A43 what a peer's message has beside the known is not handed on; an answer that is none is a failure", async () => {
    const seen: unknown[] = [];
    const time = new VirtualTime();
    const answers: unknown[] = [{ matched: -1, failed: [] }, { matched: 1, failed: ["somebody"] }, undefined];
    const federation = new Federation({
      namespace: {
        idFromName: (name) => ({ toString: () => name, equals: () => false }),
        get: () => ({
          wskitDeliver: async (message) => {
            seen.push(Object.keys(message).sort().join(" "));
            return answers.shift() as never;
          },
        }),
      },
      name: "s0",
      runtime: { now: () => time.nowMs, startTimer: (ms, run) => time.startTimer(ms, run), randomId: () => "m" },
      deliver: () => 3,
    });
    const message = { ...tell({ relay: ["a", "b", "c"], fanout: 2 }), more: 1 };
    expect(await federation.deliver(message)).toEqual({ matched: 3, failed: ["a", "b", "c"] });
    expect(new Set(seen)).toEqual(new Set(["budgetMs depth fanout frame id relay topic v"]));
    expect(time.pending).toBe(0);
  });
});
