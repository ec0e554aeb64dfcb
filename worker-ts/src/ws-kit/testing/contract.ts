// What every ws-kit pub/sub adapter must do, as thirty cases that any test runner can run: on memory, on a fake object, on a real one.
// The cases see an adapter only through ContractWorld; no platform, no timer and no runner may enter here.
import type { PublishResult, PubSubAdapter } from "@ws-kit/core";

/** Type of the messages that the cases publish: a world's `publish` must send this type. */
export const CONTRACT_MESSAGE = "NOTE";

/** How a case publishes. */
export interface ContractPublishOptions {
  /** Client id of the author, who publishes from a handler (`ctx.publish`); left out: the router publishes. */
  readonly from?: string;
  readonly excludeSelf?: boolean;
  readonly meta?: Record<string, unknown>;
}

/** A connected client as its own end of the socket sees it. */
export interface ContractClient {
  readonly id: string;
  /** Every text frame that came since the client connected, once all that was sent before this call has arrived. */
  frames(): Promise<readonly string[]>;
  /** Closes from the client's end; settles when the router's close has run. */
  close(): Promise<void>;
}

/** The part of an adapter that cases call directly. Where it lives in an object elsewhere, each method may be a remote call. */
export type ContractAdapter = Pick<
  PubSubAdapter,
  "subscribe" | "unsubscribe" | "getSubscribers" | "replace" | "listTopics" | "hasTopic"
>;

/** One router with pubsub on the adapter under test, and clients. Each case gets a fresh one. */
export interface ContractWorld {
  readonly adapter: ContractAdapter;
  connect(): Promise<ContractClient>;
  /** Publishes a message of type CONTRACT_MESSAGE through the router. */
  publish(topic: string, payload: unknown, options?: ContractPublishOptions): Promise<PublishResult>;
  /** Forgets all that hibernation forgets. Left out where nothing sleeps: those cases then run awake. */
  sleep?(): Promise<void>;
  dispose?(): Promise<void>;
}

/** What is used of a test runner; `it` and `expect` of Vitest, Jest and Bun fit as they are. */
export interface ContractApi {
  readonly it: (name: string, run: () => Promise<void>) => unknown;
  readonly expect: (actual: unknown) => { toEqual(expected: unknown): unknown };
}

type Expect = ContractApi["expect"];
type Case = readonly [name: string, run: (world: ContractWorld, expect: Expect) => Promise<void>];

/** Payloads of the frames that a client got. */
async function payloads(client: ContractClient): Promise<unknown[]> {
  return (await client.frames()).map((frame) => (JSON.parse(frame) as { payload?: unknown }).payload);
}

async function subscribers(world: ContractWorld, topic: string): Promise<string[]> {
  const ids: string[] = [];
  for await (const id of world.adapter.getSubscribers(topic)) ids.push(id);
  return ids.sort();
}

/** A client that hears these topics. */
async function listener(world: ContractWorld, ...topics: string[]): Promise<ContractClient> {
  const client = await world.connect();
  for (const topic of topics) await world.adapter.subscribe(client.id, topic);
  return client;
}

/** `matched` is a promise only where the adapter says that it knows. */
function expectMatched(expect: Expect, result: PublishResult, matched: number): void {
  expect(result.ok).toEqual(true);
  if (result.ok && result.capability === "exact") expect(result.matched).toEqual(matched);
}

const TOPIC_NAMES = ["room", "room:1", "room:10", "room:*", "ROOM", "räum", "a b", "__proto__", "constructor"];

