// Frames of one rate bucket that want an answer, in order (PROTOCOL.md section 11). Pure: no clock, no socket.

interface Item {
  readonly id: string;
  readonly rank: number;
  readonly frame: Uint8Array;
}

/**
 * A queue with one frame under way at a time: the next one leaves when the last one is answered. Why one: with more, the
 * room could refuse the first (RATE_LIMITED) and take the second, which turns their order; and frames sent into a
 * refusal count as strikes. The cost, one round trip per frame, is less than what rate limits allow anyway.
 *
 * Order of calls: `add` at any time; `handleOpen` when frames may leave; then `pollTransmit` whenever something changed,
 * or when `pollTimeout` says; `remove` at the answer; `handleRefused` at RATE_LIMITED; `handleLost` when the connection
 * ends: everything unanswered is sent again after the next `handleOpen`.
 */
export class Lane {
  #items: Item[] = [];
  #open = false;
  #flying: string | undefined;
  #heldUntil = 0;

  /** Adds behind all of the same or a lower `rank`. An id that is in the lane already is left where it is. */
  add(id: string, frame: Uint8Array, rank = 0): void {
    if (this.#items.some((item) => item.id === id)) return;
    this.#items.splice(this.#items.findLastIndex((item) => item.rank <= rank) + 1, 0, { id, frame, rank });
  }

  /** It was answered, or is no longer wanted. */
  remove(id: string): void {
    this.#items = this.#items.filter((item) => item.id !== id);
    if (this.#flying === id) this.#flying = undefined;
  }

  /** Empties the lane. */
  clear(): void {
    this.#items = [];
    this.#flying = undefined;
  }

  handleOpen(): void {
    this.#open = true;
  }

  /** Buckets belong to a connection, so nothing is held on the next one. */
  handleLost(): void {
    this.#open = false;
    this.#flying = undefined;
    this.#heldUntil = 0;
  }

  /** Nothing leaves before `until` (ms); then the refused frame, and behind it the others. */
  handleRefused(until: number): void {
    this.#flying = undefined;
    this.#heldUntil = until;
  }

  /** The frame to send now, if any. */
  pollTransmit(now: number): Uint8Array | undefined {
    const first = this.#items[0];
    if (!this.#open || first === undefined || this.#flying !== undefined || now < this.#heldUntil) return undefined;
    this.#flying = first.id;
    return first.frame;
  }

  /** When (ms) to ask `pollTransmit` again although nothing else happens. */
  pollTimeout(): number | undefined {
    return this.#open && this.#items.length > 0 && this.#flying === undefined ? this.#heldUntil : undefined;
  }
}
