// createDurableObjectHandler: the door that users come in by. Sorts out which of the three forms it was given, finds the object's state, and
// lets every event in under the object's scope; what is done with events is host.ts's matter.
import type { ConnectionData } from "@ws-kit/core";
import { Federation, type GlobalOptions, type GlobalResult } from "./federation/global";
import type { RelayMessage } from "./federation/relay";
import { Host, TOPIC_CHARS_MAX_DEFAULT } from "./host";
import type { DurableObjectHandler, DurableScope, HandlerOptions, RouterFactory } from "./options";
import {
  type DurableSocketLike,
  type DurableStateLike,
  type Runtime,
  systemRuntime,
  WsKitDurableError,
} from "./platform";
import type { PublishFunction, RouterLike } from "./router/bridge";
import { DurablePubSub } from "./router/pubsub";
import { provideSetImmediate } from "./set-immediate";

/**
 * Runs a ws-kit router in a Durable Object that may sleep. Make it in the object's constructor:
 *
 * - `(factory, options)`: the router of this object alone. The form to use.
 * - `(router, options?)` and `({ router, ...options })`: a router that exists already. With topics, `options.pubsub` is the adapter it was made
 *   with. Without `state` the first `fetch` must bring it, and the object must not sleep before.
 *
 * @throws WsKitDurableError `CORE_UNSUPPORTED` for a router of another ws-kit. `ROUTER_SHARED` is thrown by each event instead.
 */
export function createDurableObjectHandler<TData extends ConnectionData, Env>(
  factory: RouterFactory<TData, Env>,
  options: HandlerOptions<TData, Env>,
): DurableObjectHandler<TData>;
export function createDurableObjectHandler<TData extends ConnectionData, Env>(
  router: RouterLike<TData>,
  options?: Partial<HandlerOptions<TData, Env>>,
): DurableObjectHandler<TData>;
export function createDurableObjectHandler<TData extends ConnectionData, Env>(
  options: { router: RouterLike<TData> } & Partial<HandlerOptions<TData, Env>>,
): DurableObjectHandler<TData>;
export function createDurableObjectHandler<TData extends ConnectionData, Env>(
  first: RouterFactory<TData, Env> | RouterLike<TData> | ({ router: RouterLike<TData> } & Options<TData, Env>),
  second: Options<TData, Env> = {},
): DurableObjectHandler<TData> {
  if ("websocket" in first) return new Handler(() => first, second);
  if ("router" in first) return new Handler(() => first.router, first);
  return new Handler(first, second);
}

type Options<TData extends ConnectionData, Env> = Partial<HandlerOptions<TData, Env>>;

/** What the plugin asks of a handler beyond its public face: a global publish in a client's name. */
export type PublishGlobally = (
  publish: PublishFunction,
  topic: Parameters<PublishFunction>[0],
  schema: Parameters<PublishFunction>[1],
  payload: unknown,
  options: GlobalOptions & { excludeSelf?: boolean },
) => Promise<GlobalResult>;

const globalPublishers = new WeakMap<DurableScope<unknown>, PublishGlobally>();

/** The global publish of a scope's handler. */
export function globalPublisherOf(scope: DurableScope<unknown>): PublishGlobally {
  const publisher = globalPublishers.get(scope);
  if (!publisher) throw new TypeError("this scope was not made by createDurableObjectHandler");
  return publisher;
}

/** A handler and its object's state, once that is known. */
interface Bound<TData extends ConnectionData, Env> {
  readonly state: DurableStateLike;
  readonly host: Host<TData, Env>;
  readonly federation: Federation;
  readonly pubsub: DurablePubSub;
}

class Handler<TData extends ConnectionData, Env> implements DurableObjectHandler<TData> {
  readonly #runtime: Runtime;
  #bound: Bound<TData, Env> | undefined;

