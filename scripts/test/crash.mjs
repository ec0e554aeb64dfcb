// `npm run crash [-- --rounds N]`: set-up, then tests/crash/suite/main.ts under Node 22. What is done and compared stands in tests/crash/suite.
import { spawn } from "node:child_process";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { environment, helpIfAsked, root } from "../run.mjs";
import { setup } from "../setup.mjs";

helpIfAsked(`npm run crash [-- --rounds 5] [--seed N] [--json] [--plan]

People write in a room, count through kernels on both stores and run workflows, all in one real server, which is killed (SIGKILL) at
random and started again, while its disk is full, D1 refuses or loses answers, its queues are out, its clock jumps and R2 is slow. In the
end everything that was acknowledged is compared, one by one, with what there is: lost, there twice, or half there; and after each kill
what lies on the disk is looked at, which has to be whole at every moment. The faults are put in by a Worker of the tests around the real
one; nothing of them is in what is deployed. A round takes about two minutes.
How it goes stands on stderr; the last line, on stdout, is the result. Exit code 0 only if nothing was lost, doubled or torn, something
was checked of everything, all came to its end and every fault has happened; 1 if not; 2 if it could not be run.

  --rounds N   rounds: new runs of workflows, faults, one or two kills
  --seed N     what befalls the server in each round; told at the start, so that it can be repeated (the load's own order cannot)
  --json       the result as one line of JSON
  --plan       only tells the rounds of this seed`);

/** Exit code of what could not be run. */
const NOT_RUN = 2;

function refuse(error) {
  console.error(`\n${error instanceof Error ? error.message : error}`);
  process.exit(NOT_RUN);
}

/** What was asked for; throws what is wrong with it. */
function optionsOf(words) {
  const { values } = parseArgs({
    args: words,
    options: {
      rounds: { type: "string", default: "5" },
      seed: { type: "string", default: String(Date.now() % 1_000_000) },
      json: { type: "boolean", default: false },
      plan: { type: "boolean", default: false },
    },
  });
  const whole = (name, least) => {
    const value = Number(values[name]);
    if (/^\d+$/.test(values[name]) && Number.isSafeInteger(value) && value >= least) return value;
    throw new Error(`--${name} takes a whole number from ${least} up, not "${values[name]}".`);
  };
  return { ...values, rounds: whole("rounds", 1), seed: whole("seed", 0) };
}

/** Runs it; a terminal tells it of Ctrl-C too, anybody else tells us alone. Resolves to the exit code. */
function run(options) {
  const main = join(root, "tests/crash/suite/main.ts");
  const child = spawn("node", ["--disable-warning=ExperimentalWarning", main, JSON.stringify(options)], {
    cwd: root,
    env: environment,
    stdio: "inherit",
  });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("exit", (code) => resolve(code ?? 1));
  });
}

try {
  const options = optionsOf(process.argv.slice(2));
  // set-up tells its steps on stdout, where only the result is to stand
  console.log = console.error;
  if (!options.plan) await setup(["core faces", "workflows", "test workflows", "worker package"]);
  process.exitCode = await run(options);
} catch (error) {
  refuse(error);
}
