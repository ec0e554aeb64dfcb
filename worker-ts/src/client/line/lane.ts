// Frames of one rate bucket that want an answer, in order (PROTOCOL.md section 11). Pure: no clock, no socket.

interface Item {
  readonly id: string;
  readonly rank: number;
  readonly frame: Uint8Array | (() => void);
  readonly slow: boolean;
}

/**
 * A queue with one frame under way at a time: the next one leaves when the last one is answered. Why one: with more, the
 * room could refuse the first (RATE_LIMITED) and take the second, which turns their order; and frames sent into a
 * refusal count as strikes. The cost, one round trip per frame, is less than what rate limits allow anyway.
 *
 * Order of calls: `add` at any time; `handleOpen` when frames may leave; then `pollTransmit` whenever something changed,
 * or when `pollTimeout` says; `handleAnswered` at the answer; `handleRefused` at RATE_LIMITED; `handleLost` when the
 * connection ends: everything unanswered is sent again after the next `handleOpen`.
 */
export class Lane {
  #items: Item[] = [];
  #open = false;
  #flying: string | undefined;
  #heldUntil = 0;
  #slowUntil = 0;

  /**
   * Adds behind all of the same or a lower `rank`. An id that is in the lane already is left where it is. What goes another way
   * than as a frame is called when its turn has come.
   */
  add(id: string, frame: Uint8Array | (() => void), rank = 0, slow = false): void {
    if (this.#items.some((item) => item.id === id)) return;
    this.#items.splice(this.#items.findLastIndex((item) => item.rank <= rank) + 1, 0, { id, frame, rank, slow });
  }

  /** Whether a frame is in the lane, or under way although it was removed. */
  has(id: string): boolean {
    return this.#flying === id || this.#items.some((item) => item.id === id);
  }

  /** It is no longer wanted. When it is under way its answer is awaited all the same: it may still be a refusal. */
  remove(id: string): void {
    this.#items = this.#items.filter((item) => item.id !== id);
  }

  /** It was answered, and the next one may leave. */
  handleAnswered(id: string): void {
    this.remove(id);
    if (this.#flying === id) this.#flying = undefined;
  }

  /** Empties the lane; nothing is awaited. */
  clear(): void {
    this.#items = [];
    this.#flying = undefined;
  }

  handleOpen(): void {
    this.#open = true;
  }

  /** Nothing leaves before the next `handleOpen`; then what is unanswered leaves again. */
  handlePaused(): void {
    this.#open = false;
    this.#flying = undefined;
  }

  /** The connection ended. Buckets belong to it, so nothing is held on the next one. */
  handleLost(): void {
    this.handlePaused();
    this.#heldUntil = 0;
    this.#slowUntil = 0;
  }

  /** Nothing leaves before `until` (ms), or nothing that is `slow`; then the refused frame, and behind it the others. */
  handleRefused(id: string, until: number, slow = false): void {
    if (this.#flying === id) this.#flying = undefined;
    if (slow) this.#slowUntil = until;
    else this.#heldUntil = until;
  }

  /** Until when (ms) something is held; in the past when nothing is. */
  get heldUntil(): number {
    return Math.max(this.#heldUntil, this.#slowUntil);
  }

  /** The frame to send now, if any. */
  pollTransmit(now: number): Uint8Array | undefined {
    if (!this.#open || this.#flying !== undefined || now < this.#heldUntil) return undefined;
    const first = this.#items.find(({ slow }) => !slow || now >= this.#slowUntil);
    this.#flying = first?.id;
    if (typeof first?.frame !== "function") return first?.frame;
    first.frame();
    return undefined;
  }

  /** When (ms) to ask `pollTransmit` again although nothing else happens. */
  pollTimeout(): number | undefined {
    if (!this.#open || this.#flying !== undefined || this.#items.length === 0) return undefined;
    return this.#items.some(({ slow }) => !slow) ? this.#heldUntil : this.heldUntil;
  }
}
