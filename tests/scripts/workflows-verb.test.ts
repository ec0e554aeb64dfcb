// `ferrule workflows`: what it writes, what it refuses and where, and how it ends.
import { type ChildProcess, type StdioOptions, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { faultsOf } from "../../worker-ts/bin/workflows.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const bin = join(root, "worker-ts/bin/ferrule.mjs");
let home: string;
// beneath the repository, where the packages are found
beforeAll(async () => {
  mkdirSync(join(root, ".tools"), { recursive: true });
  home = await mkdtemp(join(root, ".tools/workflows-"));
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

const END_MS_MAX = 120_000;
const GOOD = `async function one() {
  "use step";
  return 1;
}
export async function counted() {
  "use workflow";
  return await one();
}
`;

function ferrule(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [bin, "workflows", ...args], {
    cwd: home,
    encoding: "utf8",
    timeout: END_MS_MAX,
  });
  return { status, stdout, stderr };
}
function folder(name: string, files: Readonly<Record<string, string>>): string {
  mkdirSync(join(home, name), { recursive: true });
  for (const [file, text] of Object.entries(files)) {
    // whoever watches never reads half of it
    writeFileSync(join(home, file), text);
    renameSync(join(home, file), join(home, name, file));
  }
  return name;
}

test("WB1 writes what a Worker loads, without import.meta and without paths of the machine", async () => {
  const where = folder("good", { "counted.ts": GOOD, "counted.test.ts": "no source" });
  const { status, stdout, stderr } = ferrule(where);
  expect(stderr).toBe("");
  expect(stdout).toBe("good/generated  1 workflows (counted), 1 steps\n");
  expect(status).toBe(0);
  const made = join(home, where, "generated");
  expect(readdirSync(made).sort()).toEqual(["index.d.mts", "index.mjs", "manifest.json", "runtime.mjs"]);
  for (const name of readdirSync(made)) {
    const text = readFileSync(join(made, name), "utf8");
    expect(text).not.toContain("import.meta");
    expect(text).not.toContain(home);
    // QuickJS as base64, half a megabyte of it
    expect(text).not.toMatch(/[A-Za-z0-9+/]{20000}/);
  }
  const { workflows } = await import(pathToFileURL(join(made, "index.mjs")).href);
  expect(workflows.ids).toEqual({ counted: "workflow//./counted//counted" });
  expect(workflows.sha256).toMatch(/^[0-9a-f]{64}$/);
  expect(workflows.core).toBe("5.0.0-beta.55");
  // core is there once, also for the steps that it brings itself
  const runtime = readFileSync(join(made, "runtime.mjs"), "utf8");
  expect(runtime.match(/Invalid Version: /g)).toHaveLength(1);
  for (const step of ["start@5.0.0-beta.55//start", "run@5.0.0-beta.55//Run#returnValue"])
    expect(runtime).toContain(`step//@workflow/core/runtime/${step}`);
  expect(runtime.length).toBeLessThan(1_700_000);
  // the same sources give the same files
  const before = readFileSync(join(made, "index.mjs"), "utf8");
  expect(ferrule(where).status).toBe(0);
  expect(readFileSync(join(made, "index.mjs"), "utf8")).toBe(before);
});

test("WB1 a step may import what workerd brings, which stays outside", () => {
  const step = `export async function where() {\n  "use step";\n  return env.SITE;\n}\n`;
  const text = `import { env } from "cloudflare:workers";\n${GOOD}${step}`;
  const { status, stderr } = ferrule(folder("bindings", { "f.ts": text }));
  expect([status, stderr]).toEqual([0, ""]);
  const made = readFileSync(join(home, "bindings/generated/runtime.mjs"), "utf8");
  expect(made).toMatch(/import\s*\{\s*env\b[^}]*\}\s*from\s*"cloudflare:workers"/);
});

test.each([
  [
    "inline",
    `export async function f() { "use workflow"; return 1; }`,
    'inline/f.ts:1:29: "use workflow" has to stand alone on its line',
  ],
  [
    "late",
    `${GOOD}export async function f() {\n  const x = 1;\n  "use step";\n  return x;\n}\n`,
    'late/f.ts:11:3: "use step" has to be the first statement of its function',
  ],
  ["none", "export const x = 1;\n", "none/f.ts: holds no workflow and no step, and no other file here imports it"],
  ["steps", `export async function f() {\n  "use step";\n}\n`, 'no function begins with "use workflow"'],
  ["syntax", `${GOOD}export const = 1;\n`, "syntax/f.ts:9:14: Expected"],
  ["runs", GOOD.replace("counted", "runs"), 'a workflow may not be named "runs"'],
  ["hooks", GOOD.replace("counted", "hooks"), 'a workflow may not be named "hooks"'],
])("WB2 refuses %s", (name, text, why) => {
  const { status, stderr } = ferrule(folder(name, { "f.ts": text }));
  expect(stderr).toContain(why);
  expect(status).toBe(1);
  expect(existsSync(join(home, name, "generated/index.mjs"))).toBe(false);
});

test("WB2 refuses two workflows of one name, and an empty folder", () => {
  const twice = ferrule(folder("twice", { "a.ts": GOOD, "b.ts": GOOD }));
  expect(twice.stderr).toContain('there is another workflow named "counted"');
  expect(twice.status).toBe(1);
  expect(ferrule(folder("empty", {})).stderr).toContain("there is no source file");
});

test("WB2 a text that only looks like a directive is none; a helper that is imported needs none", () => {
  const helper = "export const text = 'x';\n";
  const text = `import { text } from "./helper";\n// "use workflow" } "use step"\nconst a = f("use step"), b = \`\n"use step"\n\`;\n${GOOD}`;
  expect(
    faultsOf(
      new Map([
        ["/x/main.ts", text],
        ["/x/helper.ts", helper],
      ]),
    ),
  ).toEqual([]);
});

test("WB3 --watch compiles again after a change, also after one that was refused, or came while it compiled", async () => {
  const where = folder("watched", { "counted.ts": GOOD });
  const child: ChildProcess = spawn(process.execPath, [bin, "workflows", where, "--watch"], { cwd: home });
  let said = "";
  for (const stream of [child.stdout!, child.stderr!]) stream.on("data", (data) => (said += data));
  const until = (text: string) => expect.poll(() => said).toContain(text);
  // the first compilation is under way
  await expect.poll(() => existsSync(join(home, where, "generated")), { interval: 5 }).toBe(true);
  folder("watched", { "counted.ts": `${GOOD}export async function bad() { "use step"; }\n` });
  await until("has to stand alone");
  folder("watched", { "counted.ts": GOOD.replace("counted", "recounted") });
  await until("(recounted)");
  // also in a folder that was not there
  for (const name of ["deep", "deeper"]) {
    folder("watched/below", { "deep.ts": GOOD.replace("counted", name) });
    await until(`(${name}, recounted)`);
  }
  child.kill("SIGTERM");
  expect(await new Promise((resolve) => child.on("exit", resolve))).toBe(0);
});

test("WB3 --watch --quiet begins with what is there, and ends with whoever started it", async () => {
  const where = folder("quiet", { "counted.ts": GOOD });
  const stdio: StdioOptions = ["ignore", "pipe", "pipe", "ipc"];
  const child = spawn(process.execPath, [bin, "workflows", where, "--watch", "--quiet"], { cwd: home, stdio });
  let said = "";
  for (const stream of [child.stdout!, child.stderr!]) stream.on("data", (data) => (said += data));
  // until it watches, a change goes unseen
  const changed = () => {
    folder("quiet", { "counted.ts": `${GOOD}// ${Date.now()}\n` });
    return said;
  };
  await expect.poll(changed, { interval: 1000 }).toContain("(counted)");
  expect(said.split("\n")[0]).toContain("(counted)");
  child.disconnect();
  expect(await new Promise((resolve) => child.on("exit", resolve))).toBe(0);
});

test("WB4 help, and calls that are none", () => {
  const help = ferrule("--help");
  expect(help.stdout).toMatch(/^ferrule workflows \[FOLDER\]/);
  expect(help.status).toBe(0);
  for (const args of [["a", "b"], ["--what"], ["no-such-folder"], ["--quiet"]]) {
    const { status, stderr } = ferrule(...args);
    expect(stderr).toContain("ferrule workflows [FOLDER]");
    expect(status).toBe(2);
  }
});
