// `npm run soak [-- --minutes N]`: set-up, then tests/soak/main.ts under Node 22. What is done and compared stands in tests/soak.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { environment, fail, helpIfAsked, root } from "../run.mjs";
import { setup } from "../setup.mjs";

helpIfAsked(`npm run soak [-- --minutes 30] [--sockets 200] [--rooms 20] [--kills 3] [--rest 8000] [--seed N]

People in rooms on the real server, with the client library, while lines are cut, rooms are evicted, the queue delivers twice and out of
order and the server is killed (SIGKILL) and started again. At the end every client's view has to equal the room's log, its pages and
the archive; what was acknowledged has to be there once. From ten minutes on the server's memory counts too: the core's memory and
handles as they were a sixth of the run after the last start, and at most 1 MB a minute more over the last two thirds (Linux).
A line about every ten seconds, then one line of JSON; exit code 0 only if all of it holds.

  --minutes N      how long people write; kills fall into the first third
  --sockets N      people; a quarter of them in one room
  --rooms N        rooms
  --kills N        how often the server is killed
  --rest N         about how long (ms) a person rests between two things
  --seed N         chance, as far as the machine lets it be repeated`);

try {
  await setup(["core faces", "workflows", "test workflows", "worker package"]);
  const quiet = "--disable-warning=ExperimentalWarning";
  const args = [quiet, join(root, "tests/soak/main.ts"), ...process.argv.slice(2)];
  const { status } = spawnSync("node", args, { cwd: root, env: environment, stdio: "inherit" });
  process.exitCode = status ?? 1;
} catch (error) {
  fail(error);
}
