// Tests that need the local Python. What set-up made of it, `scripts/python/state.mjs` alone knows; without it they are skipped, which is
// printed, and a file of them fails as a whole when FERRULE_PYTHON=required (CI).
import { test } from "vitest";
import { readPython } from "../../../scripts/python/state.mjs";

const python = readPython();
if (!python.ready) {
  if (process.env["FERRULE_PYTHON"] === "required") throw new Error(`Python is required: ${python.reason}`);
  console.log(`Skipped: the Python pages are off, because ${python.reason}`);
}

/** A test with Python. When all of a file are left out, so are its hooks. */
export const pythonTest = test.skipIf(!python.ready);
