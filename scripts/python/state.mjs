// What set-up made of the local Python, where it lies, and whether all of it is there. Who starts a workerd asks readPython() first,
// because workerd does not start at all when it is told of a Python Worker and finds no Python (docs/python.md).
import { existsSync, readFileSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { root } from "../run.mjs";

/** The Python Worker as it is deployed, and as it runs here; paths from the repository's folder. */
export const CONFIG = "worker-py/wrangler.jsonc";
export const LOCAL_CONFIG = "worker-py/wrangler.local.jsonc";
export const REQUIREMENTS = "worker-py/requirements.txt";
export const VERSIONS = "worker-py/versions.json";
/** What pip installs. It stands beside the configuration, never inside src/: wrangler refuses that. */
export const PACKAGES = "worker-py/python_modules";
/** Everything else that set-up makes. */
export const MADE = "worker-py/.pyodide";
/** workerd looks for exactly this name; it is never downloaded and never compared with a hash. */
export const BUNDLE = `${MADE}/pyodide_dev.capnp.bin`;
/** The started interpreter; the name is known to workerd-offline.sh too. */
export const SNAPSHOT = `${MADE}/baseline.bin`;
const STATE = `${MADE}/state.json`;

/** Said behind a reason that set-up can do away with. */
export const AGAIN = "run: npm run setup:python";
const POSIX_ONLY = "workerd is given its Python by a POSIX shell script, so they run on Linux and macOS only";

/** The reason why there can be no Python on this system, or undefined. */
export const lackOfPlatform = (platform = process.platform) => (platform === "win32" ? POSIX_ONLY : undefined);

const readJson = (path) => JSON.parse(readFileSync(path, "utf8"));

/** The version of an installed npm package, or undefined. */
export function versionOf(name, house = root) {
  try {
    return readJson(join(house, "node_modules", name, "package.json")).version;
  } catch {
    return undefined;
  }
}

/** The path of the installed workerd. Throws when there is none for this system. */
export const workerdOf = (house = root) => createRequire(join(house, "package.json"))("workerd").default;

/** What set-up wrote last: `{ ready, reason?, cause?, python?, files?, packages?, workerd, pyodide, requirementsHash, print }`, or undefined. */
export function readState(house = root) {
  try {
    return readJson(join(house, STATE));
  } catch {
    return undefined;
  }
}

/** Where readState finds it. */
export const statePath = (house = root) => join(house, STATE);

/** The first thing that set-up made and that is not there any more, in words; undefined when all stands. */
function lackOf(state, house) {
  const installed = versionOf("workerd", house);
  if (installed !== state.workerd)
    return `they were set up for workerd ${state.workerd}, now ${installed ?? "none"} is installed; ${AGAIN}`;
  for (const [path, bytes] of Object.entries(state.files)) {
    const size = statSync(join(house, path), { throwIfNoEntry: false })?.size;
    if (size === undefined) return `${path} is gone; ${AGAIN}`;
    if (size !== bytes) return `${path} is damaged; ${AGAIN}`;
  }
  const rest = [LOCAL_CONFIG, ...state.packages.map((name) => `${PACKAGES}/${name}`)];
  const gone = rest.find((path) => !existsSync(join(house, path)));
  return gone === undefined ? undefined : `${gone} is gone; ${AGAIN}`;
}

/**
 * `python`: its version. `config`: wrangler's file, as seen from the repository's folder. `environment`: what the process that starts
 * workerd (wrangler, Miniflare, Vitest) must have set. `reason`: one line for people.
 * @typedef {{ ready: true, python: string, config: string, environment: Record<string, string> }} Ready
 * @typedef {{ ready: false, reason: string }} NotReady
 * @typedef {Ready | NotReady} Python
 */

/**
 * Whether the Python Worker can be started now.
 * @param {string} [house] the repository's folder
 * @param {NodeJS.Platform} [platform]
 * @returns {Python}
 */
export function readPython(house = root, platform = process.platform) {
  const off = (reason) => ({ ready: false, reason });
  const lack = lackOfPlatform(platform);
  if (lack !== undefined) return off(lack);
  const state = readState(house);
  if (state === undefined) return off(`they are not set up; ${AGAIN}`);
  if (!state.ready) return off(state.reason);
  try {
    const gone = lackOf(state, house);
    if (gone !== undefined) return off(gone);
    return {
      ready: true,
      python: state.python,
      config: LOCAL_CONFIG,
      environment: {
        MINIFLARE_WORKERD_PATH: join(house, "scripts/python/workerd-offline.sh"),
        FERRULE_WORKERD: workerdOf(house),
      },
    };
  } catch (error) {
    return off(`what set-up left behind cannot be read (${error.message}); ${AGAIN}`);
  }
}

/** One line about it, for people. */
export const lineOf = (python) =>
  `Python pages: ${python.ready ? `ready (Python ${python.python})` : `off, because ${python.reason}`}`;
