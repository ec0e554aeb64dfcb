// Who is typing, from TYPING frames (PROTOCOL.md section 7): it ends by itself, or with a message. Pure: no clock.
import { LIMIT } from "@ferrule/core";

/** The refs of those who are typing, and until when each is believed. */
export class Typists {
  #until = new Map<number, number>();

  /** In the order they began. */
  get refs(): number[] {
    return [...this.#until.keys()];
  }

  /** TYPING of `ref`. Whether the list is another one now. */
  handleTyping(ref: number, typing: boolean, now: number): boolean {
    if (!typing) return this.#until.delete(ref);
    const began = !this.#until.has(ref);
    this.#until.set(ref, now + LIMIT.TYPING_TTL_MS);
    return began;
  }

  /** A message of `ref` says that it is written. */
  handleMessage(ref: number): boolean {
    return this.#until.delete(ref);
  }

  /** Takes off the list whoever has not repeated it in time. */
  handleTimeout(now: number): boolean {
    const lapsed = [...this.#until].filter(([, until]) => until <= now);
    for (const [ref] of lapsed) this.#until.delete(ref);
    return lapsed.length > 0;
  }

  /** When (ms) `handleTimeout` is due. */
  pollTimeout(): number | undefined {
    return this.#until.size === 0 ? undefined : Math.min(...this.#until.values());
  }

  clear(): boolean {
    const some = this.#until.size > 0;
    this.#until.clear();
    return some;
  }
}
