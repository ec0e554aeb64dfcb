// A49: the types in plain Node, without a word of Cloudflare's: the contract, the fake object and the functions that need no workerd.

import assert from "node:assert/strict";
import { after, it } from "node:test";
import {
  createDurableObjectHandler,
  DurablePubSub,
  federate,
  rendezvousShard,
  topicToDoName,
  WsKitDurableError,
} from "@ferrule/worker/ws-kit";
import { contractWorld, FakeDurableState, pubSubContract } from "@ferrule/worker/ws-kit/testing";
import { createRouter, type PubSubAdapter } from "@ws-kit/core";
import { withPubSub } from "@ws-kit/pubsub";

const expect = (actual: unknown) => ({ toEqual: (wanted: unknown) => assert.deepEqual(actual, wanted) });

/** The smallest adapter, as somebody writes it: the plugin delivers. */
function plainAdapter(): PubSubAdapter {
  const topics = new Map<string, Set<string>>();
  const ids = (topic: string): Set<string> => {
    const known = topics.get(topic) ?? new Set();
    topics.set(topic, known);
    return known;
  };
  return {
    async publish({ topic, meta }) {
      const matched = [...ids(topic)].filter((id) => id !== meta?.["excludeClientId"]).length;
      return { ok: true, capability: "exact", matched };
    },
    subscribe: async (id, topic) => void ids(topic).add(id),
    unsubscribe: async (id, topic) => void ids(topic).delete(id),
    async *getSubscribers(topic) {
      yield* ids(topic);
    },
    async replace(id, wanted) {
      const next = new Set(wanted);
      const had = [...topics].filter(([, each]) => each.has(id)).map(([topic]) => topic);
      const counts = {
        added: [...next].filter((topic) => !had.includes(topic)).length,
        removed: had.filter((topic) => !next.has(topic)).length,
        total: next.size,
      };
      for (const topic of had) ids(topic).delete(id);
      for (const topic of next) ids(topic).add(id);
      return counts;
    },
  };
}
pubSubContract("a plain adapter", () => contractWorld(plainAdapter()), { it, expect });

type User = { name: string };
it("a room that sleeps, in Node", async () => {
  let state = new FakeDurableState({
    name: "lobby",
    wake: (state) =>
      createDurableObjectHandler(
        ({ pubsub }) => {
          const router = createRouter<User>().plugin(withPubSub<User>({ adapter: pubsub }));
          router.onOpen((ctx) => ctx.topics.subscribe("talk"));
          return router;
        },
        { state, env: {}, runtime: state.runtime, authenticate: () => ({ name: "ann" }) },
      ),
  });
  const ann = await state.connect("https://room/");
  await ann.send("ping");
  assert.deepEqual(ann.frames, ["pong"]);
  state = state.evict();
  await ann.close(1000, "bye");
  assert.deepEqual(ann.closed, { code: 1000, reason: "bye" });
});

it("federation needs no workerd either", async () => {
  const stubs = {
    idFromName: (name: string) => ({ name, toString: () => name, equals: () => false }),
    get: ({ name = "" }) => name,
  };
  const results = await federate(stubs, ["a", "b"], async (stub) => `${stub}!`);
  assert.deepEqual(results.values, ["a!", "b!"]);
  assert.equal(rendezvousShard("k", ["only"]), "only");
  assert.match(topicToDoName("t", 4), /[0-3]$/);
});

it("a pubsub that no handler took says so by its code", async () => {
  const error = await new DurablePubSub().subscribe("id", "topic").catch((each: unknown) => each);
  assert.ok(error instanceof WsKitDurableError);
  assert.equal(error.code, "PUBSUB_UNATTACHED");
});
after(() => console.log("all of it ran"));
