// Whoever sent a frame that has passed the gate, as those see it who answer: a socket of the room's own, or one behind a relay.
import type { ErrorName } from "@ferrule/core";
import type { RoleName } from "../../operation";
import type { Connection } from "../connection";
import { type Gate, hold } from "./gate";

/** What is known of a connection, wherever its socket is. */
export interface PeerFacts {
  /** Number of the connection, unique in the room. */
  readonly conn: number;
  readonly ref: number;
  readonly userId: string;
  readonly role: RoleName;
  /** When its admission ends, ms since 1970. */
  readonly expiresAt: number;
}

/** What a renewed admission changes. */
export interface Renewal {
  readonly sessionId: string;
  readonly expiresAt: number;
  readonly role: RoleName;
  /** Version of the role, as in Actor. */
  readonly roleAt: number;
}

/** One to answer. */
export interface Peer {
  readonly facts: PeerFacts;
  /** Whether answers still reach it, as far as is known. */
  readonly open: boolean;
  /** Sends one frame. */
  send(frame: Uint8Array): void;
  /** Sends an ERROR that leaves the socket open; `id` names the refused frame. */
  refuse(code: number, text: string, id: Uint8Array | null): void;
  /** Refuses a frame of this kind that must wait, for its connection's limits to remember. */
  hold(kind: number, id: Uint8Array | null, retryAfterMs: number): void;
  /** Sends a fatal ERROR and closes. */
  fail(error: ErrorName, text: string): void;
  /** Its admission goes on. */
  prolong(renewal: Renewal): void;
  /** A message of its own is stored: it has stopped typing. */
  wrote(): void;
}

/** What the owner of a socket does for it, besides sending. */
export interface PeerOwner extends Gate {
  readonly typing: { end(connection: Connection): void };
  readonly due: { provide(kind: "expiry", at: number): void };
}

/** A socket of one's own. */
export class SocketPeer implements Peer {
  readonly #owner: PeerOwner;
  readonly #connection: Connection;

  constructor(owner: PeerOwner, connection: Connection) {
    this.#owner = owner;
    this.#connection = connection;
  }

  get facts(): PeerFacts {
    return this.#connection.state;
  }

  get open(): boolean {
    return this.#connection.open;
  }

  send(frame: Uint8Array): void {
    this.#connection.send(frame);
  }

  refuse(code: number, text: string, id: Uint8Array | null): void {
    this.#connection.refuse(code, text, id);
  }

  hold(kind: number, id: Uint8Array | null, retryAfterMs: number): void {
    hold(this.#owner, this.#connection, kind, id, retryAfterMs);
  }

  fail(error: ErrorName, text: string): void {
    this.#connection.fail(error, text);
  }

  prolong(renewal: Renewal): void {
    Object.assign(this.#connection.state, renewal);
    this.#connection.save();
    this.#owner.due.provide("expiry", renewal.expiresAt + this.#owner.settings.admissionGraceMs);
  }

  wrote(): void {
    this.#owner.typing.end(this.#connection);
  }
}
