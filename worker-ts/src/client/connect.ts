// Opens a room: settles the options and hands the room its ports.
import type { Cursor } from "./line/connection";
import { localOutbox, memoryOutbox, type OutboxStore } from "./outbox/outbox-store";
import { type Platform, platformWith } from "./platform";
import { Room } from "./room";

/** How to reach a room, and as whom. */
export interface ConnectOptions {
  /** Where Ferrule answers: its origin, or any address on it. */
  readonly url: string | URL;
  /** The room's id. The user must be a member: `PUT /api/rooms/{id}/members/self` joins. */
  readonly room: string;
  /** The bearer, asked for whenever it is needed; when this fails, it is asked again later. Browsers use the cookie. */
  readonly token?: () => string | undefined | Promise<string | undefined>;
  /** Where unsent messages are kept. Default: `localOutbox(localStorage)` in browsers, else `memoryOutbox()`. */
  readonly outbox?: OutboxStore;
  /** Goes on after this place: a `room.cursor` that the caller kept. */
  readonly resume?: Cursor;
  /** Replaces parts of the platform, for tests and for programs without a WebSocket of their own. */
  readonly platform?: Partial<Platform>;
}

/**
 * Connects to a room and stays connected until `close()`. Returns at once. Events are given from the next microtask on,
 * so listeners added right after this call miss nothing. Throws TypeError for an address that is none, and where there is no
 * WebSocket.
 */
export function connect(options: ConnectOptions): Room {
  const platform = platformWith(options.platform);
  return new Room({
    url: new URL(options.url),
    room: options.room,
    token: options.token,
    store: options.outbox ?? (platform.storage === undefined ? memoryOutbox() : localOutbox(platform.storage)),
    resume: options.resume,
    platform,
  });
}
