// Names of shards: upstream's answers, and how few keys move when a list changes.
import { expect, it } from "vitest";
import { getShardedDoId, getShardedStub, rendezvousShard, scopeToDoName, topicToDoName } from "./shard";

const namespace = {
  idFromName: (name: string) => ({ name, toString: () => `id of ${name}`, equals: () => false }),
  get: (id: { toString(): string }) => ({ stub: id.toString() }),
};

// ws-kit's own `topicToDoName` (kriasoft/ws-kit, sharding.ts) gave these.
it.each<[topic: string, shards: number, prefix: string | undefined, name: string]>([
  ["room:general", 10, undefined, "ws-router-3"],
  ["room:random", 10, undefined, "ws-router-8"],
  ["room:general", 20, undefined, "ws-router-13"],
  ["", 10, undefined, "ws-router-0"],
  ["a", 10, undefined, "ws-router-7"],
  ["hello", 1_000_000, undefined, "ws-router-162322"],
  ["user:42", 16, undefined, "ws-router-13"],
  ["room:🚀", 10, undefined, "ws-router-6"],
  ["комната", 7, undefined, "ws-router-2"],
  ["x".repeat(256), 97, undefined, "ws-router-47"],
  ["tenant:acme", 100, "acme", "acme-58"],
  ["polygenelubricants", 2 ** 31, undefined, "ws-router-0"],
  ["zzzzzzzz", 2 ** 32, undefined, "ws-router-2384944384"],
])("A45 upstream's answer for %s among %d", (topic, shards, prefix, name) => {
  expect(topicToDoName(topic, shards, prefix)).toBe(name);
});

it("A45 a number of shards that is none is refused", () => {
  for (const shards of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])
    expect(() => topicToDoName("a", shards)).toThrow(RangeError);
  expect(() => getShardedStub(namespace, "a", 0)).toThrow(RangeError);
});

it("A45 the older name, ids and stubs", () => {
  expect(scopeToDoName).toBe(topicToDoName);
  expect(getShardedDoId(namespace, "room:1", 1).toString()).toBe("id of ws-router-0");
  expect(getShardedStub(namespace, "room:1", 1, "rooms")).toEqual({ stub: "id of rooms-0" });
});

const keys = Array.from({ length: 20_000 }, (_, index) => `room:${index}`);
const shardsOf = (count: number) => Array.from({ length: count }, (_, index) => `shard-${index}`);

it("A45 rendezvous: a shard more moves about one key in n + 1, all of them to the new shard", () => {
  for (const count of [1, 2, 3, 10, 31]) {
    const before = shardsOf(count);
    const after = [...before, `shard-${count}`];
    const moved = keys.filter((key) => rendezvousShard(key, before) !== rendezvousShard(key, after));
    expect(moved.length / keys.length).toBeGreaterThan(0.85 / (count + 1));
    expect(moved.length / keys.length).toBeLessThan(1.15 / (count + 1));
    for (const key of moved) expect(rendezvousShard(key, after)).toBe(`shard-${count}`);
  }
});

it("A45 rendezvous: a shard that goes moves its own keys only, and evenly", () => {
  const before = shardsOf(10);
  const after = before.filter((name) => name !== "shard-4");
  const loads = new Map<string, number>();
  for (const key of keys) {
    const [old, now] = [rendezvousShard(key, before), rendezvousShard(key, after)];
    if (old !== "shard-4") expect(now).toBe(old);
    else loads.set(now, (loads.get(now) ?? 0) + 1);
  }
  expect(loads.size).toBe(9);
  const mean = [...loads.values()].reduce((sum, load) => sum + load, 0) / 9;
  for (const load of loads.values()) expect(Math.abs(load / mean - 1)).toBeLessThan(0.3);
});

it("A45 rendezvous: even, whatever the names look like, and whatever their order", () => {
  const lists = [
    shardsOf(16),
    ["a", "b", "c"],
    ["eu-1", "eu-2", "us-1", "us-2"],
    shardsOf(7).map((name) => `${name}.`.repeat(9)),
  ];
  for (const list of lists) {
    const loads = new Map(list.map((name) => [name, 0]));
    for (const key of keys) {
      const shard = rendezvousShard(key, list);
      loads.set(shard, loads.get(shard)! + 1);
    }
    for (const [name, load] of loads) expect(Math.abs((load * list.length) / keys.length - 1), name).toBeLessThan(0.12);
    for (const key of keys.slice(0, 500))
      expect(rendezvousShard(key, [...list].reverse())).toBe(rendezvousShard(key, list));
  }
});

it("A45 rendezvous: the same answers for ever, and none for an empty list", () => {
  expect(
    ["room:general", "room:random", "", "комната"].map((key) => rendezvousShard(key, shardsOf(10))),
  ).toMatchInlineSnapshot(`
    [
      "shard-1",
      "shard-9",
      "shard-4",
      "shard-9",
    ]
  `);
  expect(rendezvousShard("a", ["only"])).toBe("only");
  expect(() => rendezvousShard("a", [])).toThrow(RangeError);
});
