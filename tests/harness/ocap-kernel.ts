// MetaMask's kernel for one test. It is installed on demand, by its own lockfile and without install scripts; where that cannot be, the
// test is skipped and says why, or fails when FERRULE_CONFORMANCE=required.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { environment, root } from "./environment.ts";

/** The folder of the package that brings it, and of what runs it. */
export const OCAP_KERNEL = join(root, "tests/conformance/ocap-kernel");

/** Why it is not there; undefined when it is. */
export function missingOcapKernel(): string | undefined {
  const { status, stdout, stderr } = spawnSync("node", [join(root, "scripts/setup.mjs"), "--only", "ocap-kernel"], {
    cwd: root,
    env: environment,
    encoding: "utf8",
  });
  if (status === 0) return undefined;
  const why = `${stdout}\n${stderr}`.split("\n").find((line) => /npm error (?!code|errno|syscall)|^Error/.test(line));
  const missing = `@metamask/ocap-kernel could not be installed: ${why?.trim() ?? "npm ci failed"}`;
  if (process.env["FERRULE_CONFORMANCE"] === "required") throw new Error(missing);
  return missing;
}
