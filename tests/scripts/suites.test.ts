// `npm test` runs every project of vitest.config.ts; one that it does not know would be run by nobody, and nobody would notice.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { root } from "../harness/environment.ts";

test("npm test knows every project of vitest.config.ts, and no other", () => {
  const config = readFileSync(join(root, "vitest.config.ts"), "utf8");
  const defined = [...config.matchAll(/\b(?:workerd|wsKit|node)\(\s*"([\w-]+)"/g)].map(([, name]) => name);
  const help = execFileSync(process.execPath, [join(root, "scripts/test/test.mjs"), "--help"], { encoding: "utf8" });
  const suites = /these suites: ([\w\s,-]+)\./.exec(help)![1]!.split(/,\s*/);
  expect(suites.filter((name) => name !== "cargo").sort()).toEqual(defined.sort());
});
