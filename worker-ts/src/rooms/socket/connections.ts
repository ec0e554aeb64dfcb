// The room's sockets. After a wake only the socket of the event is read; the whole list is built at the first broadcast
// and kept for this life.
import type { RoomSettings } from "../settings";
import { Connection, isOpen } from "./connection";

/** The room's connections, by socket. */
export class Connections {
  readonly #state: DurableObjectState;
  readonly #settings: RoomSettings;
  readonly #known = new Map<WebSocket, Connection>();
  #complete = false;

  constructor(state: DurableObjectState, settings: RoomSettings) {
    this.#state = state;
    this.#settings = settings;
  }

  /** Takes in a socket that was just accepted. */
  add(connection: Connection): void {
    this.#known.set(connection.socket, connection);
  }

  /** The connection of a socket, or null when it has no attachment of ours. */
  find(socket: WebSocket): Connection | null {
    const known = this.#known.get(socket);
    if (known !== undefined) return known;
    const connection = Connection.woken(socket, this.#settings);
    if (connection !== null) this.#known.set(socket, connection);
    return connection;
  }

  /** Forgets a socket; nothing happens when it is forgotten already. */
  remove(socket: WebSocket): void {
    this.#known.delete(socket);
  }

  /** Every open connection, those without HELLO too. */
  *all(): Generator<Connection, void> {
    if (!this.#complete) {
      for (const socket of this.#state.getWebSockets()) this.find(socket);
      this.#complete = true;
    }
    for (const connection of this.#known.values()) {
      if (connection.open) yield connection;
      else this.#known.delete(connection.socket);
    }
  }

  /** The open connections that have said HELLO. */
  *joined(): Generator<Connection, void> {
    for (const connection of this.all()) if (connection.state.hello) yield connection;
  }

  /** Refs of the people who are here. */
  refs(): Set<number> {
    const refs = new Set<number>();
    for (const connection of this.joined()) refs.add(connection.state.ref);
    return refs;
  }

  /** Open sockets in the room; their attachments are not read. */
  count(): number {
    return this.#state.getWebSockets().filter(isOpen).length;
  }

  /** This user's open connections, oldest first. */
  ofUser(userId: string): Connection[] {
    return this.#state
      .getWebSockets(`u:${userId}`)
      .map((socket) => this.find(socket))
      .filter((connection): connection is Connection => connection?.open === true)
      .sort((a, b) => a.state.conn - b.state.conn);
  }
}
