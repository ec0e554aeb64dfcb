// `npm run crash`, behind scripts/test/crash.mjs, which hands it the options as JSON: runs the suite, tells how it goes on stderr, and ends with
// one line on stdout. Exit code 0 only if nothing was lost, doubled or torn; 1 if something was; 2 if it could not be run.
import { FAULTS, planOf } from "./plan.ts";
import { crashSuite, type SuiteResult } from "./suite.ts";

interface Options {
  readonly rounds: number;
  readonly seed: number;
  readonly json: boolean;
  readonly plan: boolean;
}

/** The result as a sentence. */
function sentence({ ok, rounds, kills, seconds, rooms, kernel, workflows }: SuiteResult): string {
  const of = (name: string, { acknowledged, lost, doubled, torn, stuck }: SuiteResult["rooms"]) =>
    `${name} ${acknowledged ?? 0} acknowledged, ${lost} lost, ${doubled} doubled, ${torn} torn, ${stuck} stuck`;
  const parts = [of("rooms", rooms), of("kernel", kernel), of("workflows", workflows)];
  return `${ok ? "ok" : "FAIL"}: ${rounds} rounds, ${kills} kills, ${seconds} s; ${parts.join("; ")}`;
}

/** Runs the suite; answers the exit code. */
async function run({ rounds, seed, json }: Options): Promise<number> {
  const since = performance.now();
  const note = (text: string) =>
    console.error(`${((performance.now() - since) / 1000).toFixed(0).padStart(5)} s  ${text}`);
  note(`seed ${seed}: ${rounds} rounds; faults ${FAULTS.join(" ")}`);
  const result = await crashSuite({ rounds, seed }, note);
  for (const failure of result.failures) console.error(`FAIL  ${failure}`);
  if (!result.ok) console.error(`again: npm run crash -- --rounds ${rounds} --seed ${seed}`);
  console.log(json ? JSON.stringify(result) : sentence(result));
  return result.ok ? 0 : 1;
}

/** Exit codes of who was interrupted, as shells have them. The server goes with us: see tests/harness/server/dev-process.ts. */
const INTERRUPTED = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;
for (const [signal, code] of Object.entries(INTERRUPTED)) process.on(signal, () => process.exit(code));

try {
  const options: Options = JSON.parse(process.argv[2]!);
  if (options.plan) for (const round of planOf(options.seed, options.rounds)) console.log(JSON.stringify(round));
  else process.exitCode = await run(options);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 2;
}
process.exit();
