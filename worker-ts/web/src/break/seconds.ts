// What happened in each of the last seconds, for the strip. Knows no clock: the second is handed in.

/** Seconds that are kept. */
export const STRIP_SECONDS = 60;

/** One second of the strip. */
export interface Second {
  acknowledged: number;
  received: number;
  broken: boolean;
}

const empty = (): Second => ({ acknowledged: 0, received: 0, broken: false });

export class Seconds {
  readonly #seconds = new Map<number, Second>();

  /** A second by its number, to be counted in; old ones are forgotten. */
  at(number: number): Second {
    const second = this.#seconds.get(number) ?? empty();
    this.#seconds.set(number, second);
    for (const old of this.#seconds.keys()) if (old <= number - STRIP_SECONDS) this.#seconds.delete(old);
    return second;
  }

  /** From one second to another, both included, something was broken: also in those in which nobody could look. */
  broken(from: number, to: number): void {
    for (let number = from; number <= to; number++) this.at(number).broken = true;
  }

  /** The seconds up to this one, oldest first. */
  upTo(number: number): readonly Second[] {
    const first = number - STRIP_SECONDS + 1;
    return Array.from({ length: STRIP_SECONDS }, (_, at) => this.#seconds.get(first + at) ?? empty());
  }
}
