// `npm run bench -- SUITE [--quick] [CASE...]`, behind scripts/bench.mjs: runs a suite, prints its table, writes
// `results/SUITE.json` and `results/SUITE.svg`. A run of chosen cases replaces only their rows.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";
import { plot } from "./harness/plot.ts";
import { choose, QUICK, run, WHOLE } from "./harness/run.ts";
import type { Row, Suite } from "./harness/suite.ts";
import { table } from "./harness/table.ts";

const [name = "", ...rest] = process.argv.slice(2);
const quick = rest.includes("--quick");
const { suite }: { suite: Suite } = await import(`./suites/${name}.ts`);
const cases = choose(
  suite,
  rest.filter((word) => !word.startsWith("--")),
  quick,
);
const pace = quick ? QUICK : WHOLE;

const since = performance.now();
const seconds = () => ((performance.now() - since) / 1000).toFixed(0);
const rows = await run(suite, cases, pace, (round) =>
  process.stderr.write(`round ${round} of ${pace.rounds}, ${seconds()} s\n`),
);
console.log(table(rows));

const folder = fileURLToPath(new URL("results/", import.meta.url));
mkdirSync(folder, { recursive: true });
const file = `${folder}${name}.json`;
const before: Row[] = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : [];
const fresh = new Set(rows.map((row) => row.case));
const order = [...suite.cases.map((one) => one.name), "calibration"];
const kept = before.filter((row) => !fresh.has(row.case) && order.includes(row.case));
const all = [...kept, ...rows].sort((a, b) => order.indexOf(a.case) - order.indexOf(b.case));
writeFileSync(file, `${JSON.stringify(all, null, 2)}\n`);

const caption = `Node ${process.versions.node}, ${process.platform} ${process.arch}, ${cpus()[0]?.model.trim() ?? "unknown processor"}; medians of at least ${pace.rounds * pace.turns} batches in turns`;
writeFileSync(`${folder}${name}.svg`, plot(`Ferrule: suite ${name}`, caption, all));
console.log(`\n${seconds()} s; rows in tests/bench/results/${name}.json, the plot beside it`);
