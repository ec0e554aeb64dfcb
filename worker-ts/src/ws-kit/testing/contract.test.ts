// A46: the contract on an adapter of this process, and what it says of adapters that are broken. On DurablePubSub it runs in
// durable.test.ts and, in workerd, in tests/worker/ws-kit/contract/contract.test.ts.
import type { PubSubAdapter } from "@ws-kit/core";
import { memoryPubSub } from "@ws-kit/memory";
import { expect, it, test } from "vitest";
import { contractWorld, pubSubContract } from "./index";

pubSubContract("A46 @ws-kit/memory", () => contractWorld(memoryPubSub()), { it, expect });

/** Numbers of the cases that an adapter fails. */
async function failures(make: () => PubSubAdapter): Promise<number[]> {
  const cases: (() => Promise<void>)[] = [];
  pubSubContract("", () => contractWorld(make()), { it: (_, run) => cases.push(run), expect });
  expect(cases).toHaveLength(30);
  const failed: number[] = [];
  for (const [index, run] of cases.entries()) await run().catch(() => failed.push(index + 1));
  return failed;
}

/** Memory's adapter with some of it broken. */
const broken = (change: (good: PubSubAdapter) => Partial<PubSubAdapter>) => (): PubSubAdapter => {
  const good: PubSubAdapter = memoryPubSub();
  return { ...good, ...change(good) };
};

async function* twice(ids: AsyncIterable<string>): AsyncIterable<string> {
  for await (const id of ids) {
    yield id;
    yield id;
  }
}

test.each<[fault: string, make: () => PubSubAdapter, failed: number[]]>([
  ["delivers twice", broken((good) => ({ getSubscribers: (topic) => twice(good.getSubscribers(topic)) })), [2, 3, 21]],
  ["never unsubscribes", broken(() => ({ unsubscribe: async () => {} })), [3, 5, 8, 26, 29]],
  [
    "does not tell capitals apart",
    broken((good) => ({ subscribe: (id, topic) => good.subscribe(id, topic.toLowerCase()) })),
    [6],
  ],
  [
    "counts an author who is passed over",
    broken((good) => ({ publish: ({ topic, payload }) => good.publish({ topic, payload }) })),
    [18],
  ],
  ["replaces nothing", broken(() => ({ replace: async () => ({ added: 0, removed: 0, total: 0 }) })), [23, 25, 27, 29]],
  [
    "miscounts a set that is the same",
    broken((good) => ({ replace: async (id, topics) => ({ ...(await good.replace!(id, topics)), added: 1 }) })),
    [24],
  ],
  [
    "throws for what JSON cannot say",
    broken((good) => ({
      async publish(envelope) {
        JSON.stringify(envelope);
        return good.publish(envelope);
      },
    })),
    [16],
  ],
  [
    "counts nobody",
    broken(() => ({ publish: async () => ({ ok: true, capability: "exact", matched: 0 }) })),
    [3, 4, 17, 22],
  ],
  ["lists topics for ever", broken(() => ({ listTopics: async () => ["a", "b"] })), [26]],
])("A46 the contract catches an adapter that %s", async (_, make, failed) => {
  expect(await failures(make)).toEqual(expect.arrayContaining(failed));
});
