// A49: the types as a Worker's author sees them. Compiled from the tarball under both packages of platform types; never run.

import { DurableObject } from "cloudflare:workers";
import {
  createDurableObjectHandler,
  type DurableIdLike,
  type DurableNamespaceLike,
  type DurableObjectHandler,
  DurablePubSub,
  type DurableScope,
  type DurableStateLike,
  federate,
  getShardedStub,
  type RelayAnswer,
  type RelayMessage,
  type RouterLike,
  withDurableObject,
} from "@ferrule/worker/ws-kit";
import { asyncScope } from "@ferrule/worker/ws-kit/als";
import { defineDurableRoom } from "@ferrule/worker/ws-kit/object";
import type { PubSubAdapter } from "@ws-kit/core";
import { createRouter, message, withPubSub, withZod, z } from "@ws-kit/zod";

/** Compiles when both types are the same. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const isTrue = <T extends true>(): T | undefined => undefined;

type User = { name: string };
interface Bindings {
  readonly LIMIT: string;
  readonly ROOM: DurableObjectNamespace<Room>;
  readonly OWN: DurableObjectNamespace<Own>;
}
declare module "@ferrule/worker/ws-kit" {
  interface DurableRegister {
    env: Bindings;
  }
}

const Say = message("SAY", { text: z.string() });

function makeRouter(scope: DurableScope<Bindings>) {
  const router = createRouter<User>()
    .plugin(withZod<User>())
    .plugin(withPubSub<User>({ adapter: scope.pubsub }))
    .plugin(withDurableObject(scope));
  router.on(Say, async (ctx) => {
    isTrue<Same<typeof ctx.data, User>>();
    isTrue<Same<typeof ctx.payload.text, string>>();
    // What the object is, typed by the register, and the scope by its own parameter.
    isTrue<Same<typeof ctx.durable.env, Bindings>>();
    isTrue<Same<typeof scope.env.LIMIT, string>>();
    isTrue<Same<typeof ctx.durable.name, string | undefined>>();
    // @ts-expect-error the bindings have no such name
    ctx.durable.env.NOTHING;
    ctx.durable.waitUntil(ctx.durable.storage.put("k", 1));
    const result = await ctx.durable.publishGlobal("t", Say, { text: "" }, { shards: ["a", "b"], excludeSelf: true });
    isTrue<Same<typeof result.failed, string[]>>();
    // @ts-expect-error shards are asked for
    await ctx.durable.publishGlobal("t", Say, { text: "" }, {});
  });
  isTrue<Same<typeof router.durable, DurableScope<Bindings>>>();
  return router;
}

/** The plugins in another order. */
export const Reversed = defineDurableRoom<User, Bindings>((scope) => {
  const router = createRouter<User>()
    .plugin(withDurableObject(scope))
    .plugin(withPubSub<User>({ adapter: scope.pubsub }))
    .plugin(withZod<User>());
  isTrue<Same<typeof router.durable, DurableScope<Bindings>>>();
  router.on(Say, (ctx) => isTrue<Same<typeof ctx.data, User>>());
  return router satisfies RouterLike<User>;
});

/** The ready-made class: its namespace is of its own class. */
export class Room extends defineDurableRoom<User, Bindings>(makeRouter, (env) => ({
  namespace: env.ROOM,
  authenticate: (request) => (request.headers.has("cookie") ? { name: "ann" } : undefined),
})) {
  async count(): Promise<number> {
    isTrue<Same<typeof this.handler, DurableObjectHandler<User>>>();
    return this.handler.connectionCount();
  }
}

// @ts-expect-error what authenticate answers is no user
export const Nameless = defineDurableRoom<User, Bindings>(makeRouter, { authenticate: () => ({ nickname: "ann" }) });

/** A class of one's own around a handler: both platform packages give `ctx` as it is taken. */
export class Own extends DurableObject<Bindings> {
  readonly handler: DurableObjectHandler<User> = createDurableObjectHandler<User, Bindings>(makeRouter, {
    state: this.ctx,
    env: this.env,
    namespace: this.env.OWN,
    authenticate: async (request, scope) => (scope.env.LIMIT ? { name: request.url } : undefined),
    persist: { serialize: ({ name }) => name, deserialize: (raw) => ({ name: String(raw) }) },
  });
  override fetch(request: Request) {
    return this.handler.fetch(request);
  }
  override webSocketMessage(socket: WebSocket, data: string | ArrayBuffer) {
    return this.handler.webSocketMessage(socket, data);
  }
  override webSocketClose(socket: WebSocket, code: number, reason: string, wasClean: boolean) {
    return this.handler.webSocketClose(socket, code, reason, wasClean);
  }
  override webSocketError(socket: WebSocket, error: unknown) {
    return this.handler.webSocketError(socket, error);
  }
  wskitDeliver(relayed: RelayMessage): Promise<RelayAnswer> {
    return this.handler.deliver(relayed);
  }
}

/** The other forms: a ready router, with the adapter it was built with; one bag; many objects with one router. */
export function compat(state: DurableObjectState, env: Bindings) {
  const pubsub = new DurablePubSub();
  const router = createRouter<User>().plugin(withPubSub<User>({ adapter: pubsub }));
  const shared = asyncScope();
  return [
    createDurableObjectHandler(router, { state, env, pubsub }),
    createDurableObjectHandler({ router, pubsub }),
    createDurableObjectHandler({ router, pubsub: new DurablePubSub({ scoping: shared }), scoping: shared }),
  ] satisfies DurableObjectHandler<User>[];
}

export const adapter: PubSubAdapter = new DurablePubSub();

/** A namespace's own stubs come back: their methods are known, others are not. */
export async function across(env: Bindings): Promise<void> {
  const counts = await federate(env.ROOM, ["a", "b"], async (room, call) => {
    isTrue<Same<typeof call.signal, AbortSignal>>();
    isTrue<Same<typeof call.attempt, number>>();
    // @ts-expect-error a room has no such method
    room.nothing;
    return room.count();
  });
  isTrue<Same<typeof counts.values, number[]>>();
  for (const each of counts) if (each.status === "rejected") isTrue<Same<typeof each.timedOut, boolean>>();
  const one: number = await getShardedStub(env.ROOM, "topic", 4).count();
  await federate(env.ROOM, [env.ROOM.idFromName("c"), env.ROOM.getByName("d")], (room) =>
    room.fetch(`https://x/${one}`),
  );
}

/** The platform's own types fit those that are asked for. */
export function fits(state: DurableObjectState, env: Bindings): DurableStateLike {
  const id: DurableIdLike = state.id;
  const rooms: DurableNamespaceLike<DurableObjectStub<Room>> = env.ROOM;
  rooms.get(id);
  return state;
}
