// Contenders in turns, round by round, and the rows of what came of it: the ratio is the median of the rounds' own ratios.
import { loadavg } from "node:os";
import { compareRounds, type Row } from "../harness/suite.ts";

/** Figures of one turn, by metric, in µs for one operation. */
export type Figures = Readonly<Record<string, number>>;

/** Takes a turn when it is asked to. */
export interface Runner {
  readonly name: string;
  turn(): Promise<Figures>;
}

/** What is compared: the metric, in which unit, with whom, and what its ratio is to reach. */
export interface Question {
  readonly metric: string;
  readonly unit: string;
  readonly goals: Readonly<Record<string, number | undefined>>;
}

/** Figures by contender and metric, one for each round. */
export class Rounds {
  readonly #figures = new Map<string, Figures[]>();
  /** Goes behind the metrics' names: what of the case is not as its name says. */
  readonly #suffix: string;

  private constructor(suffix: string) {
    this.#suffix = suffix;
  }

  static async run(
    name: string,
    runners: readonly Runner[],
    rounds: number,
    note: (text: string) => void,
    suffix = "",
    warm = true,
  ): Promise<Rounds> {
    const all = new Rounds(suffix);
    for (const runner of runners) all.#figures.set(runner.name, []);
    // One round before it counts, unless told: code is compiled in it, and sockets' buffers have grown.
    for (let round = warm ? -1 : 0; round < rounds; round++) {
      for (let turn = 0; turn < runners.length; turn++) {
        const runner = runners[(round + 1 + turn) % runners.length]!;
        const figures = await runner.turn();
        if (round >= 0) all.#figures.get(runner.name)!.push(figures);
      }
    }
    note(`${name}: ${rounds} rounds`);
    return all;
  }

  /** Who ran. */
  get names(): string[] {
    return [...this.#figures.keys()];
  }

  /** What a contender told in its last round. */
  last(name: string): Figures {
    return this.#figures.get(name)?.at(-1) ?? {};
  }

  /** A contender's figures of a metric; none when the system does not tell them. */
  of(name: string, metric: string): number[] {
    const rounds = this.#figures.get(name) ?? [];
    return rounds.flatMap(({ [metric]: figure }) => (figure === undefined ? [] : [figure]));
  }

  /** A row for each peer of the question. */
  rows(name: string, { metric, unit, goals }: Question, ours = "ours"): Row[] {
    return Object.entries(goals).flatMap(([peerName, goal]) => {
      const peer = this.of(peerName, metric);
      if (peer.length === 0) return [];
      const what = { case: name, metric: metric + this.#suffix, unit, better: "lower", peerName, goal } as const;
      return [compareRounds(what, this.of(ours, metric), peer, loadavg()[0])];
    });
  }
}
