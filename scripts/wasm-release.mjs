// `npm run build:wasm:release [-- --out DIR]`: @ferrule/core as it is published, its bindings made by wasm-pack, as a tarball.
// Set-up makes the same bytes without wasm-pack (tests/packages/release.test.ts); wasm-pack is installed on first use.
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join, resolve } from "node:path";
import { environment, fail, helpIfAsked, root, step, tools } from "./run.mjs";
import { bindgenCommand, MODULES, setup } from "./setup.mjs";

const WASM_PACK = "0.15.1";
const home = join(tools, "wasm-pack");
const wasmPack = join(home, "bin", `wasm-pack${process.platform === "win32" ? ".exe" : ""}`);
const stamp = join(home, "version");
const source = join(root, "rust/wasm/npm");
/** What of wasm-pack's output is published; its package.json, README and .gitignore are not. */
const BINDINGS = MODULES.flatMap(({ name }) => [
  `${name}.js`,
  `${name}.d.ts`,
  `${name}_bg.wasm`,
  `${name}_bg.wasm.d.ts`,
]);

const exists = (path) => statSync(path, { throwIfNoEntry: false }) !== undefined;

/** wasm-pack of exactly our version, unoptimised: it only runs cargo and wasm-bindgen. */
async function provideWasmPack() {
  if (exists(wasmPack) && exists(stamp) && readFileSync(stamp, "utf8") === WASM_PACK) return;
  const args = ["install", "wasm-pack", "--version", WASM_PACK, "--locked", "--debug", "--force", "--root", home];
  await step("wasm-pack", "cargo", args);
  writeFileSync(stamp, WASM_PACK);
}

/** Bindings of a module by wasm-pack into `folder`. It takes our wasm-bindgen, first on PATH, and may fetch none of its own. */
async function build({ folder: crate, name }, folder) {
  const options = ["--mode", "no-install", "--target", "web", "--release", "--out-name", name, "--out-dir", folder];
  await step("wasm-pack build", wasmPack, ["build", crate, ...options, "--", "--locked"], {
    env: { PATH: [dirname(bindgenCommand), environment.PATH].join(delimiter) },
  });
  for (const left of readdirSync(folder)) if (!BINDINGS.includes(left)) rmSync(join(folder, left));
}

/** Puts the package together in `out`/package, and packs it. */
async function release(out) {
  await setup(["core faces"]);
  await provideWasmPack();
  const stage = join(out, "package");
  rmSync(stage, { recursive: true, force: true });
  mkdirSync(stage, { recursive: true });
  for (const module of MODULES) await build(module, join(stage, "generated"));
  for (const name of ["dist", "module.d.ts", "package.json", "README.md"])
    cpSync(join(source, name), join(stage, name), { recursive: true });
  cpSync(join(root, "LICENSE"), join(stage, "LICENSE"));
  const pack = await step("npm pack", "npm", ["pack", "--silent", "--pack-destination", out], { cwd: stage });
  console.log(join(out, pack.trim().split("\n").at(-1)));
}

helpIfAsked(`npm run build:wasm:release [-- --out DIR]

Makes the tarball of @ferrule/core as it is published, through wasm-pack, which is compiled on first use.

  --out DIR   where the tarball goes (.tools/release)`);
const at = process.argv.indexOf("--out");
const out = at < 0 ? join(tools, "release") : process.argv[at + 1];
if (out === undefined) fail("--out takes a folder.");
await release(resolve(out)).catch(fail);
