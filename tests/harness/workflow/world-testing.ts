// @workflow/world-testing for one suite. It is installed on demand, by its own lockfile and outside of the workspaces, because it brings an
// older core; where that cannot be, the suite is skipped and says why, or fails when FERRULE_CONFORMANCE=required.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import type { Plugin } from "vite";
import { environment, root } from "../environment.ts";

/** The folder of the package that brings it. */
const WORLD_TESTING = join(root, "tests/conformance/workflow");
/** Its cases. */
const CASES = join(WORLD_TESTING, "node_modules/@workflow/world-testing/dist/src");

/** Why it is not there; undefined when it is. */
export function missingWorldTesting(): string | undefined {
  const { status, stdout, stderr } = spawnSync("node", [join(root, "scripts/setup.mjs"), "--only", "world-testing"], {
    cwd: root,
    env: environment,
    encoding: "utf8",
  });
  if (status === 0) return undefined;
  const why = `${stdout}\n${stderr}`.split("\n").find((line) => /npm error (?!code|errno|syscall)|^Error/.test(line));
  const missing = `@workflow/world-testing could not be installed: ${why?.trim() ?? "npm ci failed"}`;
  if (process.env["FERRULE_CONFORMANCE"] === "required") throw new Error(missing);
  return missing;
}

/** Its cases as they are in the package: with our Vitest, and with our util instead of theirs, which starts a process of Node. */
export const worldTesting: Plugin = {
  name: "world-testing",
  enforce: "pre",
  // else Node itself loads them, and asks no resolver
  config: () => ({ test: { server: { deps: { inline: [/world-testing\/dist/] } } } }),
  resolveId(source, importer = "") {
    if (source === "virtual:world-testing") return join(CASES, "index.mjs");
    if (!importer.startsWith(CASES)) return undefined;
    if (source === "./util.mjs") return join(root, "tests/harness/workflow/world-testing-util.ts");
    // a peer, which npm installs a second time: that one knows of no test
    if (source === "vitest") return this.resolve(source, join(root, "package.json"), { skipSelf: true });
    return undefined;
  },
};
