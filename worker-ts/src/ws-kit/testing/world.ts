// Worlds for the contract around an adapter that lives in this process: a router that publishes what cases ask for, and sockets that
// are arrays. Knows ws-kit's core and pubsub plugin, and no platform.
import {
  createRouter,
  type MessageDescriptor,
  type MinimalContext,
  type PublishOptions,
  type PublishResult,
  type PubSubAdapter,
  type PubSubContext,
  type Router,
  type ServerWebSocket,
} from "@ws-kit/core";
import { DESCRIPTOR } from "@ws-kit/core/internal";
import { withPubSub } from "@ws-kit/pubsub";
import { CONTRACT_MESSAGE, type ContractClient, type ContractPublishOptions, type ContractWorld } from "./contract";

/** A message without a schema library: only its type is checked. */
const event = (messageType: string): MessageDescriptor =>
  Object.defineProperty({ messageType }, DESCRIPTOR, { value: { messageType, kind: "event" } });

const NOTE = event(CONTRACT_MESSAGE);
const SPEAK = event("SPEAK");
const SPEAK_FRAME = JSON.stringify({ type: SPEAK.messageType });

/** Publishes as a handler of that client: `deliver` hands the frame to the router as if the client had sent it. */
type Deliver = (clientId: string, frame: string) => Promise<void>;
type Speech = (publish: PubSubContext["publish"]) => Promise<void>;

function makeRouter(adapter: PubSubAdapter) {
  const speeches = new Map<string, Speech>();
  const router = createRouter().plugin(withPubSub({ adapter }));
  router.on(SPEAK, async (ctx: MinimalContext & PubSubContext) => {
    await speeches.get(ctx.clientId)?.((...publication) => ctx.publish(...publication));
  });

  async function publish(
    deliver: Deliver,
    topic: string,
    payload: unknown,
    { from, ...rest }: ContractPublishOptions = {},
  ): Promise<PublishResult> {
    const options: PublishOptions = rest;
    if (from === undefined) return router.publish(topic, NOTE, payload, options);
    let result: PublishResult | undefined;
    speeches.set(from, async (speak) => {
      result = await speak(topic, NOTE, payload, options);
    });
    await deliver(from, SPEAK_FRAME);
    speeches.delete(from);
    if (result === undefined) throw new Error(`the router did not hand on the frame of client ${from}`);
    return result;
  }
  return { router, publish };
}

/** A router for worlds whose clients are not arrays. */
export interface ContractRouter {
  readonly router: Router;
  /** What the world's `publish` does. `deliver` is asked only for a publish `from` somebody. */
  publish(deliver: Deliver, topic: string, payload: unknown, options?: ContractPublishOptions): Promise<PublishResult>;
}

/**
 * The router of a contract world: pubsub on the adapter, and a handler that publishes in a client's name. For worlds of one's own;
 * `contractWorld` makes the whole of it where sockets may be arrays.
 */
export const contractRouter = (adapter: PubSubAdapter): ContractRouter => makeRouter(adapter);

/** A socket whose other end is an array. */
class ArraySocket implements ServerWebSocket {
  readonly frames: string[] = [];
  readyState: ServerWebSocket["readyState"] = "OPEN";

  send(data: string | ArrayBuffer): void {
    if (this.readyState !== "OPEN") throw new Error("the socket is closed");
    if (typeof data === "string") this.frames.push(data);
  }
  close(): void {
    this.readyState = "CLOSED";
  }
}

/**
 * A world around an adapter of this process, for `pubSubContract`:
 * `pubSubContract("mine", () => contractWorld(myAdapter()), { it, expect })`. Its sockets are arrays and nothing sleeps.
 */
export async function contractWorld(adapter: PubSubAdapter): Promise<ContractWorld> {
  const { router, publish } = makeRouter(adapter);
  const sockets = new Map<string, ArraySocket>();
  let opened = "";
  router.onOpen((ctx) => {
    opened = ctx.clientId;
  });
  await router.pubsub.init();

  /** One after the other: a core that awaits in between must not mix up whose id came. */
  let opening: Promise<unknown> = Promise.resolve();
  async function open(): Promise<ContractClient> {
    const socket = new ArraySocket();
    await router.websocket.open(socket);
    const id = opened;
    sockets.set(id, socket);
    return {
      id,
      frames: async () => [...socket.frames],
      close: async () => {
        socket.close();
        await router.websocket.close(socket, 1000, "");
      },
    };
  }
  return {
    adapter,
    connect() {
      const client = opening.then(open);
      opening = client;
      return client;
    },
    publish: (topic, payload, options) =>
      publish((id, frame) => router.websocket.message(sockets.get(id)!, frame), topic, payload, options),
    dispose: () => router.pubsub.shutdown(),
  };
}