  constructor(
    private readonly makeRouter: RouterFactory<TData, Env>,
    private readonly options: Options<TData, Env>,
  ) {
    this.#runtime = { ...systemRuntime, ...options.runtime };
    provideSetImmediate(options.shim ?? true, this.#runtime.now);
    if (options.state) this.#bound = this.#bind(options.state, options.env as Env);
  }

  async fetch(request: Request, state?: DurableStateLike, env?: unknown): Promise<Response> {
    // Who binds late says by the router's type what `env` is.
    if (state) this.#bindLate(state, env as Env);
    return this.#enter(({ host }) => host.fetch(request));
  }

  async webSocketMessage(socket: DurableSocketLike, data: string | ArrayBuffer): Promise<void> {
    return this.#enter(({ host }) => host.message(socket, data));
  }

  async webSocketClose(socket: DurableSocketLike, code: number, reason: string): Promise<void> {
    return this.#enter(({ host }) => host.close(socket, code, reason));
  }

  async webSocketError(socket: DurableSocketLike, _error: unknown): Promise<void> {
    return this.#enter(({ host }) => host.error(socket));
  }

  readonly publish: PublishFunction = async (topic, schema, payload, options) =>
    this.#enter(async ({ host }) => {
      await host.start();
      return host.publish(topic, schema, payload, options);
    });

  publishGlobal(
    topic: string,
    schema: Parameters<PublishFunction>[1],
    payload: unknown,
    options: GlobalOptions,
  ): Promise<GlobalResult> {
    return this.#publishGlobally(this.publish, topic, schema, payload, options);
  }

  async deliver(message: RelayMessage) {
    // Awaited: a plain return would leave a refusal without a listener for a moment, which older compatibility dates report.
    return await this.#enter(({ federation }) => federation.deliver(message));
  }

  presence(topic?: string) {
    return this.#enter(({ host }) => host.presence(topic));
  }

  connectionCount(): number {
    return this.#enter(({ host }) => host.connectionCount());
  }

  closeClient(clientId: string, code?: number, reason?: string): boolean {
    return this.#enter(({ host }) => host.closeClient(clientId, code, reason));
  }

  save(clientId: string): void {
    this.#enter(({ host }) => host.save(clientId));
  }

  sweep(): number {
    return this.#enter(({ host }) => host.sweep());
  }

  readonly #publishGlobally: PublishGlobally = async (publish, topic, schema, payload, { excludeSelf, ...options }) =>
    this.#enter(({ federation, pubsub }) =>
      federation.publish(topic, options, async () => {
        const { result, published } = await pubsub.capture((signal) =>
          publish(topic, schema, payload, excludeSelf === undefined ? { signal } : { signal, excludeSelf }),
        );
        return { result, frame: published?.frame, excludeClientId: published?.excludeClientId };
      }),
    );

  /** Every way in: under the object's scope, and with the router claimed for it. */
  #enter<T>(work: (bound: Bound<TData, Env>) => T): T {
    const bound = this.#bound;
    if (!bound)
      throw new TypeError("no `state` yet: pass it in the options, or use the handler after the factory has run");
    bound.host.claim();
    const { scoping } = this.options;
    return scoping ? scoping.run(bound.state, () => work(bound)) : work(bound);
  }

  /** One object, whose next life brings a new state. A handler that is shared would show the first object to everybody. */
  #bindLate(state: DurableStateLike, env: Env): void {
    if (this.#bound && !this.#bound.state.id.equals(state.id))
      throw new WsKitDurableError(
        "ROUTER_SHARED",
        "one handler serves two Durable Objects: make it in the object's constructor",
      );
    if (this.#bound?.state !== state && !this.options.state) this.#bound = this.#bind(state, env);
  }

  #bind(state: DurableStateLike, env: Env): Bound<TData, Env> {
    const { options } = this;
    const pubsub = options.pubsub ?? new DurablePubSub({ scoping: options.scoping });
    const { id, storage } = state;
    const name = options.name ?? id.name;
    const scope: DurableScope<Env> = { state, env, storage, id, name, pubsub, handler: this };
    globalPublishers.set(scope, this.#publishGlobally);
    const host = new Host(this.makeRouter(scope), scope, options, this.#runtime);
    try {
      host.claim(); // now, for an RPC method may call router.publish before any event has come by the handler
    } catch {
      // Shared: #enter says so, at each event.
    }
    const federation = new Federation({
      namespace: options.namespace,
      name,
      runtime: this.#runtime,
      limits: { topicCharsMax: options.topicCharsMax ?? TOPIC_CHARS_MAX_DEFAULT },
      deliver: (message) => pubsub.deliver(message),
    });
    return { state, host, federation, pubsub };
  }
}
