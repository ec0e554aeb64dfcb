// One life of the host after another: when one ends by itself, the next begins from the rows, a little later each time. Fenced is for good.
import type { KernelError } from "../kernel-error";
import { REOPEN_MS, WAKE_MS } from "./limits";
import type { HostPorts } from "./ports";

/** What of a life matters here. */
export interface Life {
  readonly ended: KernelError | null;
  close(): void;
}

/** What lives are made of. */
export interface LivesParts<L extends Life> {
  readonly ports: HostPorts;
  /** Rejects with a `KernelError`. */
  readonly open: () => Promise<L>;
  /** Whether there may be another life after such an end. */
  readonly again: (error: KernelError) => boolean;
  /** There will be no other life. */
  readonly onEnd: (error: KernelError) => void;
}

/** The life that goes on, or the next. */
export class Lives<L extends Life> {
  readonly #parts: LivesParts<L>;
  #life: Promise<L> | null = null;
  #over: KernelError | null = null;
  #failures = 0;
  #endedAt = 0;
  #cancel: (() => void) | null = null;

  constructor(parts: LivesParts<L>) {
    this.#parts = parts;
  }

  /** The life that goes on; begins one if need be. Rejects when that fails, and for ever after the last end. */
  async current(): Promise<L> {
    if (this.#over) throw this.#over;
    const found = await (this.#life ?? this.#begin());
    // it may have ended while it was waited for; the next one is taken as it is
    return found.ended && this.#over === null ? await (this.#life ?? this.#begin()) : found;
  }

  /** The life that goes on, if it has begun. */
  get opened(): Promise<L> | null {
    return this.#life;
  }

  /** A life ended by itself. */
  handleEnd(error: KernelError): void {
    if (this.#over) return;
    this.#life = null;
    if (this.#isLast(error)) return;
    this.#reopen();
  }

  /** What was queued goes on though nobody asks, as soon as the store answers again. */
  #reopen(): void {
    // ends that lie far apart are no row of failures
    const now = this.#parts.ports.now();
    this.#failures = now - this.#endedAt > 2 * WAKE_MS ? 1 : this.#failures + 1;
    this.#endedAt = now;
    const waitMs = Math.min(REOPEN_MS * 2 ** (this.#failures - 1), WAKE_MS);
    this.#cancel?.();
    this.#cancel = this.#parts.ports.later(waitMs, () => {
      this.#cancel = null;
      this.current().catch(() => {
        if (this.#over === null && this.#life === null) this.#reopen();
      });
    });
  }

  /** No life any more, because somebody said so. */
  async close(reason: KernelError): Promise<void> {
    const life = this.#life;
    this.#stop(reason);
    await life?.then(
      (open) => open.close(),
      () => {},
    );
  }

  #begin(): Promise<L> {
    const life = this.#parts.open();
    this.#life = life;
    life.catch((error: KernelError) => {
      if (this.#life !== life) return;
      this.#life = null;
      this.#isLast(error);
    });
    return life;
  }

  /** After some ends there is no other life; then whoever asks hears of that end. */
  #isLast(error: KernelError): boolean {
    if (this.#parts.again(error)) return false;
    this.#stop(error);
    this.#parts.onEnd(error);
    return true;
  }

  #stop(reason: KernelError): void {
    this.#over = reason;
    this.#life = null;
    this.#cancel?.();
    this.#cancel = null;
  }
}
