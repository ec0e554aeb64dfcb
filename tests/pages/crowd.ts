// Sixteen who ask one counter again and again, also while it is killed under them, and what they were told.
import { expect } from "vitest";

const PEOPLE = 16;
/** Rest (ms) of one who got no answer. */
const REST_MS = 50;
/** How long (ms) one `ask` may take. */
const MS_MAX = 150_000;

export class Crowd {
  /** What was answered, in the order of the answers. */
  readonly counts: number[] = [];
  /** Questions that may have been heard but were not answered. */
  lost = 0;
  readonly #url: string;

  constructor(url: string) {
    this.#url = url;
  }

  /** The highest number that anybody was told. */
  get highest(): number {
    return this.counts.reduce((highest, count) => Math.max(highest, count), 0);
  }

  /** Asks until there are so many answers. Every answer must be higher than all that were there before its question. */
  async ask(wanted: number): Promise<void> {
    const deadline = performance.now() + MS_MAX;
    let open = wanted - this.counts.length;
    const one = async (): Promise<void> => {
      while (open > 0) {
        if (performance.now() > deadline) throw new Error(`${this.#url}: only ${this.counts.length} answers`);
        open -= 1;
        const before = this.highest;
        const count = await this.#question();
        if (count === undefined) open += 1;
        else {
          expect(count).toBeGreaterThan(before);
          this.counts.push(count);
        }
      }
    };
    await Promise.all(Array.from({ length: PEOPLE }, one));
  }

  /** Nobody was told a number twice, and what is stored is what was told, but for what was lost on the way. */
  expectKept(from: number, stored: number | undefined): void {
    expect(new Set(this.counts).size).toBe(this.counts.length);
    expect(stored).toBeGreaterThanOrEqual(this.highest);
    expect(stored).toBeLessThanOrEqual(from + this.counts.length + this.lost);
  }

  async #question(): Promise<number | undefined> {
    try {
      const answer = await fetch(this.#url);
      const [, count] = /^count=(\d+)$/.exec(await answer.text()) ?? [];
      if (answer.status === 200 && count !== undefined) return Number(count);
      this.lost += 1;
    } catch (error) {
      // Nobody listened: that one cannot have been counted.
      const refused = error instanceof Error && (error.cause as { code?: string } | undefined)?.code === "ECONNREFUSED";
      if (!refused) this.lost += 1;
    }
    await new Promise((resolve) => setTimeout(resolve, REST_MS));
    return undefined;
  }
}
