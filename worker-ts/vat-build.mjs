// Writes src/kernel/vat/generated: shim.ts, the main module of a vat's isolate (src/kernel/vat/shim) with SES and the Endo packages, as one
// text that the kernel hands to the Worker Loader; and bundles.ts, the vats of worker-ts/vats as bundles, for tests. Plain Node and esbuild.
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { bundleVat } from "./bin/vat.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const source = join(here, "src/kernel/vat");
const made = join(source, "generated");

/** A file that did not change keeps its time. */
function write(name, text) {
  mkdirSync(made, { recursive: true });
  const file = join(made, name);
  try {
    if (readFileSync(file, "utf8") === text) return;
  } catch {
    // the first time
  }
  writeFileSync(file, text);
}

async function buildShim() {
  const { outputFiles } = await build({
    entryPoints: [join(source, "shim/vat-object.ts")],
    external: ["cloudflare:workers", "./bundle.txt"],
    bundle: true,
    minify: true,
    write: false,
    format: "esm",
    target: "es2022",
    legalComments: "none",
    tsconfigRaw: {},
  });
  const { text } = outputFiles[0];
  write(
    "shim.ts",
    `// Made by vat-build.mjs from vat/shim and vat/runtime.
/** The main module of a vat's isolate. */
export const SHIM_TEXT: string = ${JSON.stringify(text)};
/** Its SHA-256. */
export const SHIM_SHA256 = "${createHash("sha256").update(text).digest("hex")}";
`,
  );
  return text.length;
}

async function buildVats() {
  const bundles = {};
  for (const folder of ["vats", "vats/test"])
    for (const name of readdirSync(join(here, folder)))
      if (/(?<!\.test|index)\.ts$/.test(name))
        bundles[basename(name, ".ts")] = await bundleVat(join(here, folder, name));
  write(
    "bundles.ts",
    `// Made by vat-build.mjs from worker-ts/vats, for tests.
import type { VatBundle } from "../../kernel";

/** By the names of their files. */
export const BUNDLES: Readonly<Record<string, VatBundle>> = ${JSON.stringify(bundles, null, 1)};
`,
  );
  return Object.keys(bundles).length;
}

const [length, vats] = await Promise.all([buildShim(), buildVats()]);
console.log(`vat shim ${(length / 1024).toFixed(0)} kB, ${vats} vats`);
