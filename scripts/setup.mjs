// From a fresh clone to a Worker that can start. Every step is skipped while its inputs have not changed and its output stands.
// Needs Node >= 20, npm and rustup; everything else comes from here. `--only NAME` runs one step and what it needs.
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { DOCS_INPUTS } from "./docs/pages.mjs";
import { LOCAL_MODE, LOCAL_PAGE } from "./local.mjs";
import { setupPython } from "./python/setup.mjs";
import { lineOf, readPython } from "./python/state.mjs";
import { fail, fingerprint, helpIfAsked, report, root, step, tools } from "./run.mjs";
import { provideSecrets } from "./setup/secrets.mjs";
import { tablesArguments } from "./setup/tables.mjs";

/** What the pages are made from, the documentation among them. */
const PAGE_INPUTS = ["worker-ts/web", "worker-ts/src/client", "worker-ts/package.json", ...DOCS_INPUTS];
const WASM_TARGET = "wasm32-unknown-unknown";
const OCAP_KERNEL = "tests/conformance/ocap-kernel";
const OWN_WORKFLOWS = "worker-ts/workflows";
/** Those of tests and of the benchmark, which no deployed Worker holds. */
const TEST_WORKFLOWS = [
  "worker-ts/workflows/test",
  "tests/worker/workflow/app/workflows",
  "tests/bench/peers/workflow-app",
];
const WORKFLOW_COMPILER = ["worker-ts/bin/workflows.mjs", "worker-ts/bin/workflows-bundle.mjs"];
const WORLD_TESTING = "tests/conformance/workflow";
const WORLD_POSTGRES = "tests/bench/peers/workflow-postgres";
/** wrangler's own, below which local D1, objects and queues are. */
export const STATE = ".wrangler/state";
const executable = process.platform === "win32" ? ".exe" : "";
/** The wasm-bindgen command that set-up builds. */
export const bindgenCommand = join(tools, `target/debug/wasm-bindgen${executable}`);

/** The WebAssembly modules of @ferrule/core: the crate each is built from, and the name of its bindings. */
export const MODULES = [
  { crate: "ferrule-wasm", folder: "rust/wasm", name: "ferrule" },
  { crate: "ferrule-wasm-kernel", folder: "rust/wasm/kernel", name: "ferrule_kernel" },
  { crate: "ferrule-wasm-chunk", folder: "rust/wasm/chunk", name: "ferrule_chunk" },
];

/**
 * name: what people see and `--only` takes. inputs: files and folders it is made from. output: what it leaves behind, one path or several.
 * after: steps that come before it; their inputs count as its own. rust: it compiles Rust. ownState: it knows by itself what is fresh, and is told whether
 * somebody asked for it by its name. onDemand: it runs only when it is asked for by its name.
 */
