// Who is connected to this object: native socket → connection, id → connection, topic → connections. Rebuilt after a sleep from the
// sockets' attachments, each as late as possible: listing sockets wakes all of them.
import type { ConnectionData, ServerWebSocket } from "@ws-kit/core";
import type { DurableSocketLike, DurableStateLike, Report } from "../platform";
import type { Attachments, Remembered } from "./attachment";

/** `readyState` of a socket that can be sent to. */
const OPEN = 1;
const CLOSE_INTERNAL_ERROR = 1011;

/** One client of this object. */
export interface Connection<TData extends ConnectionData = ConnectionData> extends Remembered<TData> {
  readonly native: DurableSocketLike;
  /** Set once the router knows the client; until then it only receives. */
  socket?: ServerWebSocket | undefined;
  /** While the router is being told: all events of the client wait for the same promise, and so keep their order. */
  introducing?: Promise<ServerWebSocket> | undefined;
  /** Its close event has come: a second one means nothing. */
  ended?: boolean | undefined;
}

/** A connection with all its fields, in one order: a publish looks at thousands, and is a third slower where they differ in shape. */
export const makeConnection = <TData extends ConnectionData>(
  { id, data, topics, openedAtMs, activeAtMs, spilled, dismissed }: Remembered<TData>,
  native: DurableSocketLike,
): Connection<TData> => ({
  id,
  data,
  topics,
  openedAtMs,
  activeAtMs,
  spilled,
  dismissed,
  native,
  written: undefined,
  socket: undefined,
  introducing: undefined,
  ended: undefined,
});

/** Can be sent to, and is worth writing down. The platform may call a socket open while its close event is being handled. */
export const isOpen = ({ native, ended }: Connection): boolean => !ended && native.readyState === OPEN;

/** The tag by which one client's socket is found without listing the others. */
export const clientTag = (id: string): string => `c:${id}`;

/** All connections of one object. */
export class Connections<TData extends ConnectionData> {
  readonly #byNative = new Map<DurableSocketLike, Connection<TData>>();
  readonly #byId = new Map<string, Connection<TData>>();
  /** Undefined until somebody asks about all connections; then kept as long as the object is awake. */
  #byTopic: Map<string, Set<Connection<TData>>> | undefined;

  /** Without `attachments` nothing is written: sockets in standard mode die with the object's memory anyway. */
  constructor(
    private readonly state: DurableStateLike,
    private readonly attachments: Attachments<TData> | undefined,
    private readonly report: Report,
  ) {}

  /** The connection of an event's socket, read back if need be. Undefined for a socket that is not ours, or whose state is beyond use. */
  find(native: DurableSocketLike): Connection<TData> | undefined {
    return this.#byNative.get(native) ?? this.#restore(native);
  }

  /** The connection of a client. Costs no listing. */
  findById(id: string): Connection<TData> | undefined {
    const known = this.#byId.get(id);
    if (known || !this.attachments || this.#byTopic) return known;
    // A user's own tag may look like ours, so the attachment decides.
    for (const native of this.state.getWebSockets(clientTag(id)))
      if (this.attachments.idOf(native) === id) return this.find(native);
    return undefined;
  }

  /** Everybody, closing ones included. Lists the sockets once in a life of the object. */
  all(): Iterable<Connection<TData>> {
    this.#provideIndex();
    return this.#byNative.values();
  }

  /** Whether `most` can be sent to. Sockets are told apart (ours, closing) only where that decides: attachments are slow to read. */
  isFull(most: number): boolean {
    const known = this.#byTopic || !this.attachments ? this.#byNative.size : this.state.getWebSockets().length;
    return known >= most && this.countOpen() >= most;
  }

  countOpen(): number {
    let count = 0;
    for (const connection of this.all()) if (isOpen(connection)) count++;
    return count;
  }

  subscribers(topic: string): ReadonlySet<Connection<TData>> {
    return this.#provideIndex().get(topic) ?? new Set();
  }

  topics(): string[] {
    return [...this.#provideIndex().keys()];
  }

  add(connection: Connection<TData>): void {
    this.#byNative.set(connection.native, connection);
    this.#byId.set(connection.id, connection);
    for (const topic of connection.topics) this.#link(connection, topic);
  }

  /** Forgets a connection for good: memory, attachment and spill. */
  drop(connection: Connection<TData>): void {
    for (const topic of connection.topics) this.#unlink(connection, topic);
    this.#byNative.delete(connection.native);
    this.#byId.delete(connection.id);
    this.#forget(connection.native, connection.id, connection.spilled);
  }

  /** Closes a connection from this side. A code or reason that the platform refuses is thrown, and changes nothing. */
  dismiss(connection: Connection<TData>, code?: number, reason?: string): void {
    connection.native.close(code, reason);
    connection.dismissed = true;
    try {
      this.attachments?.dismiss(connection.native, connection);
    } catch (error) {
      this.report(error, { phase: "persist", clientId: connection.id });
    }
  }

  /** Puts a connection in and out of topics, in one step. */
  change(connection: Connection<TData>, added: Iterable<string>, removed: Iterable<string>): void {
    connection.written = undefined;
    for (const topic of removed) {
      connection.topics.delete(topic);
      this.#unlink(connection, topic);
    }
    for (const topic of added) {
      connection.topics.add(topic);
      this.#link(connection, topic);
    }
  }

  /** Writes a connection's state. False, with the reason reported, when it could not be: then what was written last stays. */
  save(connection: Connection<TData>): boolean {
    try {
      this.attachments?.write(connection.native, connection);
      return true;
    } catch (error) {
      this.report(error, { phase: "persist", clientId: connection.id });
      return false;
    }
  }

  #restore(native: DurableSocketLike): Connection<TData> | undefined {
    if (!this.attachments) return undefined;
    try {
      const remembered = this.attachments.read(native);
      if (!remembered) return undefined;
      const connection = makeConnection(remembered, native);
      this.add(connection);
      return connection;
    } catch (error) {
      // Nobody can say who this client is: better no connection than one with somebody else's rights.
      const id = this.attachments.idOf(native) ?? "";
      this.report(error, { phase: "persist", clientId: id });
      this.#forget(native, id, false); // a spilled body is an orphan now
      if (native.readyState === OPEN) native.close(CLOSE_INTERNAL_ERROR, "Internal error");
      return undefined;
    }
  }

  #forget(native: DurableSocketLike, id: string, spilled: boolean): void {
    try {
      this.attachments?.forget(native, id, spilled);
    } catch (error) {
      this.report(error, { phase: "persist", clientId: id });
    }
  }

  #provideIndex(): Map<string, Set<Connection<TData>>> {
    if (this.#byTopic) return this.#byTopic;
    const index = new Map<string, Set<Connection<TData>>>();
    this.#byTopic = index;
    for (const connection of this.#byNative.values())
      for (const topic of connection.topics) this.#link(connection, topic);
    if (this.attachments) {
      for (const native of this.state.getWebSockets()) this.find(native);
      this.attachments.sweepOrphans((id) => this.#byId.has(id));
    }
    return index;
  }

  #link(connection: Connection<TData>, topic: string): void {
    if (!this.#byTopic) return;
    const members = this.#byTopic.get(topic);
    if (members) members.add(connection);
    else this.#byTopic.set(topic, new Set([connection]));
  }

  #unlink(connection: Connection<TData>, topic: string): void {
    const members = this.#byTopic?.get(topic);
    if (members?.delete(connection) && members.size === 0) this.#byTopic?.delete(topic);
  }
}
