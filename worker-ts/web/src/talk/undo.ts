// Deletions that wait a moment before they are sent, so that they can be taken back. Time is handed in.

/** How long (ms) a deletion can be taken back. */
export const UNDO_MS = 5_000;

export interface UndoPorts {
  readonly after: (ms: number, f: () => void) => () => void;
  readonly send: (seq: number) => void;
  readonly changed: () => void;
}

export class Undo {
  readonly #ports: UndoPorts;
  readonly #waiting = new Map<number, () => void>();
  #seqs: ReadonlySet<number> = new Set();

  constructor(ports: UndoPorts) {
    this.#ports = ports;
  }

  /** Seqs of the messages that wait. The same set until something changes. */
  get seqs(): ReadonlySet<number> {
    return this.#seqs;
  }

  /** Deletes a message, in a moment. */
  begin(seq: number): void {
    if (this.#waiting.has(seq)) return;
    const stop = this.#ports.after(UNDO_MS, () => this.#end(seq));
    this.#waiting.set(seq, stop);
    this.#note();
  }

  /** Takes the deletion back. */
  cancel(seq: number): void {
    this.#waiting.get(seq)?.();
    if (this.#waiting.delete(seq)) this.#note();
  }

  /** Nobody will be there to take anything back: all is sent now. */
  flush(): void {
    for (const [seq, stop] of [...this.#waiting]) {
      stop();
      this.#end(seq);
    }
  }

  /** What waited is of a log that is gone. */
  drop(): void {
    for (const stop of this.#waiting.values()) stop();
    this.#waiting.clear();
    this.#note();
  }

  #end(seq: number): void {
    this.#waiting.delete(seq);
    this.#note();
    this.#ports.send(seq);
  }

  #note(): void {
    this.#seqs = new Set(this.#waiting.keys());
    this.#ports.changed();
  }
}