const STEPS = [
  {
    name: "packages",
    inputs: ["package-lock.json", "package.json", "worker-ts/package.json", "rust/wasm/npm/package.json"],
    output: "node_modules/.package-lock.json",
    after: [],
    // npm ci also brings the Node 22 that wrangler and vitest need.
    run: () => step("packages", "npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"]),
  },
  {
    name: "wasm-bindgen",
    rust: true,
    inputs: ["rust/tools", "rust-toolchain.toml"],
    output: `.tools/target/debug/wasm-bindgen${executable}`,
    after: [],
    run: () =>
      step("wasm-bindgen", "cargo", [
        "build",
        "--locked",
        "--bin",
        "wasm-bindgen",
        "--manifest-path",
        "rust/tools/Cargo.toml",
        "--target-dir",
        ".tools/target",
      ]),
  },
  {
    name: "core",
    rust: true,
    inputs: [
      "Cargo.toml",
      "Cargo.lock",
      ".cargo",
      "rust-toolchain.toml",
      "rust/crc/Cargo.toml",
      "rust/crc/src",
      "rust/wire/Cargo.toml",
      "rust/wire/src",
      "rust/kernel/Cargo.toml",
      "rust/kernel/src",
      "rust/wasm/Cargo.toml",
      "rust/wasm/src",
      "rust/wasm/kernel",
      "rust/chunk/Cargo.toml",
      "rust/chunk/src",
      "rust/wasm/chunk",
    ],
    output: `target/${WASM_TARGET}/release/ferrule_wasm_chunk.wasm`,
    after: [],
    async run() {
      await step("wasm target", "rustup", ["target", "add", WASM_TARGET], { quiet: true });
      const crates = MODULES.flatMap(({ crate }) => ["-p", crate]);
      await step("core", "cargo", ["build", "--locked", "--release", "--target", WASM_TARGET, ...crates]);
    },
  },
  {
    name: "core bindings",
    inputs: [],
    output: "rust/wasm/npm/generated/ferrule_chunk_bg.wasm",
    after: ["core", "wasm-bindgen"],
    async run() {
      for (const { crate, name } of MODULES)
        await step(`${name} bindings`, bindgenCommand, [
          join(root, `target/${WASM_TARGET}/release/${crate.replaceAll("-", "_")}.wasm`),
          "--target",
          "web",
          "--typescript",
          "--out-name",
          name,
          "--out-dir",
          join(root, "rust/wasm/npm/generated"),
        ]);
    },
  },
  {
    name: "core faces",
    inputs: ["rust/wasm/npm/src", "rust/wasm/npm/tsconfig.json", "tsconfig.base.json"],
    output: "rust/wasm/npm/dist/workerd.js",
    after: ["packages", "core bindings"],
    run: () => step("core faces", "tsc", ["-p", "rust/wasm/npm"]),
  },
  {
    name: "vats",
    inputs: [
      "worker-ts/vat-build.mjs",
      "worker-ts/bin/vat.mjs",
      "worker-ts/src/kernel/vat/runtime",
      "worker-ts/src/kernel/vat/shim",
      "worker-ts/vats",
    ],
    output: "worker-ts/src/kernel/vat/generated/shim.ts",
    after: ["packages"],
    // What a vat's isolate begins with, as text, and the sample vats.
    run: () => step("vats", "node", ["worker-ts/vat-build.mjs"]),
  },
  {
    name: "workflows",
    inputs: [...WORKFLOW_COMPILER, OWN_WORKFLOWS],
    output: `${OWN_WORKFLOWS}/generated/index.mjs`,
    after: ["packages"],
    run: () => step("workflows", "node", ["worker-ts/bin/ferrule.mjs", "workflows", OWN_WORKFLOWS]),
  },
  {
    name: "test workflows",
    inputs: [...WORKFLOW_COMPILER, ...TEST_WORKFLOWS],
    output: TEST_WORKFLOWS.map((folder) => `${folder}/generated/index.mjs`),
    after: ["packages"],
    async run() {
      for (const folder of TEST_WORKFLOWS)
        await step(`workflows of ${folder.replace("worker-ts/", "")}`, "node", [
          "worker-ts/bin/ferrule.mjs",
          "workflows",
          folder,
        ]);
    },
  },
  {
    name: "worker package",
    inputs: ["worker-ts/src", "worker-ts/build.mjs", "worker-ts/tsconfig.json", "worker-ts/tsconfig.build.json"],
    output: "worker-ts/dist/client/index.js",
    after: ["core faces", "types", "vats", "workflows"],
    // What `ferrule` runs on.
    run: () => step("worker package", "node", ["worker-ts/build.mjs"]),
  },
  {
    name: "secrets",
    inputs: [".dev.vars.example"],
    output: ".dev.vars",
    after: [],
    async run() {
      const since = Date.now();
      provideSecrets();
      report(true, since, "secrets");
    },
  },
  {
    name: "types",
    inputs: ["wrangler.jsonc", ".dev.vars.example", "worker-ts/src/index.ts"],
    output: "worker-configuration.d.ts",
    after: ["packages"],
    run: () => step("types", "wrangler", ["types", "--env-file", ".dev.vars.example"]),
  },
  {
    name: "page",
    inputs: PAGE_INPUTS,
    output: "worker-ts/web/dist/index.html",
    after: ["core faces"],
    run: () => step("page", "vite", ["build", "--logLevel", "warn", "worker-ts/web"]),
  },
  {
    name: "local page",
    inputs: PAGE_INPUTS,
    output: `${LOCAL_PAGE}/index.html`,
    after: ["core faces"],
    run: () =>
      step("local page", "vite", [
        "build",
        "--logLevel",
        "warn",
        "--mode",
        LOCAL_MODE,
        "--outDir",
        join(root, LOCAL_PAGE),
        "worker-ts/web",
      ]),
  },
  {
    name: "tables",
    inputs: ["worker-ts/migrations", "wrangler.jsonc"],
    output: `${STATE}/v3/d1`,
    after: ["packages"],
    run: () => step("tables", "wrangler", tablesArguments(STATE), { env: { CI: "true" } }),
  },
  {
    name: "python",
    inputs: [],
    after: ["packages"],
    ownState: true,
    // Without pip or a network the pages in Python are off, and nothing else. CI must have them, so there it tries again.
    async run(asked) {
      const since = Date.now();
      const done = await setupPython({ asked: asked || process.env.FERRULE_PYTHON === "required" });
      if (done) report(true, since, readPython().ready ? "python" : "python (off)");
    },
  },
  {
    name: "ocap-kernel",
    inputs: [`${OCAP_KERNEL}/package.json`, `${OCAP_KERNEL}/package-lock.json`],
    output: `${OCAP_KERNEL}/node_modules/.package-lock.json`,
    after: [],
    onDemand: true,
    // Somebody else's kernel, for the conformance tests and the benchmark: 146 packages that nothing of ours needs.
    run: () =>
      step("ocap-kernel", "npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], {
        cwd: join(root, OCAP_KERNEL),
      }),
  },
  {
    name: "world-testing",
    inputs: [`${WORLD_TESTING}/package.json`, `${WORLD_TESTING}/package-lock.json`],
    output: `${WORLD_TESTING}/node_modules/.package-lock.json`,
    after: [],
    onDemand: true,
    // The DevKit's own suite for Worlds, with an older core, which must not stand beside ours.
    run: () =>
      step("world-testing", "npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], {
        cwd: join(root, WORLD_TESTING),
      }),
  },
  {
    name: "world-postgres",
    inputs: [`${WORLD_POSTGRES}/package.json`, `${WORLD_POSTGRES}/package-lock.json`],
    output: `${WORLD_POSTGRES}/node_modules/.package-lock.json`,
    after: [],
    onDemand: true,
    // The DevKit's World on PostgreSQL, for the benchmark; it goes with an older core.
    run: () =>
      step("world-postgres", "npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], {
        cwd: join(root, WORLD_POSTGRES),
      }),
  },
];

