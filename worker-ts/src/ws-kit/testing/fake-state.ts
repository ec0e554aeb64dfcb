// An object that hibernates, in plain Node: `evict()` drops everything that a real eviction drops and keeps what a real one keeps. For
// fast tests of handlers and routers; that workerd does the same is shown by tests in workerd.
import {
  type AutoResponseLike,
  type DurableIdLike,
  type DurableSocketLike,
  type DurableStateLike,
  type Runtime,
  type SocketPair,
  systemRuntime,
} from "../platform";
import { acceptWire, type FakeClient, type FakeClose, FakeSocket, FakeWire, wireOf } from "./fake-socket";
import { FakeStorage } from "./fake-storage";

const TAGS_MAX = 10;
const TAG_CHARS_MAX = 256;
const SOCKETS_MAX = 32_768;
const AUTO_RESPONSE_BYTES_MAX = 2_048;

/** What a Durable Object's class does with events; a handler of this package is one. */
export interface FakeObject {
  fetch(request: Request): Promise<Response>;
  webSocketMessage(socket: DurableSocketLike, data: string | ArrayBuffer): Promise<void>;
  webSocketClose(socket: DurableSocketLike, code: number, reason: string, wasClean: boolean): Promise<void>;
}

/** How to make a fake object. */
export interface FakeDurableOptions {
  /** The object's name; left out, it has an id alone. */
  readonly name?: string;
  /** What the object's constructor does: called on the first event of each life. Hand it `state.runtime`. */
  readonly wake: (state: FakeDurableState) => FakeObject;
  /** False for an object of the older sort, without `storage.kv`. */
  readonly sqlite?: boolean;
  /** The clock, in ms since 1970. */
  readonly now?: () => number;
}

/** What outlives every sleep. */
class Remains {
  readonly wires = new Set<FakeWire>();
  autoResponse: AutoResponseLike | undefined;
  readonly id: DurableIdLike;
  readonly storage: FakeStorage;

  constructor(
    readonly options: FakeDurableOptions,
    serial: number,
  ) {
    const text = `fake-${serial}`;
    const { name, sqlite = true } = options;
    this.id = {
      toString: () => text,
      equals: (other) => other.toString() === text,
      ...(name === undefined ? {} : { name }),
    };
    this.storage = new FakeStorage(sqlite);
  }
}

let made = 0;

/**
 * The `ctx` of a Durable Object that lives in this process.
 *
 * ```ts
 * let room = new FakeDurableState({
 *   wake: (state) => createDurableObjectHandler(factory, { state, env: {}, runtime: state.runtime }),
 * });
 * const ann = await room.connect("https://room/?name=ann");
 * room = room.evict(); // the handler, the router and every socket object are gone
 * await ann.send(JSON.stringify({ type: "SAY", payload: { text: "hi" } })); // wakes: `wake` is called again
 * ```
 */
export class FakeDurableState implements DurableStateLike {
  /** workerd's constructors, faked; the handler's option `runtime`. */
  readonly runtime: Pick<Runtime, "now" | "socketPair" | "autoResponse">;
  readonly #remains: Remains;
  /** Each life has socket objects of its own. */
  readonly #sockets = new Map<FakeWire, FakeSocket>();
  readonly #pending = new Set<Promise<unknown>>();
  #object: FakeObject | undefined;
  #awake = true;

  constructor(options: FakeDurableOptions);
  /** For `evict()`. */
  constructor(options: FakeDurableOptions, remains: Remains);
  constructor(options: FakeDurableOptions, remains: Remains = new Remains(options, ++made)) {
    this.#remains = remains;
    this.runtime = {
      now: options.now ?? systemRuntime.now,
      socketPair: () => this.#pair(),
      autoResponse: (request, response) => ({ request, response }),
    };
    for (const wire of remains.wires) wire.events = this.#wireEvents;
  }

  get id(): DurableIdLike {
    return this.#remains.id;
  }

  get storage(): FakeStorage {
    return this.#remains.storage;
  }

  /** True once an event came in this life. */
  get isRunning(): boolean {
    return this.#object !== undefined;
  }

  // ---- what handlers use

  waitUntil(promise: Promise<unknown>): void {
    void this.#track(promise);
  }

