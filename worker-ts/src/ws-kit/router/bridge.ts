// The only file that knows how ws-kit works inside. ws-kit has no public way to tell a router about a client that it once knew, so the
// two maps that hold a client's id and data are written here, behind a guard that refuses a core that keeps them differently.
import type {
  AdapterWebSocket,
  ConnectionData,
  Middleware,
  PubSubContext,
  RouterCore,
  ServerWebSocket,
} from "@ws-kit/core";
import { ROUTER_IMPL } from "@ws-kit/core/internal";
import type { Connection } from "../connections/connections";
import { type DurableIdLike, WsKitDurableError } from "../platform";

/** What is used of a router: any of ws-kit's is one, whichever plugins it has. `use` is there to tell the type of its data. */
export interface RouterLike<TData extends ConnectionData> {
  readonly websocket: RouterCore["websocket"];
  use(middleware: Middleware<TData>): unknown;
}

/** `router.publish` and `ctx.publish` are one shape. */
export type PublishFunction = PubSubContext["publish"];

const READY_STATES = ["CONNECTING", "OPEN", "CLOSING", "CLOSED"] as const;

/** A client as ws-kit wants it: one object that stays the same, with a ready state in words. A native socket is neither after a wake. */
export class Socket implements AdapterWebSocket {
  /** @param close what closes a connection from this side */
  constructor(
    private readonly connection: Connection,
    readonly close: (code?: number, reason?: string) => void,
  ) {}

  send(data: string | ArrayBuffer): void {
    this.connection.native.send(data);
  }

  get readyState(): (typeof READY_STATES)[number] {
    return READY_STATES[this.connection.native.readyState] ?? "CLOSED";
  }
}

/** The inside of `RouterImpl` of @ws-kit/core 0.10.1, as far as it is touched. */
interface Internals {
  readonly wsToClientId: WeakMap<ServerWebSocket, string>;
  readonly connData: WeakMap<ServerWebSocket, ConnectionData>;
  getInternalLifecycle(): { handleInternalOpen(socket: ServerWebSocket): Promise<void> };
}

function isInternals(value: unknown): value is Internals {
  if (typeof value !== "object" || value === null) return false;
  return (
    Reflect.get(value, "wsToClientId") instanceof WeakMap &&
    Reflect.get(value, "connData") instanceof WeakMap &&
    typeof Reflect.get(value, "getInternalLifecycle") === "function"
  );
}

const readInternals = (router: object): unknown => Reflect.get(router, ROUTER_IMPL);

/** Which object each router works for; by what it is inside, for plugins may wrap it. */
const owners = new WeakMap<object, DurableIdLike>();

/** One router, ready to be told about clients. */
export class RouterBridge<TData extends ConnectionData> {
  readonly #internals: Internals;
  #initialised = false;
  #initialising: Promise<void> | undefined;

  /** @throws WsKitDurableError `CORE_UNSUPPORTED` when the router's inside is not the one that is known here. */
  constructor(private readonly router: RouterLike<TData>) {
    const internals = readInternals(router);
    if (!isInternals(internals))
      throw new WsKitDurableError(
        "CORE_UNSUPPORTED",
        "this router is not of @ws-kit/core >=0.10.1 <0.11, or there are two copies of that package in the bundle",
      );
    this.#internals = internals;
  }

  /**
   * Takes the router for the object `id`. An object that was evicted comes back with a new state and the same id, and may have it again.
   * @throws WsKitDurableError `ROUTER_SHARED` when it works for another object: clients of the two would mix.
   */
  claim(id: DurableIdLike): void {
    const owner = owners.get(this.#internals);
    if (owner && !owner.equals(id))
      throw new WsKitDurableError(
        "ROUTER_SHARED",
        "one router serves two Durable Objects: make it in a factory, or pass asyncScope() as `scoping`",
      );
    owners.set(this.#internals, id);
  }

  /** What ws-kit asks of platforms before the first event: starts the pubsub adapter. Undefined once it is done, so nobody need wait. */
  start(): Promise<void> | undefined {
    if (this.#initialised) return undefined;
    // One promise for all who come meanwhile. By one each, the second would overtake the first: `init` is done at once when it is called again.
    this.#initialising ??= this.#initialise().then(
      () => {
        this.#initialised = true;
      },
      (error) => {
        this.#initialising = undefined; // the next event tries again
        throw error;
      },
    );
    return this.#initialising;
  }

  async #initialise(): Promise<void> {
    const pubsub: unknown = Reflect.get(this.router, "pubsub");
    if (typeof pubsub === "object" && pubsub !== null) {
      const init: unknown = Reflect.get(pubsub, "init");
      if (typeof init === "function") await init.call(pubsub);
    }
  }

  /** Tells the router a client's id and data; `ctx.data` is this very object from now on. */
  introduce(socket: ServerWebSocket, id: string, data: TData): void {
    this.#internals.wsToClientId.set(socket, id);
    this.#internals.connData.set(socket, data);
  }

  /** Runs what plugins do for a new client, without the user's `onOpen`: the client was here before the object slept. */
  adopt(socket: ServerWebSocket): Promise<void> {
    return this.#internals.getInternalLifecycle().handleInternalOpen(socket);
  }

  open(socket: ServerWebSocket): Promise<void> {
    return this.router.websocket.open(socket);
  }

  message(socket: ServerWebSocket, data: string | ArrayBuffer): Promise<void> {
    return this.router.websocket.message(socket, data);
  }

  close(socket: ServerWebSocket, code: number, reason: string): Promise<void> {
    return this.router.websocket.close(socket, code, reason);
  }

  /** The router's own publish; one without topics answers `UNSUPPORTED`. */
  readonly publish: PublishFunction = async (topic, schema, payload, options) => {
    if (!publishes(this.router))
      return { ok: false, error: "UNSUPPORTED", retryable: false, details: { missing: "withPubSub" } };
    return this.router.publish(topic, schema, payload, options);
  };
}

/** `withPubSub` is found at run time, because a router without topics is as welcome. */
const publishes = (router: object): router is { publish: PublishFunction } =>
  typeof Reflect.get(router, "publish") === "function";
