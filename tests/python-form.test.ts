// The Python pages under the Python of this machine, by the same vectors (worker-py/tests/test_form.py): quicker to read than the same
// failure inside a Worker. Skipped where there is no Python 3.11, or where set-up could not install the packages.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { expect, test } from "vitest";
import { PACKAGES } from "../scripts/python/state.mjs";
import { environment, root } from "./harness/environment.ts";

/** Why it cannot run here; undefined when it can. */
function lack(): string | undefined {
  if (!existsSync(join(root, PACKAGES, "starlette"))) return `${PACKAGES} is not there`;
  const { status } = spawnSync("python3", ["-c", "import sys; sys.exit(sys.version_info < (3, 11))"]);
  return status === 0 ? undefined : "there is no python3 of 3.11 or newer";
}

test("the Python pages keep to the vectors under plain Python", ({ skip }) => {
  const reason = lack();
  if (reason !== undefined) return skip(reason);
  const env = {
    ...environment,
    PYTHONPATH: [join(root, "worker-py/src"), join(root, PACKAGES)].join(delimiter),
    PYTHONDONTWRITEBYTECODE: "1",
  };
  const run = spawnSync("python3", ["-m", "unittest", "worker-py/tests/test_form.py"], {
    cwd: root,
    env,
    encoding: "utf8",
  });
  expect(run.stderr).toMatch(/^Ran 4 tests in .*\n\nOK$/m);
});
