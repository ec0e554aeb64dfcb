// ws-kit in Durable Objects: our adapter against partyserver, crossws and the bare platform, four rooms in one workerd.
import type { LoadSuite } from "../harness/suite.ts";
import {
  ALL_KINDS,
  adapter,
  broadcast,
  dispatch,
  federate,
  type Measure,
  publish,
  restore,
  topic,
} from "../ws-kit/cases.ts";
import { Rooms } from "../ws-kit/rooms.ts";

const PACE = { quick: { rounds: 7, turnMs: 20 }, whole: { rounds: 11, turnMs: 40 } };

interface Case {
  readonly name: string;
  readonly quick: boolean;
  readonly measure: Measure;
}

const one = (name: string, quick: boolean, make: (name: string) => Measure): Case => ({
  name,
  quick,
  measure: make(name),
});

/** Those of the same sockets follow each other. There is no bare room of 5,000: publish-5000 has its loop. */
const CASES: readonly Case[] = [
  { name: "dispatch", quick: true, measure: dispatch },
  { name: "adapter", quick: true, measure: adapter },
  one("broadcast-1000", true, (name) => broadcast(name, 1_000, ALL_KINDS)),
  one("broadcast-5000", false, (name) => broadcast(name, 5_000, ["OURS", "PARTYSERVER", "CROSSWS"])),
  one("topic-1pct-5000", false, (name) => topic(name, 5_000)),
  one("publish-5000", true, (name) => publish(name, 5_000)),
  one("restore", true, (name) => restore(name, 5_000)),
  one("federate-10x1000", false, (name) => federate(name, 10, 1_000)),
];

let starting: Promise<Rooms> | undefined;

/** The suite `ws-kit`. */
export const suite: LoadSuite = {
  name: "ws-kit",
  cases: CASES,
  caption: "four rooms in one workerd, in turns; medians of the rounds' ratios; us on workerd's processor unless said",
  async measure(name, quick, note) {
    const found = CASES.find((some) => some.name === name);
    if (found === undefined) throw new Error(`there is no case ${name}`);
    starting ??= Rooms.start();
    return found.measure(await starting, quick ? PACE.quick : PACE.whole, note);
  },
  async close() {
    await (await starting)?.stop();
  },
};
