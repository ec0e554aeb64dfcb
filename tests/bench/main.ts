// `npm run bench -- SUITE [--quick] [CASE...]`, behind scripts/measure/bench.mjs: runs a suite, prints its table, writes
// `results/SUITE.json` and `.svg` and the tables of README.md and docs/benchmarks.md. A run of chosen cases replaces only their rows.
import { describeMachine } from "./harness/machine.ts";
import { findResults, writeResults } from "./harness/results.ts";
import { choose, QUICK, run, WHOLE } from "./harness/run.ts";
import type { LoadSuite, Row, Suite } from "./harness/suite.ts";
import { table } from "./harness/table.ts";
import { draw } from "./report/pages.ts";

const [name = "", ...rest] = process.argv.slice(2);
const quick = rest.includes("--quick");
const { suite }: { suite: Suite | LoadSuite } = await import(`./suites/${name}.ts`);
const names = rest.filter((word) => !word.startsWith("--"));
const pace = quick ? QUICK : WHOLE;

const since = performance.now();
const seconds = () => ((performance.now() - since) / 1000).toFixed(0);
const note = (text: string) => void process.stderr.write(`${text}, ${seconds()} s\n`);

/** Rows of a suite of contenders that run here, in turns of batches. */
const inTurns = (timed: Suite) =>
  run(timed, choose(timed, names, quick), pace, (round) => note(`round ${round} of ${pace.rounds}`));

/** Rows of a suite that puts servers under load. */
async function underLoad(load: LoadSuite): Promise<Row[]> {
  const rows: Row[] = [];
  try {
    for (const one of choose(load, names, quick)) rows.push(...(await load.measure(one.name, quick, note)));
  } finally {
    await load.close?.();
  }
  return rows;
}

const rows = await ("measure" in suite ? underLoad(suite) : inTurns(suite));
console.log(table(rows));

const before = findResults(name)?.rows ?? [];
const fresh = new Set(rows.map((row) => row.case));
const order = [...suite.cases.map((one) => one.name), "calibration"];
const kept = before.filter((row) => !fresh.has(row.case) && order.includes(row.case));
const all = [...kept, ...rows].sort((a, b) => order.indexOf(a.case) - order.indexOf(b.case));
const how = "measure" in suite ? suite.caption : `medians of at least ${pace.rounds * pace.turns} batches in turns`;
writeResults(name, { machine: describeMachine(), how, rows: all });
draw();
console.log(
  `\n${seconds()} s; rows in tests/bench/results/${name}.json, the plot beside it, tables in docs/benchmarks.md`,
);
