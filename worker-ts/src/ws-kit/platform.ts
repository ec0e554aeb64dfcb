// What this adapter asks of the machine under it, said structurally so that `@cloudflare/workers-types`, the types that `wrangler types`
// writes and a fake in Node all fit. The only file here that names the clock, ids, timers and workerd's own constructors.

/** An id of a Durable Object. `name` is there when the id was made from a name. */
export interface DurableIdLike {
  toString(): string;
  equals(other: DurableIdLike): boolean;
  readonly name?: string | undefined;
}

/** A namespace binding: names and ids in, stubs out. `getByName` is newer than the rest and used where it exists. */
export interface DurableNamespaceLike<S> {
  idFromName(name: string): DurableIdLike;
  get(id: DurableIdLike): S;
  getByName?(name: string): S;
}

/** Synchronous key-value storage; only objects with SQLite storage have it. Values are structured clones. */
export interface DurableKvLike {
  get(key: string): unknown;
  put(key: string, value: unknown): void;
  delete(key: string): boolean;
  list(options?: { prefix?: string }): Iterable<[string, unknown]>;
}

/** Storage of one object. Reading `kv` throws, or gives nothing, where the object has no SQLite storage. */
export interface DurableStorageLike {
  readonly kv?: DurableKvLike;
  get(key: string): Promise<unknown>;
  put(key: string, value: unknown): Promise<void>;
  delete(key: string): Promise<boolean>;
  getAlarm(): Promise<number | null>;
  setAlarm(scheduledTime: number | Date): Promise<void>;
  deleteAlarm(): Promise<void>;
}

/** The server's end of a WebSocket that may sleep with its object. `readyState` is 0 to 3, as everywhere on the web. */
export interface DurableSocketLike {
  readonly readyState: number;
  send(message: string | ArrayBuffer): void;
  close(code?: number, reason?: string): void;
  /** Structured clone of at most 16,384 bytes; throws `DataCloneError`, a DOMException, for functions and the like. */
  serializeAttachment(attachment: unknown): void;
  deserializeAttachment(): unknown;
}

/** A socket in standard mode: events come by listener and the object stays awake for it. */
export interface StandardSocketLike extends DurableSocketLike {
  binaryType?: string;
  accept(): void;
  addEventListener(type: "message", listener: (event: { readonly data: unknown }) => void): void;
  addEventListener(
    type: "close",
    listener: (event: { readonly code: number; readonly reason: string; readonly wasClean: boolean }) => void,
  ): void;
  addEventListener(type: "error", listener: (event: unknown) => void): void;
}

/** One request text that the platform answers with one response text, without waking the object. Each at most 2,048 bytes. */
export interface AutoResponseLike {
  readonly request: string;
  readonly response: string;
}

/** The `ctx` that a Durable Object's constructor is given, as far as it is used here. */
export interface DurableStateLike {
  readonly id: DurableIdLike;
  readonly storage: DurableStorageLike;
  waitUntil(promise: Promise<unknown>): void;
  acceptWebSocket(socket: DurableSocketLike, tags?: string[]): void;
  getWebSockets(tag?: string): DurableSocketLike[];
  setWebSocketAutoResponse(pair?: AutoResponseLike): void;
  getWebSocketAutoResponseTimestamp(socket: DurableSocketLike): Date | null;
}

/**
 * Which object the running code belongs to, where one router serves several objects of an isolate: made by `asyncScope()` of
 * `@ferrule/worker/ws-kit/als`. Without it a router belongs to one object.
 */
export interface DurableScoping {
  run<T>(state: DurableStateLike, work: () => T): T;
  current(): DurableStateLike | undefined;
}

/** A new WebSocket: the server's end, and the 101 answer that carries the client's. Node's `Response` refuses 101, hence the seam. */
export interface SocketPair {
  readonly server: StandardSocketLike;
  upgradeResponse(): Response;
}

/** Clock, ids, timers and workerd's constructors. `options.runtime` replaces any of them, in tests and in the fake state of `./testing`. */
export interface Runtime {
  /** Milliseconds since 1970. In workerd it stands still between I/O. */
  now(): number;
  /** A fresh id of 36 characters. */
  randomId(): string;
  /** In [0, 1): for jitter, never for secrets. */
  random(): number;
  /** Run once after `delayMs`; the answer cancels it. A pending timer keeps an object from sleeping, so cancel. */
  startTimer(delayMs: number, run: () => void): () => void;
  socketPair(): SocketPair;
  autoResponse(request: string, response: string): AutoResponseLike;
}

/** workerd's own. Nothing in it is touched before it is called, so this module loads in Node. */
export const systemRuntime: Runtime = {
  now: () => Date.now(),
  randomId: () => crypto.randomUUID(),
  random: () => Math.random(),
  startTimer(delayMs, run) {
    const timer = setTimeout(run, delayMs);
    return () => clearTimeout(timer);
  },
  socketPair() {
    const { 0: client, 1: server } = new WebSocketPair();
    return { server, upgradeResponse: () => new Response(null, { status: 101, webSocket: client }) };
  },
  autoResponse: (request, response) => new WebSocketRequestResponsePair(request, response),
};

/** What was going on when an error was met, and with whom. */
export interface ErrorPlace {
  phase: "auth" | "open" | "message" | "close" | "persist" | "deliver";
  clientId?: string;
}

/** Takes errors that have no caller to go to. Never throws. */
export type Report = (error: unknown, where: ErrorPlace) => void;

/** Whose mistake each error is: the code that uses this package, another object, or what the platform or ws-kit offers. */
const FAULTS = {
  ROUTER_SHARED: "caller",
  CORE_UNSUPPORTED: "platform",
  PUBSUB_UNATTACHED: "caller",
  NO_NAMESPACE: "caller",
  DATA_UNCLONEABLE: "caller",
  SPILL_UNAVAILABLE: "platform",
  RELAY_INVALID: "peer",
  RELAY_TOO_DEEP: "peer",
  LIMIT: "caller",
} as const;

/**
 * Why something failed, for code to match on:
 * - `ROUTER_SHARED` one router bound to two objects without `scoping`
 * - `CORE_UNSUPPORTED` this version of `@ws-kit/core` (or of the platform) lacks what the adapter stands on
 * - `PUBSUB_UNATTACHED` a `DurablePubSub` used before a handler took it, or outside of its scope
 * - `NO_NAMESPACE` `publishGlobal` without `options.namespace`
 * - `DATA_UNCLONEABLE` connection data that structured clone refuses; the last good state is kept
 * - `SPILL_UNAVAILABLE` data over the attachment's limit in an object without SQLite storage
 * - `RELAY_INVALID`, `RELAY_TOO_DEEP` a message from another object that fails its checks
 * - `LIMIT` a named limit was crossed
 */
export type ErrorCode = keyof typeof FAULTS;

/** The one error class of this adapter. Match on `code`, never on the message. */
export class WsKitDurableError extends Error {
  override readonly name = "WsKitDurableError";
  readonly fault: (typeof FAULTS)[ErrorCode];

  constructor(
    readonly code: ErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.fault = FAULTS[code];
  }
}
