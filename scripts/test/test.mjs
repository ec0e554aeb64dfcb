// `npm test`: everything, from a fresh clone, and one closing line: "N passed, N failed, N skipped".
// `npm test -- NAME...` runs only those suites (cargo or a Vitest project).
import { existsSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { helpIfAsked, root, step, tools } from "../run.mjs";
import { provideChromium } from "../setup/chromium.mjs";
import { setup } from "../setup.mjs";
import { closing, failedDetails, readCargo, readUnhandled, readVitest, vitestDetails } from "./test-report.mjs";

/** What runs beside cargo; projects of vitest.config.ts. */
const BESIDE = [
  "platform",
  "auth",
  "rooms",
  "pages",
  "ws-kit",
  "ws-kit-2026-03",
  "ws-kit-node",
  "kernel",
  "kernel-node",
  "workflow",
  "workflow-node",
  "bots",
  "core",
  "client",
  "web",
  "house",
];
/** vitest.config.ts starts the Python Worker only where this project is asked for by name: workerd is told of its Python as a whole. */
const PYTHON = "python";
/** What starts servers and counts time runs after everything that compiles, one file at a time in each of two lanes. */
const LANES = [["browser"], ["outside", PYTHON, "world-testing"]];
/** Files at a time, where a project does not say otherwise; Vitest would leave one of two processors idle. */
const WORKERS = Math.max(2, availableParallelism() - 1);
/** Suites that need less than everything that is set up. */
const NEEDS = { "world-testing": ["core faces", "world-testing"] };
/** Suites with tests that look for a Chromium. */
const BROWSERS = ["browser", "outside"];
const SUITES = ["cargo", ...BESIDE, ...LANES.flat()];

helpIfAsked(`npm test [-- SUITE...]

Sets up what is missing and runs every test, or these suites: ${SUITES.join(", ")}.
Those that failed or were skipped are told by name; the last line is the total.`);
const asked = process.argv.slice(2);
const unknown = asked.find((name) => !SUITES.includes(name));
if (unknown !== undefined) {
  console.error(`There is no suite "${unknown}"; the suites are: ${SUITES.join(", ")}.`);
  process.exit(1);
}
const wanted = (name) => asked.length === 0 || asked.includes(name);

const total = { passed: 0, failed: 0, skipped: 0 };
/** Tests that did not pass, by name, and what is to be read about each suite that failed. */
const failed = [];
const skipped = [];
const problems = [];

/**
 * Runs one suite and adds its count; one that dies without a count is one failure, so nothing is lost in silence.
 * `run` is handed what adds to the count and to the lists.
 */
async function suite(name, run) {
  const own = { passed: 0, failed: 0, skipped: 0 };
  const told = [];
  const add = (passed, broken, left) => {
    own.passed += Number(passed);
    own.failed += Number(broken);
    own.skipped += Number(left);
  };
  const tell = (some) => {
    told.push(...some.failed);
    skipped.push(...some.skipped);
  };
  try {
    await run(add, tell);
  } catch (error) {
    problems.push(error.details ? `${name}:\n${error.details}` : `${name}: ${error.message}`);
    if (told.length === 0) told.push({ suite: name, file: "", name: "", error: error.message });
    if (own.failed === 0) own.failed = 1;
  }
  failed.push(...told);
  for (const key of Object.keys(total)) total[key] += own[key];
}

const cargo = () =>
  suite("cargo", async (add, tell) => {
    const read = (text) => {
      const lines = text.matchAll(/^test result: .*? (\d+) passed; (\d+) failed; (\d+) ignored/gm);
      for (const [, ...counts] of lines) add(...counts);
      const found = readCargo("cargo", text);
      tell(found);
      return failedDetails(found.failed);
    };
    const run = step("cargo test", "cargo", ["test", "--locked", "--workspace", "--no-fail-fast"]);
    await run.then(read, (error) => {
      throw Object.assign(error, { details: read(error.output ?? "") });
    });
  });

const vitest = (name, projects, env = {}) =>
  suite(`vitest ${name}`, async (add, tell) => {
    const report = join(tools, `vitest-${name}.json`);
    rmSync(report, { force: true });
    const chosen = projects.flatMap((project) => ["--project", project]);
    // What a test that passes prints is of no use, and there is so much of it that the failures could not be found.
    const args = ["run", ...chosen, `--maxWorkers=${WORKERS}`, "--silent=passed-only", "--reporter=default"];
    args.push("--reporter=json", `--outputFile.json=${report}`);
    const read = (text) => {
      const unhandled = readUnhandled(name, text);
      tell({ failed: unhandled, skipped: [] });
      if (!existsSync(report)) return;
      const r = JSON.parse(readFileSync(report, "utf8"));
      const found = readVitest(name, r, root);
      tell(found);
      add(r.numPassedTests, found.failed.length + unhandled.length, r.numPendingTests + (r.numTodoTests ?? 0));
    };
    await step(`vitest ${name}`, "vitest", args, { env }).then(read, (error) => {
      read(error.output ?? "");
      throw Object.assign(error, { details: vitestDetails(error.output ?? "") });
    });
  });

/** Chromium's path; without it the browser tests are skipped by name, or fail when FERRULE_BROWSER=required. */
async function browserEnvironment() {
  if (!BROWSERS.some(wanted)) return {};
  try {
    return { FERRULE_CHROMIUM: await provideChromium() };
  } catch (error) {
    console.log(error.message);
    return {};
  }
}

const since = Date.now();
let ready = false;
const browser = browserEnvironment();
await suite("set-up", async () => {
  const all = asked.length === 0 || asked.some((name) => NEEDS[name] === undefined);
  await setup(all ? undefined : asked.flatMap((name) => NEEDS[name]));
  ready = true;
});
if (ready) {
  const beside = BESIDE.filter(wanted);
  await Promise.all([wanted("cargo") ? cargo() : undefined, beside.length > 0 ? vitest("inside", beside) : undefined]);
  const env = await browser;
  const lane = async (names) => {
    for (const name of names.filter(wanted)) await vitest(name, [name], env);
  };
  await Promise.all(LANES.map(lane));
}
console.log(closing({ ...{ failed, skipped, problems, total }, seconds: (Date.now() - since) / 1000 }));
process.exitCode = total.failed === 0 && total.passed > 0 ? 0 : 1;
