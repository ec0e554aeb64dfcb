// What a relay counts, until it goes up to the room: in memory, each thing once or lost with a crash.
import { type Counter, type Counts, refusedAs, type TotalName } from "../../log/totals";

/** The counts of a relay since they were taken last. */
export class Tally implements Counter {
  #counts: Partial<Record<TotalName, number>> = {};
  #hasMoved = false;
  readonly #moved: () => void;

  /** `moved` is told of the first count since they were taken. */
  constructor(moved: () => void) {
    this.#moved = moved;
  }

  count(name: TotalName, by = 1): void {
    this.#counts[name] = (this.#counts[name] ?? 0) + by;
    if (this.#hasMoved) return;
    this.#hasMoved = true;
    this.#moved();
  }

  refused(code: number): void {
    this.count(refusedAs(code));
  }

  /** All that was counted; it counts from nothing again. */
  take(): Counts {
    const counts = this.#counts;
    this.#counts = {};
    this.#hasMoved = false;
    return counts;
  }
}
