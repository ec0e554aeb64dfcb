// Commands that are called with half an option say what is missing, in one sentence, before they do anything.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";

const scripts = join(import.meta.dirname, "../../scripts");

test.each([
  ["setup.mjs", "--only", /^--only takes names of steps: packages, .*tables, python\b.*\.$/],
  ["schema.mjs", "--name", /^--name takes a name: what changed\.$/],
  ["wasm-release.mjs", "--out", /^--out takes a folder\.$/],
])("%s %s", (script, option, sentence) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(scripts, script), option], { encoding: "utf8" });
  expect(stderr.trim()).toMatch(sentence);
  expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
});
