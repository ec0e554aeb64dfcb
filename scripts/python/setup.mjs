// The set-up step "python": packages, bundle, snapshot, local configuration; worker-py/.pyodide/state.json says how it went. It fails
// nobody: what it lacks becomes a reason in one line, and everything but the Python pages goes on without it.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseJsonc } from "../deploy/config.mjs";
import { environment, root } from "../run.mjs";
import { makeBundle } from "./bundle.mjs";
import { localText } from "./config.mjs";
import { findPip, installPackages, providePip } from "./packages.mjs";
import { lastWords, makeSnapshot } from "./snapshot.mjs";
import {
  AGAIN,
  BUNDLE,
  CONFIG,
  LOCAL_CONFIG,
  lackOfPlatform,
  MADE,
  REQUIREMENTS,
  readPython,
  readState,
  SNAPSHOT,
  statePath,
  VERSIONS,
  versionOf,
  workerdOf,
} from "./state.mjs";

const SCRIPTS = join(root, "scripts/python");
const PIP_MISSING = `pip was not found. Install Python 3 with pip and ${AGAIN}`;

/** Why the Python pages are off. The cause "pip" is looked at again at every set-up, since that costs little. */
class Off extends Error {
  constructor(reason, cause = "other") {
    super(reason);
    this.cause = cause;
  }
}

const sha256 = (...contents) =>
  contents.reduce((hash, content) => hash.update(content).update("\0"), createHash("sha256")).digest("hex");

/** Written beside its place and moved there, so that nobody reads half of it, or of what another set-up writes now. */
function write(path, content) {
  const fresh = `${path}.${process.pid}.new`;
  writeFileSync(fresh, content);
  renameSync(fresh, path);
}

/** All that the result depends on: what people wrote, the two npm packages, these scripts. */
function inputsOf(house) {
  const read = (path) => (existsSync(join(house, path)) ? readFileSync(join(house, path)) : "");
  const workerd = versionOf("workerd", house);
  const pyodide = versionOf("pyodide", house);
  const requirementsHash = sha256(read(REQUIREMENTS));
  const { compatibility_date: date } = parseJsonc(String(read(CONFIG)) || "{}");
  const own = readdirSync(SCRIPTS)
    .sort()
    .map((name) => readFileSync(join(SCRIPTS, name)));
  const versions = readVersions(house);
  const print = sha256(requirementsHash, JSON.stringify(versions), `${workerd} ${pyodide} ${date}`, ...own);
  return { workerd, pyodide, requirementsHash, print, date, versions };
}

function readVersions(house) {
  try {
    return JSON.parse(readFileSync(join(house, VERSIONS), "utf8"));
  } catch (error) {
    throw new Off(`${VERSIONS} cannot be read: ${error.message}`);
  }
}

/** workerd compares the bundle's Pyodide with a version compiled in: the two belong together exactly. */
function needVersions({ workerd, pyodide, versions }) {
  if (pyodide === undefined) throw new Off('the dev dependency "pyodide" is not installed: npm install');
  const proven = `${VERSIONS} was proven with`;
  const together = "Change both together.";
  if (workerd !== versions.workerd)
    throw new Off(
      `workerd ${workerd ?? "none"} is installed, but ${proven} ${versions.workerd} and pyodide ${versions.pyodide}. ${together}`,
    );
  if (pyodide !== versions.pyodide)
    throw new Off(
      `pyodide ${pyodide} is installed, but ${proven} ${versions.pyodide} and workerd ${versions.workerd}. ${together}`,
    );
}

async function packages(house, { versions }, env) {
  const pip = await providePip(env);
  if (pip === undefined) throw new Off(PIP_MISSING, "pip");
  const { names, failure } = await installPackages(house, pip, versions.python, env);
  if (failure !== undefined) throw new Off(failure);
  return names;
}

function bundle(house) {
  try {
    write(
      join(house, BUNDLE),
      makeBundle((name) => readFileSync(join(house, "node_modules/pyodide", name))),
    );
  } catch (error) {
    throw new Off(error.message);
  }
}

async function snapshot(house, date) {
  const failure = await makeSnapshot(house, workerdOf(house), date);
  if (failure !== undefined) throw new Off(failure);
}

/** The whole version of the Python inside pyodide, "3.14.2". */
const pythonOf = (house) => JSON.parse(readFileSync(join(house, "node_modules/pyodide/pyodide-lock.json"))).info.python;

/** The local configuration follows the deployed one, whatever else is fresh. */
function configure(house) {
  const text = localText(parseJsonc(readFileSync(join(house, CONFIG), "utf8")));
  const path = join(house, LOCAL_CONFIG);
  if (!existsSync(path) || readFileSync(path, "utf8") !== text) write(path, text);
}

async function make(house, inputs, env, platform) {
  needVersions(inputs);
  const names = await packages(house, inputs, env);
  const lack = lackOfPlatform(platform);
  if (lack !== undefined) throw new Off(lack);
  bundle(house);
  await snapshot(house, inputs.date);
  const files = Object.fromEntries([BUNDLE, SNAPSHOT].map((path) => [path, statSync(join(house, path)).size]));
  return { ready: true, python: pythonOf(house), packages: names, files };
}

/** Whether the result of an earlier run with the same inputs still holds. Somebody who asks for the step itself gets a second try. */
async function holds(known, house, { asked, env, platform }) {
  if (asked) return readPython(house, platform).ready;
  return known.cause !== "pip" || (await findPip(env)) === undefined;
}

/**
 * Makes what is missing and writes down how it went.
 * @param {object} [options]
 * @param {string} [options.house] the repository's folder
 * @param {boolean} [options.asked] somebody asked for this step: what failed, or was removed, is made again
 * @param {Record<string, string | undefined>} [options.env] environment of the commands
 * @param {NodeJS.Platform} [options.platform]
 * @returns {Promise<boolean>} whether anything was done
 */
export async function setupPython({
  house = root,
  asked = false,
  env = environment,
  platform = process.platform,
} = {}) {
  mkdirSync(join(house, MADE), { recursive: true });
  let inputs = {};
  let result;
  try {
    inputs = inputsOf(house);
    configure(house);
    const known = readState(house);
    if (known?.print === inputs.print && (await holds(known, house, { asked, env, platform }))) return false;
    result = await make(house, inputs, env, platform);
  } catch (error) {
    const reason = error instanceof Off ? error.message : `set-up did not end: ${lastWords(error.message)}`;
    result = { ready: false, reason, cause: error.cause };
  }
  const { workerd, pyodide, requirementsHash, print } = inputs;
  write(statePath(house), `${JSON.stringify({ ...result, workerd, pyodide, requirementsHash, print }, null, 2)}\n`);
  return true;
}
