// When a connection's admission is prolonged, and with which frame (PROTOCOL.md section 9). Pure: no clock, no HTTP.
import { encode, uuidBytes, uuidText } from "@ferrule/core";
import type { RoomError } from "../room-error";
import { backoffMs } from "./reconnect";

/** Part of the time left that goes by before a new ticket is taken. */
const PART = 0.8;
/** Between two refreshes, for admissions that end soon whatever is done (the session's end). */
const GAP_MS = 1_000;

/**
 * The admission of one connection. `resting` until it is time; `asking` for a ticket; `ready` with a frame that must
 * leave; `sent` until it is answered; `off` when the room cannot do it: then the connection ends, and the next one is
 * admitted anew.
 */
export class Refresh {
  #phase: "resting" | "asking" | "ready" | "sent" | "off" = "off";
  /** When to go on, in `resting` and `ready`. */
  #at = 0;
  #tries = 0;
  #id = "";
  #frame: Uint8Array | undefined;

  /** Whether a ticket of ours has been sent and not been answered. */
  get underWay(): boolean {
    return this.#phase === "sent";
  }

  /** Admitted for `leftMs` from `now` on. Nothing is done about an admission that has ended already. */
  handleAdmitted(leftMs: number, now: number): void {
    if (leftMs <= 0) return;
    this.#phase = "resting";
    this.#tries = 0;
    this.#at = now + Math.max(PART * leftMs, GAP_MS);
  }

  /** The ticket that `pollTicket` asked for; `id` is a random UUID. */
  handleTicket(ticket: string, id: string, now: number): void {
    if (this.#phase !== "asking") return;
    this.#phase = "ready";
    this.#at = now;
    this.#id = id;
    this.#frame = encode({ kind: "AUTH_REFRESH", id: uuidBytes(id), body: { ticket } });
  }

  /** There was no ticket, or it was not taken: another one later. `random` is 0 ≤ x < 1. */
  handleFailed(now: number, random: number): void {
    if (this.#phase === "off") return;
    this.#phase = "resting";
    this.#at = now + GAP_MS + backoffMs(this.#tries++, random);
  }

  /** ERROR for a frame of ours. False when it is none. `until`: when the same frame may come again. */
  handleRefused(id: Uint8Array, error: RoomError, until: number, random: number): boolean {
    if (this.#phase !== "sent" || uuidText(id) !== this.#id) return false;
    if (error.code === "rate_limited") {
      this.#phase = "ready";
      this.#at = until;
    } else if (error.code === "unsupported") {
      this.#phase = "off";
    } else {
      this.handleFailed(until, random);
    }
    return true;
  }

  /** The bucket refused another frame: ours waits, too. */
  handleHeld(until: number): void {
    if (this.#phase === "ready") this.#at = Math.max(this.#at, until);
  }

  /** True once, when it is time to take a ticket. */
  pollTicket(now: number): boolean {
    if (this.#phase !== "resting" || now < this.#at) return false;
    this.#phase = "asking";
    return true;
  }

  pollTransmit(now: number): Uint8Array | undefined {
    if (this.#phase !== "ready" || now < this.#at) return undefined;
    this.#phase = "sent";
    return this.#frame;
  }

  /** When (ms) to poll again although nothing else happens. */
  pollTimeout(): number | undefined {
    return this.#phase === "resting" || this.#phase === "ready" ? this.#at : undefined;
  }
}
