// A test that needs the local Python. What set-up made of it, `scripts/python/state.mjs` alone knows; without it the test is skipped
// and says why, or fails when FERRULE_PYTHON=required.
import { test } from "vitest";
import { readPython } from "../../scripts/python/state.mjs";

/** Why there is no Python here, or undefined. Throws the reason when there must be one. */
export function lackOfPython(): string | undefined {
  const python = readPython();
  if (python.ready) return undefined;
  if (process.env["FERRULE_PYTHON"] === "required") throw new Error(`Python is required: ${python.reason}`);
  return python.reason;
}

/** A test with Python. */
export function pythonTest(name: string, run: () => void | Promise<void>): void {
  test(name, ({ skip }) => {
    const lack = lackOfPython();
    return lack === undefined ? run() : skip(lack);
  });
}
