// The cases fanout-N: latency at a load that all contenders carry, and the highest load that each of them carries.
import { type Summary, summarize } from "../harness/statistics.ts";
import { compare, type Row } from "../harness/suite.ts";
import { type Carried, Crowd } from "./load.ts";
import { oursAndPeers, type Start, stopAll } from "./talk.ts";

/** A case: so many lines, the load at which latency is told, and where the search for the highest load begins (0: none). */
export interface FanOut {
  readonly name: string;
  readonly lines: number;
  readonly latencyPerSecond: number;
  readonly searchFrom: number;
  /** What the deliveries per second are to reach against partyserver. */
  readonly goal?: number;
  /** What p50 and p99 are to reach against partyserver. */
  readonly latencyGoal?: number;
}

/** How long and how often. */
interface Pace {
  readonly rounds: number;
  readonly latencyMs: number;
  readonly stepMs: number;
  /** The search ends when the highest load carried and the lowest not carried are this near. */
  readonly nearness: number;
}

const QUICK: Pace = { rounds: 1, latencyMs: 1_500, stepMs: 1_000, nearness: 1.5 };
const WHOLE: Pace = { rounds: 3, latencyMs: 2_500, stepMs: 1_500, nearness: 1.15 };
const WARM_UP_MS = 1_500;
const GROWTH = 2;
const PER_SECOND_MAX = 20_000;
/** A later round begins below what an earlier one found, for the machine may have become slower. */
const BELOW = 0.6;

/** What was measured of one contender, a figure for each round. */
interface Figures {
  readonly p50: number[];
  readonly p99: number[];
  readonly deliveriesPerSecond: number[];
}

/** Offers a load; one that is not carried gets a second chance, for any machine stands still once in a while. */
async function carries(crowd: Crowd, perSecond: number, ms: number): Promise<Carried> {
  const first = await crowd.carry({ perSecond, ms });
  await crowd.settle();
  if (first.sustained) return first;
  const second = await crowd.carry({ perSecond, ms });
  await crowd.settle();
  return second;
}

/** Steps the load up until it is not carried, then closes in on the highest that is; the load carried, with its deliveries. */
async function highest(crowd: Crowd, from: number, { stepMs, nearness }: Pace): Promise<Carried> {
  let good: Carried | undefined;
  let bad = Number.POSITIVE_INFINITY;
  for (let perSecond = from; perSecond >= 1 && perSecond <= PER_SECOND_MAX; ) {
    const carried = await carries(crowd, perSecond, stepMs);
    if (carried.sustained) good = carried;
    else bad = perSecond;
    if (good === undefined) perSecond /= GROWTH;
    else if (bad === Number.POSITIVE_INFINITY) perSecond *= GROWTH;
    else if (bad / good.perSecond <= nearness) break;
    else perSecond = Math.sqrt(good.perSecond * bad);
  }
  if (good === undefined) throw new Error(`${crowd.contestant.name} carries no load at all`);
  return good;
}

async function measureRound(crowd: Crowd, one: FanOut, pace: Pace, figures: Figures): Promise<void> {
  const { p50, p99 } = await crowd.carry({ perSecond: one.latencyPerSecond, ms: pace.latencyMs });
  figures.p50.push(p50);
  figures.p99.push(p99);
  await crowd.settle();
  if (one.searchFrom === 0) return;
  const earlier = figures.deliveriesPerSecond.at(-1);
  const from = earlier === undefined ? one.searchFrom : (earlier / one.lines) * BELOW;
  figures.deliveriesPerSecond.push((await highest(crowd, from, pace)).deliveriesPerSecond);
}

/** Figures of every contender in the order of `starts`; the contenders run in turns within each round. */
export async function measureFanOut(
  one: FanOut,
  starts: readonly Start[],
  quick: boolean,
  texts: readonly string[],
  note: (text: string) => void,
): Promise<Row[]> {
  const pace = quick ? QUICK : WHOLE;
  const contestants = [];
  for (const start of starts) contestants.push(await start());
  try {
    const crowds = contestants.map((contestant) => new Crowd(contestant, texts));
    const measured = new Map<Crowd, Figures>();
    for (const crowd of crowds) {
      await crowd.grow(one.lines);
      await crowd.carry({ perSecond: one.latencyPerSecond, ms: WARM_UP_MS });
      await crowd.settle();
      measured.set(crowd, { p50: [], p99: [], deliveriesPerSecond: [] });
    }
    for (let round = 0; round < pace.rounds; round++) {
      for (let turn = 0; turn < crowds.length; turn++) {
        const crowd = crowds[(round + turn) % crowds.length]!;
        await measureRound(crowd, one, pace, measured.get(crowd)!);
        note(`${one.name}: round ${round + 1} of ${pace.rounds}, ${crowd.contestant.name}`);
      }
    }
    return rowsOf(one, new Map(crowds.map((crowd) => [crowd.contestant.name, measured.get(crowd)!])));
  } finally {
    await stopAll(contestants);
  }
}

/** Best is first for a rate: `summarize` calls the least "min". */
function summarizeRate(values: readonly number[]): Summary {
  const summary = summarize(values);
  return { ...summary, min: Math.max(...values) };
}

function rowsOf(one: FanOut, measured: ReadonlyMap<string, Figures>): Row[] {
  const { ours, peers } = oursAndPeers(measured);
  const { name } = one;
  return peers.flatMap(([peerName, peer]) => {
    const goals = peerName === "partyserver" ? { rate: one.goal, latency: one.latencyGoal } : {};
    const latency = (metric: "p50" | "p99") =>
      compare(
        { case: name, metric, unit: "ms", better: "lower", peerName, goal: goals.latency },
        summarize(ours[metric]),
        summarize(peer[metric]),
      );
    const rate = () =>
      compare(
        { case: name, metric: "sustained", unit: "deliveries/s", better: "higher", peerName, goal: goals.rate },
        summarizeRate(ours.deliveriesPerSecond),
        summarizeRate(peer.deliveriesPerSecond),
      );
    return [...(one.searchFrom === 0 ? [] : [rate()]), latency("p50"), latency("p99")];
  });
}
