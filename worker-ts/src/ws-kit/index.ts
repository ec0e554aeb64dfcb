// The face of @ferrule/worker/ws-kit: names only. Plain JavaScript without a runtime's own modules, so it loads in Node too.
export type { PersistHooks } from "./connections/attachment";
export {
  type FederateCall,
  type FederateOptions,
  type FederateResult,
  type FederateResults,
  federate,
} from "./federation/federate";
export type { GlobalOptions, GlobalResult, RelayStub } from "./federation/global";
export type { RelayAnswer, RelayMessage } from "./federation/relay";
export {
  getShardedDoId,
  getShardedStub,
  rendezvousShard,
  scopeToDoName,
  topicToDoName,
} from "./federation/shard";
export type { Target } from "./federation/target";
export { createDurableObjectHandler } from "./handler";
export type { DurableObjectHandler, DurableScope, HandlerOptions, Presence, RouterFactory } from "./options";
export {
  type AutoResponseLike,
  type DurableIdLike,
  type DurableKvLike,
  type DurableNamespaceLike,
  type DurableScoping,
  type DurableSocketLike,
  type DurableStateLike,
  type DurableStorageLike,
  type ErrorCode,
  type ErrorPlace,
  type Runtime,
  type SocketPair,
  type StandardSocketLike,
  WsKitDurableError,
} from "./platform";
export type { PublishFunction, RouterLike } from "./router/bridge";
export { type DurableContext, type DurableRegister, type RegisteredEnv, withDurableObject } from "./router/plugin";
export { DurablePubSub } from "./router/pubsub";