/** What runs by itself, or only when it is asked for. */
const namesOf = (onDemand) =>
  STEPS.filter((s) => (s.onDemand ?? false) === onDemand)
    .map((s) => s.name)
    .join(", ");
/** What `npm start` needs: no types, no package to publish, nothing that tests alone read, and the page with the panel only. */
export const SERVED = ["core faces", "vats", "workflows", "local page", "secrets", "tables", "python"];

const byName = new Map(STEPS.map((s) => [s.name, s]));
const inputsOf = (s) => [...s.inputs, ...s.after.flatMap((name) => inputsOf(byName.get(name)))];
const stampOf = (s) => join(tools, `${s.name.replaceAll(" ", "-")}.stamp`);

function isFresh(s, print) {
  const isThere = (path) => statSync(join(root, path), { throwIfNoEntry: false }) !== undefined;
  if (![s.output].flat().every(isThere)) return false;
  try {
    return readFileSync(stampOf(s), "utf8") === print;
  } catch {
    return false;
  }
}

function need(command, args, advice) {
  const { status } = spawnSync(command, args, { cwd: root, stdio: "ignore", shell: process.platform === "win32" });
  if (status !== 0) throw new Error(advice);
}

function needNode() {
  if (Number(process.versions.node.split(".")[0]) < 20)
    throw new Error(
      `Ferrule needs Node 20 or newer, this is ${process.versions.node}: install a newer Node, then run this again.`,
    );
}

/** Asked only when something is compiled: the two commands take longer than all of a set-up that finds everything fresh. */
function needRust() {
  need("rustup", ["--version"], "Ferrule needs Rust: install rustup (see rustup.rs), then run this again.");
  need(
    "cargo",
    ["--version"],
    "The Rust toolchain of rust-toolchain.toml is missing: run `rustup toolchain install 1.95.0`, then run this again.",
  );
}

const isDue = (s) => !s.ownState && !isFresh(s, fingerprint(inputsOf(s)));

/** A step by its name. */
function find(name) {
  const s = byName.get(name);
  if (s === undefined) throw new Error(`There is no step "${name}"; the steps are: ${[...byName.keys()].join(", ")}.`);
  return s;
}

/** Steps by name, and all that they need, each once. */
const withNeeds = (names) => new Set(names.map(find).flatMap((s) => [s, ...withNeeds(s.after)]));

/**
 * Runs what is not fresh: all steps, or those named and what they need. Throws the first failure when all that could run has run.
 * @param {string[]} [only] names of steps
 * @param {string[]} [asked] those that somebody asked for by name
 */
export async function setup(only, asked = only ?? []) {
  const names = only ?? STEPS.filter((s) => !s.onDemand).map((s) => s.name);
  needNode();
  if ([...withNeeds(names)].some((s) => s.rust && isDue(s))) needRust();
  mkdirSync(tools, { recursive: true });
  const started = new Map();
  const start = (name) => {
    if (!started.has(name)) started.set(name, runAfter(find(name)));
    return started.get(name);
  };
  const runAfter = async (s) => {
    await Promise.all(s.after.map(start));
    if (s.ownState) return s.run(asked.includes(s.name));
    const print = fingerprint(inputsOf(s));
    if (isFresh(s, print)) return;
    await s.run();
    writeFileSync(stampOf(s), print);
  };
  const results = await Promise.allSettled(names.map(start));
  const failed = results.find((r) => r.status === "rejected");
  if (failed) throw failed.reason;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  helpIfAsked(`npm run setup [-- --only STEP...]

Runs every step whose inputs have changed: ${namesOf(false)}.
Only when it is named: ${namesOf(true)}.

  --only STEP...   these steps, and what they need`);
  const since = Date.now();
  const at = process.argv.indexOf("--only");
  const only = at < 0 ? undefined : process.argv.slice(at + 1);
  if (only?.length === 0) fail(`--only takes names of steps: ${[...byName.keys()].join(", ")}.`);
  await setup(only).catch(fail);
  console.log(`ready in ${((Date.now() - since) / 1000).toFixed(1)} s`);
  if (only === undefined || only.includes("python")) console.log(lineOf(readPython()));
}
