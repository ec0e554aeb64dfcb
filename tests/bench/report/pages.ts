// Writes the tables into the pages that show them, between marks, and the plots.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { plot } from "../harness/plot.ts";
import { findResults, RESULTS, type Results } from "../harness/results.ts";
import { EXCERPTS } from "./excerpts.ts";
import { excerptTable, suiteTable } from "./tables.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const begin = (name: string) => `<!-- bench: ${name}, written by npm run bench -->`;
const end = (name: string) => `<!-- end of bench: ${name} -->`;

/** The results of all suites, by name. Throws where one was never run. */
export function allResults(): ReadonlyMap<string, Results> {
  const suites = readdirSync(`${root}tests/bench/suites`).map((file) => file.replace(/\.ts$/, ""));
  return new Map(
    suites.map((suite) => {
      const results = findResults(suite);
      if (results === undefined)
        throw new Error(`tests/bench/results/${suite}.json is missing: npm run bench -- ${suite}`);
      return [suite, results] as const;
    }),
  );
}

/** A page with one part between its marks as it should be. Throws where a mark is missing. */
export function filled(page: string, name: string, part: string): string {
  const [from, to] = [page.indexOf(begin(name)), page.indexOf(end(name))];
  if (from < 0 || to < from) throw new Error(`the page lacks the marks of "${name}"`);
  return `${page.slice(0, from + begin(name).length)}\n\n${part}\n\n${page.slice(to)}`;
}

/** The pages as they should be, by their paths inside the repository. */
export function pages(results: ReadonlyMap<string, Results>): ReadonlyMap<string, string> {
  const read = (path: string) => readFileSync(`${root}${path}`, "utf8");
  const suites = [...results].reduce(
    (page, [suite, found]) => filled(page, suite, suiteTable(found)),
    read("docs/benchmarks.md"),
  );
  return new Map([
    ["docs/benchmarks.md", suites],
    ...EXCERPTS.map((one) => [one.page, filled(read(one.page), one.name, excerptTable(one, results))] as const),
  ]);
}

/** The plot of a suite, as SVG. */
export const plotOf = (suite: string, results: Results): string =>
  plot(`Ferrule: suite ${suite}`, `${results.machine}; ${results.how}`, results.rows);

/** Writes the pages, and the plots beside the results. */
export function draw(): void {
  const results = allResults();
  for (const [path, text] of pages(results)) writeFileSync(`${root}${path}`, text);
  for (const [suite, found] of results) writeFileSync(`${RESULTS}${suite}.svg`, plotOf(suite, found));
}
