// Builds the published part of @ferrule/worker into dist: the entries of tsconfig.build.json and what they import.
// Sources name each other without endings, as bundlers take them; Node and nodenext want "./x.js", so that is written in.
import { spawnSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const dist = join(here, "dist");
const project = join(here, "tsconfig.build.json");

/** `from "./x"`, `import "./x"` and `import("./x")`, as tsc writes them. */
const RELATIVE = /(\bfrom |\bimport |\bimport\()"(\.{1,2}\/[^"]*)"/g;

/** A specifier with its ending, as seen from `folder`. */
function complete(folder, specifier) {
  const ending = [".js", "/index.js", ""].find((end) => existsSync(join(folder, specifier + end)));
  if (ending === undefined) throw new Error(`${specifier}, imported in ${folder}, was not built`);
  return specifier + ending;
}

/** Completes the specifiers of a file and of all that it reaches; `done` collects their paths. */
function visit(path, done) {
  if (done.has(path)) return;
  done.add(path);
  if (path.endsWith(".wasm")) return;
  const folder = dirname(path);
  const text = readFileSync(path, "utf8").replace(RELATIVE, (_, before, specifier) => {
    const whole = complete(folder, specifier);
    const target = join(folder, whole);
    visit(path.endsWith(".d.ts") ? target.replace(/\.js$/, ".d.ts") : target, done);
    return `${before}"${whole}"`;
  });
  writeFileSync(path, text);
}

rmSync(dist, { recursive: true, force: true });
const tsc = join(dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin/tsc");
const { status } = spawnSync(process.execPath, [tsc, "-p", project], { stdio: "inherit" });
if (status !== 0) process.exit(1);
// The sample vats lie beside the sources and are read with them; the package is what was made of the sources.
const made = `${dist}-made`;
rmSync(made, { recursive: true, force: true });
renameSync(join(dist, "src"), made);
rmSync(dist, { recursive: true });
renameSync(made, dist);

/** The file that imports QuickJS, compiled, from quickjs-wasi. */
const ENGINE = join(dist, "workflow/runtime/quickjs-assets.js");
const NOTICE = (
  version,
) => `The files beside this one are those of quickjs-wasi ${version} (https://github.com/vercel-labs/quickjs-wasi, MIT licence), which is
built from quickjs-ng (https://github.com/quickjs-ng/quickjs, MIT licence). They are copied as they are, under names that bundlers
know for WebAssembly.
`;

/**
 * QuickJS comes with the package: imported from its own, its extensions (`.so`) need a rule in every wrangler.jsonc, and Vite has none.
 * Compiled workflows hold the other half of it, of the version that core names.
 */
function bringEngine() {
  const from = createRequire(import.meta.url);
  const read = (name) => JSON.parse(readFileSync(join(packageOf(from, name), "package.json"), "utf8"));
  const { version } = read("quickjs-wasi");
  const wanted = read("@workflow/core").dependencies["quickjs-wasi"];
  if (version !== wanted) throw new Error(`quickjs-wasi is ${version}, and @workflow/core is made for ${wanted}`);
  const folder = join(dirname(ENGINE), "quickjs");
  mkdirSync(folder);
  writeFileSync(join(folder, "NOTICE"), NOTICE(version));
  const text = readFileSync(ENGINE, "utf8").replace(/"quickjs-wasi\/(([\w-]+)\.(?:wasm|so))"/g, (_, file, name) => {
    copyFileSync(from.resolve(`quickjs-wasi/${file}`), join(folder, `${name}.wasm`));
    return `"./quickjs/${name}.wasm"`;
  });
  writeFileSync(ENGINE, text);
  for (const file of readdirSync(folder)) reached.add(join(folder, file));
}

/** The folder of a package, whether or not it exports its package.json. */
function packageOf(from, name) {
  const folder = from.resolve.paths(name).find((each) => existsSync(join(each, name, "package.json")));
  if (folder === undefined) throw new Error(`${name} is not installed`);
  return join(folder, name);
}

const reached = new Set();
bringEngine();
for (const source of JSON.parse(readFileSync(project, "utf8")).files) {
  const entry = join(dist, relative("src", source)).replace(/\.ts$/, "");
  for (const ending of [".js", ".d.ts"]) visit(entry + ending, reached);
}
// The binding types name the whole Worker, so tsc writes all of it; what the entries do not reach is not published.
for (const file of readdirSync(dist, { recursive: true, withFileTypes: true })) {
  const path = join(file.parentPath, file.name);
  if (file.isFile() && !reached.has(path)) rmSync(path);
}
