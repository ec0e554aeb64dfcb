// `npm run load [-- --sockets N,N,...]`: set-up, then tests/load/main.ts under Node 22 with as many open files as this user may have.
// What is done and measured stands in tests/load.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { environment, fail, helpIfAsked, root } from "../run.mjs";
import { setup } from "../setup.mjs";

helpIfAsked(`npm run load [-- --sockets 500,1000,5000] [--relay 1250] [--dry-run]

Opens one room with so many sockets, each another person's, in real workerd; checks that every one gets every message once and in
order; measures time per message and memory per socket, and says whether they grow faster than the room. Needs /proc (Linux) and an
open file for each socket in the server, and one for each in the processes that hold them (four share them).
Results: tests/bench/results/big-room.json and .svg.

  --sockets N,N    sizes, in rising order
  --relay N        sockets of one relay; 0: the room's one object holds them all
  --dry-run        writes no results`);

/** Raises what may be open to what the system allows; the server and the processes with the sockets inherit it. */
const RAISED = 'ulimit -n "$(ulimit -Hn)"; exec node --disable-warning=ExperimentalWarning "$@"';

try {
  await setup(["core faces", "workflows", "test workflows"]);
  const args = ["-c", RAISED, "load", join(root, "tests/load/main.ts"), ...process.argv.slice(2)];
  const { status } = spawnSync("sh", args, { cwd: root, env: environment, stdio: "inherit" });
  process.exitCode = status ?? 1;
} catch (error) {
  fail(error);
}
