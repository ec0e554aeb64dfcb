// docs/compare.md keeps its word: every cell of ours leads to tests, and each of those stands where the page says, under that name. Every
// source that a cell of the others names is told.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const read = (path: string) => readFileSync(fileURLToPath(new URL(`../${path}`, import.meta.url)), "utf8");
const page = read("docs/compare.md");

/** The rows of the tables, each as its cells. */
const tables = page
  .split("\n\n")
  .filter((part) => part.startsWith("| | Ferrule |"))
  .map((part) =>
    part
      .split("\n")
      .filter((line) => line.startsWith("| "))
      .map((line) => line.slice(2, -2).split(" | "))
      .slice(1),
  );
const rows = tables.flat();
/** What shows ours: anchor, then path and name of each test. */
const shown = new Map(
  [...page.matchAll(/^### <a id="([\w-]+)"><\/a>.*\n\n((?:- \[.*\n)+)/gm)].map(([, anchor, list]) => [
    anchor!,
    [...list!.matchAll(/^- \[([^\]]+)\]\(\.\.\/([^)]+)\): `(.*)`$/gm)].map(([, path, link, name]) => {
      return { path: path!, link: link!, name: name! };
    }),
  ]),
);

/** Whether a file holds a test, or a group of them, whose name begins so. */
const holds = (text: string, name: string) =>
  ["test", "it", "describe", "browserTest"].some((call) =>
    ['"', "`"].some((quote) => text.replaceAll(/\(\s+/g, "(").includes(`${call}(${quote}${name}`)),
  );

describe("docs/compare.md", () => {
  test("every row has a cell of ours that leads to tests, and one for each of the others", () => {
    expect(tables.map((table) => table.length >= 10)).toEqual([true, true]);
    for (const [name, ours, ...others] of rows) {
      const anchor = /^\[[^\]]+\]\(#([\w-]+)\)$/.exec(ours!)?.[1] ?? "";
      expect(shown.get(anchor)?.length, name).toBeGreaterThan(0);
      expect([others.length, others.every((cell) => cell.trim() !== "")], name).toEqual([7, true]);
    }
  });

  test("every test that it names is there", () => {
    const missing: string[] = [];
    for (const { path, link, name } of [...shown.values()].flat()) {
      expect(link).toBe(path);
      if (!holds(read(path), name)) missing.push(`${path}: ${name}`);
    }
    expect(missing).toEqual([]);
  });

  test("a name that is none would be found", () => {
    expect(holds('test("R01: frames", () => {', "R01: frames")).toBe(true);
    expect(holds('browserTest(\n  "a run", async', "a run")).toBe(true);
    expect(holds('// test of "R01: frames"', "R01: frames")).toBe(false);
  });

  test("every source that it refers to is told", () => {
    const told = new Set([...page.matchAll(/^- ([A-Z]\d): /gm)].map(([, source]) => source));
    const named = new Set([...page.matchAll(/\[([A-Z]\d)\]\(#[a-z]\)/g)].map(([, source]) => source));
    expect([...named].filter((source) => !told.has(source))).toEqual([]);
    expect([...told].filter((source) => !named.has(source))).toEqual([]);
    expect(named.size).toBeGreaterThan(20);
  });
});
