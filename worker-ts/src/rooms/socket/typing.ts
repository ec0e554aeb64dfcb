// Who is typing: relayed to the others and forgotten. That it lapses is the receiver's business, so nothing of it outlives a
// sleep, and memory is enough.
import { encode, FEATURE, TYPING_STATE } from "@ferrule/core";
import type { RoomSettings } from "../settings";
import type { Connection } from "./connection";
import type { FanOut } from "./fan-out";
import type { Presence } from "./presence";

/** What typing works on. */
export interface TypingParts {
  readonly presence: Presence;
  readonly fanOut: FanOut;
  readonly settings: RoomSettings;
}

/** The relay of TYPING. */
export class Typing {
  readonly #parts: TypingParts;
  /** Who said so, and when it lapses unless repeated (ms since 1970). */
  readonly #lapses = new Map<Connection, number>();

  constructor(parts: TypingParts) {
    this.#parts = parts;
  }

  /** Relays what a connection says (TYPING_STATE) to all but its own person. */
  set(connection: Connection, state: number): void {
    if (state === TYPING_STATE.TYPING) {
      const { now, typingTtlMs } = this.#parts.settings;
      this.#lapses.set(connection, now() + typingTtlMs);
      this.#relay(connection, state);
    } else {
      this.#lapses.delete(connection);
      if (!this.#typesElsewhere(connection)) this.#relay(connection, state);
    }
  }

  /** The message of this connection ends its typing, for every client by itself. */
  end(connection: Connection): void {
    this.#lapses.delete(connection);
  }

  /** A connection is gone; who left in the middle of typing has stopped. */
  leave(connection: Connection): void {
    const lapses = this.#lapses.get(connection) ?? 0;
    if (lapses > this.#parts.settings.now()) this.set(connection, TYPING_STATE.STOPPED);
    else this.#lapses.delete(connection);
  }

  /** Whether another tab of the same person is typing. */
  #typesElsewhere({ state }: Connection): boolean {
    const now = this.#parts.settings.now();
    for (const [connection, lapses] of this.#lapses)
      if (connection.state.ref === state.ref && lapses > now) return true;
    return false;
  }

  #relay(connection: Connection, state: number): void {
    const { presence, fanOut, settings } = this.#parts;
    const { ref } = connection.state;
    const frame = encode({ kind: "TYPING", ts: settings.now(), sender: ref, body: { state } });
    const wants = FEATURE.TYPING;
    fanOut.publish([...presence.introductions([ref], wants), { frame, logged: false, wants, except: ref }]);
  }
}
