// Tests that need the Python Worker: skipped where set-up could not make one, which is printed; failing there when
// FERRULE_PYTHON=required (CI).
import { test } from "vitest";
import { readPython } from "../../scripts/python/state.mjs";

const python = readPython();
const left = !python.ready && process.env["FERRULE_PYTHON"] !== "required";
if (left) console.log(`Skipped: the Python pages are off, because ${python.reason}`);

/** A test that asks the Python Worker. When all of a file are left out, so are its hooks. */
export const pythonTest = test.skipIf(left);
