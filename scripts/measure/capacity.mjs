// `npm run capacity [-- OPTIONS]`: what a month of use costs and which limit it comes near to. Runs tests/capacity under Node 22, which reads
// TypeScript as it is; with --measure after set-up, for that runs the whole Worker.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { environment, fail, root } from "../run.mjs";
import { setup } from "../setup.mjs";

const words = process.argv.slice(2);
try {
  if (words.includes("--measure")) await setup(["core faces", "workflows", "test workflows"]);
  const main = join(root, "tests/capacity/main.ts");
  const { status, error } = spawnSync("node", [main, ...words], { cwd: root, env: environment, stdio: "inherit" });
  if (error !== undefined) throw error;
  process.exitCode = status ?? 1;
} catch (error) {
  fail(error);
}
