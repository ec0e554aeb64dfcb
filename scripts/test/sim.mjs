// `npm run sim -- --seeds N`: the kernel against a naive one, under crashes. Only builds and runs rust/sim.
import { spawnSync } from "node:child_process";
import { environment, fail, helpIfAsked, root } from "../run.mjs";

helpIfAsked(`npm run sim -- [--seeds N] [--seed N] [--cranks N]

Runs the kernel against a naive one, with vats that do anything, a store that crashes and a second writer, and stops at the
first seed that breaks a rule; it prints the command that runs this seed again.

  --seeds N   seeds 1 to N (default 500)
  --seed N    this seed alone
  --cranks N  deliveries of each seed (default 200)
  --trace     tell every step
  --help      this text`);

const run = (command, args) => spawnSync(command, args, { cwd: root, env: environment, stdio: "inherit" });

const built = run("cargo", ["build", "--release", "--quiet", "-p", "sim"]);
if (built.error !== undefined) fail("The simulator needs Rust: https://rustup.rs");
if (built.status !== 0) process.exit(1);
process.exit(run("cargo", ["run", "--release", "--quiet", "-p", "sim", "--", ...process.argv.slice(2)]).status ?? 1);