const SUBSCRIBING: readonly Case[] = [
  [
    "a publish to a topic that nobody has is ok and matches nobody",
    async (world, expect) => {
      const client = await listener(world);
      expectMatched(expect, await world.publish("empty", 1), 0);
      expect(await payloads(client)).toEqual([]);
    },
  ],
  [
    "every subscriber gets a message once, others get nothing",
    async (world, expect) => {
      const clients = [await listener(world, "a"), await listener(world, "a"), await listener(world, "b")];
      await world.publish("a", { text: "hi" });
      const got = await Promise.all(clients.map(payloads));
      expect(got).toEqual([[{ text: "hi" }], [{ text: "hi" }], []]);
    },
  ],
  [
    "subscribing twice delivers once, and one unsubscribe ends it",
    async (world, expect) => {
      const client = await listener(world, "a", "a");
      expectMatched(expect, await world.publish("a", 1), 1);
      await world.adapter.unsubscribe(client.id, "a");
      expectMatched(expect, await world.publish("a", 2), 0);
      expect(await payloads(client)).toEqual([1]);
    },
  ],
  [
    "subscribing many at once counts each",
    async (world, expect) => {
      const clients = await Promise.all([world.connect(), world.connect(), world.connect()]);
      await Promise.all(clients.map(({ id }) => world.adapter.subscribe(id, "a")));
      expect(await subscribers(world, "a")).toEqual(clients.map(({ id }) => id).sort());
      expectMatched(expect, await world.publish("a", 1), 3);
    },
  ],
  [
    "topics of one client are apart",
    async (world, expect) => {
      const client = await listener(world, "a", "b");
      await world.publish("a", 1);
      await world.adapter.unsubscribe(client.id, "a");
      await world.publish("a", 2);
      await world.publish("b", 3);
      expect(await payloads(client)).toEqual([1, 3]);
    },
  ],
  [
    "topic names are taken literally: no wildcard, no prefix, no letter case, no name that objects have",
    async (world, expect) => {
      const clients = await Promise.all(TOPIC_NAMES.map((name) => listener(world, name)));
      for (const name of TOPIC_NAMES) await world.publish(name, name);
      expect(await Promise.all(clients.map(payloads))).toEqual(TOPIC_NAMES.map((name) => [name]));
    },
  ],
  [
    "unsubscribing from what one does not have changes nothing",
    async (world, expect) => {
      const client = await listener(world, "a");
      const other = await listener(world, "b");
      await world.adapter.unsubscribe(client.id, "b");
      await world.adapter.unsubscribe(client.id, "nothing");
      await world.publish("a", 1);
      await world.publish("b", 2);
      expect([await payloads(client), await payloads(other)]).toEqual([[1], [2]]);
    },
  ],
  [
    "unsubscribing one leaves the others",
    async (world, expect) => {
      const [leaver, stayer] = [await listener(world, "a"), await listener(world, "a")];
      await world.adapter.unsubscribe(leaver.id, "a");
      await world.adapter.unsubscribe(leaver.id, "a");
      expectMatched(expect, await world.publish("a", 1), 1);
      expect([await payloads(leaver), await payloads(stayer)]).toEqual([[], [1]]);
    },
  ],
  [
    "a client that nobody knows may be subscribed and unsubscribed, and disturbs nobody",
    async (world, expect) => {
      const client = await listener(world, "a");
      await world.adapter.subscribe("nobody", "a");
      expect((await world.publish("a", 1)).ok).toEqual(true);
      await world.adapter.unsubscribe("nobody", "a");
      expectMatched(expect, await world.publish("a", 2), 1);
      expect(await payloads(client)).toEqual([1, 2]);
    },
  ],
];

const VALUES = [0, -1.5, "", "ä\u0000\u2028😀", true, null, [], {}, [[1], { deep: [{ er: null }] }]];

const FRAMES: readonly Case[] = [
  [
    "the frame is type and payload; the topic stays inside",
    async (world, expect) => {
      const client = await listener(world, "secret-topic");
      await world.publish("secret-topic", { n: 1 });
      const [frame] = await client.frames();
      expect(JSON.parse(frame!)).toEqual({ type: CONTRACT_MESSAGE, payload: { n: 1 } });
      expect(frame!.includes("secret-topic")).toEqual(false);
    },
  ],
  [
    "meta travels with the message, empty meta is left out",
    async (world, expect) => {
      const client = await listener(world, "a");
      await world.publish("a", 1, { meta: { trace: "t", deep: { n: 1 } } });
      await world.publish("a", 2, { meta: {} });
      const [full, empty] = (await client.frames()).map((frame) => JSON.parse(frame) as object);
      expect(full).toEqual({ type: CONTRACT_MESSAGE, meta: { trace: "t", deep: { n: 1 } }, payload: 1 });
      expect(Object.keys(empty!)).toEqual(["type", "payload"]);
    },
  ],
  [
    "no payload is left out, null is not",
    async (world, expect) => {
      const client = await listener(world, "a");
      await world.publish("a", undefined);
      await world.publish("a", null);
      const [none, nothing] = (await client.frames()).map((frame) => JSON.parse(frame) as object);
      expect([none, nothing]).toEqual([{ type: CONTRACT_MESSAGE }, { type: CONTRACT_MESSAGE, payload: null }]);
    },
  ],
  [
    "what JSON can say arrives as it was said",
    async (world, expect) => {
      const client = await listener(world, "a");
      for (const value of VALUES) await world.publish("a", value);
      expect(await payloads(client)).toEqual(VALUES);
    },
  ],
  [
    "a large payload arrives whole",
    async (world, expect) => {
      const client = await listener(world, "a");
      const text = "0123456789abcdef".repeat(8_192);
      await world.publish("a", { text });
      expect(await payloads(client)).toEqual([{ text }]);
    },
  ],
  [
    "all subscribers get the same characters",
    async (world, expect) => {
      const clients = [await listener(world, "a"), await listener(world, "a"), await listener(world, "a")];
      await world.publish("a", { z: 1, a: [2], m: { b: 1, a: 2 } }, { meta: { q: 1 } });
      const frames = await Promise.all(clients.map((client) => client.frames()));
      expect(new Set(frames.flat()).size).toEqual(1);
    },
  ],
  [
    "what JSON cannot say is no exception and reaches nobody; the next message does",
    async (world, expect) => {
      const client = await listener(world, "a");
      const circle: { self?: unknown } = {};
      circle.self = circle;
      const results = [await world.publish("a", circle), await world.publish("a", { n: 1n })];
      for (const result of results) if (!result.ok) expect(result.retryable).toEqual(false);
      await world.publish("a", "after");
      expect(await payloads(client)).toEqual(["after"]);
    },
  ],
];

