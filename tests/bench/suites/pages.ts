// Hello, form and counter: the Python pages against the TypeScript ones, those against a Worker without a house around, Python's start.
import type { LoadSuite } from "../harness/suite.ts";
import { stopContestants } from "../pages/contestants.ts";
import { measureRace, type Race } from "../pages/race.ts";
import { measureStart } from "../pages/start.ts";

/** What Python is to reach of JavaScript's answers per second. The form has no goal. */
const GOALS = { hello: 0.1, form: undefined, counter: 0.2 } as const;

const RACES: readonly Race[] = (["hello", "form", "counter"] as const).flatMap((page): Race[] => {
  const goal = GOALS[page];
  return [
    { name: `${page}-ts`, page, ours: "ts", peer: "plain", peerName: "a plain Worker" },
    { name: `${page}-py`, page, ours: "py", peer: "ts", peerName: `${page}-ts`, ...(goal !== undefined && { goal }) },
  ];
});
const START = "start-snapshot";

/** The suite `pages`. */
export const suite: LoadSuite = {
  name: "pages",
  cases: [...RACES.map(({ name, goal }) => ({ name, quick: goal !== undefined })), { name: START, quick: true }],
  caption: "closed load of one and of eight callers, contenders in turns, each in a workerd of its own",
  async measure(name, quick, note) {
    if (name === START) return measureStart(quick, note);
    const race = RACES.find((one) => one.name === name);
    if (race === undefined) throw new Error(`there is no case ${name}`);
    return measureRace(race, quick, note);
  },
  close: stopContestants,
};
