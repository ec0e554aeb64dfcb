// One object's life: its router, its connections, and what is done with each event, in order. Every state that must outlive a sleep is
// written before the event ends.
import type { ConnectionData, ServerWebSocket } from "@ws-kit/core";
import { Attachments } from "./connections/attachment";
import { type Connection, Connections, isOpen, makeConnection } from "./connections/connections";
import type { DurableScope, HandlerOptions, Presence } from "./options";
import type { DurableSocketLike, ErrorPlace, Runtime, StandardSocketLike } from "./platform";
import { RouterBridge, type RouterLike, Socket } from "./router/bridge";
import { type Admission, admit } from "./upgrade";

const FRAME_BYTES_MAX_DEFAULT = 1024 * 1024;
const TOPICS_PER_CONNECTION_MAX_DEFAULT = 256;
export const TOPIC_CHARS_MAX_DEFAULT = 256;
const HEARTBEAT_DEFAULT = { request: "ping", response: "pong", staleAfterMs: undefined };

const CLOSE_NORMAL = 1000;
const CLOSE_GOING_AWAY = 1001;
const CLOSE_ABNORMAL = 1006;
const CLOSE_TOO_BIG = 1009;
const CLOSE_INTERNAL_ERROR = 1011;
/** A close frame without a code, as `close()` in a browser sends it. The answer is one without a code, or the client waits for it in vain. */
const CLOSE_WITHOUT_CODE = 1005;
/** "Connection lost", "TLS failed": what the near end concludes, and nobody is there to be answered (RFC 6455, 7.4.1). */
const CODES_NEVER_SENT: ReadonlySet<number> = new Set([CLOSE_ABNORMAL, 1015]);

export class Host<TData extends ConnectionData, Env> {
  readonly #bridge: RouterBridge<TData>;
  readonly #connections: Connections<TData>;
  readonly #hibernates: boolean;
  readonly #heartbeat: { request: string; response: string; staleAfterMs?: number | undefined } | undefined;
  readonly #frameBytesMax: number;
  #claimed = false;

