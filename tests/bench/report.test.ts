// The pages show what was measured: nobody has typed a figure. And what the tables make of a row.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { RESULTS } from "./harness/results.ts";
import type { Row } from "./harness/suite.ts";
import { EXCERPTS } from "./report/excerpts.ts";
import { allResults, filled, pages, plotOf } from "./report/pages.ts";
import { excerptTable, suiteTable } from "./report/tables.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const read = (path: string) => readFileSync(`${root}${path}`, "utf8");
const results = allResults();

describe("what the pages show", () => {
  for (const [path, text] of pages(results))
    test(`${path} has the tables of the results: npm run bench -- --draw`, () => expect(read(path)).toBe(text));

  for (const [suite, found] of results) {
    test(`the plot of ${suite} is that of its results`, () => {
      expect(readFileSync(`${RESULTS}${suite}.svg`, "utf8")).toBe(plotOf(suite, found));
      expect(read("docs/benchmarks.md")).toContain(`../tests/bench/results/${suite}.svg`);
    });
    test(`${suite} says on which machine it was measured`, () => {
      expect(found.machine).toMatch(/^Node \d+\.\d+\.\d+, \w+ \w+, .+/);
      expect(found.rows.length).toBeGreaterThan(0);
    });
  }

  test("a figure that somebody has changed would be found, and a page without marks", () => {
    const page = read("README.md");
    const [headlines] = EXCERPTS;
    const table = excerptTable(headlines!, results);
    const changed = page.replace(table, table.replace(/\d\.\d/, "9.9"));
    expect(changed).not.toBe(page);
    expect(filled(changed, "headlines", table)).toBe(page);
    expect(() => filled("no marks", "headlines", table)).toThrow("lacks the marks");
    expect(() => excerptTable(headlines!, new Map())).toThrow("was not measured");
  });
});

describe("the table of a suite", () => {
  const row: Row = {
    ...{ case: "a", metric: "time", unit: "ns", better: "lower", peerName: "them", batches: 9 },
    ...{ ours: 1234.5, oursBest: 1000, oursP10: 1100, oursP90: 2000 },
    ...{ peer: 2469, peerBest: 2000, peerP10: 2200, peerP90: 4400, ratio: 2, ratioOfBest: 2, goal: 1.5 },
  };
  const table = (some: Row) => suiteTable({ machine: "a machine", how: "in turns", rows: [some] });

  test("tells both sides, their ratio, how far it went, and the goal", () => {
    expect(table(row)).toContain("| a | time | them | 1,235 ns | 2,469 ns | 2.00 | 1.10–4.00 | 1.50 reached |");
    expect(table(row)).toContain("a machine; in turns.");
  });
  test("a goal that was missed is told so", () => expect(table({ ...row, goal: 3 })).toContain("3.00 **missed** |"));
  test("pairs of rounds have their own spread", () => {
    expect(table({ ...row, ratioP10: 1.9, ratioP90: 12.34 })).toContain("| 1.90–12.3 |");
  });
  test("where more is better, the spread is turned round", () => {
    expect(table({ ...row, better: "higher" })).toContain("| 0.25–0.91 |");
  });
});
