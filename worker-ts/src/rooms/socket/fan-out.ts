// Broadcast: a frame that finds the line idle leaves at once, those that follow within COALESCE_MS leave together as one
// BATCH. One slice serves all sockets. The timer is handed in and pends only while the line is busy.
import { batch } from "@ferrule/core";
import { FRAME_BYTES } from "../log/replay";
import type { RoomSettings } from "../settings";
import type { Connection } from "./connection";
import type { Connections } from "./connections";

/** A frame to broadcast. Entries of the log skip connections that are being replayed: they read them from the log. */
export interface Cast {
  readonly frame: Uint8Array;
  readonly logged: boolean;
}

/** The line to everybody. What waits in it is in the log as well; a pending timer keeps the object awake until it has left. */
export class FanOut {
  readonly #connections: Connections;
  readonly #settings: RoomSettings;
  readonly #after: (ms: number, run: () => void) => void;
  #waiting: Cast[] = [];
  #busy = false;

  constructor(connections: Connections, settings: RoomSettings, after: (ms: number, run: () => void) => void) {
    this.#connections = connections;
    this.#settings = settings;
    this.#after = after;
  }

  /** Sends these frames to everybody, in this order and never parted by a longer wait than the line's. */
  publish(casts: readonly Cast[]): void {
    this.#waiting.push(...casts);
    if (!this.#busy) this.#flush();
  }

  /** A connection that joins now has all that waits by other means: its WELCOME, its PEOPLE and the log. */
  skip(connection: Connection): void {
    connection.told = this.#waiting.length;
  }

  /** Sends one connection what waits for it, so that what is sent next is not older than its place in the log. */
  catchUp(connection: Connection): void {
    for (const frame of this.#pack(this.#missing(connection))) connection.send(frame);
    this.skip(connection);
  }

  #flush(): void {
    this.#busy = this.#waiting.length > 0;
    if (!this.#busy) return;
    // First of all, so that the line goes on whatever becomes of these frames.
    this.#after(this.#settings.coalesceMs, () => this.#flush());
    try {
      this.#sendAll();
    } finally {
      this.#waiting = [];
    }
  }

  #sendAll(): void {
    const everything = this.#pack(this.#waiting);
    for (const connection of this.#connections.joined()) {
      const whole = connection.live && connection.told === 0;
      const frames = whole ? everything : this.#pack(this.#missing(connection));
      connection.told = 0;
      for (const frame of frames) connection.send(frame);
    }
  }

  #missing(connection: Connection): Cast[] {
    return this.#waiting.slice(connection.told).filter((cast) => connection.live || !cast.logged);
  }

  #pack(casts: readonly Cast[]): readonly Uint8Array[] {
    // The usual case, one frame on an idle line, needs no second look by the core.
    if (casts.length < 2) return casts.map((cast) => cast.frame);
    return batch(
      this.#settings.now(),
      casts.map((cast) => cast.frame),
      FRAME_BYTES,
    );
  }
}
