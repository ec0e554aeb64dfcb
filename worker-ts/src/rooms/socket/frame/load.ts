// What leaves for many sockets at once: packed once for all that get the same of it, one slice for each such packing. It is the
// same at a room and at its relays; when it leaves is not decided here.
import { batch, FEATURE } from "@ferrule/core";
import { FRAME_BYTES } from "../../log/replay";
import type { Counter } from "../../log/totals";
import type { RoomSettings } from "../../settings";
import type { Connection } from "../connection";

/** A frame to broadcast. */
export interface Cast {
  readonly frame: Uint8Array;
  /** An entry of the log: it skips connections that are being replayed, for they read it from the log. */
  readonly logged: boolean;
  /** The FEATURE a receiver must have been granted. Such a frame is ephemeral: it skips connections that are behind. */
  readonly wants?: number;
  /** Ref of the person who does not get it. */
  readonly except?: number;
}

/** What is told again, whole, to a connection that was behind; typing lapses by itself. */
const TOLD_AGAIN = FEATURE.PRESENCE | FEATURE.RECEIPTS;
/** Above all FEATURE bits: the bit of those who are live, and the place of a ref that is excepted. */
const LIVE = 0x100;
const REF_UNIT = 0x200;

/** Sends each of these connections what it gets of these frames. */
export function deliver(
  casts: readonly Cast[],
  connections: Iterable<Connection>,
  settings: RoomSettings,
  totals: Counter,
): void {
  const load = new Load(casts, settings);
  let deliveries = 0;
  for (const connection of connections) {
    const { frames, casts: count } = load.parcelOf(connection);
    connection.told = 0;
    deliveries += count;
    for (const frame of frames) connection.send(frame);
  }
  if (deliveries > 0) totals.count("deliveries", deliveries);
}

/** What one connection gets of it: messages for its socket, and how many casts they hold. */
interface Parcel {
  readonly frames: readonly Uint8Array[];
  readonly casts: number;
}

/** What leaves at once, packed only once for all connections that get the same of it. */
class Load {
  readonly #casts: readonly Cast[];
  readonly #settings: RoomSettings;
  /** All features that frames of it want, and all refs that do not get everything. */
  readonly #wanted: number;
  readonly #excepted: ReadonlySet<number> | undefined;
  readonly #packed = new Map<number, Parcel>();

  constructor(casts: readonly Cast[], settings: RoomSettings) {
    this.#casts = casts;
    this.#settings = settings;
    let wanted = 0;
    let excepted: Set<number> | undefined;
    for (const cast of casts) {
      wanted |= cast.wants ?? 0;
      if (cast.except !== undefined) excepted = (excepted ?? new Set()).add(cast.except);
    }
    this.#wanted = wanted;
    this.#excepted = excepted;
  }

  parcelOf(connection: Connection): Parcel {
    const { ref } = connection.state;
    const granted = this.#wanted === 0 ? 0 : this.#grantedTo(connection);
    const without = this.#excepted?.has(ref) ? ref : 0;
    const { live, told } = connection;
    if (told > 0) return this.#pack(told, granted, live, without);
    const key = granted + (live ? LIVE : 0) + without * REF_UNIT;
    const packed = this.#packed.get(key);
    if (packed !== undefined) return packed;
    const parcel = this.#pack(0, granted, live, without);
    this.#packed.set(key, parcel);
    return parcel;
  }

  /** What of the wanted features this connection gets now: all it was granted, or none while it is behind. */
  #grantedTo(connection: Connection): number {
    const granted = connection.state.features & this.#wanted;
    if (granted === 0 || !connection.behind) return granted;
    connection.miss(granted & TOLD_AGAIN);
    return 0;
  }

  #pack(from: number, granted: number, live: boolean, without: number): Parcel {
    const frames: Uint8Array[] = [];
    for (const { frame, logged, wants, except } of from === 0 ? this.#casts : this.#casts.slice(from)) {
      if (logged && !live) continue;
      if (wants !== undefined && (wants & granted) === 0) continue;
      if (except === undefined || except !== without) frames.push(frame);
    }
    // The usual case, one frame on an idle line, needs no second look by the core.
    const packed = frames.length < 2 ? frames : batch(this.#settings.now(), frames, FRAME_BYTES);
    return { frames: packed, casts: frames.length };
  }
}
