// The Worker of the tests of ws-kit: its objects are the rooms that the tests talk to. What an object does is planned in plan.ts.
import { DurableObject } from "cloudflare:workers";
import { createRouter, withPubSub, withZod } from "@ws-kit/zod";
import { asyncScope } from "../../../worker-ts/src/ws-kit/als";
import {
  createDurableObjectHandler,
  type DurableObjectHandler,
  DurablePubSub,
  type DurableStateLike,
} from "../../../worker-ts/src/ws-kit/index";
import { defineDurableRoom } from "../../../worker-ts/src/ws-kit/object";
import type { Data } from "./support/plan.ts";
import { planOf } from "./support/plan.ts";
import { chatRouter, Said } from "./support/rooms.ts";

type RelayMessage = Parameters<DurableObjectHandler<Data>["deliver"]>[0];

/** The query is the data: `?user=ann&farewell=lobby`. Without a user nobody comes in. */
function authenticate(request: Request): Data | undefined {
  const { user, ...rest } = Object.fromEntries(new URL(request.url).searchParams);
  return user === undefined ? undefined : { user, ...rest };
}

/** The state, and a count of how often somebody lists the sockets. */
function counted(ctx: DurableObjectState, listed: () => void): DurableStateLike {
  return {
    id: ctx.id,
    storage: ctx.storage,
    waitUntil: (promise) => ctx.waitUntil(promise),
    acceptWebSocket: (socket, tags) => ctx.acceptWebSocket(socket as WebSocket, tags),
    getWebSockets(tag) {
      listed();
      return ctx.getWebSockets(tag);
    },
    setWebSocketAutoResponse: (pair) => ctx.setWebSocketAutoResponse(pair as WebSocketRequestResponsePair),
    getWebSocketAutoResponseTimestamp: (socket) => ctx.getWebSocketAutoResponseTimestamp(socket as WebSocket),
  };
}

/** A room by hand: the handler, and the methods that workerd calls. */
export class PlannedRoom extends DurableObject<Cloudflare.Env> {
  readonly plan = planOf(this.ctx.id);
  readonly handler: DurableObjectHandler<Data>;

  constructor(ctx: DurableObjectState, env: Cloudflare.Env) {
    super(ctx, env);
    const { plan } = this;
    plan.births++;
    this.handler = createDurableObjectHandler<Data, Cloudflare.Env>(
      (scope) => plan.factory?.(scope) ?? chatRouter(scope, plan),
      {
        state: counted(ctx, () => plan.listings++),
        env,
        authenticate,
        onError: (error, { phase, clientId }) => plan.errors.push({ error, phase, clientId }),
        ...plan.options,
      },
    );
  }
  override async fetch(request: Request) {
    const { pathname, searchParams } = new URL(request.url);
    return pathname === "/foreign" ? this.#acceptForeign(searchParams.get("attachment")) : this.handler.fetch(request);
  }
  /** A socket that the adapter knows nothing of. */
  #acceptForeign(attachment: string | null) {
    const { 0: client, 1: server } = new WebSocketPair();
    this.ctx.acceptWebSocket(server, ["foreign"]);
    if (attachment !== null) server.serializeAttachment(JSON.parse(attachment));
    return new Response(null, { status: 101, webSocket: client });
  }
  override webSocketMessage(ws: WebSocket, data: string | ArrayBuffer) {
    return this.handler.webSocketMessage(ws, data);
  }
  override webSocketClose(ws: WebSocket, code: number, reason: string, wasClean: boolean) {
    return this.handler.webSocketClose(ws, code, reason, wasClean);
  }
  override webSocketError(ws: WebSocket, error: unknown) {
    return this.handler.webSocketError(ws, error);
  }
  wskitDeliver(message: RelayMessage) {
    return this.handler.deliver(message);
  }
  /** A publish that comes by RPC and may wake the object. */
  announce(topic: string, text: string) {
    return this.handler.publish(topic, Said, { text, from: "rpc" });
  }
  /** Wakes the object and nothing else. */
  births() {
    return this.plan.births;
  }
}

/** In an object without SQLite storage. */
export class OldRoom extends PlannedRoom {}

/** The class that comes ready-made. */
export class ReadyRoom extends defineDurableRoom<Data, Cloudflare.Env>(
  (scope) => chatRouter(scope, planOf(scope.id)),
  () => ({ authenticate, heartbeat: { request: "ping", response: "pong", staleAfterMs: 60_000 } }),
) {}

const scoping = asyncScope();
const scopedPubSub = new DurablePubSub({ scoping });
/** Outside of an event it belongs to no object. */
export const scopedRouter = createRouter<Data>()
  .plugin(withZod<Data>())
  .plugin(withPubSub<Data>({ adapter: scopedPubSub }));
scopedRouter.onOpen(async (ctx) => {
  await ctx.topics.subscribe("lobby");
  void ctx.send(Said, { text: "welcome", from: ctx.clientId });
});
scopedRouter.onClose(async (ctx) => {
  await ctx.publish("lobby", Said, { text: `${ctx.data.user} left`, from: ctx.clientId });
});
scopedRouter.on(Said, async (ctx) => {
  const { text } = ctx.payload;
  if (text.startsWith("later ")) await new Promise((resolve) => setTimeout(resolve, 5));
  await ctx.publish("lobby", Said, { text, from: ctx.data.user });
});

/** Many objects, one router of the module. */
export class ScopedRoom extends DurableObject<Cloudflare.Env> {
  readonly handler = createDurableObjectHandler<Data, Cloudflare.Env>(scopedRouter, {
    state: this.ctx,
    env: this.env,
    pubsub: scopedPubSub,
    scoping,
    authenticate,
  });
  override fetch(request: Request) {
    return this.handler.fetch(request);
  }
  override webSocketMessage(ws: WebSocket, data: string | ArrayBuffer) {
    return this.handler.webSocketMessage(ws, data);
  }
  override webSocketClose(ws: WebSocket, code: number, reason: string, wasClean: boolean) {
    return this.handler.webSocketClose(ws, code, reason, wasClean);
  }
  announce(text: string) {
    return this.handler.publish("lobby", Said, { text, from: "rpc" });
  }
}

export { ContractRoom } from "./contract/room.ts";
/** One shard of federation.test.ts. */
export { FederationShard } from "./federation/shard.ts";

export default { fetch: () => new Response("see the tests", { status: 404 }) };
