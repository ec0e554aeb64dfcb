// `ferrule vat FILE --out FILE`: bundles a vat for a kernel. Everything it imports goes in; what a vat does not have is refused here, with
// the file that asked for it. The kernel looks again at what it is given.
import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { basename, dirname, extname, resolve } from "node:path";
import { parseArgs } from "node:util";

/** Exit codes. */
const GOOD = 0;
const REFUSED = 1;
const USAGE = 2;

/** Bytes of a bundle's code, as the kernel has it. */
export const BUNDLE_BYTES_MAX = 1 << 20;

const HELP = `ferrule vat FILE [--out FILE] [--no-minify]

Bundles a vat: FILE is a module (TypeScript or JavaScript) that exports buildRootObject(vatPowers, parameters, baggage). All that it
imports goes into one JSON file {moduleFormat, code, sha256}, for putBundle of a kernel. A vat has no import(...), no Node built-ins
and no top-level await: they are refused.

  FILE          the vat's module
  --out FILE    where the bundle is written; without it NAME.bundle.json beside you
  --no-minify   keeps names and lines, for reading

Needs esbuild. Exit code: 0 written, 1 the vat is refused, 2 the call was wrong.`;

/** A mistake of whoever calls. */
class Usage extends Error {}
/** The vat cannot be bundled. */
export class Refused extends Error {}

/**
 * Runs the verb.
 * @param {string[]} args
 * @returns {Promise<number>} the exit code
 */
export async function run(args) {
  try {
    const { values, positionals } = parse(args);
    if (values.help) {
      console.log(HELP);
      return GOOD;
    }
    if (positionals.length !== 1) throw new Usage("Give one file, the vat's module.");
    const [file] = positionals;
    const bundle = await bundleVat(file, { minify: !values["no-minify"] });
    const out = values.out ?? `${basename(file, extname(file))}.bundle.json`;
    mkdirSync(dirname(resolve(out)), { recursive: true });
    writeFileSync(out, `${JSON.stringify(bundle)}\n`);
    console.log(`${out}  ${sizeOf(bundle.code)} of ${BUNDLE_BYTES_MAX / 1024} kB  sha256 ${bundle.sha256}`);
    return GOOD;
  } catch (error) {
    if (error instanceof Usage) {
      console.error(`ferrule vat: ${error.message}\n\n${HELP}`);
      return USAGE;
    }
    if (!(error instanceof Refused)) throw error;
    console.error(`ferrule vat: ${error.message}`);
    return REFUSED;
  }
}

function parse(args) {
  const flag = { type: "boolean", default: false };
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: { out: { type: "string" }, "no-minify": flag, help: { ...flag, short: "h" } },
    });
  } catch (error) {
    throw new Usage(error.message);
  }
}

const sizeOf = (code) => `${(Buffer.byteLength(code) / 1024).toFixed(1)} kB`;

/**
 * Bundles one vat. Throws `Refused` with all that stands in the way.
 * @param {string} file
 * @param {{ minify?: boolean }} [options]
 * @returns {Promise<{ moduleFormat: "iife", code: string, sha256: string }>}
 */
export async function bundleVat(file, { minify = true } = {}) {
  const { build } = await esbuild();
  const entry = resolve(file);
  let result;
  try {
    result = await build({
      // the one thing a kernel asks for: whatever else the module exports stays out
      stdin: { contents: `export { buildRootObject } from ${JSON.stringify(entry)};`, resolveDir: dirname(entry) },
      bundle: true,
      minify,
      write: false,
      format: "iife",
      globalName: "__vatExports__",
      platform: "neutral",
      mainFields: ["module", "main"],
      conditions: ["import"],
      target: "es2022",
      legalComments: "none",
      charset: "utf8",
      logLevel: "silent",
      tsconfigRaw: {},
      plugins: [refusals],
    });
  } catch (error) {
    if (!Array.isArray(error.errors)) throw error;
    throw new Refused(error.errors.map(lineOf).join("\n"));
  }
  const code = result.outputFiles[0].text;
  refuse(code);
  return { moduleFormat: "iife", code, sha256: createHash("sha256").update(code).digest("hex") };
}

async function esbuild() {
  try {
    return await import("esbuild");
  } catch (error) {
    if (error.code !== "ERR_MODULE_NOT_FOUND") throw error;
    throw new Refused("esbuild is not installed: npm install esbuild");
  }
}

/** What a vat does not have, found where it is asked for. */
const refusals = {
  name: "vat",
  setup(build) {
    build.onResolve({ filter: /.*/ }, ({ path, kind }) => {
      if (kind === "dynamic-import")
        return { errors: [{ text: `import(${JSON.stringify(path)}): a vat has no import(...)` }] };
      if (isBuiltin(path) || path.startsWith("cloudflare:"))
        return { errors: [{ text: `${JSON.stringify(path)} is built into the runtime: a vat does not have it` }] };
      return undefined;
    });
  },
};

const lineOf = ({ text, location }) =>
  location ? `${location.file}:${location.line}:${location.column + 1}: ${text}` : text;

/** What SES takes for an import(...) or for a comment of HTML, wherever it stands. */
function refuse(code) {
  const bytes = Buffer.byteLength(code);
  if (bytes > BUNDLE_BYTES_MAX) throw new Refused(`the bundle has ${bytes} bytes of ${BUNDLE_BYTES_MAX}`);
  const [, found] = /(?:^|[^.]|\.\.\.)(\bimport\s*(?:\(|\/[/*]))/.exec(code) ?? /(<!--|-->)/.exec(code) ?? [];
  if (found !== undefined)
    throw new Refused(`the bundle holds ${JSON.stringify(found)}, perhaps in a text: a vat may not`);
}
