// The cases PAGE-ts and PAGE-py: one page of two contestants in turns, with one caller and with eight: answers a second, workerd's
// processor time for each, and, with hello, its memory when it had started and after the load.
import { Agent } from "node:http";
import { memoryMb, processorMs, tellsUsage } from "../../harness/server/usage.ts";
import { summarize } from "../harness/statistics.ts";
import { compare, type Row } from "../harness/suite.ts";
import { type Contestant, contestant, type Name, type Page } from "./contestants.ts";
import { ask, carry } from "./load.ts";
import { type Asked, ofPage } from "./questions.ts";

/** A case. */
export interface Race {
  readonly name: string;
  readonly page: Page;
  readonly ours: Name;
  readonly peer: Name;
  /** Of the peer's name in the rows. */
  readonly peerName: string;
  /** What the answers per second with eight callers are to reach against the peer. */
  readonly goal?: number;
}

const CALLERS = [1, 8] as const;
const ROUNDS = 5;
const QUICK_MS = 400;
const WHOLE_MS = 1_200;
const WARM_UP_MS = { quick: 800, whole: 1_500 };

/** What was measured of one contestant: a figure for each round. */
class Runner {
  readonly one: Contestant;
  readonly asked: Asked;
  readonly rates = new Map<number, number[]>(CALLERS.map((callers) => [callers, []]));
  readonly processor: number[] = [];
  readonly memory: number[] = [];
  readonly atFirst: readonly number[];

  constructor(one: Contestant, page: Page) {
    this.one = one;
    this.asked = ofPage(page, one);
    this.atFirst = one.memoryAtFirst === undefined ? [] : [one.memoryAtFirst];
  }

  async warmUp(ms: number): Promise<void> {
    for (const callers of CALLERS) await carry(this.asked.question, callers, ms / CALLERS.length);
  }

  async measure(callers: number, ms: number): Promise<void> {
    const { pid } = this.one;
    const usage = tellsUsage(pid);
    const before = usage ? processorMs(pid) : 0;
    const { answers, perSecond } = await carry(this.asked.question, callers, ms);
    this.rates.get(callers)!.push(perSecond);
    if (!usage || callers === 1) return;
    this.processor.push((processorMs(pid) - before) / answers);
    this.memory.push(memoryMb(pid));
  }
}

/** Both contestants answer a form with the same page, byte for byte, or they are not compared. The plain one has a page of its own. */
async function proveSameForm(runners: readonly Runner[]): Promise<void> {
  const agent = new Agent();
  const bodies = new Set<string>();
  for (const { one, asked } of runners) if (one.name !== "plain") bodies.add(await ask(agent, asked.question));
  agent.destroy();
  if (bodies.size > 1) throw new Error("the form's answers differ between the languages");
}

/** Rows of a case; the contestants take turns, and who begins changes from round to round. */
export async function measureRace(race: Race, quick: boolean, note: (text: string) => void): Promise<Row[]> {
  const runners: Runner[] = [];
  for (const name of [race.ours, race.peer]) runners.push(new Runner(await contestant(name), race.page));
  if (race.page === "form") await proveSameForm(runners);
  for (const runner of runners) await runner.warmUp(quick ? WARM_UP_MS.quick : WARM_UP_MS.whole);
  for (let round = 0; round < ROUNDS; round++) {
    for (const callers of CALLERS)
      for (let turn = 0; turn < runners.length; turn++)
        await runners[(round + turn) % runners.length]!.measure(callers, quick ? QUICK_MS : WHOLE_MS);
    note(`${race.name}: round ${round + 1} of ${ROUNDS}`);
  }
  for (const { asked } of runners) asked.finish();
  return rowsOf(race, runners[0]!, runners[1]!);
}

/** Best is first for a rate: `summarize` calls the least "min". */
const summarizeRate = (values: readonly number[]) => ({ ...summarize(values), min: Math.max(...values) });

function rowsOf(race: Race, ours: Runner, peer: Runner): Row[] {
  const { name, peerName } = race;
  const rate = (callers: number, goal?: number) =>
    compare(
      { case: name, metric: `rate of ${callers}`, unit: "requests/s", better: "higher", peerName, goal },
      summarizeRate(ours.rates.get(callers)!),
      summarizeRate(peer.rates.get(callers)!),
    );
  const less = (metric: string, unit: string, own: readonly number[], theirs: readonly number[]) =>
    own.length === 0 || theirs.length === 0
      ? []
      : [compare({ case: name, metric, unit, better: "lower", peerName }, summarize(own), summarize(theirs))];
  return [
    rate(8, race.goal),
    rate(1),
    ...less("processor", "ms/request", ours.processor, peer.processor),
    ...(race.page === "hello" ? less("memory at first", "MB", ours.atFirst, peer.atFirst) : []),
    ...(race.page === "hello" ? less("memory after", "MB", ours.memory, peer.memory) : []),
  ];
}
