// The cases resume-N: how long it takes, and how many bytes, until a line that missed N messages has them all. The line is open already,
// for signing in is not what is compared.
import { summarize } from "../harness/statistics.ts";
import { compare, type Row } from "../harness/suite.ts";
import { Crowd } from "./load.ts";
import { type Contestant, oursAndPeers, type Start, stopAll } from "./talk.ts";

/** How often each contender resumes in a round, and in how many rounds. */
const QUICK = { rounds: 2, times: 5 };
const WHOLE = { rounds: 5, times: 8 };
const SEED_LINES = 20;
const SEED_PER_SECOND = 500;
const MS_MAX = 30_000;
const TIME_GOAL = 1.5;
/** Ours at most 0.6 of the bytes. */
const BYTES_GOAL = 1 / 0.6;

interface Figures {
  readonly ms: number[];
  readonly bytes: number[];
}

/** One resume of the newest `missed` messages. */
async function resume(contestant: Contestant, head: number, missed: number): Promise<{ ms: number; bytes: number }> {
  let left = missed;
  let done = (): void => {};
  const whole = new Promise<void>((resolve, reject) => {
    done = resolve;
    setTimeout(() => reject(new Error(`${contestant.name}: ${left} of ${missed} did not come`)), MS_MAX).unref();
  });
  const heard = {
    delivery() {
      left -= 1;
      if (left === 0) done();
    },
    acknowledgement() {},
    refusal(why: string) {
      throw new Error(why);
    },
  };
  const line = await contestant.open(0, heard, false);
  const { bytes: before } = line;
  const since = performance.now();
  line.resume(head - missed);
  await whole;
  const result = { ms: performance.now() - since, bytes: line.bytes - before };
  line.cut();
  return result;
}

/** Writes until there is enough to miss, and goes away. */
async function seed(contestant: Contestant, missed: number, texts: readonly string[]): Promise<number> {
  const crowd = new Crowd(contestant, texts);
  await crowd.grow(SEED_LINES);
  await crowd.carry({ perSecond: SEED_PER_SECOND, ms: ((missed + 1) * 1000) / SEED_PER_SECOND });
  await crowd.settle();
  for (const line of crowd.lines) line.cut();
  const head = await contestant.head();
  if (head < missed) throw new Error(`${contestant.name} has stored ${head} of ${missed} messages`);
  return head;
}

/** Time and bytes of every contender; the contenders run in turns within each round. */
export async function measureResume(
  missed: number,
  starts: readonly Start[],
  quick: boolean,
  texts: readonly string[],
  note: (text: string) => void,
): Promise<Row[]> {
  const pace = quick ? QUICK : WHOLE;
  const contestants: Contestant[] = [];
  for (const start of starts) contestants.push(await start());
  try {
    const heads = new Map<Contestant, number>();
    const measured = new Map<string, Figures>();
    for (const contestant of contestants) {
      heads.set(contestant, await seed(contestant, missed, texts));
      measured.set(contestant.name, { ms: [], bytes: [] });
      await resume(contestant, heads.get(contestant)!, missed);
    }
    for (let round = 0; round < pace.rounds; round++) {
      for (let turn = 0; turn < contestants.length * pace.times; turn++) {
        const contestant = contestants[(round + turn) % contestants.length]!;
        const { ms, bytes } = await resume(contestant, heads.get(contestant)!, missed);
        measured.get(contestant.name)!.ms.push(ms);
        measured.get(contestant.name)!.bytes.push(bytes);
      }
      note(`resume-${missed}: round ${round + 1} of ${pace.rounds}`);
    }
    return rowsOf(`resume-${missed}`, measured);
  } finally {
    await stopAll(contestants);
  }
}

function rowsOf(name: string, measured: ReadonlyMap<string, Figures>): Row[] {
  const { ours, peers } = oursAndPeers(measured);
  return peers.flatMap(([peerName, peer]) => [
    compare(
      { case: name, metric: "time", unit: "ms", better: "lower", peerName, goal: TIME_GOAL },
      summarize(ours.ms),
      summarize(peer.ms),
    ),
    compare(
      { case: name, metric: "size", unit: "bytes", better: "lower", peerName, goal: BYTES_GOAL },
      summarize(ours.bytes),
      summarize(peer.bytes),
    ),
  ]);
}
