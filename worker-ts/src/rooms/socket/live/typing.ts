// Who is typing: relayed to the others, and remembered only for one who leaves in the middle of it. That it lapses without a
// repeat is the receiver's business: there is no timer.
import { encode, FEATURE, TYPING_STATE } from "@ferrule/core";
import type { RoomSettings } from "../../settings";
import type { Connection } from "../connection";
import type { Connections } from "../connections";
import type { FanOut } from "../fan-out";
import type { Presence } from "./presence";

/** What typing works on. */
export interface TypingParts {
  readonly connections: Connections;
  readonly settings: RoomSettings;
  /** Relays that somebody (a ref) types or has stopped (TYPING_STATE). */
  readonly relay: (ref: number, state: number) => void;
}

/** What relays it where the room is. */
export interface TypingLine {
  readonly presence: Presence;
  readonly fanOut: FanOut;
  readonly settings: RoomSettings;
}

/** In a crowd so many are told of within presenceTotalsMs: nobody reads more names, and each goes to everybody. */
const CROWD_TYPISTS_MAX = 16;

/** Who types, wherever their sockets are, as all others are told. */
export class Typists {
  readonly #line: TypingLine;
  #since = 0;
  #told = 0;

  constructor(line: TypingLine) {
    this.#line = line;
  }

  /** Tells all but this person that they type, or have stopped (TYPING_STATE); not all of it in a crowd, where it lapses. */
  tell(ref: number, state: number): void {
    const { presence, fanOut, settings } = this.#line;
    if (presence.isCrowd && !this.#mayTell()) return;
    const frame = encode({ kind: "TYPING", ts: settings.now(), sender: ref, body: { state } });
    const wants = FEATURE.TYPING;
    fanOut.publish([...presence.introductions([ref], wants), { frame, logged: false, wants, except: ref }]);
  }

  #mayTell(): boolean {
    const { now, presenceTotalsMs } = this.#line.settings;
    if (now() - this.#since >= presenceTotalsMs) [this.#since, this.#told] = [now(), 0];
    return this.#told++ < CROWD_TYPISTS_MAX;
  }
}

/** The relay of TYPING. */
export class Typing {
  readonly #parts: TypingParts;

  constructor(parts: TypingParts) {
    this.#parts = parts;
  }

  /** Relays what a connection says (TYPING_STATE) to all but its own person. One tab that stops says nothing of another. */
  set(connection: Connection, state: number): void {
    const { now, typingTtlMs } = this.#parts.settings;
    const typing = state === TYPING_STATE.TYPING;
    connection.state.typing = typing ? now() + typingTtlMs : 0;
    connection.save();
    if (typing || !this.#typesElsewhere(connection)) this.#parts.relay(connection.state.ref, state);
  }

  /** A message of this connection ends its typing; every client knows that by itself. Saved with the next frame. */
  end(connection: Connection): void {
    connection.state.typing = 0;
  }

  /** A connection is gone; who left in the middle of typing has stopped. */
  leave(connection: Connection): void {
    if (this.#types(connection)) this.set(connection, TYPING_STATE.STOPPED);
  }

  #types({ state }: Connection): boolean {
    return state.typing > this.#parts.settings.now();
  }

  #typesElsewhere({ state }: Connection): boolean {
    return this.#parts.connections.ofUser(state.userId).some((tab) => this.#types(tab));
  }
}
