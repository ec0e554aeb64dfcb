// What users write and what they get: the scope of one object, a handler's options, a handler. Types only.
import type { ConnectionData, MessageDescriptor, PublishOptions, PublishResult } from "@ws-kit/core";
import type { PersistHooks } from "./connections/attachment";
import type { GlobalOptions, GlobalResult, RelayStub } from "./federation/global";
import type { RelayAnswer, RelayMessage } from "./federation/relay";
import type {
  DurableIdLike,
  DurableNamespaceLike,
  DurableScoping,
  DurableSocketLike,
  DurableStateLike,
  DurableStorageLike,
  ErrorPlace,
  Runtime,
} from "./platform";
import type { RouterLike } from "./router/bridge";
import type { DurablePubSub } from "./router/pubsub";

/** One Durable Object as its router sees it. */
export interface DurableScope<Env = unknown> {
  readonly state: DurableStateLike;
  readonly env: Env;
  readonly storage: DurableStorageLike;
  readonly id: DurableIdLike;
  /** `options.name`, else the name that the id was made from. */
  readonly name: string | undefined;
  /** The adapter for `withPubSub({ adapter: scope.pubsub })`. */
  readonly pubsub: DurablePubSub;
  /** Usable from the first event on, not while the factory runs. */
  readonly handler: DurableObjectHandler<ConnectionData>;
}

/** Makes the router of one object. Called once in each life of the object. */
export type RouterFactory<TData extends ConnectionData, Env> = (scope: DurableScope<Env>) => RouterLike<TData>;

/** Options of `createDurableObjectHandler`. Where ws-kit has a name for something, it has that name here. */
export interface HandlerOptions<TData extends ConnectionData, Env> {
  state: DurableStateLike;
  env: Env;
  name?: string;
  /** Who this is, as the connection's data. Nothing: 401. Absent: everybody is let in, with empty data. */
  authenticate?(request: Request, scope: DurableScope<Env>): TData | undefined | Promise<TData | undefined>;
  /** What an unauthenticated client is answered. Default 401 "Unauthorized". */
  authRejection?: { status?: number; message?: string };
  /** Which `Origin` may connect. Absent: not checked. A request without the header does not match a list. */
  allowedOrigins?: readonly string[] | ((origin: string | null) => boolean);
  /** The client's id: 1 to 64 characters, unique in the object. Default: a random UUID. It proves nothing, so do not echo what a client says. */
  clientId?(request: Request, data: TData): string;
  /** At most 9, each up to 256 characters, for `state.getWebSockets(tag)`. The tenth is ours: `c:<clientId>`. */
  tags?(request: Request, data: TData): string[];
  /** Default 32,000; the platform's wall is 32,768. One more is answered 503. */
  maxConnections?: number;
  /** Default 1 MiB. A larger frame closes its connection with 1009, unparsed. */
  frameBytesMax?: number;
  /** Default 256. One more: `ctx.topics.subscribe` rejects with `LIMIT`. */
  topicsPerConnectionMax?: number;
  /** Default 256. A longer one: `LIMIT`. */
  topicCharsMax?: number;
  /** Default true. False: the object stays awake, and is billed, as long as anybody is connected. */
  hibernate?: boolean;
  /**
   * What the platform answers without waking the object. Default `ping` → `pong`. With `staleAfterMs`, `sweep()` closes connections that
   * were silent for longer.
   */
  heartbeat?: { request: string; response: string; staleAfterMs?: number } | false;
  /** How data is stored while the object sleeps. Default: structured clone of all of it. */
  persist?: PersistHooks<TData>;
  /** For a ready router: the adapter that it was made with. */
  pubsub?: DurablePubSub;
  /** Where `publishGlobal` finds the other objects. */
  namespace?: DurableNamespaceLike<RelayStub>;
  /** `asyncScope()` of `./als`, for one router in many objects. */
  scoping?: DurableScoping;
  /** Errors that have no caller to go to. Default: the console. What handlers throw goes to `router.onError`, as ever. */
  onError?(error: unknown, where: ErrorPlace): void;
  /**
   * Which `setImmediate` ws-kit sends by. Default true: one on the microtask queue where workerd has none; false: throws
   * `CORE_UNSUPPORTED` there. `"always"`: the one on the microtask queue for the whole isolate, which is quicker, and has no limit of
   * 10,000 frames that wait at once.
   */
  shim?: boolean | "always";
  /** Clock, ids, timers: for tests. */
  runtime?: Partial<Runtime>;
}

/** One connected client, as `presence` shows it. */
export interface Presence<TData extends ConnectionData> {
  clientId: string;
  data: Readonly<TData>;
  topics: readonly string[];
  openedAtMs: number;
}

/** A router in a Durable Object. Hand it the class's events by the methods of the same names. */
export interface DurableObjectHandler<TData extends ConnectionData> {
  /**
   * Answers a WebSocket upgrade: 101, or 426, 403, 401, 500, 503. `state` and `env` are for a handler that was made without them. It serves
   * the object that they are of: another's are refused with `ROUTER_SHARED`.
   */
  fetch(request: Request, state?: DurableStateLike, env?: unknown): Promise<Response>;
  webSocketMessage(socket: DurableSocketLike, data: string | ArrayBuffer): Promise<void>;
  webSocketClose(socket: DurableSocketLike, code: number, reason: string, wasClean?: boolean): Promise<void>;
  webSocketError(socket: DurableSocketLike, error: unknown): Promise<void>;
  /** To this object's subscribers. Like `router.publish`, but also where no event has come yet. */
  publish(topic: string, schema: MessageDescriptor, payload: unknown, options?: PublishOptions): Promise<PublishResult>;
  /** To the subscribers in this object and in all of `options.shards`. Throws `NO_NAMESPACE`, and `LIMIT` for too many shards. */
  publishGlobal(
    topic: string,
    schema: MessageDescriptor,
    payload: unknown,
    options: GlobalOptions,
  ): Promise<GlobalResult>;
  /** The body of the RPC method `wskitDeliver`. Throws `RELAY_INVALID`, `RELAY_TOO_DEEP`. */
  deliver(message: RelayMessage): Promise<RelayAnswer>;
  /** Who is connected (and subscribed to `topic`). */
  presence(topic?: string): Presence<TData>[];
  connectionCount(): number;
  /** Closes a client's connection; false when it is not there. `code` is 1000 (the default) or 3000 to 4999. */
  closeClient(clientId: string, code?: number, reason?: string): boolean;
  /** Writes a client's data, after it was changed outside of a handler: in a timer, an alarm. */
  save(clientId: string): void;
  /** Closes connections that were silent for `heartbeat.staleAfterMs` (code 1001) and counts them. Call it from your alarm. */
  sweep(): number;
}
