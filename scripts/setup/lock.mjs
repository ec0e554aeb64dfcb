// `npm run lock`: after a change of dependencies, package-lock.json with the packages of every system (complete-lock.mjs says why).
// With `--fresh` everything is resolved anew: every node_modules folder goes first, since npm drops dependencies without a
// word when a lockfile is made beside one that is left standing.
import { rmSync } from "node:fs";
import { join } from "node:path";
import { fail, helpIfAsked, root, step } from "../run.mjs";

const WORKSPACES = ["", "worker-ts", "rust/wasm/npm"];

helpIfAsked(`npm run lock [-- --fresh]

Brings package-lock.json up to date and adds the packages of other systems, which npm leaves out.

  --fresh   resolves everything anew (removes every node_modules folder first)`);
try {
  if (process.argv.includes("--fresh")) {
    for (const folder of WORKSPACES) rmSync(join(root, folder, "node_modules"), { recursive: true, force: true });
    rmSync(join(root, "package-lock.json"), { force: true });
  }
  await step("npm install", "npm", ["install", "--no-audit", "--no-fund", "--loglevel=error"]);
  console.log((await step("complete", "node", ["scripts/setup/complete-lock.mjs"], { quiet: true })).trim());
  await step("npm ci", "npm", ["ci", "--dry-run", "--no-audit", "--no-fund", "--loglevel=error"]);
} catch (error) {
  fail(error);
}
