// A suite from its cases to its rows: prepares, measures in turns, sets the native ceiling beside.
import { type Contender, type Measured, measure, type Pace, type Race } from "./measure.ts";
import { summarize } from "./statistics.ts";
import { type Case, calibrationRow, type Named, type Row, rowOf, type Suite } from "./suite.ts";

/**
 * A quick run: three rounds, 120 batches. A batch is shorter than what a busy system lets a process run at a stretch, so that most
 * batches are not interrupted and the median is one of those.
 */
export const QUICK: Pace = { rounds: 3, turns: 40, batchMs: 1.5, warmUpMs: 250, now: () => performance.now() };
/** A whole run. */
export const WHOLE: Pace = { ...QUICK, rounds: 10, warmUpMs: 500 };

/** The cases that were asked for: by name, else those of a quick run, else all. Throws on a name that is none. */
export function choose<One extends Named>(
  suite: { readonly cases: readonly One[] },
  names: readonly string[],
  quick: boolean,
): readonly One[] {
  const unknown = names.find((name) => !suite.cases.some((one) => one.name === name));
  if (unknown !== undefined)
    throw new Error(`There is no case "${unknown}"; the cases are: ${suite.cases.map((one) => one.name).join(", ")}.`);
  if (names.length > 0) return suite.cases.filter((one) => names.includes(one.name));
  return quick ? suite.cases.filter((one) => one.quick) : suite.cases;
}

/** The one that is ours; a case without it compares nothing. */
function oursOf(one: Case, contenders: readonly Contender[]): Contender {
  const ours = contenders.find(({ name }) => name === "ours");
  if (!ours) throw new Error(`${one.name} has no contender of ours`);
  return ours;
}

/** Runs the cases and returns a row for each comparison, the calibration's last. */
export async function run(
  suite: Suite,
  cases: readonly Case[],
  pace: Pace,
  onRound?: (round: number) => void,
): Promise<Row[]> {
  const prepared: { one: Case; contenders: readonly Contender[] }[] = [];
  for (const one of cases) prepared.push({ one, contenders: await one.prepare() });
  // Native figures first: compiling and running them must not stand beside what is measured.
  const ceiling = (await suite.ceiling?.(cases.map(({ name }) => name))) ?? new Map<string, number>();

  const races: Race[] = [];
  for (const { one, contenders } of prepared) if (one.metric !== "size") races.push({ name: one.name, contenders });
  const measured: Measured = measure(races, pace, onRound);

  const rows: Row[] = [];
  for (const { one, contenders } of prepared) {
    const figure = (contender: Contender) =>
      one.metric === "size" ? summarize([contender.run(1)]) : measured.times.get(one.name)!.get(contender.name)!;
    const ours = oursOf(one, contenders);
    for (const peer of contenders) if (peer !== ours) rows.push(rowOf(one, peer.name, figure(ours), figure(peer)));
    const native = ceiling.get(one.name);
    if (native !== undefined) rows.push(rowOf(one, "native Rust", figure(ours), summarize([native])));
  }
  if (races.length > 0) {
    const { all, first, second } = measured.calibration;
    rows.push(calibrationRow(all, first, second));
  }
  return rows;
}
