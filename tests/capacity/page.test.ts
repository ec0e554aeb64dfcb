// docs/capacity.md and its picture are what the results and the prices make of them: nobody has typed a figure.
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { filled, parts } from "./page.ts";
import { picture } from "./picture.ts";
import { LIMITS, PRICES, SOURCES } from "./prices.ts";
import { PAGE_FILE, PICTURE_FILE, readResults } from "./results.ts";

const page = readFileSync(PAGE_FILE, "utf8");
const results = readResults();

describe("docs/capacity.md", () => {
  test("its tables are those of the results: npm run capacity -- --draw", () => {
    expect(filled(page, results)).toBe(page);
  });

  test("a figure that somebody has changed would be found", () => {
    const [first] = Object.values(parts(results));
    const changed = page.replace(
      first!,
      first!.replace(/\d/, (digit) => String((Number(digit) + 1) % 10)),
    );
    expect(changed).not.toBe(page);
    expect(filled(changed, results)).toBe(page);
    expect(() => filled("no marks", results)).toThrow("lacks the marks");
  });

  test("every source is used, and told", () => {
    const used = new Set([...Object.values(PRICES), ...Object.values(LIMITS)].map(({ source }) => source));
    for (const { url } of Object.values(SOURCES)) expect(page).toContain(url);
    expect([...used].filter((source) => !(source in SOURCES))).toEqual([]);
  });
});

test("the picture is that of the results, dark and light, without scripts", () => {
  const drawn = readFileSync(PICTURE_FILE, "utf8");
  expect(drawn).toBe(picture(results));
  expect(drawn).toContain("prefers-color-scheme: dark");
  expect(drawn).not.toContain("<script");
  expect(drawn).not.toMatch(/NaN|Infinity|undefined/);
});
