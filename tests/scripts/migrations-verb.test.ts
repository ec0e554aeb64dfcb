// `ferrule migrations`: what it copies, what it leaves alone, what it refuses, and how it ends.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import { SUBSYSTEMS } from "../../worker-ts/bin/migrations.mjs";

const worker = fileURLToPath(new URL("../../worker-ts", import.meta.url));
const home = mkdtempSync(join(tmpdir(), "ferrule-migrations-"));
afterAll(() => rmSync(home, { recursive: true, force: true }));

function ferrule(...args: string[]) {
  const bin = join(worker, "bin/ferrule.mjs");
  const { status, stdout, stderr } = spawnSync(process.execPath, [bin, "migrations", ...args], {
    cwd: home,
    encoding: "utf8",
  });
  return { status, stdout, stderr };
}
const sqlOf = (folder: string) => readdirSync(folder).filter((name) => name.endsWith(".sql"));
const ours = (subsystem: string) => join(worker, "migrations", subsystem);

test("PK20 it knows every entry of the package that has tables, and each brings all its SQL", () => {
  const { exports } = JSON.parse(readFileSync(join(worker, "package.json"), "utf8"));
  const withTables = readdirSync(join(worker, "migrations")).filter((name) => Object.hasOwn(exports, `./${name}`));
  expect(Object.keys(SUBSYSTEMS).sort()).toEqual(withTables.sort());
  for (const name of withTables) {
    const files = sqlOf(ours(name));
    const out = join("all", name);
    expect(ferrule(name, "--out", out)).toEqual({
      status: 0,
      stderr: "",
      stdout: `${out}  ${files.length} files, ${files.length} of them new\n`,
    });
    expect(readdirSync(join(home, out)).sort()).toEqual(files.sort());
    for (const file of files)
      expect(readFileSync(join(home, out, file), "utf8")).toBe(readFileSync(join(ours(name), file), "utf8"));
  }
});

test("PK20 again it brings what is new, and leaves what is there, somebody's own files too", () => {
  const files = sqlOf(ours("rooms"));
  expect(ferrule("rooms", "--out", "again").status).toBe(0);
  writeFileSync(join(home, "again/9000_mine.sql"), "CREATE TABLE `mine` (`id` text);\n");
  const newest = join(home, "again", files.at(-1)!);
  rmSync(newest);
  // as git may have written it on another machine
  const first = join(home, "again", files[0]!);
  const lines = readFileSync(first, "utf8").replaceAll("\n", "\r\n");
  writeFileSync(first, lines);

  const missing = ferrule("rooms", "--out", "again", "--check");
  expect(missing).toMatchObject({ status: 1, stdout: "", stderr: expect.stringContaining(files.at(-1)!) });
  expect(existsSync(newest)).toBe(false);
  expect(ferrule("rooms", "--out", "again").stdout).toBe(`again  ${files.length} files, 1 of them new\n`);
  expect(ferrule("rooms", "--out", "again", "--check")).toMatchObject({ status: 0, stderr: "" });
  expect(readFileSync(first, "utf8")).toBe(lines);
  expect(readdirSync(join(home, "again"))).toHaveLength(files.length + 1);
});

test("PK20 a file that says something else is refused, and nothing is written", () => {
  expect(ferrule("kernel", "--out", "taken").status).toBe(0);
  const before = readFileSync(join(home, "taken/0000_init.sql"), "utf8");
  for (const more of [[], ["--check"]])
    expect(ferrule("workflow", "--out", "taken", ...more)).toMatchObject({
      status: 1,
      stdout: "",
      stderr: expect.stringMatching(/^ferrule migrations: .*0000_init\.sql .*a folder of its own/),
    });
  expect(readdirSync(join(home, "taken"))).toEqual(["0000_init.sql"]);
  expect(readFileSync(join(home, "taken/0000_init.sql"), "utf8")).toBe(before);
});

test("PK20 what cannot be written is one sentence", () => {
  writeFileSync(join(home, "file"), "");
  const { status, stderr } = ferrule("kernel", "--out", "file/below");
  expect(stderr).toMatch(/^ferrule migrations: ENOTDIR[^\n]*\n$/);
  expect(status).toBe(1);
});

test("PK20 help, and calls that are none, which name the subsystems", () => {
  const help = ferrule("--help");
  expect(help.stdout).toMatch(/^ferrule migrations SUBSYSTEM --out DIR/);
  expect(help.status).toBe(0);
  const wrong = [[], ["auth", "--out", "a"], ["__proto__", "--out", "a"], ["rooms", "kernel", "--out", "a"]];
  for (const args of [...wrong, ["rooms"], ["rooms", "--out", "a", "--what"]]) {
    const { status, stdout, stderr } = ferrule(...args);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toMatch(/^ferrule migrations: \S.*\n\nferrule migrations SUBSYSTEM/);
    if (wrong.includes(args)) expect(stderr.split("\n")[0]).toContain("kernel, rooms, workflow");
  }
  expect(existsSync(join(home, "a"))).toBe(false);
});
