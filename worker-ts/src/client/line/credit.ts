// How many bytes the application has handled, and when to tell the room (PROTOCOL.md section 11). Pure.
import { LIMIT } from "@ferrule/core";

/** The credit of one connection. Counts are cumulative, so a CREDIT that is lost is made good by the next one. */
export class Credit {
  #consumed = 0;
  #told = 0;
  #heldUntil = 0;
  readonly #step: number;

  /** `windowSoft` as WELCOME says. Half of what the room waits for is told at once, so that one large frame fits too. */
  constructor(windowSoft: number = LIMIT.CREDIT_STEP_BYTES) {
    this.#step = Math.min(LIMIT.CREDIT_STEP_BYTES, windowSoft) / 2;
  }

  handleConsumed(bytes: number): void {
    this.#consumed += bytes;
  }

  /** RATE_LIMITED: the last CREDIT did not count, so all of it is owed again. */
  handleRefused(until: number): void {
    this.#told = 0;
    this.handleHeld(until);
  }

  /** The bucket refused another frame: none leaves before `until` (ms). */
  handleHeld(until: number): void {
    this.#heldUntil = until;
  }

  /** What to tell now, if anything. */
  pollTransmit(now: number): number | undefined {
    if (!this.#owes || now < this.#heldUntil) return undefined;
    this.#told = this.#consumed;
    return this.#consumed;
  }

  /** When (ms) to ask `pollTransmit` again although nothing else happens. */
  pollTimeout(): number | undefined {
    return this.#owes ? this.#heldUntil : undefined;
  }

  get #owes(): boolean {
    return this.#consumed - this.#told >= this.#step;
  }
}
