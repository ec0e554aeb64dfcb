// `npm start` itself with the pages, from its first word to its last process, and both counters through stop, start and kill -9.
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, expect } from "vitest";
import { BUNDLE } from "../../scripts/python/state.mjs";
import { query } from "../harness/archive.ts";
import { root } from "../harness/environment.ts";
import { pythonTest } from "../harness/python/python.ts";
import { startServer } from "../harness/server/server.ts";
import { Crowd } from "./crowd.ts";
import { npmStart } from "./npm-start.ts";

const COUNTERS = ["/counter", "/py/counter"];
/** Answers that each counter gives altogether, and after how many of them the kill comes. */
const ANSWERS = 601;
const KILL_AT = 200;

const home = mkdtempSync(join(tmpdir(), "ferrule-pages-"));
afterAll(() => rmSync(home, { recursive: true, force: true }));
const state = join(home, "state");

const textOf = async (url: string, path: string) => (await fetch(`${url}${path}`)).text();

/** What lies on the disk: page -> count. */
function stored(): Record<string, number> {
  const rows = query<{ page: string; count: number }>(join(state, "v3/d1"), "page_views", "SELECT * FROM page_views");
  return Object.fromEntries(rows.map(({ page, count }) => [page, count]));
}

pythonTest(
  "P22: npm start serves both languages, tells where, and leaves nothing behind when it is ended",
  async () => {
    await using started = await npmStart({ state });
    expect(started.said()).toMatch(/^ {2}Python pages: ready \(Python 3\.\d+\.\d+\)$/m);
    expect(started.said()).toContain(`Pages  ${started.url}/pages`);
    expect(await textOf(started.url, "/")).toContain("<title>");
    expect(await textOf(started.url, "/hello")).toBe("Hello World from Cloudflare Workers!");
    expect(await textOf(started.url, "/py/hello")).toMatch(/Python 3\.\d+/);
    const pages = await textOf(started.url, "/pages");
    expect(pages).toContain('href="/py/hello"');
    expect(pages).not.toContain("off:");
    // Each in its own row, whoever else counts.
    for (const count of [1, 2, 3]) expect(await textOf(started.url, "/counter")).toBe(`count=${count}`);
    for (const count of [1, 2]) expect(await textOf(started.url, "/py/counter")).toBe(`count=${count}`);
    if (process.platform === "linux") expect(started.processes().some((line) => line.includes("workerd"))).toBe(true);
    await started.stop();
    await expect(fetch(`${started.url}/hello`)).rejects.toThrow();
    expect(stored()).toEqual({ "/counter": 3, "/py/counter": 2 });
  },
);

pythonTest(
  `P21, P22, P23: ${ANSWERS} answers of each counter, 16 at a time, with a kill -9 in the middle: none twice, none taken back`,
  { timeout: 300_000 },
  async () => {
    const before = stored();
    await using server = await startServer({ state, python: true });
    const crowds = COUNTERS.map((path) => new Crowd(`${server.url}${path}`));
    // each waits for the other, or one might have all its answers before the kill
    await Promise.all(crowds.map((crowd) => crowd.ask(KILL_AT)));
    const all = Promise.all(crowds.map((crowd) => crowd.ask(ANSWERS)));
    all.catch(() => {});
    while (crowds.some(({ counts }) => counts.length <= KILL_AT)) await Promise.race([pause(5), all]);
    await server.kill();
    const told = crowds.map(({ highest }) => highest);
    // What was told is on the disk the moment it is told.
    const kept = stored();
    for (const [at, path] of COUNTERS.entries()) expect(kept[path]).toBeGreaterThanOrEqual(told[at]!);
    await server.restart();
    await all;
    await server.kill();
    const after = stored();
    COUNTERS.forEach((path, at) => {
      const from = before[path]!;
      // It went on where `npm start` had stopped.
      expect(Math.min(...crowds[at]!.counts)).toBe(from + 1);
      expect(crowds[at]!.counts).toHaveLength(ANSWERS);
      crowds[at]!.expectKept(from, after[path]);
    });
    expect(Object.keys(after).sort()).toEqual(COUNTERS);
    expect(
      crowds.every(({ lost }) => lost > 0),
      "the kill came under load",
    ).toBe(true);
  },
);

/** The repository again, as links but for what starts it; set up as it is, and one path of worker-py is gone. */
function houseWithout(gone: string): string {
  const house = mkdtempSync(join(home, "house-"));
  const own = ["scripts", "worker-py", ".wrangler", ".git"];
  mkdirSync(join(house, "worker-py/.pyodide"), { recursive: true });
  mkdirSync(join(house, ".wrangler/state/v3/d1"), { recursive: true });
  const link = (path: string) => {
    if (path !== gone) symlinkSync(join(root, path), join(house, path));
  };
  for (const name of readdirSync(root)) if (!own.includes(name)) link(name);
  for (const name of readdirSync(join(root, "worker-py"))) if (name !== ".pyodide") link(`worker-py/${name}`);
  for (const name of readdirSync(join(root, "worker-py/.pyodide"))) link(`worker-py/.pyodide/${name}`);
  cpSync(join(root, "scripts"), join(house, "scripts"), { recursive: true });
  return house;
}

pythonTest(
  "P25, P26: with the bundle removed after set-up npm start still starts, and says why Python is off",
  async () => {
    const reason = `${BUNDLE} is gone; run: npm run setup:python`;
    const { "/counter": counted } = stored();
    await using started = await npmStart({ state, house: houseWithout(BUNDLE) });
    expect(started.said()).toContain(`  Python pages: off, because ${reason}\n`);
    for (const path of ["/py/", "/py/hello", "/py/form", "/py/counter", "/py/nothing-here"]) {
      const answer = await fetch(`${started.url}${path}`);
      const told = [answer.status, answer.headers.get("retry-after"), await answer.text()];
      expect([path, ...told]).toEqual([path, 503, "60", `The Python pages are off: ${reason}`]);
    }
    expect((await fetch(`${started.url}/py`, { redirect: "manual" })).status).toBe(308);
    expect(await textOf(started.url, "/hello")).toBe("Hello World from Cloudflare Workers!");
    expect(await textOf(started.url, "/counter")).toBe(`count=${counted! + 1}`);
    const pages = await textOf(started.url, "/pages");
    expect(pages).toContain(`off: ${reason}`);
    expect(pages).not.toContain('href="/py');
    await started.stop();
  },
);

pythonTest("with a Python Worker that cannot start npm start says so, and serves everything else", async () => {
  const house = houseWithout("worker-py/src");
  mkdirSync(join(house, "worker-py/src"));
  writeFileSync(join(house, "worker-py/src/entry.py"), "def (\n");
  await using started = await npmStart({ state, house });
  expect(started.said()).toContain("SyntaxError");
  expect(started.said()).toMatch(/^ {2}Python pages: off, because with them wrangler ended,.* run: npm start$/m);
  expect((await fetch(`${started.url}/py/hello`)).status).toBe(503);
  expect(await textOf(started.url, "/hello")).toBe("Hello World from Cloudflare Workers!");
  await started.stop();
});
