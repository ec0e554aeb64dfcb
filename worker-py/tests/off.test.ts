// Stands in for the tests of the Python pages where they cannot run: says why, and fails when FERRULE_PYTHON=required.
import { test } from "vitest";

test("the Python pages", ({ skip }) => {
  const reason = process.env["PYTHON_OFF"] ?? "no reason was given";
  if (process.env["FERRULE_PYTHON"] === "required") throw new Error(`There are no Python pages: ${reason}`);
  skip(reason);
});
