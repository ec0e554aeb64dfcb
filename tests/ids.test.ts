// Every id of the lists of tests (rooms R and RB, kernel K, KD, KT, V, workflows WW to WH, backups BK, packages PK) is what some test's name begins
// with: nothing on the lists is left unshown.
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { readTree } from "./house/source.ts";

const ID = "(?:RB|R|BK|PK|KD|KT|K|V|OP|W[A-Z])\\d{1,2}";
/** A test, or a group of them, and the ids that its name begins with. `on`: a test that a suite runs on each store. */
const NAMED = new RegExp(
  `\\b(?:test|it|on|describe|browserTest|inStorage)(?:\\.\\w+(?:\\([^)]*\\))?)*\\(\\s*["'\`]((?:${ID}[:, ]+)+)`,
  "g",
);
/** A test in Rust: `fn k07_...`, also of several ids: `fn k13_k14_...`. */
const NAMED_IN_RUST = /#\[test\](?:\s*#\[[^\]]*\])*\s*fn ((?:(?:kd|kt|k|v)\d\d?_)+)/g;

/** The ids in a file of tests. */
const idsIn = (text: string): string[] =>
  [...text.matchAll(NAMED)].flatMap(([, ids]) => ids!.match(new RegExp(ID, "g")) ?? []);
const idsInRust = (text: string): string[] =>
  [...text.matchAll(NAMED_IN_RUST)].flatMap(([, ids]) => ids!.toUpperCase().split("_").filter(Boolean));

const tree = readTree(fileURLToPath(new URL("..", import.meta.url)));
const shown = new Set(
  [...tree].flatMap(([path, text]) => {
    if (/(?:\.test\.tsx?|\/test\/suite\.ts|\/contract\/[\w-]+\.ts)$/.test(path)) return idsIn(text);
    return path.endsWith(".rs") ? idsInRust(text) : [];
  }),
);

describe.each([
  ["R", 67, 2],
  // rooms with relays
  ["RB", 33, 2],
  ["K", 51, 2],
  ["KD", 4, 1],
  ["KT", 6, 1],
  ["V", 8, 2],
  // the operations page
  ["OP", 42, 2],
  // the World, its queue, events, lists and streams; chat, build, HTTP
  ["WW", 6, 1],
  ["WQ", 8, 1],
  ["WE", 27, 1],
  ["WL", 7, 1],
  ["WS", 5, 1],
  ["WC", 9, 1],
  ["WB", 4, 1],
  ["WH", 18, 1],
  // backup and restore
  ["BK", 25, 2],
  // the packages in fresh projects
  ["PK", 22, 2],
] as const)("ids of the list %s", (letters, last, digits) => {
  test(`1 to ${last} are each shown by a test`, () => {
    const all = Array.from({ length: last }, (_, n) => `${letters}${String(n + 1).padStart(digits, "0")}`);
    expect(all.filter((id) => !shown.has(id))).toEqual([]);
  });
});

test("an id counts at the beginning of a name, and nowhere else", () => {
  expect(idsIn('it("R16 R22 whatever happens", () => {')).toEqual(["R16", "R22"]);
  expect(idsIn('browserTest(\n  "R40: a role", async')).toEqual(["R40"]);
  expect(idsIn('test("KT3, V02: a failed write", async')).toEqual(["KT3", "V02"]);
  expect(idsIn("test.runIf(MORE > 0)(`R64 more`, () => {")).toEqual(["R64"]);
  expect(idsIn('on("KD1, K41: ending", async')).toEqual(["KD1", "K41"]);
  expect(idsIn('it("WE12 WS3 a claim", async')).toEqual(["WE12", "WS3"]);
  expect(idsIn('// R16\nit("is not R16", () => {')).toEqual([]);
  expect(idsInRust("#[test]\nfn k13_k14_cycles() {")).toEqual(["K13", "K14"]);
  expect(idsInRust("fn k13_helper() {")).toEqual([]);
});