const AUTHORS: readonly Case[] = [
  [
    "an author who subscribes hears himself",
    async (world, expect) => {
      const author = await listener(world, "a");
      expectMatched(expect, await world.publish("a", 1, { from: author.id }), 1);
      expect(await payloads(author)).toEqual([1]);
    },
  ],
  [
    "excludeSelf passes over the author, who is not counted, and says nothing of him on the wire",
    async (world, expect) => {
      const [author, other] = [await listener(world, "a"), await listener(world, "a")];
      const result = await world.publish("a", 1, { from: author.id, excludeSelf: true, meta: { k: 1 } });
      expectMatched(expect, result, 1);
      expect(await author.frames()).toEqual([]);
      const frames = await other.frames();
      expect(frames.map((frame) => JSON.parse(frame))).toEqual([
        { type: CONTRACT_MESSAGE, meta: { k: 1 }, payload: 1 },
      ]);
      expect(frames[0]!.includes(author.id)).toEqual(false);
    },
  ],
  [
    "excludeSelf by an author who does not subscribe reaches all",
    async (world, expect) => {
      const [author, other] = [await listener(world), await listener(world, "a")];
      expectMatched(expect, await world.publish("a", 1, { from: author.id, excludeSelf: true }), 1);
      expect([await payloads(author), await payloads(other)]).toEqual([[], [1]]);
    },
  ],
  [
    "meta from a user cannot name somebody to pass over",
    async (world, expect) => {
      const victim = await listener(world, "a");
      const meta = { excludeClientId: victim.id, k: 1 };
      expectMatched(expect, await world.publish("a", 1, { meta }), 1);
      const frames = await victim.frames();
      expect(frames.map((frame) => JSON.parse(frame))).toEqual([
        { type: CONTRACT_MESSAGE, meta: { k: 1 }, payload: 1 },
      ]);
    },
  ],
];

const NUMBERS = Array.from({ length: 20 }, (_, index) => index);

const ORDER: readonly Case[] = [
  [
    "messages arrive in the order in which they were published",
    async (world, expect) => {
      const clients = [await listener(world, "a"), await listener(world, "a")];
      for (const n of NUMBERS) await world.publish("a", n);
      expect(await Promise.all(clients.map(payloads))).toEqual([NUMBERS, NUMBERS]);
    },
  ],
  [
    "publishes at the same time all arrive, each once",
    async (world, expect) => {
      const client = await listener(world, "a");
      const results = await Promise.all(NUMBERS.map((n) => world.publish("a", n)));
      for (const result of results) expectMatched(expect, result, 1);
      const got = (await payloads(client)) as number[];
      expect(got.sort((one, two) => one - two)).toEqual(NUMBERS);
    },
  ],
];

