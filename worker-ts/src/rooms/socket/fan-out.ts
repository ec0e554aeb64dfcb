// Broadcast: a frame that finds the line idle leaves at once, those that follow within COALESCE_MS leave together as one
// BATCH. One slice serves all who get the same. The timer is handed in and pends only while the line is busy.
import type { Counter } from "../log/totals";
import type { RoomSettings } from "../settings";
import type { Connection } from "./connection";
import type { Connections } from "./connections";
import { type Cast, deliver } from "./frame/load";

/** The line to everybody. What waits in it is in the log as well; a pending timer keeps the object awake until it has left. */
export class FanOut {
  readonly #connections: Connections;
  readonly #settings: RoomSettings;
  readonly #after: (ms: number, run: () => void) => void;
  readonly #totals: Counter;
  /** Gives the frames that merge a whole tick, when the tick is over. */
  #merged: () => readonly Cast[] = () => [];
  /** Takes what leaves, for those who are not here. */
  #onward: (casts: readonly Cast[]) => void = () => undefined;
  #stirred = false;
  #waiting: Cast[] = [];
  #busy = false;
  /** Whether more comes in this very run, to leave with what waits. */
  #held = false;
  #isOver = false;

  constructor(
    connections: Connections,
    settings: RoomSettings,
    after: (ms: number, run: () => void) => void,
    totals: Counter,
  ) {
    this.#connections = connections;
    this.#settings = settings;
    this.#after = after;
    this.#totals = totals;
  }

  /** This life of the room is over, for its storage is another one now: nothing leaves any more, whatever timer still runs. */
  end(): void {
    this.#isOver = true;
  }

  /** Names the one who is asked, at the end of each tick with a `stir`, for what it came to; that leaves behind all else. */
  merge(merged: () => readonly Cast[]): void {
    this.#merged = merged;
  }

  /** Names the one who is handed all that leaves, as it leaves. */
  hand(onward: (casts: readonly Cast[]) => void): void {
    this.#onward = onward;
  }

  /** Has everything that is published in this run leave together. */
  together<T>(run: () => T): T {
    const before = this.#held;
    this.#held = true;
    try {
      return run();
    } finally {
      this.#held = before;
      if (!before && !this.#busy) this.#flush();
    }
  }

  /** Entries of the log that wait. */
  get unsent(): number {
    return this.#waiting.reduce((sum, { logged }) => sum + (logged ? 1 : 0), 0);
  }

  /** Sends what waits now, without waiting for the end of the tick. */
  flush(): void {
    if (this.#waiting.length > 0) this.#leave();
  }

  /** Something has changed that is told merged, COALESCE_MS from now at the latest. */
  stir(): void {
    this.#stirred = true;
    if (!this.#busy) this.#wait();
  }

  /** Sends these frames to everybody, in this order and never parted by a longer wait than the line's. */
  publish(casts: readonly Cast[]): void {
    this.#waiting.push(...casts);
    if (!this.#busy && !this.#held) this.#flush();
  }

  /** A connection that joins now has all that waits by other means: its WELCOME, its PEOPLE and the log. */
  skip(connection: Connection): void {
    connection.told = this.#waiting.length;
  }

  /** Sends one connection what waits for it, so that what is sent next is not older than its place in the log. */
  catchUp(connection: Connection): void {
    this.#send(this.#waiting, [connection]);
    this.skip(connection);
  }

  #wait(): void {
    this.#busy = true;
    this.#after(this.#settings.coalesceMs, () => this.#flush());
  }

  #flush(): void {
    this.#busy = false;
    if (this.#isOver || (this.#waiting.length === 0 && !this.#stirred)) return;
    // First of all, so that the line goes on whatever becomes of these frames.
    this.#wait();
    this.#leave();
  }

  #leave(): void {
    const casts = this.#waiting;
    // What is published while they leave, by a connection that ends meanwhile, waits for the next tick.
    this.#waiting = [];
    if (this.#stirred) {
      this.#stirred = false;
      casts.push(...this.#merged());
    }
    if (casts.length === 0) return;
    this.#onward(casts);
    this.#send(casts, this.#connections.joined());
  }

  #send(casts: readonly Cast[], connections: Iterable<Connection>): void {
    deliver(casts, connections, this.#settings, this.#totals);
  }
}
