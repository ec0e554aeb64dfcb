// Workflows on our World against world-local, world-postgres and our World on memory; its streams against bare objects and R2 polling.
import { writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";
import { summarize } from "../harness/statistics.ts";
import { compareRounds, type LoadSuite, type Row } from "../harness/suite.ts";
import { CASES } from "../workflow/cases.ts";
import { INLINE_STEPS_MAX } from "../workflow/contestants.ts";
import { plotGrowth, slopes } from "../workflow/growth.ts";
import { Ring } from "../workflow/ring.ts";

const QUICK_ROUNDS = 3;
const SEQUENTIAL = /^sequential-(\d+)$/;
const CAPTION = `each in a process of its own, states on one disk, in turns, ${INLINE_STEPS_MAX} inline steps (WORKFLOW_MAX_INLINE_STEPS) for everybody; medians of the rounds' ratios`;

let ring: Ring | undefined;
/** ms of whole runs, by contestant and number of steps. */
const growth = new Map<string, Map<number, number>>();

function provide(): Ring {
  ring ??= new Ring(tmpdir());
  return ring;
}

/** What one more step costs in the longest run against what it costs in a shorter one: the ratio is 1 where the time grows with the steps. */
function growthRow(name: string): Row[] {
  const found = slopes(growth.get("ours") ?? new Map());
  if (found === undefined) return [];
  const what = {
    case: name,
    metric: "a step from 100 to 300",
    unit: "ms",
    better: "lower",
    peerName: "a step from 10 to 100",
    goal: 1,
  } as const;
  return [compareRounds(what, [found.late], [found.early])];
}

function plotted(): void {
  if ((growth.get("ours")?.size ?? 0) < 3) return;
  const file = fileURLToPath(new URL("../results/workflow-growth.svg", import.meta.url));
  writeFileSync(file, plotGrowth(growth, "medians of the runs that `npm run bench -- workflow` measured"));
}

/** The suite `workflow`. */
export const suite: LoadSuite = {
  name: "workflow",
  cases: [...CASES, { name: "growth", quick: false }],
  get caption() {
    const absent = [...(ring?.absent ?? [])].map(([name, why]) => `; ${name} not run: ${why}`);
    return `${CAPTION}${absent.join("")}`;
  },
  async measure(name, quick, note) {
    if (name === "growth") return growthRow(name);
    const one = CASES.find((some) => some.name === name);
    if (one === undefined) throw new Error(`there is no case ${name}`);
    const { rows, all } = await provide().measure(one, quick ? Math.min(QUICK_ROUNDS, one.rounds) : one.rounds, note);
    const steps = SEQUENTIAL.exec(name)?.[1];
    if (steps !== undefined)
      for (const contestant of all.names) {
        const runs = growth.get(contestant) ?? new Map<number, number>();
        growth.set(contestant, runs.set(Number(steps), summarize(all.of(contestant, "exec")).median));
      }
    return rows;
  },
  async close() {
    for (const [name, why] of ring?.absent ?? []) console.error(`${name}: not run, ${why}`);
    plotted();
    await ring?.close();
  },
};
