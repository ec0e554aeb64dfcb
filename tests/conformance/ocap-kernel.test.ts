// MetaMask's own kernel, @metamask/ocap-kernel 0.5.0 as npm has it, on our makeD1KernelDatabase: it must answer what it answers on its
// own database, and leave the same rows, over a kill and a restart. D1 is played by a SQLite of the process, so the SQL is the real one.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "vite";
import { afterAll, beforeAll, expect, test } from "vitest";
import { environment, root } from "../harness/environment.ts";
import { missingOcapKernel, OCAP_KERNEL } from "../harness/ocap-kernel.ts";

/** One run of the scenario; a test makes four. */
const RUN_MS_MAX = 180_000;
const home = mkdtempSync(join(tmpdir(), "ferrule-ocap-"));
const missing = missingOcapKernel();
const source = (path: string): string => JSON.stringify(join(root, "worker-ts", path));

/** What a run of the scenario prints. */
interface Told {
  readonly answers: readonly unknown[];
  readonly rows: Readonly<Record<string, string>>;
}

/** Our database as one module for plain Node. */
const OURS = `
import { existsSync, readFileSync } from "node:fs";
import { makeD1KernelDatabase } from ${source("src/kernel/store/database.ts")};
import { d1OnSqlite } from ${source("src/kernel/store/test/d1-on-sqlite.ts")};

export const openDatabase = (file) => {
  const migration = existsSync(file) ? "" : readFileSync(${source("migrations/kernel/0000_init.sql")}, "utf8");
  return makeD1KernelDatabase(d1OnSqlite(file, migration));
};
`;

beforeAll(async () => {
  const entry = join(home, "ours.mjs");
  writeFileSync(entry, OURS);
  await build({
    root,
    configFile: false,
    logLevel: "error",
    ssr: { noExternal: true },
    build: {
      ssr: entry,
      outDir: join(home, "built"),
      emptyOutDir: true,
      rolldownOptions: { output: { entryFileNames: "ours.mjs" } },
    },
  });
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

/** Runs a phase to its kill, and says what it told. */
function run(database: "ours" | "theirs", where: "process" | "worker", phase: "first" | "second"): Told {
  const ours = pathToFileURL(join(home, "built/ours.mjs")).href;
  const file = join(home, `${database}-${where}.sqlite`);
  const plan = JSON.stringify({ database, where, phase, file, ours });
  const { stdout, stderr, signal } = spawnSync("node", [join(OCAP_KERNEL, "scenario.mjs"), plan], {
    env: environment,
    encoding: "utf8",
    timeout: RUN_MS_MAX,
  });
  expect(signal, stderr).toBe("SIGKILL");
  return JSON.parse(stdout.trim().split("\n").at(-1)!);
}

for (const where of ["process", "worker"] as const)
  test(`KT conformance: MetaMask's kernel with its vats in a ${where} does on our database what it does on its own`, {
    timeout: 5 * RUN_MS_MAX,
  }, ({ skip }) => {
    if (missing !== undefined) return skip(missing);
    const first = { ours: run("ours", where, "first"), theirs: run("theirs", where, "first") };
    expect(first.ours.answers).toEqual(first.theirs.answers);
    expect(first.ours.answers).toContainEqual({ body: '#[true,"Lea made a gift for all"]', slots: [] });
    expect(first.ours.answers).not.toContain("no answer");
    expect(first.ours.rows).toEqual(first.theirs.rows);
    expect(Object.keys(first.ours.rows).length).toBeGreaterThan(100);
    // both were killed; what they had answered is what the next one finds
    const second = { ours: run("ours", where, "second"), theirs: run("theirs", where, "second") };
    expect(second.ours.answers).toEqual(second.theirs.answers);
    expect(second.ours.answers).toContainEqual({ body: "#28", slots: [] });
    expect(second.ours.answers.at(-1)).toBe("no answer");
    expect(second.ours.rows).toEqual(second.theirs.rows);
  });
