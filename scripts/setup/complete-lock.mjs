// package-lock.json must name every dependency of every package, also those of other systems: npm leaves an
// optional package out without a word when the registry did not answer for it, and `npm ci` then refuses the file.
// `--check` only tells; without it the missing optional packages are added (version, os, cpu; no hash). `--folder F` takes the lockfile
// of that folder instead of the root's.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../run.mjs";

const SYSTEMS = [
  "aix",
  "android",
  "darwin",
  "freebsd",
  "linux",
  "netbsd",
  "openbsd",
  "openharmony",
  "sunos",
  "win32",
  "windows",
];
const PROCESSORS = {
  arm: "arm",
  arm64: "arm64",
  ia32: "ia32",
  loong64: "loong64",
  ppc64: "ppc64",
  riscv64: "riscv64",
  s390x: "s390x",
  x64: "x64",
  64: "x64",
};
const folderAt = process.argv.indexOf("--folder");
const file = join(root, folderAt < 0 ? "" : process.argv[folderAt + 1], "package-lock.json");
const lock = JSON.parse(readFileSync(file, "utf8"));
const packages = lock.packages;

/** Node's own look-up: the nearest node_modules folder upwards that has the package. */
function found(from, name) {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf("/")))) {
    if (packages[`${folder === "" ? "" : `${folder}/`}node_modules/${name}`] !== undefined) return true;
    if (folder === "") return false;
  }
}

const missing = [];
for (const [path, entry] of Object.entries(packages)) {
  for (const name of Object.keys(entry.dependencies ?? {})) {
    if (!found(path, name) && entry.optionalDependencies?.[name] === undefined)
      throw new Error(
        `${path} needs ${name}, which the lockfile lacks: delete every node_modules folder and lock again`,
      );
  }
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    if (!found(path, name)) missing.push({ path, name, version, dev: entry.dev });
  }
}
if (process.argv.includes("--check")) {
  for (const { path, name } of missing)
    console.error(`${path} -> ${name} is missing from package-lock.json: npm run lock`);
  process.exit(missing.length === 0 ? 0 : 1);
}
for (const { path, name, version, dev } of missing) {
  const words = name.split("/").pop().split("-");
  const system = words.find((word) => SYSTEMS.includes(word));
  const cpu = words.map((word) => PROCESSORS[word]).find((word) => word !== undefined);
  if (system === undefined || !/^\d/.test(version))
    throw new Error(`${path} -> ${name}@${version}: cannot tell its system`);
  packages[`node_modules/${name}`] = {
    version,
    ...(cpu === undefined ? {} : { cpu: [cpu] }),
    ...(dev ? { dev } : {}),
    optional: true,
    os: [system === "windows" ? "win32" : system],
  };
}
const order = ([a], [b]) => (a < b ? -1 : 1);
lock.packages = Object.fromEntries(Object.entries(packages).sort(order));
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
console.log(`${missing.length} packages of other systems added to package-lock.json`);
