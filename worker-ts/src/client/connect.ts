// Opens a room: settles the options and hands the room its ports.
import type { Cursor } from "./line/news";
import type { TappedFrame } from "./line/tap";
import { localOutbox, memoryOutbox, type OutboxStore } from "./outbox/outbox-store";
import { type Platform, platformWith } from "./platform";
import { Room } from "./room";
import type { Wants } from "./switchboard";

/** How to reach a room, and as whom. */
export interface ConnectOptions {
  /** Where Ferrule answers: its origin, or any address on it. */
  readonly url: string | URL;
  /** The room's id. The user must be a member: `PUT /api/rooms/{id}/members/self` joins. */
  readonly room: string;
  /** The bearer, asked for whenever it is needed; when this fails, it is asked again later. Browsers use the cookie. */
  readonly token?: () => string | undefined | Promise<string | undefined>;
  /** The id of the user who is signed in, where the program knows it: what is written before the first connection is then theirs alone. */
  readonly user?: string;
  /** What the room shall tell besides its log: who is here, who types, who has read how far. Default: none of it. */
  readonly wants?: Wants;
  /** Where unsent writes are kept. Default: `localOutbox(localStorage)` in browsers, else `memoryOutbox()`. */
  readonly outbox?: OutboxStore;
  /** Goes on after this place: a `room.cursor` that the caller kept. */
  readonly resume?: Cursor;
  /** Shown a copy of every binary message as it goes up or comes down, for inspectors. What it does changes nothing. */
  readonly tap?: (frame: TappedFrame) => void;
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
    user: options.user,
    wants: options.wants ?? {},
    store: options.outbox ?? (platform.storage === undefined ? memoryOutbox() : localOutbox(platform.storage)),
    resume: options.resume,
    tap: options.tap,
    platform,
  });
}
