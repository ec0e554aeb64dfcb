// withDurableObject: the object in reach of handlers, as `ctx.durable` and `router.durable`. The types that go with it, too.
import type { ConnectionData, MessageDescriptor, MinimalContext, Plugin } from "@ws-kit/core";
import { getRouterPluginAPI } from "@ws-kit/core/internal";
import { definePlugin } from "@ws-kit/core/plugin";
import type { GlobalOptions, GlobalResult } from "../federation/global";
import { globalPublisherOf } from "../handler";
import type { DurableScope } from "../options";
import type { PublishFunction } from "./bridge";

/**
 * Where a Worker says once what its `env` is:
 * `declare module "@ferrule/worker/ws-kit" { interface DurableRegister { env: Env } }`.
 */
export interface DurableRegister {
  /** Nothing of ours: an interface that is there to be added to. */
  readonly __registered?: never;
}

/** `env` as registered, else unknown. */
export type RegisteredEnv = DurableRegister extends { env: infer Env } ? Env : unknown;

/** `ctx.durable` of message handlers and middleware. In `onOpen` and `onClose` ws-kit has no place for it: use the factory's scope there. */
export interface DurableContext<Env = RegisteredEnv> extends Omit<DurableScope<Env>, "handler"> {
  /** Keeps the object awake until the promise settles. */
  waitUntil(promise: Promise<unknown>): void;
  /** `handler.publishGlobal` in this client's name: checked like `ctx.publish`, and `excludeSelf` leaves this client out. */
  publishGlobal(
    topic: string,
    schema: MessageDescriptor,
    payload: unknown,
    options: GlobalOptions & { excludeSelf?: boolean },
  ): Promise<GlobalResult>;
}

declare module "@ws-kit/core" {
  interface MinimalContext<TContext extends ConnectionData = ConnectionData> {
    /** By the plugin `withDurableObject(scope)` of @ferrule/worker/ws-kit. */
    readonly durable: DurableContext;
  }
}

/**
 * Data of any kind, which is what JSON is parsed into. A `Plugin<ConnectionData, …>` fits a router of other data or does not, depending on
 * which of ws-kit's types tsc compares first.
 */
type AnyData = ReturnType<typeof JSON.parse>;

/** Adds `ctx.durable` and `router.durable`. Its place among the plugins does not matter. The router's own data stays what it is. */
export function withDurableObject<Env>(scope: DurableScope<Env>): Plugin<AnyData, { durable: DurableScope<Env> }> {
  const { state, env, storage, id, name, pubsub } = scope;
  const common = {
    state,
    env,
    storage,
    id,
    name,
    pubsub,
    waitUntil: (promise: Promise<unknown>) => state.waitUntil(promise),
  };
  return definePlugin((router) => {
    getRouterPluginAPI(router).addContextEnhancer((ctx) => {
      const durable: DurableContext<Env> = {
        ...common,
        publishGlobal: (topic, schema, payload, options) =>
          globalPublisherOf(scope)(publishFrom(ctx), topic, schema, payload, options),
      };
      Object.assign(ctx, { durable });
    });
    return { durable: scope };
  });
}

/** `ctx.publish` as it is when a handler runs: plugins wrap it. Without topics there is nobody to publish to. */
function publishFrom(ctx: MinimalContext): PublishFunction {
  const publish: unknown = Reflect.get(ctx, "publish");
  if (typeof publish !== "function")
    return async () => ({ ok: false, error: "UNSUPPORTED", retryable: false, details: { missing: "withPubSub" } });
  return (...publication) => publish(...publication);
}
