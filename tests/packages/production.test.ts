// Nothing that breaks the server on purpose is in what is deployed: neither in the Worker's bundle nor in the page. The same look at
// the local Worker and page finds all of it, so it would find it here.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { LOCAL_MODE } from "../../scripts/local.mjs";
import { environment, root } from "../harness/environment.ts";
import { compileTestWorkflows } from "../harness/workflow/server.ts";

/** Words that stand in the seams, and nowhere else in the house. */
const IN_WORKER = ["/api/local", "LOCAL_QUEUE", "LOCAL_SUPERVISOR", '"workerd", "unsafe"'];
/** Words of the crash suite's Worker, which is around the local one. */
const IN_CRASH = ["/api/crash", "CRASH_FAULTS", "the crash suite", "SQLITE_FULL"];
const IN_PAGE = ["/api/local", "Try to break it", "break-counter", "bench "];

const folder = mkdtempSync(join(tmpdir(), "ferrule-production-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function run(command: string, args: readonly string[]): void {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: root, env: environment, encoding: "utf8" });
  if (status !== 0) throw new Error(`${command} ${args.join(" ")} failed:\n${stdout}${stderr}`);
}

/** Which of the words stand in the code below a folder; the documentation there may speak of them. */
function found(below: string, words: readonly string[]): string[] {
  const files = readdirSync(below, { recursive: true, encoding: "utf8" }).filter((name) =>
    /^(?!docs[\\/]).*\.(?:js|css|html)$/.test(name),
  );
  expect(files.length).toBeGreaterThan(0);
  const text = files.map((name) => readFileSync(join(below, name), "utf8")).join("\n");
  return words.filter((word) => text.includes(word));
}

const bundle = (name: string, entry: readonly string[]): string => {
  run("wrangler", ["deploy", ...entry, "--dry-run", "--outdir", join(folder, name)]);
  return join(folder, name);
};
const page = (name: string, mode: readonly string[]): string => {
  run("vite", ["build", "--logLevel", "error", ...mode, "--outDir", join(folder, name), "worker-ts/web"]);
  return join(folder, name);
};

test("the Worker that is deployed cannot be broken on purpose", () => {
  expect(found(bundle("worker", []), [...IN_WORKER, ...IN_CRASH])).toEqual([]);
  const local = bundle("local-worker", ["worker-ts/src/local.ts"]);
  expect([found(local, IN_WORKER), found(local, IN_CRASH)]).toEqual([IN_WORKER, []]);
});

test("what the crash suite breaks on purpose is in a Worker of its own", () => {
  compileTestWorkflows();
  expect(found(bundle("crash-worker", ["tests/worker/crash/worker.ts"]), IN_CRASH)).toEqual(IN_CRASH);
});

test("the page that is deployed has no panel for it", () => {
  expect(found(page("page", []), IN_PAGE)).toEqual([]);
  expect(found(page("local-page", ["--mode", LOCAL_MODE]), IN_PAGE)).toEqual(IN_PAGE);
});