  constructor(
    router: RouterLike<TData>,
    private readonly scope: DurableScope<Env>,
    private readonly options: Partial<HandlerOptions<TData, Env>>,
    private readonly runtime: Runtime,
  ) {
    const { state, storage } = scope;
    this.#hibernates = options.hibernate ?? true;
    this.#heartbeat = options.heartbeat === false ? undefined : (options.heartbeat ?? HEARTBEAT_DEFAULT);
    this.#frameBytesMax = options.frameBytesMax ?? FRAME_BYTES_MAX_DEFAULT;
    this.#bridge = new RouterBridge(router);
    const attachments = this.#hibernates ? new Attachments(storage, options.persist) : undefined;
    this.#connections = new Connections(state, attachments, this.report);
    if (!this.#hibernates)
      console.warn(
        "ws-kit: hibernate is off, so this object is billed for as long as anybody is connected, idle or not",
      );
    else if (this.#heartbeat)
      state.setWebSocketAutoResponse(runtime.autoResponse(this.#heartbeat.request, this.#heartbeat.response));
  }

  readonly report = (error: unknown, where: ErrorPlace): void => {
    try {
      const told: unknown = this.options.onError
        ? this.options.onError(error, where)
        : console.error(`ws-kit: ${where.phase}`, error);
      if (told instanceof Promise) told.catch(onErrorThrew); // an async function is taken for one that returns nothing
    } catch (second) {
      onErrorThrew(second);
    }
  };

  /**
   * Takes router and pubsub for this object; every way in begins here.
   * @throws WsKitDurableError `ROUTER_SHARED`, as long as another object has them: on each event, for one that is let through would leak.
   */
  claim(): void {
    if (this.#claimed) return;
    if (!this.options.scoping) this.#bridge.claim(this.scope.id);
    this.scope.pubsub.attach({
      state: this.scope.state,
      connections: this.#connections,
      topicsPerConnectionMax: this.options.topicsPerConnectionMax ?? TOPICS_PER_CONNECTION_MAX_DEFAULT,
      topicCharsMax: this.options.topicCharsMax ?? TOPIC_CHARS_MAX_DEFAULT,
      report: this.report,
    });
    this.#claimed = true;
  }

  /** Before the first event reaches the router. Undefined once it is done. */
  start(): Promise<void> | undefined {
    return this.#bridge.start();
  }

  get publish() {
    return this.#bridge.publish;
  }

  async fetch(request: Request): Promise<Response> {
    try {
      await this.start();
    } catch (error) {
      this.report(error, { phase: "open" });
      return internalError();
    }
    const { options, scope, runtime, report } = this;
    return admit(request, options, scope, this.#connections, runtime, report, (admission) => this.#open(admission));
  }

  /** Has its place among the connections before anything is awaited. */
  async #open({ id, data, tags }: Admission<TData>): Promise<Response> {
    const pair = this.runtime.socketPair();
    const { server } = pair;
    const now = this.runtime.now();
    const fresh = { id, data, topics: new Set<string>(), openedAtMs: now, activeAtMs: now, spilled: false };
    const connection = makeConnection(fresh, server);
    const socket = this.#makeSocket(connection);
    connection.socket = socket;
    // Before onOpen, because another event may run, or the object fall asleep, while onOpen awaits. And before the platform has the socket:
    // a client whose first state cannot be written would come back as nobody, and a socket without a client keeps the object awake.
    if (!this.#connections.save(connection)) return internalError();
    try {
      if (this.#hibernates) this.scope.state.acceptWebSocket(server, tags);
      else this.#listen(server);
    } catch (error) {
      this.#connections.drop(connection);
      this.report(error, { phase: "open", clientId: id });
      return internalError();
    }
    this.#connections.add(connection);
    this.#bridge.introduce(socket, id, data);
    try {
      await this.#bridge.open(socket);
    } catch (error) {
      this.report(error, { phase: "open", clientId: id });
      this.#connections.drop(connection);
      server.close(CLOSE_INTERNAL_ERROR, "Internal error");
    }
    this.#saveIfOpen(connection);
    return pair.upgradeResponse();
  }

  /** A known client's frame is dispatched without an await in between: order, and the time of a microtask. */
  message(native: DurableSocketLike, data: string | ArrayBuffer): Promise<void> {
    const connection = this.#connections.find(native);
    // Whoever was sent away may go on talking until the close has come round: nobody listens.
    if (!connection || connection.ended || connection.dismissed) return Promise.resolve();
    if (isLongerThan(data, this.#frameBytesMax)) {
      this.#connections.dismiss(connection, CLOSE_TOO_BIG, "Message too big");
      return Promise.resolve();
    }
    const socket = this.#socketOf(connection);
    if (!(socket instanceof Promise)) return this.#dispatch(connection, socket, data);
    return socket.then(
      (known) => this.#dispatch(connection, known, data),
      (error) => this.report(error, { phase: "message", clientId: connection.id }),
    );
  }

  async #dispatch(connection: Connection<TData>, socket: ServerWebSocket, data: string | ArrayBuffer): Promise<void> {
    connection.activeAtMs = this.runtime.now();
    try {
      await this.#bridge.message(socket, data);
    } catch (error) {
      this.report(error, { phase: "message", clientId: connection.id });
    }
    this.#saveIfOpen(connection); // handlers change ctx.data directly
  }

  /**
   * Runs the user's onClose once, then answers the client's close as RFC 6455 wants it. A close that wakes the object is not in the list of
   * sockets any more, but its own socket still has its attachment.
   */
  async close(native: DurableSocketLike, code: number, reason: string): Promise<void> {
    const connection = this.#connections.find(native);
    if (!connection || connection.ended) return;
    connection.ended = true;
    try {
      await this.#bridge.close(await this.#socketOf(connection), code, reason);
    } catch (error) {
      this.report(error, { phase: "close", clientId: connection.id });
    }
    this.#connections.drop(connection);
    if (CODES_NEVER_SENT.has(code)) return;
    try {
      if (code === CLOSE_WITHOUT_CODE) native.close();
      else native.close(code, reason);
    } catch {
      // The platform, or a handler, has answered already.
    }
  }

  /** The connection is gone. What the error says is the network's matter: clients that vanish are no fault of anybody here. */
  error(native: DurableSocketLike): Promise<void> {
    return this.close(native, CLOSE_ABNORMAL, "");
  }

  presence(topic?: string): Presence<TData>[] {
    const connections = topic === undefined ? this.#connections.all() : this.#connections.subscribers(topic);
    return Array.from(connections)
      .filter(isOpen)
      .map(({ id, data, topics, openedAtMs }) => ({ clientId: id, data, topics: [...topics], openedAtMs }));
  }

  connectionCount(): number {
    return this.#connections.countOpen();
  }

  closeClient(clientId: string, code = CLOSE_NORMAL, reason = ""): boolean {
    const connection = this.#connections.findById(clientId);
    if (!connection || !isOpen(connection)) return false;
    this.#connections.dismiss(connection, code, reason);
    return true;
  }

  save(clientId: string): void {
    const connection = this.#connections.findById(clientId);
    if (connection) this.#saveIfOpen(connection);
  }

  sweep(): number {
    const staleAfterMs = this.#heartbeat?.staleAfterMs;
    if (staleAfterMs === undefined) return 0;
    const staleBeforeMs = this.runtime.now() - staleAfterMs;
    const stale = Array.from(this.#connections.all()).filter(
      (connection) => isOpen(connection) && this.#heardAtMs(connection) < staleBeforeMs,
    );
    for (const connection of stale) this.#connections.dismiss(connection, CLOSE_GOING_AWAY, "Stale");
    return stale.length;
  }

  #heardAtMs({ native, activeAtMs }: Connection<TData>): number {
    const answeredAt = this.#hibernates ? this.scope.state.getWebSocketAutoResponseTimestamp(native) : null;
    return Math.max(activeAtMs, answeredAt?.getTime() ?? 0);
  }

  /** The client's socket as the router knows it; told now if the router has forgotten. */
  #socketOf(connection: Connection<TData>): ServerWebSocket | Promise<ServerWebSocket> {
    if (connection.socket) return connection.socket;
    connection.introducing ??= this.#introduce(connection);
    return connection.introducing;
  }

  async #introduce(connection: Connection<TData>): Promise<ServerWebSocket> {
    try {
      await this.start();
      const socket = this.#makeSocket(connection);
      this.#bridge.introduce(socket, connection.id, connection.data);
      await this.#bridge.adopt(socket);
      connection.socket = socket;
      return socket;
    } finally {
      connection.introducing = undefined;
    }
  }

  #makeSocket(connection: Connection<TData>): Socket {
    return new Socket(connection, (code, reason) => this.#connections.dismiss(connection, code, reason));
  }

  #saveIfOpen(connection: Connection<TData>): void {
    if (isOpen(connection)) this.#connections.save(connection);
  }

  /** Standard mode: the platform's events come by listener and its heartbeat does not come at all, so it is answered here. */
  #listen(server: StandardSocketLike): void {
    server.binaryType = "arraybuffer"; // "blob" by default from the compatibility date 2026-03-17 on
    server.accept();
    server.addEventListener("message", ({ data }) => {
      if (typeof data === "string" && data === this.#heartbeat?.request) this.#answerHeartbeat(server);
      else if (typeof data === "string" || data instanceof ArrayBuffer)
        this.#listened(() => this.message(server, data));
    });
    server.addEventListener("close", ({ code, reason }) => this.#listened(() => this.close(server, code, reason)));
    server.addEventListener("error", () => this.#listened(() => this.error(server)));
  }

  #answerHeartbeat(server: StandardSocketLike): void {
    const connection = this.#connections.find(server);
    if (!connection || !isOpen(connection) || !this.#heartbeat) return; // to send after a close throws
    connection.activeAtMs = this.runtime.now();
    server.send(this.#heartbeat.response);
  }

  /** Listeners run outside of the event that accepted the socket, so the object's scope is entered anew. */
  #listened(work: () => Promise<void>): void {
    const { scoping } = this.options;
    void (scoping ? scoping.run(this.scope.state, work) : work());
  }
}

const onErrorThrew = (error: unknown): void => console.error("ws-kit: onError threw", error);

const internalError = (): Response => new Response("Internal error", { status: 500 });

/** Bytes of UTF-8 are between one and three times the characters, so most texts need no counting. */
function isLongerThan(data: string | ArrayBuffer, bytesMax: number): boolean {
  if (typeof data !== "string") return data.byteLength > bytesMax;
  if (data.length > bytesMax) return true;
  return data.length * 3 > bytesMax && new TextEncoder().encode(data).byteLength > bytesMax;
}
