// What a comparison found: how much is lost, doubled or torn, or never came to an end, and the first of it in words.

/** What can be wrong with something that was acknowledged, or with what was made of it. */
export type Kind = "lost" | "doubled" | "torn" | "stuck";

/** One thing that is wrong. */
export interface Wrong {
  readonly kind: Kind;
  readonly what: string;
}

/** Sentences that are kept of each kind. */
const KEPT = 5;

/** The wrongs of one load. What is found again at every later look counts once. */
export class Findings {
  lost = 0;
  doubled = 0;
  torn = 0;
  stuck = 0;
  readonly sentences: string[] = [];
  readonly #known = new Set<string>();

  note(kind: Kind, what: string): void {
    if (this.#known.has(what)) return;
    this.#known.add(what);
    this[kind] += 1;
    if (this[kind] <= KEPT) this.sentences.push(`${kind}: ${what}`);
  }

  noteAll(all: readonly Wrong[]): void {
    for (const { kind, what } of all) this.note(kind, what);
  }

  get counts(): Record<Kind, number> {
    const { lost, doubled, torn, stuck } = this;
    return { lost, doubled, torn, stuck };
  }
}

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Whether it holds within so many ms. */
export async function isInTime(holds: () => boolean | Promise<boolean>, msMax: number): Promise<boolean> {
  for (const end = performance.now() + msMax; ; await pause(50)) {
    if (await holds()) return true;
    if (performance.now() > end) return false;
  }
}
