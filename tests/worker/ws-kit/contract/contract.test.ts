// A46 in workerd: the contract on DurablePubSub in a real object, which is evicted wherever a case sleeps.
import { env, evictDurableObject, runInDurableObject } from "cloudflare:test";
import { expect, it } from "vitest";
import { type ContractWorld, pubSubContract } from "../../../../worker-ts/src/ws-kit/testing/index";
import { type ContractRoom, MARK } from "./room.ts";

const ARRIVAL_MS_MAX = 2_000;
let rooms = 0;

/** Waits for something that sockets bring. */
async function until(check: () => boolean): Promise<void> {
  const end = Date.now() + ARRIVAL_MS_MAX;
  while (!check()) {
    if (Date.now() > end) throw new Error("nothing came");
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

async function workerdWorld(): Promise<ContractWorld> {
  const stub = env.WSKIT_CONTRACT.getByName(`contract-${++rooms}`);
  const inside = <T>(work: (room: ContractRoom, state: DurableObjectState) => Promise<T>): Promise<T> =>
    runInDurableObject(stub, work);
  const sockets: WebSocket[] = [];
  let serial = 0;

  async function connect() {
    const id = `client-${++serial}`;
    const { webSocket: socket } = await stub.fetch(`https://room/?id=${id}`, { headers: { upgrade: "websocket" } });
    if (!socket) throw new Error("refused");
    sockets.push(socket);
    const got: string[] = [];
    let marks = 0;
    let closed = false;
    socket.addEventListener("message", ({ data }) => {
      if (data === MARK) marks++;
      else if (typeof data === "string") got.push(data);
    });
    socket.addEventListener("close", () => {
      closed = true;
    });
    socket.accept();
    return {
      id,
      async frames() {
        const wanted = marks + 1;
        if (!closed) socket.send(JSON.stringify({ type: MARK }));
        await until(() => closed || marks === wanted);
        return [...got];
      },
      async close() {
        socket.close(1000, "bye");
        await until(() => closed);
      },
    };
  }

  return {
    connect,
    adapter: {
      subscribe: (id, topic) => inside(({ pubsub }) => pubsub.subscribe(id, topic)),
      unsubscribe: (id, topic) => inside(({ pubsub }) => pubsub.unsubscribe(id, topic)),
      replace: (id, topics) => inside(({ pubsub }) => pubsub.replace(id, topics)),
      listTopics: () => inside(({ pubsub }) => pubsub.listTopics()),
      hasTopic: (topic) => inside(({ pubsub }) => pubsub.hasTopic(topic)),
      async *getSubscribers(topic) {
        yield* await inside(async ({ pubsub }) => {
          const ids: string[] = [];
          for await (const id of pubsub.getSubscribers(topic)) ids.push(id);
          return ids;
        });
      },
    },
    publish: (topic, payload, options) =>
      inside((room, state) =>
        room.publish(
          (id, frame) => room.handler.webSocketMessage(state.getWebSockets(`c:${id}`)[0]!, frame),
          topic,
          payload,
          options,
        ),
      ),
    sleep: () => evictDurableObject(stub),
    async dispose() {
      for (const socket of sockets) if (socket.readyState === WebSocket.OPEN) socket.close(1000, "done");
    },
  };
}

pubSubContract("A46 DurablePubSub in workerd", workerdWorld, { it, expect });
