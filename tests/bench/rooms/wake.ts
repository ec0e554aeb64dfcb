// The case wake-1000: a room that sleeps with a thousand sockets gets a message: how long until its first delivery, beside the same awake.
import { summarize } from "../harness/statistics.ts";
import { compare, type Row } from "../harness/suite.ts";
import { Crowd } from "./load.ts";
import { startOurs } from "./ours.ts";

const TIMES = { quick: 3, whole: 12 };
/** One message in this time: nothing waits for it, and it waits for nothing. */
const ALONE = { perSecond: 1, ms: 1 };

/** Wakes the room a dozen times. There is no peer: the figure of the room awake tells what of it is the wake. */
export async function measureWake(
  sockets: number,
  quick: boolean,
  texts: readonly string[],
  note: (text: string) => void,
): Promise<Row[]> {
  const room = await startOurs({ local: true });
  const awake: number[] = [];
  const woken: number[] = [];
  try {
    const crowd = new Crowd(room, texts);
    await crowd.grow(sockets);
    const times = quick ? TIMES.quick : TIMES.whole;
    for (let time = 0; time < times; time++) {
      await crowd.settle();
      awake.push((await crowd.carry(ALONE)).first);
      await crowd.settle();
      await room.evict();
      woken.push((await crowd.carry(ALONE)).first);
      note(`wake-${sockets}: ${time + 1} of ${times}`);
    }
  } finally {
    await room[Symbol.asyncDispose]();
  }
  const what = { case: `wake-${sockets}`, metric: "first delivery", unit: "ms", better: "lower" } as const;
  return [compare({ ...what, peerName: "itself awake" }, summarize(woken), summarize(awake))];
}
