// The size of the core's .wasm, printed and held to a limit: every browser that opens the page loads it.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { fail, root } from "./run.mjs";

/** About 15 % above what it was when the limit was last set; raise it with a reason. */
const RAW_BYTES_MAX = 108_000;
const GZIP_BYTES_MAX = 55_000;

try {
  const wasm = readFileSync(join(root, "rust/wasm/npm/generated/ferrule_bg.wasm"));
  const sizes = [
    { name: "raw", bytes: wasm.length, max: RAW_BYTES_MAX },
    { name: "gzip", bytes: gzipSync(wasm, { level: 9 }).length, max: GZIP_BYTES_MAX },
  ];
  for (const { name, bytes, max } of sizes) console.log(`ferrule_bg.wasm ${name.padEnd(4)} ${bytes} of ${max} bytes`);
  const over = sizes.filter(({ bytes, max }) => bytes > max).map(({ name }) => name);
  if (over.length > 0)
    throw new Error(`ferrule_bg.wasm is above its limit (${over.join(", ")}): scripts/wasm-size.mjs.`);
} catch (error) {
  fail(error);
}
