// `ferrule vat`: what it writes, what it refuses and where, and how it ends.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const home = mkdtempSync(join(tmpdir(), "ferrule-vat-"));
afterAll(() => rmSync(home, { recursive: true, force: true }));

function ferrule(...args: string[]) {
  const bin = join(root, "worker-ts/bin/ferrule.mjs");
  const { status, stdout, stderr } = spawnSync(process.execPath, [bin, "vat", ...args], {
    cwd: home,
    encoding: "utf8",
  });
  return { status, stdout, stderr };
}
function file(name: string, text: string): string {
  writeFileSync(join(home, name), text);
  return name;
}

test("V07 a vat becomes one file with its hash; its size is told", () => {
  const { status, stdout } = ferrule(join(root, "worker-ts/vats/counter.ts"), "--out", "deep/counter.json");
  const bundle = JSON.parse(readFileSync(join(home, "deep/counter.json"), "utf8"));
  const sha256 = createHash("sha256").update(bundle.code).digest("hex");
  expect(bundle).toEqual({ moduleFormat: "iife", code: expect.stringContaining("var __vatExports__="), sha256 });
  expect(stdout).toBe(`deep/counter.json  ${(bundle.code.length / 1024).toFixed(1)} kB of 1024 kB  sha256 ${sha256}\n`);
  expect(status).toBe(0);
});

test("V07 without --out it lies beside whoever calls; the same source gives the same bytes", () => {
  const source = file("mine.js", "export function buildRootObject() { return 1; } export const other = 'not in it';");
  expect(ferrule(source).status).toBe(0);
  const first = readFileSync(join(home, "mine.bundle.json"), "utf8");
  expect(first).not.toContain("not in it");
  expect(ferrule(source, "--no-minify", "--out", "long.json").status).toBe(0);
  expect(ferrule(source).status).toBe(0);
  expect(readFileSync(join(home, "mine.bundle.json"), "utf8")).toBe(first);
});

const ROOT = "export const buildRootObject = () => 1;";
test.each([
  ["fs", `import "fs"; ${ROOT}`, /fs\.js:1:\d+: "fs" is built into the runtime/],
  ["node", `import { x } from "node:crypto"; ${ROOT} console.log(x)`, /"node:crypto" is built into the runtime/],
  ["workers", `import "cloudflare:workers"; ${ROOT}`, /"cloudflare:workers" is built into the runtime/],
  ["import", `${ROOT} export const f = () => import("./x");`, /import\("\.\/x"\): a vat has no import/],
  ["computed", `export const buildRootObject = (x) => import(x);`, /holds "import\("/],
  ["text", `export const buildRootObject = () => "import(x)";`, /perhaps in a text/],
  ["missing", `import "./not-there"; ${ROOT}`, /Could not resolve "\.\/not-there"/],
  ["entry", "export const other = 1;", /No matching export .*buildRootObject/],
  ["await", `await 1; ${ROOT}`, /Top-level await/],
  ["syntax", "export const = 1;", /syntax\.js:1:\d+/],
  ["big", `export const buildRootObject = () => "${"x".repeat(1 << 20)}";`, /bytes of 1048576/],
])("V07 refuses %s", (name, text, why) => {
  const { status, stderr } = ferrule(file(`${name}.js`, text), "--out", `${name}.json`);
  expect(stderr).toMatch(why);
  expect(status).toBe(1);
  expect(existsSync(join(home, `${name}.json`))).toBe(false);
});

test("V07 help, and calls that are none", () => {
  const help = ferrule("--help");
  expect(help.stdout).toMatch(/^ferrule vat FILE/);
  expect(help.status).toBe(0);
  for (const args of [[], ["a", "b"], ["a", "--what"]]) {
    const { status, stderr } = ferrule(...args);
    expect(stderr).toContain("ferrule vat FILE");
    expect(status).toBe(2);
  }
});
