// What `npm test` tells by name: read from a real run of Vitest over a made-up project, and from what cargo printed about a made-up crate.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { closing, readCargo, readUnhandled, readVitest, vitestDetails } from "../../scripts/test/test-report.mjs";
import { environment, root } from "../harness/environment.ts";

const FILES = {
  "vitest.config.mjs": "export default {};",
  "breaks.test.ts": `import { describe, expect, test } from "vitest";
    test("holds", () => console.log("NO" + "ISE"));
    describe("group", () => {
      test("breaks", () => { console.log("ITS OWN WORDS"); expect([]).toEqual(["PEOPLE"]); });
      test("is left out", ({ skip }) => skip("no Chromium"));
    });`,
  "loads.test.ts": `throw new Error("cannot be loaded");`,
  "hook.test.ts": `import { beforeAll, test } from "vitest";
    beforeAll(() => { throw new Error("no server"); });
    test("never runs", () => {});`,
  "leaves.test.ts": `import { test } from "vitest";
    test("leaves a promise", () => { Promise.reject(new Error("nobody waits")); return new Promise((r) => setTimeout(r, 20)); });`,
};

/** Runs Vitest as `npm test` does: its report and its words. */
function runVitest(files: Readonly<Record<string, string>>) {
  const home = realpathSync(mkdtempSync(join(tmpdir(), "ferrule-report-")));
  try {
    symlinkSync(join(root, "node_modules"), join(home, "node_modules"));
    for (const [name, text] of Object.entries(files)) writeFileSync(join(home, name), text);
    const args = ["run", "--silent=passed-only", "--reporter=default", "--reporter=json", "--outputFile.json=r.json"];
    const { stdout, stderr } = spawnSync("vitest", args, { cwd: home, env: environment, encoding: "utf8" });
    return { home, text: stdout + stderr, report: JSON.parse(readFileSync(join(home, "r.json"), "utf8")) };
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

/** As cargo prints it with RUST_BACKTRACE off. */
const CARGO = `     Running unittests src/lib.rs (target/debug/deps/made_up-a56bca79d17aacc3)

running 4 tests
test tests::holds ... ok
test tests::later ... ignored
test tests::panics - should panic ... FAILED
test tests::breaks ... FAILED

failures:

---- tests::panics stdout ----
note: test did not panic as expected at src/lib.rs:11:32
---- tests::breaks stdout ----
noise

thread 'tests::breaks' (23583) panicked at src/lib.rs:9:46:
assertion \`left == right\` failed: two is not three
  left: 2
 right: 3


failures:
    tests::breaks
    tests::panics

test result: FAILED. 1 passed; 2 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.09s

error: test failed, to rerun pass \`--lib\`
   Doc-tests made_up

running 1 test
test src/lib.rs - two (line 2) ... FAILED

failures:

---- src/lib.rs - two (line 2) stdout ----
Test executable failed (exit status: 101).

failures:
    src/lib.rs - two (line 2)

test result: FAILED. 0 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.20s

error: doctest failed, to rerun pass \`--doc\`
error: 2 targets failed:
`;

const TOTAL = { passed: 2, failed: 4, skipped: 2 };

test("every way to fail is told by suite, file, name and reason; what is skipped by name; logs come behind", () => {
  const { home, text, report } = runVitest(FILES);
  const { failed, skipped } = readVitest("inside", report, home);
  const all = [...failed, ...readUnhandled("inside", text)];
  const details = vitestDetails(text);
  const told = closing({ failed: all, skipped, problems: [`vitest inside:\n${details}`], total: TOTAL, seconds: 7 });
  const lines = told.split("\n");
  const list = lines.slice(0, lines.indexOf("vitest inside:"));
  expect(list.slice(0, 2)).toEqual(["", "4 failed:"]);
  expect(
    list
      .slice(2)
      .join("\n")
      .split(/\n(?= {2}\S)/)
      .map((pair) => pair.trimEnd())
      .sort(),
  ).toEqual([
    "  inside: breaks.test.ts > group > breaks\n    AssertionError: expected [] to deeply equal [ 'PEOPLE' ]",
    "  inside: hook.test.ts\n    no server",
    "  inside: leaves.test.ts > (outside of every test)\n    Error: nobody waits",
    "  inside: loads.test.ts\n    cannot be loaded",
  ]);
  expect(details).toMatch(/-\s+"PEOPLE"/);
  const end = lines.slice(lines.lastIndexOf("4 failed:"));
  const names = (part: string[]) => part.filter((line) => /^ {2}\S/.test(line)).sort();
  expect(names(end)).toEqual(
    [...names(list), "  inside: breaks.test.ts > group > is left out", "  inside: hook.test.ts > never runs"].sort(),
  );
  expect(end.slice(-3)).toEqual(["", "7 s", "2 passed, 4 failed, 2 skipped"]);
  // What passing tests print is not there to bury the rest; a failing one's words are.
  expect(text).toContain("ITS OWN WORDS");
  expect(text).not.toContain("NOISE");
});

test("a run in which all is well tells its time and its total", () => {
  const { home, text, report } = runVitest({ "a.test.ts": `import { test } from "vitest"; test("holds", () => {});` });
  const told = { ...readVitest("inside", report, home), problems: [], total: { passed: 1, failed: 0, skipped: 0 } };
  expect(readUnhandled("inside", text)).toEqual([]);
  expect(closing({ ...told, seconds: 1 })).toBe("\n1 s\n1 passed, 0 failed, 0 skipped");
});

test("cargo's failures have the reason of their panic; ignored tests are skipped ones", () => {
  const { failed, skipped } = readCargo("cargo", CARGO);
  const told = closing({ failed, skipped, problems: [], total: TOTAL, seconds: 1 });
  expect(told.split("\n").slice(0, -3)).toEqual([
    "",
    "3 failed:",
    "  cargo: src/lib.rs > tests::panics",
    "    note: test did not panic as expected at src/lib.rs:11:32",
    "  cargo: src/lib.rs > tests::breaks",
    "    assertion `left == right` failed: two is not three",
    "  cargo: made_up (docs) > src/lib.rs - two (line 2)",
    "    Test executable failed (exit status: 101).",
    "",
    "1 skipped:",
    "  cargo: src/lib.rs > tests::later",
  ]);
});

test("a crate that does not compile fails with the compiler's first error", () => {
  const text =
    "   Compiling made-up v0.1.0\nerror[E0308]: mismatched types\n --> src/lib.rs:1:22\n\nerror: could not compile";
  const told = closing({ ...readCargo("cargo", text), problems: [], total: TOTAL, seconds: 1 });
  expect(told).toContain("\n1 failed:\n  cargo: \n    error[E0308]: mismatched types\n");
});

test("a line of the list is 200 characters at most", () => {
  const failed = [{ suite: "s", file: "f", name: "n".repeat(300), error: "e".repeat(300) }];
  const lines = closing({ failed, skipped: failed, problems: [], total: TOTAL, seconds: 1 }).split("\n");
  expect(Math.max(...lines.map((line: string) => line.length))).toBe(200);
});
