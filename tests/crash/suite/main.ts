// `npm run crash`, behind scripts/test/crash.mjs: runs the suite, tells how it goes on stderr, and ends with one line on stdout. Exit code 0 only
// if nothing was lost, doubled or torn.
import { parseArgs } from "node:util";
import { FAULTS, planOf } from "./plan.ts";
import { crashSuite, type SuiteResult } from "./suite.ts";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    json: { type: "boolean", default: false },
    plan: { type: "boolean", default: false },
  },
});
/** A whole number that is at least `least`; throws what is wrong with it. */
function number(name: "rounds" | "seed", least: number): number {
  const value = Number(values[name]);
  if (!(Number.isSafeInteger(value) && value >= least))
    throw new Error(`--${name} takes a whole number from ${least} up, not "${values[name]}"`);
  return value;
}

/** The result as a sentence. */
function sentence({ ok, rounds, kills, seconds, rooms, kernel, workflows }: SuiteResult): string {
  const of = (name: string, { acknowledged, lost, doubled, torn, stuck }: SuiteResult["rooms"]) =>
    `${name} ${acknowledged ?? 0} acknowledged, ${lost} lost, ${doubled} doubled, ${torn} torn, ${stuck} stuck`;
  const parts = [of("rooms", rooms), of("kernel", kernel), of("workflows", workflows)];
  return `${ok ? "ok" : "FAIL"}: ${rounds} rounds, ${kills} kills, ${seconds} s; ${parts.join("; ")}`;
}

try {
  const options = { rounds: number("rounds", 1), seed: number("seed", 0) };
  if (values.plan) for (const round of planOf(options.seed, options.rounds)) console.log(JSON.stringify(round));
  else {
    const since = performance.now();
    const note = (text: string) =>
      console.error(`${((performance.now() - since) / 1000).toFixed(0).padStart(5)} s  ${text}`);
    note(`seed ${options.seed}: ${options.rounds} rounds; faults ${FAULTS.join(" ")}`);
    const result = await crashSuite(options, note);
    for (const failure of result.failures) console.error(`FAIL  ${failure}`);
    if (!result.ok) console.error(`again: npm run crash -- --rounds ${options.rounds} --seed ${options.seed}`);
    console.log(values.json ? JSON.stringify(result) : sentence(result));
    process.exitCode = result.ok ? 0 : 1;
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 2;
}
process.exit();