  acceptWebSocket(socket: DurableSocketLike, tags: string[] = []): void {
    this.#check();
    const wire = wireOf(socket);
    if (tags.length > TAGS_MAX) throw new Error(`a WebSocket has at most ${TAGS_MAX} tags`);
    if (tags.some((tag) => tag.length > TAG_CHARS_MAX))
      throw new Error(`a tag has at most ${TAG_CHARS_MAX} characters`);
    if (this.#remains.wires.size >= SOCKETS_MAX) throw new Error(`an object has at most ${SOCKETS_MAX} WebSockets`);
    acceptWire(wire, [...new Set(tags)]);
    wire.events = this.#wireEvents;
    this.#remains.wires.add(wire);
  }

  getWebSockets(tag?: string): FakeSocket[] {
    this.#check();
    const wires = [...this.#remains.wires].filter(
      (wire) => !wire.ended && (tag === undefined || wire.tags?.includes(tag)),
    );
    return wires.map((wire) => this.#socket(wire));
  }

  getTags(socket: DurableSocketLike): string[] {
    return [...(wireOf(socket).tags ?? [])];
  }

  setWebSocketAutoResponse(pair?: AutoResponseLike): void {
    this.#check();
    const bytes = (text: string): number => new TextEncoder().encode(text).length;
    if (pair && Math.max(bytes(pair.request), bytes(pair.response)) > AUTO_RESPONSE_BYTES_MAX)
      throw new RangeError(`an automatic response and its request have at most ${AUTO_RESPONSE_BYTES_MAX} bytes each`);
    this.#remains.autoResponse = pair;
  }

  getWebSocketAutoResponseTimestamp(socket: DurableSocketLike): Date | null {
    return wireOf(socket).autoAnsweredAt;
  }

  // ---- what tests use

  /** Asks the object, waking it. */
  async fetch(request: Request): Promise<Response> {
    this.#check();
    return this.#track(this.#provideObject().fetch(request));
  }

  /** Connects a client; throws with the status when the object refuses. A string is the address. */
  async connect(request: string | Request): Promise<FakeClient> {
    const asked = new Request(request, { headers: { upgrade: "websocket" } });
    if (typeof request !== "string") for (const [name, value] of request.headers) asked.headers.set(name, value);
    const response = await this.fetch(asked);
    const client = clients.get(response);
    if (client === undefined) throw new Error(`no connection: ${response.status} ${await response.text()}`);
    return client;
  }

  /** Waits for all events, and for all that `waitUntil` was given. */
  async settled(): Promise<void> {
    while (this.#pending.size > 0) await Promise.allSettled(this.#pending);
  }

  /**
   * Ends this life of the object and begins the next, which runs `wake` when an event comes. Storage, attachments, tags, open sockets
   * and the automatic response go on; everything else is lost, and what is left of this life throws when it is touched.
   * `webSockets: "close"` cuts the sockets, as a deploy does. Throws while an event is still being handled: nothing is evicted then.
   */
  evict({ webSockets = "hibernate" }: { readonly webSockets?: "hibernate" | "close" } = {}): FakeDurableState {
    this.#check();
    if (this.#pending.size > 0) throw new Error("the object is busy: await settled() first");
    this.#awake = false;
    if (webSockets === "close") {
      for (const wire of this.#remains.wires) {
        wire.client.closed ??= { code: 1006, reason: "" };
        wire.readyState = 3;
        wire.ended = true;
      }
      this.#remains.wires.clear();
    }
    return new FakeDurableState(this.#remains.options, this.#remains);
  }

  // ---- inside

  readonly #wireEvents = {
    message: async (wire: FakeWire, data: string | ArrayBuffer): Promise<void> => {
      const { autoResponse } = this.#remains;
      if (autoResponse && data === autoResponse.request && wire.tags) {
        wire.autoAnsweredAt = new Date(this.runtime.now());
        wire.client.frames.push(autoResponse.response);
        return;
      }
      const socket = this.#socket(wire);
      if (!wire.tags) socket.emit("message", { data: received(data, socket.binaryType) });
      else await this.#track(this.#provideObject().webSocketMessage(socket, data));
    },
    close: async (wire: FakeWire, { code, reason }: FakeClose, wasClean: boolean): Promise<void> => {
      const socket = this.#socket(wire);
      if (!wire.tags) socket.emit("close", { code, reason, wasClean });
      else await this.#track(this.#provideObject().webSocketClose(socket, code, reason, wasClean));
      this.#remains.wires.delete(wire);
    },
  };

  #pair(): SocketPair {
    this.#check();
    const wire = new FakeWire();
    wire.events = this.#wireEvents;
    return { server: this.#socket(wire), upgradeResponse: () => upgraded(wire.client) };
  }

  #socket(wire: FakeWire): FakeSocket {
    const known = this.#sockets.get(wire);
    if (known) return known;
    const socket = new FakeSocket(wire, () => this.#awake);
    this.#sockets.set(wire, socket);
    return socket;
  }

  #provideObject(): FakeObject {
    this.#object ??= this.#remains.options.wake(this);
    return this.#object;
  }

  async #track<T>(promise: Promise<T>): Promise<T> {
    this.#pending.add(promise);
    try {
      return await promise;
    } finally {
      this.#pending.delete(promise);
    }
  }

  #check(): void {
    if (!this.#awake) throw new Error("this life of the object has ended");
  }
}

/** Binary frames come as the socket asks for them. */
const received = (data: string | ArrayBuffer, binaryType: string): string | ArrayBuffer | Blob =>
  typeof data !== "string" && binaryType === "blob" ? new Blob([data]) : data;

const clients = new WeakMap<Response, FakeClient>();

/** A 101 answer; Node's Response takes no status under 200. */
function upgraded(client: FakeClient): Response {
  const response: Response = Object.defineProperty(new Response(null), "status", { value: 101 });
  clients.set(response, client);
  return response;
}
