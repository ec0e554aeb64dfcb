// P35: the real wrangler bundles both Workers for Cloudflare, by way of `npm run deploy -- --dry-run`. Nothing is made, no login needed.
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { whyNoPython } from "../../scripts/deploy/python.mjs";
import { environment, root } from "../harness/environment.ts";

/** An environment that nobody has. */
const ENV = "p35";
const REMEMBERED = join(root, ".ferrule");
const reason = whyNoPython(root);
const required = process.env["FERRULE_PYTHON"] === "required";

/** Runs the command and returns what it said, line by line. */
function dryRun(...more: string[]): string[] {
  const args = ["scripts/deploy.mjs", "--env", ENV, "--dry-run", ...more];
  const { status, stdout, stderr } = spawnSync("node", args, { cwd: root, env: environment, encoding: "utf8" });
  expect(stderr).toBe("");
  expect(status).toBe(0);
  return stdout.split("\n");
}

/** The lines about deploying: who, and what wrangler measured. */
const aboutWorkers = (lines: readonly string[]) => lines.filter((line) => /would deploy|Total Upload/.test(line));
const kib = (line: string | undefined) => Number(/Total Upload: ([\d.]+) KiB/.exec(line ?? "")?.[1]);

afterAll(() => {
  // What a dry run leaves behind.
  for (const name of readdirSync(REMEMBERED).filter((one) => one.startsWith(`${ENV}.`)))
    rmSync(join(REMEMBERED, name), { recursive: true });
});

describe.skipIf(reason !== undefined && !required)(
  `P35: both Workers${reason === undefined ? "" : ` (${reason})`}`,
  () => {
    let lines: string[] = [];
    beforeAll(() => {
      expect(reason, "the Python packages are needed here").toBeUndefined();
      lines = aboutWorkers(dryRun());
    });

    test("P35: both dry-run deploy, the Python Worker first", () => {
      expect(lines).toEqual([
        `would deploy ferrule-py-${ENV}`,
        expect.stringContaining("Total Upload"),
        `would deploy ferrule-${ENV}`,
        expect.stringContaining("Total Upload"),
      ]);
    });

    test("P35: the Python Worker takes its packages along, and fits", () => {
      // Starlette and the others alone are more than a MiB; a Worker may have 10 MiB compressed, 3 on the free plan.
      expect(kib(lines[1])).toBeGreaterThan(1_024);
      expect(kib(lines[1])).toBeLessThan(3_072);
    });

    test("P35: the one has the flags of the platform, and the main one binds it under its name", () => {
      const python = JSON.parse(readFileSync(join(REMEMBERED, `${ENV}.py/wrangler.json`), "utf8"));
      const main = JSON.parse(readFileSync(join(REMEMBERED, `${ENV}.wrangler.json`), "utf8"));
      expect(python.compatibility_flags).toEqual(["python_workers"]);
      expect(main.services).toEqual([{ binding: "PY", service: python.name }]);
      expect(python.d1_databases[0].database_id).toBe(main.d1_databases[0].database_id);
    });
  },
);

test("P35: without Python the main Worker dry-run deploys alone", () => {
  expect(aboutWorkers(dryRun("--without", "PY"))).toEqual([
    `would deploy ferrule-${ENV}`,
    expect.stringContaining("Total Upload"),
  ]);
});
