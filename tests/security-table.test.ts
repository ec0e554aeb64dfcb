// SECURITY.md is true: every limit it names stands in the code with that value, every test it names is there, and no S test is left out.
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));
const read = (path: string) => readFileSync(`${root}${path}`, "utf8");

const page = read("SECURITY.md");

/** Cells of the table under a heading, without its head. */
function rowsUnder(heading: string): string[][] {
  const section = page.split(`\n## ${heading}\n`)[1]!.split("\n## ")[0]!;
  const rows = section.split("\n").filter((line) => line.startsWith("| "));
  return rows.slice(1).map((line) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

/** Names of tests by file, as `R36`, `S01, S02` or the words that a name has in it. */
function namedTests(cell: string): { file: string; names: string[] }[] {
  const named = [...cell.matchAll(/(?:^|, )((?:(?!` ?,).)+?) in `([^`]+)`/g)];
  expect([cell, named.map(([whole]) => whole).join("")]).toEqual([cell, cell]);
  return named.map(([, names, file]) => ({
    file: file!,
    names: /^[RS]\d\d/.test(names!) ? names!.split(", ") : [names!],
  }));
}

/** The words that tests of a file are called by. */
const testsOf = (file: string): string[] =>
  [...read(file).matchAll(/\b(?:it|test)\(\s*"((?:[^"\\]|\\.)*)"/g)].map(([, name]) => name!);

function isThere({ file, names }: { file: string; names: string[] }): string[] {
  const known = testsOf(file);
  const missing = (name: string) =>
    !known.some((test) => (/^[RS]\d\d$/.test(name) ? test.startsWith(`${name} `) : test.includes(name)));
  return names.filter(missing).map((name) => `${file} has no test ${name}`);
}

/** The value of a limit as the code has it: a number, or so many KIB or MIB. */
function numberOf(text: string | undefined): number {
  const units: Readonly<Record<string, number>> = { KIB: 1024, MIB: 1_048_576 };
  const factors = (text ?? "").split(" * ").map((factor) => units[factor] ?? Number(factor.replaceAll("_", "")));
  return factors.reduce((product, factor) => product * factor, 1);
}

test("S31 every limit of the table stands in the code with its value, and the test that crosses it is there", () => {
  const rows = rowsUnder("Limits");
  expect(rows.length).toBeGreaterThan(30);
  for (const [name, value, where, crossing] of rows as [string, string, string, string][]) {
    const file = where.replaceAll("`", "");
    const found = new RegExp(`\\bconst ${name}(?:: \\w+)? = ([\\w *]+);`).exec(read(file))?.[1];
    expect([name, file, numberOf(found)]).toEqual([name, file, Number(value.replaceAll(",", ""))]);
    expect(namedTests(crossing).flatMap(isThere)).toEqual([]);
  }
});

test("S31 every attack of the table has its test", () => {
  const rows = rowsUnder("What is defended, and by which test");
  expect(rows.length).toBeGreaterThan(20);
  for (const [, , tests] of rows) expect(namedTests(tests!).flatMap(isThere)).toEqual([]);
});

test("S31 every test of security is in the page", () => {
  const files = readdirSync(`${root}tests/worker/security`).filter((name) => name.endsWith(".test.ts"));
  expect(files.length).toBeGreaterThan(5);
  const ids = files.flatMap((name) => testsOf(`tests/worker/security/${name}`)).map((name) => /^S\d\d/.exec(name)?.[0]);
  for (const id of new Set(ids)) expect([id, page.includes(id ?? "a test without an id")]).toEqual([id, true]);
});

test("S31 every file that the page names is there", () => {
  for (const [, path] of page.matchAll(/`((?:[\w.-]+\/)+[\w.-]+\.\w+)`/g)) expect(read(path!)).not.toBe("");
});
