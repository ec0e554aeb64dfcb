// Opens a room: settles the options and hands the room its ports.
import type { OutboxStore } from "./outbox-store";
import type { Platform } from "./platform";
import type { Cursor, Room } from "./room";

export interface ConnectOptions {
  /** Where Ferrule answers: its origin, or any address on it. */
  readonly url: string | URL;
  /** The room's id. The user must be a member: `PUT /api/rooms/{id}/members/self` joins. */
  readonly room: string;
  /** The bearer, asked for before each connection. Browsers leave it out: the cookie is used. */
  readonly token?: () => string | undefined | Promise<string | undefined>;
  /** Where unsent messages are kept. Default: `localOutbox()` where localStorage exists, else `memoryOutbox()`. */
  readonly outbox?: OutboxStore;
  /** Goes on after this place: a `room.cursor` that the caller kept. */
  readonly resume?: Cursor;
  /** Replaces parts of the platform, for tests and for programs without a WebSocket of their own. */
  readonly platform?: Partial<Platform>;
}

/**
 * Connects to a room and keeps connected until `close()`. Returns at once; events are given from the next microtask on,
 * so listeners added right after this call miss nothing.
 */
export declare function connect(options: ConnectOptions): Room;
