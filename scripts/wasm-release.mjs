// `npm run build:wasm:release [-- --out DIR]`: the published @ferrule/core, its bindings made by wasm-pack, packed as a tarball.
// Set-up makes the same bytes without wasm-pack (tests/packages/release.test.ts); wasm-pack is installed on first use.
import { copyFileSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join, resolve } from "node:path";
import { environment, fail, root, step, tools } from "./run.mjs";
import { bindgenCommand, setup } from "./setup.mjs";

const WASM_PACK = "0.15.1";
const home = join(tools, "wasm-pack");
const wasmPack = join(home, "bin", `wasm-pack${process.platform === "win32" ? ".exe" : ""}`);
const stamp = join(home, "version");
const generated = join(root, "rust/wasm/npm/generated");
const FILES = ["ferrule.js", "ferrule.d.ts", "ferrule_bg.wasm", "ferrule_bg.wasm.d.ts"];

/** wasm-pack of exactly our version, unoptimised: it only runs cargo and wasm-bindgen. */
async function provideWasmPack() {
  const there = statSync(wasmPack, { throwIfNoEntry: false }) !== undefined;
  if (there && statSync(stamp, { throwIfNoEntry: false }) && readFileSync(stamp, "utf8") === WASM_PACK) return;
  const args = ["install", "wasm-pack", "--version", WASM_PACK, "--locked", "--debug", "--force", "--root", home];
  await step("wasm-pack", "cargo", args);
  writeFileSync(stamp, WASM_PACK);
}

/** Bindings by wasm-pack into `folder`. It takes our wasm-bindgen, first on PATH, and may fetch none of its own. */
async function build(folder) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const options = [
    "--mode",
    "no-install",
    "--target",
    "web",
    "--release",
    "--out-name",
    "ferrule",
    "--out-dir",
    folder,
  ];
  await step("wasm-pack build", wasmPack, ["build", "rust/wasm", ...options, "--", "--locked"], {
    env: { PATH: [dirname(bindgenCommand), environment.PATH].join(delimiter) },
  });
}

async function release(out) {
  await setup(["packages", "core bindings"]);
  await provideWasmPack();
  const bindings = join(out, "bindings");
  await build(bindings);
  for (const file of FILES) copyFileSync(join(bindings, file), join(generated, file));
  await setup(["core faces"]);
  const pack = await step("npm pack", "npm", ["pack", "--silent", "-w", "@ferrule/core", "--pack-destination", out]);
  console.log(join(out, pack.trim().split("\n").at(-1)));
}

const at = process.argv.indexOf("--out");
await release(at < 0 ? join(tools, "release") : resolve(process.argv[at + 1])).catch(fail);
