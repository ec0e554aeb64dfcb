// Federation over real Durable Objects: what stubs, ids, errors and sockets of the platform really are, and one message to 40 objects.
import { env, evictDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { federate } from "../../../../worker-ts/src/ws-kit/federation/federate";
import type { RelayMessage } from "../../../../worker-ts/src/ws-kit/federation/relay";
import { getShardedDoId, getShardedStub } from "../../../../worker-ts/src/ws-kit/federation/shard";
import type { FederationShard } from "./shard.ts";

/** For publishes of which none may fail: order holds only then, and the default of 5 s is too little for a thousand calls on a busy machine. */
const UNHURRIED_MS = 20_000;
const { WSKIT_SHARD: namespace } = env;
type Stub = DurableObjectStub<FederationShard>;
let worlds = 0;
/** Names that no other test has. */
const freshNames = (count: number): string[] => {
  worlds++;
  return Array.from({ length: count }, (_, index) => `world-${worlds}-${index}`);
};
const say = (stub: Stub) => stub.say("hi") as Promise<string>;

describe("A33 targets", () => {
  it("A33 names, ids and stubs of the platform, each once, in order", async () => {
    const [a, b, c, d] = freshNames(4) as [string, string, string, string];
    const idOf = (name: string) => namespace.idFromName(name);
    const targets = [a, b, a, idOf(c), idOf(c), namespace.getByName(d), namespace.getByName(d)];
    const results = await federate(namespace, targets, say);
    expect(results.values).toEqual([`${a}: hi`, `${b}: hi`, `${c}: hi`, `${d}: hi`]);
    expect([...results].map(({ name }) => name)).toEqual([a, b, c, d]);
    const bare = namespace.newUniqueId();
    const [result] = await federate(namespace, [bare, namespace.get(bare)], say);
    expect(result).toMatchObject({ status: "fulfilled", name: bare.toString() });
  });

  it("A45 a sharded stub is the object of that name", async () => {
    expect(await getShardedStub<Stub>(namespace, "room:general", 10).say("hi")).toBe("ws-router-3: hi");
    expect(getShardedDoId(namespace, "room:general", 10).equals(namespace.idFromName("ws-router-3"))).toBe(true);
  });
});

describe("A34 failures", () => {
  it("A34 an error of the application is remote and not retryable; the others answer", async () => {
    const names = freshNames(3);
    const action = (stub: Stub, { index }: { index: number }): Promise<string> =>
      index === 1 ? stub.fail() : say(stub);
    const results = await federate(namespace, names, action);
    expect(results.values).toHaveLength(2);
    expect(results.failed).toMatchObject([
      { name: names[1], attempts: 1, timedOut: false, remote: true, retryable: false },
    ]);
    expect(String(results.failed[0]!.reason)).toContain("application error");
  });

  it("A38 a stub is dead after its object was reset; the next attempt has a fresh one", async () => {
    const [name] = freshNames(1) as [string];
    const errorOf = (call: Promise<unknown>) =>
      call.then(
        () => undefined,
        (error: Error) => error,
      );
    const action = async (stub: Stub, { attempt }: { attempt: number }) => {
      if (attempt > 1) return stub.say(`attempt ${attempt}`) as Promise<string>;
      await errorOf(stub.reset() as Promise<void>);
      const dead = await errorOf(stub.say("to the dead") as Promise<string>);
      expect(dead).toMatchObject({ message: "reset by the test" });
      // The platform says so where it was its own doing; here the test made it up.
      throw Object.assign(dead!, { retryable: true });
    };
    const results = await federate(namespace, [name], action, { retries: 1, idempotent: true });
    expect(results.values).toEqual([`${name}: attempt 2`]);
  });

  it("A35 a timeout ends the wait, and what comes later is ignored", async () => {
    const names = freshNames(3);
    await federate(namespace, names, say); // awake, so that only what is slow on purpose is slow
    const slow = (stub: Stub, { index }: { index: number }) => stub.slow(index === 1 ? 12_000 : 0) as Promise<string>;
    const results = await federate(namespace, names, slow, { timeoutMs: 5_000 });
    expect(results.values).toEqual(["at last", "at last"]);
    expect(results.failed).toMatchObject([{ name: names[1], timedOut: true, attempts: 1, remote: false }]);
    expect(results.failed[0]!.ms).toBeLessThan(11_000);
    await new Promise((resolve) => setTimeout(resolve, 7_500));
  });

  it("A35 an object that federated holds no timer back: it sleeps", async () => {
    const [caller, ...others] = freshNames(4) as [string, ...string[]];
    const stub = namespace.getByName(caller);
    expect(await stub.federateFromInside(others, { timeoutMs: 60_000 })).toHaveLength(3);
    const { born } = await stub.state();
    await evictDurableObject(stub);
    expect((await stub.state()).born).not.toBe(born);
  });
});

it("A39 an object among its own targets runs locally, where an RPC to itself would never come back", async () => {
  const [me, ...others] = freshNames(3) as [string, ...string[]];
  const stub = namespace.getByName(me);
  const said = await stub.federateFromInside([others[0]!, me, others[1]!, me]);
  expect(said).toEqual([`${others[0]}: by RPC`, `${me}: from inside`, `${others[1]}: by RPC`]);
});

/** 40 objects with two sockets each. */
async function crowd(names: readonly string[]) {
  const got = new Map<string, string[][]>();
  for (const name of names) {
    const boxes: string[][] = [[], []];
    for (const box of boxes) {
      const answer = await namespace.getByName(name).fetch("https://shard/", { headers: { upgrade: "websocket" } });
      answer.webSocket!.addEventListener("message", ({ data }) => {
        box.push(String(data));
      });
      answer.webSocket!.accept();
    }
    got.set(name, boxes);
  }
  return got;
}
/** Sockets are read a little later than the answer of the call: waits for so many frames, and a moment for any too many. */
async function settle(got: ReadonlyMap<string, readonly (readonly string[])[]>, frames: number): Promise<void> {
  const count = () => [...got.values()].flat(2).length;
  for (let round = 0; round < 1_200 && count() < frames; round++)
    await new Promise((resolve) => setTimeout(resolve, 50));
  await new Promise((resolve) => setTimeout(resolve, 50));
}

describe("A42 one message to 40 objects", () => {
  const relays = async (names: readonly string[]) => {
    const states = await federate(namespace, names, (stub) => stub.state() as Promise<{ relays: number }>);
    return states.throwIfFailed().values.map((state) => state.relays);
  };

  it("A42 fan-out 4: every socket once, the sum exact, each object called once", async () => {
    const shards = freshNames(40);
    const got = await crowd(shards);
    const result = await namespace.getByName(shards[0]!).announce("hello", { shards, fanout: 4 });
    expect(result).toMatchObject({ ok: true, capability: "exact", matched: 80, shards: 40, failed: [] });
    await settle(got, 80);
    for (const [name, boxes] of got) expect(boxes, name).toEqual([["hello"], ["hello"]]);
    expect(await relays(shards)).toEqual([0, ...Array(39).fill(1)]);
  });

  it("A42 flat at the default fan-out of 32, a tree above; asleep before, all the same", async () => {
    const shards = freshNames(40);
    const got = await crowd(shards);
    for (const name of shards) await evictDurableObject(namespace.getByName(name));
    const sender = namespace.getByName(shards[39]!);
    expect(await sender.announce("to 33", { shards: shards.slice(0, 32) })).toMatchObject({ matched: 66, failed: [] });
    expect(await sender.announce("to 40", { shards })).toMatchObject({ matched: 80, shards: 40, failed: [] });
    await settle(got, 66 + 80);
    for (const [at, name] of shards.entries()) {
      const frames = at < 32 || at === 39 ? ["to 33", "to 40"] : ["to 40"];
      expect(got.get(name), name).toEqual([frames, frames]);
    }
  });

  it("A42 relays that throw, die or fall silent: their rest is sent again, nobody gets it twice, they alone have failed", async () => {
    const shards = freshNames(40);
    const got = await crowd(shards);
    // Heads of the four groups of the 39 others are 1, 11, 21 and 31.
    const ill = { 1: "throw", 11: "silent", 21: "reset", 12: "throw" } as const;
    for (const [at, ailment] of Object.entries(ill)) await namespace.getByName(shards[Number(at)]!).fallIll(ailment);
    const sender = namespace.getByName(shards[0]!);
    const result = await sender.announce("hello", { shards, fanout: 4, timeoutMs: 10_000 });
    expect(result).toMatchObject({ ok: true, capability: "estimate", matched: 72, shards: 40 });
    expect(result.failed.sort()).toEqual([1, 11, 12, 21].map((at) => shards[at]!).sort());
    await settle(got, 74);
    for (const [at, name] of shards.entries()) {
      const empty = at === 1 || at === 12 || at === 21;
      expect(got.get(name), `${at}`).toEqual(empty ? [[], []] : [["hello"], ["hello"]]);
    }
    // What died is there again: its stub was dropped, and the sockets of the object are what the reset took.
    const again = await sender.announce("again", { shards: [shards[21]!, shards[22]!], fanout: 4 });
    expect(again).toMatchObject({ capability: "exact", matched: 4, failed: [] });
  });

  it("A44 what one sender sends without waiting reaches all sockets in that order", async () => {
    const shards = freshNames(40);
    const got = await crowd(shards);
    const frames = Array.from({ length: 25 }, (_, index) => `f${index}`);
    const results = await namespace
      .getByName(shards[7]!)
      .announceAll(frames, { shards, fanout: 4, timeoutMs: UNHURRIED_MS });
    for (const result of results) expect(result).toMatchObject({ matched: 80, failed: [] });
    await settle(got, 80 * frames.length);
    for (const [name, boxes] of got) expect(boxes, name).toEqual([frames, frames]);
  });

  it("A43 a message that is too deep or wrong is refused by the object itself", async () => {
    const [name] = freshNames(1) as [string];
    const stub = namespace.getByName(name);
    const good = { v: 1 as const, id: "m", topic: "t", frame: "{}", relay: [], depth: 1, fanout: 4, budgetMs: 100 };
    expect(await stub.wskitDeliver(good)).toEqual({ matched: 0, failed: [] });
    const thrown = (message: RelayMessage) => stub.wskitDeliver(message).then(() => undefined, String);
    expect(await thrown({ ...good, depth: 4 })).toContain("at most 3 levels");
    expect(await thrown({ ...good, topic: "" })).toContain("topic");
  });
});
