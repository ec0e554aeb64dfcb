// A46: the contract on DurablePubSub in an object that hibernates in Node, at every place where a case sleeps.
import { expect, it } from "vitest";
import { createDurableObjectHandler, type DurablePubSub } from "../index";
import { type ContractWorld, contractRouter, type FakeClient, FakeDurableState, pubSubContract } from "./index";

/** One life of the object: what `wake` makes. */
interface Life {
  readonly pubsub: DurablePubSub;
  readonly publish: ReturnType<typeof contractRouter>["publish"];
}

const idOf = (request: Request): string => new URL(request.url).searchParams.get("id") ?? "";

async function durableWorld(): Promise<ContractWorld> {
  let life: Life | undefined;
  let state = new FakeDurableState({
    wake(state) {
      return createDurableObjectHandler(
        (scope) => {
          const { router, publish } = contractRouter(scope.pubsub);
          life = { pubsub: scope.pubsub, publish };
          return router;
        },
        { state, env: {}, runtime: state.runtime, clientId: idOf },
      );
    },
  });
  const clients = new Map<string, FakeClient>();
  let serial = 0;
  // Which events wake the object is the fake's matter; a call from outside is an event too, so cases never meet a sleeping object.
  const awake = async (): Promise<Life> => {
    await state.fetch(new Request("https://room/"));
    return life!;
  };
  const adapter = {
    subscribe: async (id: string, topic: string) => (await awake()).pubsub.subscribe(id, topic),
    unsubscribe: async (id: string, topic: string) => (await awake()).pubsub.unsubscribe(id, topic),
    replace: async (id: string, topics: Iterable<string>) => (await awake()).pubsub.replace(id, topics),
    listTopics: async () => (await awake()).pubsub.listTopics(),
    hasTopic: async (topic: string) => (await awake()).pubsub.hasTopic(topic),
    async *getSubscribers(topic: string) {
      yield* (await awake()).pubsub.getSubscribers(topic);
    },
  };
  return {
    adapter,
    async connect() {
      const id = `client-${++serial}`;
      const client = await state.connect(`https://room/?id=${id}`);
      clients.set(id, client);
      return {
        id,
        frames: async () => client.frames.filter((frame) => typeof frame === "string"),
        close: () => client.close(1000, "bye"),
      };
    },
    publish: async (topic, payload, options) =>
      (await awake()).publish(async (id, frame) => clients.get(id)!.send(frame), topic, payload, options),
    async sleep() {
      await state.settled();
      state = state.evict();
      life = undefined;
    },
  };
}

pubSubContract("A46 DurablePubSub in a fake object", durableWorld, { it, expect });
