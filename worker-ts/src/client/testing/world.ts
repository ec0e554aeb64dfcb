// One clock, one room, and clients in it: what most tests of the client begin with.
import { type ConnectOptions, connect } from "../connect";
import type { RoomEvent } from "../events";
import type { Room } from "../room";
import { Clock, seeded } from "./clock";
import { SimServer } from "./server";

const EVENT_TYPES: readonly RoomEvent["type"][] = [
  "message",
  "edit",
  "delete",
  "react",
  "unreact",
  "system",
  "typing",
  "presence",
  "receipt",
  "people",
  "reset",
  "state",
  "role",
  "outbox",
  "error",
];

/** A client and everything it told. */
export interface Client {
  readonly room: Room;
  readonly events: RoomEvent[];
  /** Texts of the message events, in order. */
  texts(): string[];
  /** Every `state`, in order. */
  states(): string[];
}

/** A world of its own; the same seed gives the same world. */
export class World {
  readonly clock = new Clock();
  readonly random: () => number;
  readonly server: SimServer;

  constructor(seed = 1) {
    this.random = seeded(seed);
    this.server = new SimServer(this.clock, this.random);
  }

  /** Connects as `user`; time has to pass before anything happens. */
  connect(user: string, options: Partial<ConnectOptions> = {}): Client {
    const { platform, ...rest } = options;
    const base = this.server.platform(user);
    const room = connect({ url: "https://sim", room: "sim", ...rest, platform: { ...base, ...platform } });
    const events: RoomEvent[] = [];
    for (const type of EVENT_TYPES) room.on(type, (event) => void events.push(event));
    return {
      room,
      events,
      texts: () => events.flatMap((event) => (event.type === "message" ? [event.message.text] : [])),
      states: () => events.flatMap((event) => (event.type === "state" ? [event.state] : [])),
    };
  }

  /** Connects as `user` and waits until it is open. */
  async open(user: string, options: Partial<ConnectOptions> = {}): Promise<Client> {
    const client = this.connect(user, options);
    await this.clock.pass(1_000);
    return client;
  }
}
