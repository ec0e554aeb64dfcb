// The room's sockets, and who of them has joined. After a wake only the socket of the event is read; the whole list is built
// at the first broadcast, or at the first question about all, and kept for this life.
import type { Counter } from "../log/totals";
import type { RoomSettings } from "../settings";
import { Connection, isOpen } from "./connection";

/** The room's connections, by socket. */
export class Connections {
  readonly #state: DurableObjectState;
  readonly #settings: RoomSettings;
  readonly #totals: Counter;
  readonly #known = new Map<WebSocket, Connection>();
  readonly #joined = new Set<Connection>();
  /** Connections by ref, of those who have joined. */
  readonly #people = new Map<number, number>();
  #complete = false;
  #left: (connection: Connection, overlooked: boolean) => void = () => undefined;
  readonly #over = (connection: Connection): void => this.#part(connection);

  constructor(state: DurableObjectState, settings: RoomSettings, totals: Counter) {
    this.#state = state;
    this.#settings = settings;
    this.#totals = totals;
  }

  /**
   * Names the one who is told of each connection that had joined and is gone: once each, whatever ended it. `overlooked`: it was
   * closing already when the list was built after a wake, so that `joined` never had it.
   */
  watch(left: (connection: Connection, overlooked: boolean) => void): void {
    this.#left = left;
  }

  /** Takes in a socket that was just accepted. */
  add(connection: Connection): void {
    this.#keep(connection);
  }

  /** The connection of a socket, or null when it has no attachment of ours. */
  find(socket: WebSocket): Connection | null {
    const known = this.#known.get(socket);
    if (known !== undefined) return known;
    const connection = Connection.woken(socket, this.#settings, this.#totals);
    if (connection !== null) this.#keep(connection);
    return connection;
  }

  #keep(connection: Connection): void {
    this.#known.set(connection.socket, connection);
    connection.whenOver = this.#over;
  }

  /** This connection has said HELLO: it is one of those who are here. Save it afterwards. */
  join(connection: Connection): void {
    if (!this.#complete) this.#readAll();
    connection.state.hello = true;
    this.#count(connection);
  }

  /** Forgets a socket that is closed or broken; nothing more happens when it is forgotten already. */
  remove(socket: WebSocket): void {
    const connection = this.find(socket);
    if (connection !== null) this.#part(connection);
  }

  /** Every open connection, those without HELLO too. */
  *all(): Generator<Connection, void> {
    if (!this.#complete) this.#readAll();
    for (const connection of this.#known.values()) {
      if (connection.open) yield connection;
      else this.#part(connection);
    }
  }

  /** The connections that have said HELLO. One whose end is not known yet may be among them. */
  joined(): ReadonlySet<Connection> {
    if (!this.#complete) this.#readAll();
    return this.#joined;
  }

  /** The people who are here: how many connections each ref has. */
  people(): ReadonlyMap<number, number> {
    if (!this.#complete) this.#readAll();
    return this.#people;
  }

  /** Open sockets in the room; their attachments are not read for it. One whose end is not known yet may count. */
  count(): number {
    if (this.#complete) return this.#known.size;
    return this.#state.getWebSockets().filter(isOpen).length;
  }

  /** This user's open connections, oldest first. */
  ofUser(userId: string): Connection[] {
    return this.#state
      .getWebSockets(`u:${userId}`)
      .filter(isOpen)
      .map((socket) => this.find(socket))
      .filter((connection) => connection !== null)
      .sort((a, b) => a.state.conn - b.state.conn);
  }

  #readAll(): void {
    this.#complete = true;
    for (const socket of this.#state.getWebSockets()) {
      const connection = isOpen(socket) ? this.find(socket) : null;
      if (connection?.state.hello) this.#count(connection);
    }
  }

  #count(connection: Connection): void {
    const { ref } = connection.state;
    this.#joined.add(connection);
    this.#people.set(ref, (this.#people.get(ref) ?? 0) + 1);
  }

  /** The attachment remembers that it has left, for the next event of this socket may wake the object again. */
  #part(connection: Connection): void {
    const { state, socket } = connection;
    this.#known.delete(socket);
    if (!state.hello) return;
    state.hello = false;
    connection.save();
    const counted = this.#joined.delete(connection);
    if (counted) {
      const left = (this.#people.get(state.ref) ?? 1) - 1;
      if (left > 0) this.#people.set(state.ref, left);
      else this.#people.delete(state.ref);
    }
    this.#left(connection, this.#complete && !counted);
  }
}
