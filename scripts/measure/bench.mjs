// `npm run bench`: the suites. `npm run bench -- SUITE [--quick] [CASE...]`: set-up, then the suite under Node 22, which reads
// TypeScript as it is. What is measured stands in tests/bench.
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { environment, fail, helpIfAsked, root } from "../run.mjs";
import { setup } from "../setup.mjs";

const folder = join(root, "tests/bench/suites");

/** Names of suites and the first line of each, which says what it compares. */
function suites() {
  const files = readdirSync(folder).filter((file) => file.endsWith(".ts"));
  return new Map(
    files.map((file) => [
      file.replace(/\.ts$/, ""),
      readFileSync(join(folder, file), "utf8")
        .split("\n")[0]
        .replace(/^\/\/ /, ""),
    ]),
  );
}

helpIfAsked(`npm run bench -- SUITE [--quick] [CASE...]

Measures ours and its peers in turns, in one run. Results: tests/bench/results/SUITE.json and .svg, the tables of README.md and
docs/benchmarks.md, and a table here.

  --quick   three rounds of the cases that have goals
  CASE...   only these
  --draw    in place of SUITE: measures nothing, draws tables and plots again

Suites: ${[...suites().keys()].join(", ")}`);
const [name, ...rest] = process.argv.slice(2);
const known = suites();
if (name === undefined) {
  for (const [suite, about] of known) console.log(`${suite.padEnd(12)}${about}`);
  console.log("\nnpm run bench -- SUITE [--quick] [CASE...]");
} else if (name === "--draw") {
  const { status } = spawnSync("node", [join(root, "tests/bench/report/main.ts")], {
    cwd: root,
    env: environment,
    stdio: "inherit",
  });
  process.exitCode = status ?? 1;
} else if (!known.has(name)) {
  console.error(`There is no suite "${name}"; the suites are: ${[...known.keys()].join(", ")}.`);
  process.exitCode = 1;
} else {
  try {
    await setup(["core faces", "workflows", "test workflows"]);
    const main = join(root, "tests/bench/main.ts");
    const { status } = spawnSync("node", [main, name, ...rest], { cwd: root, env: environment, stdio: "inherit" });
    process.exitCode = status ?? 1;
  } catch (error) {
    fail(error);
  }
}
