// `npm run clean`: what it removes, what it keeps, and that nothing which git ignores is forgotten.
import { existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { clean } from "../../scripts/clean.mjs";

let folder: string;
const file = (path: string) => join(folder, path);
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "ferrule-clean-"));
  for (const path of [
    ".tools/logs",
    "target/release",
    "worker-ts/src",
    "worker-ts/dist",
    ".wrangler/state",
    ".ferrule",
  ])
    mkdirSync(file(path), { recursive: true });
  for (const path of [".dev.vars", "worker-ts/src/index.ts", ".ferrule/production.vars"])
    writeFileSync(file(path), "x");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test("what was made goes; sources, state and what deploy remembers stay", () => {
  expect(clean(folder, { all: false })).toEqual([".tools", "target", "worker-ts/dist"]);
  for (const path of [".tools", "target", "worker-ts/dist"]) expect(existsSync(file(path))).toBe(false);
  for (const path of ["worker-ts/src/index.ts", ".wrangler/state", ".dev.vars", ".ferrule/production.vars"])
    expect(existsSync(file(path))).toBe(true);
});

test("--all removes the state too, but never what deploy remembers", () => {
  expect(clean(folder, { all: true })).toEqual([".tools", "target", "worker-ts/dist", ".wrangler", ".dev.vars"]);
  expect(existsSync(file(".ferrule/production.vars"))).toBe(true);
  expect(clean(folder, { all: true })).toEqual([]);
});

test("every folder that git ignores by its place is one that clean knows", () => {
  const ignored = readFileSync(fileURLToPath(new URL("../../.gitignore", import.meta.url)), "utf8")
    .split("\n")
    .filter((line) => line.startsWith("/") && line !== "/.ferrule/")
    .map((line) => line.replace(/^\/|\/$/g, ""));
  for (const path of ignored) if (!existsSync(file(path))) mkdirSync(file(path), { recursive: true });
  clean(folder, { all: true });
  expect(ignored.filter((path) => existsSync(file(path)))).toEqual([]);
});

test("what the benchmark's peers and others' suites make is gone too", () => {
  const cwd = fileURLToPath(new URL("../..", import.meta.url));
  const made = [
    ...globSync("tests/bench/peers/*/.gitignore", { cwd }).flatMap((path) =>
      readFileSync(join(cwd, path), "utf8")
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => join(dirname(path), line.replace(/\/$/, ""))),
    ),
    ...globSync("tests/{bench/peers,conformance}/*/package-lock.json", { cwd }).map((path) =>
      join(dirname(path), "node_modules"),
    ),
  ];
  expect(made.length).toBeGreaterThan(5);
  for (const path of made) mkdirSync(file(path), { recursive: true });
  clean(folder, { all: false });
  expect(made.filter((path) => existsSync(file(path)))).toEqual([]);
});
