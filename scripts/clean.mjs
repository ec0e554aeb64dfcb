// `npm run clean`: removes what set-up and builds made; the next command makes it again. `--all` also removes the state: the local
// database, objects and secrets (`.wrangler`, `.dev.vars`). What `npm run deploy` remembers (`.ferrule`) is never removed.
import { lstatSync, rmSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { fail, helpIfAsked, root } from "./run.mjs";

/** Folders and files of the repository that set-up and builds make. */
const MADE = [
  ".tools",
  ".swc",
  "target",
  "node_modules",
  "worker-ts/node_modules",
  "worker-ts/.swc",
  "worker-ts/dist",
  "worker-ts/web/dist",
  "worker-ts/web/local",
  "worker-ts/src/kernel/vat/generated",
  "worker-ts/workflows/generated",
  "worker-ts/workflows/test/generated",
  "tests/worker/workflow/app/workflows/generated",
  "rust/wasm/npm/node_modules",
  "rust/wasm/npm/dist",
  "rust/wasm/npm/generated",
  "rust/fuzz/target",
  "rust/tools/target",
  "tests/bench/peers/crc32fast/target",
  "tests/bench/peers/workflow-app/.swc",
  "tests/bench/peers/workflow-app/generated",
  "tests/bench/peers/workflow-node/generated",
  "tests/bench/peers/workflow-postgres/.swc",
  "tests/bench/peers/workflow-postgres/generated",
  "tests/bench/peers/workflow-postgres/node_modules",
  "tests/conformance/ocap-kernel/node_modules",
  "tests/conformance/workflow/node_modules",
  "worker-py/.pyodide",
  "worker-py/.wrangler",
  "worker-py/python_modules",
  "worker-py/wrangler.local.jsonc",
  "worker-configuration.d.ts",
];
/** What people made while they worked with it. */
const STATE = [".wrangler", ".dev.vars"];

/** Removes below `folder`; returns what was there. */
export function clean(folder, { all }) {
  const there = [...MADE, ...(all ? STATE : [])].filter((path) =>
    lstatSync(join(folder, path), { throwIfNoEntry: false }),
  );
  for (const path of there) rmSync(join(folder, path), { recursive: true, force: true });
  return there;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  helpIfAsked(`npm run clean [-- --all]

Removes what set-up and builds made; the next command makes it again. What deploy remembers (.ferrule) stays.

  --all   also the local state: database, rooms and secrets (.wrangler, .dev.vars)`);
  try {
    const { values } = parseArgs({ options: { all: { type: "boolean", default: false } } });
    const removed = clean(root, values);
    console.log(removed.length === 0 ? "nothing to remove" : `removed ${removed.join(", ")}`);
    if (!values.all) console.log("kept the local state (.wrangler, .dev.vars): --all removes it too");
  } catch (error) {
    fail(error);
  }
}