const REPLACING: readonly Case[] = [
  [
    "replace counts what came and went, and the new set is what is delivered",
    async (world, expect) => {
      const client = await listener(world, "a", "b");
      const counts = await world.adapter.replace?.(client.id, ["b", "c", "d"]);
      if (counts === undefined) return;
      expect(counts).toEqual({ added: 2, removed: 1, total: 3 });
      for (const topic of ["a", "b", "c", "d"]) await world.publish(topic, topic);
      expect(await payloads(client)).toEqual(["b", "c", "d"]);
    },
  ],
  [
    "replace by the same set, in any order and with repeats, changes nothing",
    async (world, expect) => {
      const client = await listener(world, "a", "b");
      const counts = await world.adapter.replace?.(client.id, ["b", "a", "b"]);
      if (counts === undefined) return;
      expect(counts).toEqual({ added: 0, removed: 0, total: 2 });
      expect([await subscribers(world, "a"), await subscribers(world, "b")]).toEqual([[client.id], [client.id]]);
    },
  ],
  [
    "replace by nothing takes everything from that client and nothing from others",
    async (world, expect) => {
      const [client, other] = [await listener(world, "a", "b"), await listener(world, "a", "b")];
      const counts = await world.adapter.replace?.(client.id, []);
      if (counts === undefined) return;
      expect(counts).toEqual({ added: 0, removed: 2, total: 0 });
      expect([await subscribers(world, "a"), await subscribers(world, "b")]).toEqual([[other.id], [other.id]]);
    },
  ],
];

const LIVES: readonly Case[] = [
  [
    "topics are listed while somebody has them, and not longer",
    async (world, expect) => {
      const { adapter } = world;
      const client = await listener(world, "a", "b");
      if (adapter.listTopics) expect([...(await adapter.listTopics())].sort()).toEqual(["a", "b"]);
      if (adapter.hasTopic) expect([await adapter.hasTopic("a"), await adapter.hasTopic("c")]).toEqual([true, false]);
      await adapter.unsubscribe(client.id, "a");
      if (adapter.listTopics) expect(await adapter.listTopics()).toEqual(["b"]);
      if (adapter.hasTopic) expect(await adapter.hasTopic("a")).toEqual(false);
      expect([await subscribers(world, "a"), await subscribers(world, "b")]).toEqual([[], [client.id]]);
    },
  ],
  [
    "a client that closed is no subscriber any more; others go on",
    async (world, expect) => {
      const [leaver, stayer] = [await listener(world, "a", "b"), await listener(world, "a")];
      await leaver.close();
      expectMatched(expect, await world.publish("a", 1), 1);
      expect([await subscribers(world, "a"), await subscribers(world, "b")]).toEqual([[stayer.id], []]);
      expect([await payloads(leaver), await payloads(stayer)]).toEqual([[], [1]]);
    },
  ],
  [
    "a new client begins with no topic",
    async (world, expect) => {
      await (await listener(world, "a")).close();
      const client = await listener(world);
      expectMatched(expect, await world.publish("a", 1), 0);
      expect(await payloads(client)).toEqual([]);
    },
  ],
  [
    "a sleep loses no topic, brings none back, and keeps a replaced set",
    async (world, expect) => {
      const [one, two] = [await listener(world, "a", "b"), await listener(world, "a")];
      await world.sleep?.();
      expectMatched(expect, await world.publish("a", 1), 2);
      await world.adapter.unsubscribe(one.id, "a");
      await world.sleep?.();
      expectMatched(expect, await world.publish("a", 2), 1);
      const counts = await world.adapter.replace?.(two.id, ["b"]);
      await world.sleep?.();
      expect(await subscribers(world, "b")).toEqual((counts ? [one.id, two.id] : [one.id]).sort());
      expect([await payloads(one), await payloads(two)]).toEqual([[1], [1, 2]]);
    },
  ],
  [
    "after a sleep an author who publishes from a handler is still passed over, and still the same",
    async (world, expect) => {
      const [author, other] = [await listener(world, "a"), await listener(world, "a")];
      await world.sleep?.();
      expectMatched(expect, await world.publish("a", 1, { from: author.id, excludeSelf: true }), 1);
      expectMatched(expect, await world.publish("a", 2, { from: author.id }), 2);
      expect([await payloads(author), await payloads(other)]).toEqual([[2], [1, 2]]);
    },
  ],
];

/** The cases, in order. */
const CASES: readonly Case[] = [...SUBSCRIBING, ...FRAMES, ...AUTHORS, ...ORDER, ...REPLACING, ...LIVES];

/**
 * Registers thirty cases named `<name> 01 …` to `<name> 30 …` with a test runner. `make` is called once per case; a world's `dispose`
 * runs at the end also of a case that failed.
 */
export function pubSubContract(name: string, make: () => Promise<ContractWorld>, api: ContractApi): void {
  for (const [index, [what, run]] of CASES.entries()) {
    api.it(`${name} ${String(index + 1).padStart(2, "0")} ${what}`, async () => {
      const world = await make();
      try {
        await run(world, api.expect);
      } finally {
        await world.dispose?.();
      }
    });
  }
}
