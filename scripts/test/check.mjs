// `npm run check`: types, lint, format, dead code, the rules of the house, package faces, lockfile, size. Every tool speaks; one failure fails all.
import { step } from "../run.mjs";
import { MODULES, setup } from "../setup.mjs";

const WASM = [...MODULES.flatMap(({ crate }) => ["-p", crate]), "--target", "wasm32-unknown-unknown"];
const TOOLS = ["--manifest-path", "rust/tools/Cargo.toml"];
const rust = [
  ["rustfmt", "cargo", ["fmt", "--all", "--check"]],
  ["rustfmt tools", "cargo", ["fmt", ...TOOLS, "--check"]],
  ["clippy", "cargo", ["clippy", "--locked", "--workspace", "--all-targets", "--", "-D", "warnings"]],
  ["clippy wasm", "cargo", ["clippy", "--locked", ...WASM, "--", "-D", "warnings"]],
];
const PROJECTS = ["worker-ts", "worker-ts/web", "tests/worker", "tests"];
const typescript = [
  ["lockfile", "node", ["scripts/setup/complete-lock.mjs", "--check"]],
  ["biome", "biome", ["ci", "--colors=off", "--error-on-warnings", "."]],
  ...PROJECTS.map((project) => [`tsc ${project}`, "tsc", ["-p", project]]),
  ["knip", "knip", ["--no-progress"]],
  ["house rules", "vitest", ["run", "--project", "house", "tests/house.test.ts"]],
  ["publint core", "publint", ["rust/wasm/npm", "--strict"]],
  ["worker build", "node", ["worker-ts/build.mjs"]],
  ["publint worker", "publint", ["worker-ts", "--strict"]],
  ["wasm size", "node", ["scripts/measure/wasm-size.mjs"]],
];

const failures = [];
async function lane(steps) {
  for (const [name, command, args] of steps) await step(name, command, args).catch((error) => failures.push(error));
}

await setup()
  .then(() => Promise.all([lane(rust), lane(typescript)]))
  .catch((error) => failures.push(error));
for (const { message } of failures) console.error(`\n${message}`);
process.exitCode = failures.length === 0 ? 0 : 1;
