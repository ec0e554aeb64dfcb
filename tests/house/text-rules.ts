// Rules that hold for every language of the house: length, the opening comment, left-over markers, paths of somebody's
// machine, vectors read on both sides. They look at text and know no syntax beyond comments.
import { isTest } from "./lines.ts";
import type { Broken } from "./rules.ts";
import type { Tree } from "./source.ts";

const SOURCE = /\.(?:ts|tsx|mjs|rs|py)$/;
const LINES_MAX = 600;

/** Files that may be longer: constant tables and what tools write. Each is named, so that the list is read when it grows. */
const LONG: readonly string[] = ["worker-ts/src/auth/schema.ts"];

/** No source file is longer than the wall of 600 lines. */
export function filesStayShort(tree: Tree): Broken {
  const broken: Broken = [];
  for (const [path, text] of tree) {
    if (!SOURCE.test(path) || LONG.includes(path)) continue;
    const lines = text.split("\n").length - (text.endsWith("\n") ? 1 : 0);
    if (lines > LINES_MAX) broken.push(`${path} has ${lines} lines, the wall is ${LINES_MAX}`);
  }
  return broken;
}

/** Written by a tool that opens its files in its own way. */
const UNOPENED = /^worker-ts\/src\/auth\/schema\.ts$|\.d\.ts$/;

/** Each source file opens with a comment: what it is for, what must not enter it. */
export function filesOpenWithAComment(tree: Tree): Broken {
  const broken: Broken = [];
  for (const [path, text] of tree) {
    if (!SOURCE.test(path) || UNOPENED.test(path)) continue;
    const first = text.replace(/^#![^[].*\n/, "").trimStart();
    if (!/^(?:\/\/|\/\*|#|""")/.test(first) || /^#!?\[/.test(first)) broken.push(`${path} opens without a comment`);
  }
  return broken;
}

/** Markers of unfinished work and of checks that were switched off. Split, so that this list does not find itself. */
const MARKERS: readonly (readonly [RegExp, string])[] = [
  [new RegExp(`\\b(?:${["TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK"].join("|")})\\b`), "left-over marker"],
  [new RegExp(`\\b(?:${["unimple" + "mented", "to" + "do", "db" + "g"].join("|")})!\\s*[([{]`), "left-over macro"],
  [new RegExp(["biome-" + "ignore", "@ts-" + "ignore", "@ts-" + "nocheck", "es" + "lint-"].join("|")), "check off"],
  [new RegExp(`\\bas ${"any"}\\b|:\\s*${"any"}\\b(?=\\s*[,;)=\\]}>|&])|<${"any"}>`), "any"],
  [
    new RegExp(`\\b(?:it|test|describe|suite)\\.(?:${["on" + "ly", "sk" + "ip", "to" + "do"].join("|")})\\b`),
    "test switched off",
  ],
  [new RegExp(`\\bx(?:it|describe)\\(|#\\[${"ign" + "ore"}\\b`), "test switched off"],
  [/^\s*debugger;?\s*$|^(?:<{7}|>{7}) /, "left-over"],
];

/** No left-over markers, no check or test switched off, no `any`. */
export function nothingIsLeftOver(tree: Tree): Broken {
  const broken: Broken = [];
  for (const [path, text] of tree) {
    if (!SOURCE.test(path)) continue;
    for (const [index, line] of text.split("\n").entries())
      for (const [pattern, what] of MARKERS)
        if (pattern.test(line)) broken.push(`${path}:${index + 1} ${what}: ${line.trim()}`);
  }
  return broken;
}

const MACHINE = new RegExp(
  `(?:^|[\\s"'\`(=:])/(?:${["wo" + "rk", "ro" + "ot", "ho" + "me", "Us" + "ers"].join("|")})/[\\w.]`,
);

/** No path of the machine on which something was written. */
export function noPathOfAMachine(tree: Tree): Broken {
  const broken: Broken = [];
  for (const [path, text] of tree) {
    for (const [index, line] of text.split("\n").entries())
      if (MACHINE.test(line)) broken.push(`${path}:${index + 1} names a path of one machine: ${line.trim()}`);
  }
  return broken;
}

/** Vectors that only one language has, by nature. Each with its reason. */
const ONE_SIDED: readonly string[] = [
  // a backup's file is written and read by the command alone, which is JavaScript
  "backup.json",
];

/** Every file of vectors is named by a test in TypeScript, and by one in the other language that keeps to it. */
export function vectorsAreReadByBothLanguages(tree: Tree): Broken {
  const broken: Broken = [];
  const tests = [...tree].filter(([path]) => !path.startsWith("tests/house") && isTest(path));
  for (const path of tree.keys()) {
    const name = /^tests\/vectors\/(.+\.json)$/.exec(path)?.[1];
    if (name === undefined || ONE_SIDED.includes(name)) continue;
    // the name as a file or as an argument: `form` is too common a word to stand for form.json
    const named = new RegExp(`["'\`/]${name.replace(/\.json$/, "(?:\\.json)?")}["'\`]`);
    for (const [language, ending] of [
      ["Rust or Python", /\.(?:rs|py)$/],
      ["TypeScript", /\.ts$/],
    ] as const) {
      if (!tests.some(([test, text]) => ending.test(test) && named.test(text)))
        broken.push(`${path} is read by no test in ${language}`);
    }
  }
  return broken;
}
