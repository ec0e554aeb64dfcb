// The peers that are WebAssembly themselves: lz4-wasm as npm has it, and the crate crc32fast behind a plain function, built
// here by our own pinned tools. Both are loaded as their glue asks for it; nothing of ours is in their way.
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const run = promisify(execFile);

/** lz4-wasm's two functions. Its blocks begin with the raw length in four bytes. */
export interface Lz4Wasm {
  compress(bytes: Uint8Array): Uint8Array;
  decompress(bytes: Uint8Array): Uint8Array;
}

/**
 * Loads lz4-wasm. The package is made for bundlers, which make a module of its `.wasm` file; Node does not, so the glue is
 * read as text and gets the instance from here. The functions themselves are the package's own.
 */
export async function loadLz4Wasm(): Promise<Lz4Wasm> {
  const folder = join(createRequire(import.meta.url).resolve("lz4-wasm/package.json"), "..");
  const glue = readFileSync(join(folder, "lz4_wasm_bg.js"), "utf8");
  const own = glue.replace(
    /^import \* as wasm from .*$/m,
    "let wasm; export const use = (exports) => { wasm = exports; };",
  );
  const module = await import(`data:text/javascript,${encodeURIComponent(own)}`);
  const wasm = await WebAssembly.compile(readFileSync(join(folder, "lz4_wasm_bg.wasm")));
  const { exports } = await WebAssembly.instantiate(wasm, { "./lz4_wasm_bg.js": module });
  module.use(exports);
  return { compress: module.compress, decompress: module.decompress };
}

/** crc32fast's sum of bytes that are copied in, and of the first `n` bytes that `bringIn` has left inside. */
export interface Crc32Wasm {
  crc32(bytes: Uint8Array): number;
  bringIn(bytes: Uint8Array): void;
  crc32Inside(n: number): number;
}

/** Builds and loads the CRC-32 peer; a second run finds it built. */
export async function loadCrc32Wasm(): Promise<Crc32Wasm> {
  const target = join(root, ".tools/peers");
  const manifest = join(root, "tests/bench/peers/crc32fast/Cargo.toml");
  const wasmTarget = "wasm32-unknown-unknown";
  const options = [
    "--locked",
    "--release",
    "--target",
    wasmTarget,
    "--target-dir",
    target,
    "--manifest-path",
    manifest,
  ];
  await run("cargo", ["build", ...options], { cwd: root });
  const made = join(target, "crc32fast");
  const command = join(root, `.tools/target/debug/wasm-bindgen${process.platform === "win32" ? ".exe" : ""}`);
  const built = join(target, wasmTarget, "release/crc32fast_peer.wasm");
  await run(command, [built, "--target", "web", "--out-name", "peer", "--out-dir", made]);
  const peer = await import(pathToFileURL(join(made, "peer.js")).href);
  peer.initSync({ module: readFileSync(join(made, "peer_bg.wasm")) });
  return peer;
}
