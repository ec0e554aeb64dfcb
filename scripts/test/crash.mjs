// `npm run crash [-- --rounds N]`: set-up, then tests/crash/suite/main.ts under Node 22. What is done and compared stands in tests/crash/suite.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { environment, fail, helpIfAsked, root } from "../run.mjs";
import { setup } from "../setup.mjs";

helpIfAsked(`npm run crash [-- --rounds 5] [--seed N] [--json] [--plan]

People write in a room, count through kernels on both stores and run workflows, all in one real server, which is killed (SIGKILL) at
random and started again, while its disk is full, D1 refuses or loses answers, its queues are out, its clock jumps and R2 is slow. In the
end everything that was acknowledged is compared, one by one, with what there is: lost, there twice, or half there. The faults are
put in by a Worker of the tests around the real one; nothing of them is in what is deployed.
How it goes stands on stderr; the last line, on stdout, is the result. Exit code 0 only if nothing was lost, doubled or torn, everything
came to its end and every fault has happened; 2 if it could not be run.

  --rounds N   rounds: new runs of workflows, faults, one or two kills
  --seed N     what befalls the server in each round; told at the start, so that it can be repeated (the load's own order cannot)
  --json       the result as one line of JSON
  --plan       only tells the rounds of this seed`);

const words = process.argv.slice(2);
try {
  // set-up tells its steps on stdout, where only the result is to stand
  console.log = console.error;
  if (!words.includes("--plan")) await setup(["core faces", "workflows", "test workflows", "worker package"]);
  const quiet = "--disable-warning=ExperimentalWarning";
  const { status } = spawnSync("node", [quiet, join(root, "tests/crash/suite/main.ts"), ...words], {
    cwd: root,
    env: environment,
    stdio: "inherit",
  });
  process.exitCode = status ?? 1;
} catch (error) {
  fail(error);
}
