// Installs worker-py/requirements.txt with the host's pip. Whatever Python that pip belongs to is right: the packages are for the
// Python of workerd, pure Python all of them, and nothing of them is run here.
import { mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { capture } from "./capture.mjs";
import { AGAIN, MADE, PACKAGES, REQUIREMENTS } from "./state.mjs";

/** The ways to say pip, the surest first. */
const PIPS = [["python3", "-m", "pip"], ["pip3"], ["pip"]];
/** What pip writes for the host: programs that name this machine's Python. */
const OF_THE_HOST = ["bin"];
/** A mirror that cannot be reached is given up soon. */
const SOON = ["http", "https"].flatMap((scheme) => ["-o", `Acquire::${scheme}::Timeout=15`]);
const COMPILED = /\.(?:so|pyd|dylib)$/;

/** The words that call pip, or undefined. */
export async function findPip(env = process.env) {
  for (const [command, ...args] of PIPS) {
    const { status } = await capture(command, [...args, "--version"], { env });
    if (status === 0) return [command, ...args];
  }
  return undefined;
}

/** The same, and as root on Debian it is installed when missing. */
export async function providePip(env = process.env) {
  const found = await findPip(env);
  if (found !== undefined || process.getuid?.() !== 0) return found;
  const quietly = { env: { ...env, DEBIAN_FRONTEND: "noninteractive" } };
  // Without apt-get both come to nothing.
  await capture("apt-get", ["update", "-q", ...SOON], quietly);
  await capture("apt-get", ["install", "-y", "-q", ...SOON, "--no-install-recommends", "python3-pip"], quietly);
  return findPip(env);
}

/** Paths of compiled code below a folder. */
export const compiledIn = (folder) =>
  readdirSync(folder, { recursive: true })
    .map(String)
    .filter((path) => COMPILED.test(path));

/** Moves a folder to where another may stand. Another set-up may do the same at this moment: then it is done again. */
function putInPlace(fresh, place) {
  const old = `${fresh}-old`;
  for (let moved = false; !moved; rmSync(old, { recursive: true, force: true })) {
    rename(place, old, "ENOENT");
    moved = rename(fresh, place, "ENOTEMPTY", "EEXIST");
  }
}

/** Whether it could be moved; throws what is not expected. */
function rename(from, to, ...expected) {
  try {
    renameSync(from, to);
    return true;
  } catch (error) {
    if (!expected.includes(error.code)) throw error;
    return false;
  }
}

/**
 * Installs into a fresh folder, which takes the old one's place only when pip has ended well.
 * @param {string} house the repository's folder
 * @param {string[]} pip the words that call it
 * @param {string} python version that the packages are for, "3.14"
 * @param {Record<string, string | undefined>} [env]
 * @returns {Promise<{ names: string[] } | { failure: string }>} what stands in the folder now, or why it was left alone
 */
export async function installPackages(house, pip, python, env = process.env) {
  const log = join(house, MADE, "pip.log");
  const fresh = mkdtempSync(join(house, MADE, "packages-"));
  try {
    const [command, ...words] = pip;
    const options = ["--no-compile", "--only-binary=:all:", "--require-hashes", "--python-version", python];
    // The list is complete and held by hashes, so nothing is to be resolved: with --no-deps the host's own Python version, which
    // pip would ask for some conditions, has no say.
    const args = [...words, "install", ...options, "--no-deps", "--target", fresh, "-r", join(house, REQUIREMENTS)];
    const settings = { PIP_USER: "0", PIP_REQUIRE_VIRTUALENV: "0", PIP_DISABLE_PIP_VERSION_CHECK: "1" };
    const { status, text } = await capture(command, args, { cwd: house, env: { ...env, ...settings } });
    writeFileSync(log, text);
    if (status !== 0) return { failure: `pip could not install ${REQUIREMENTS} (see ${MADE}/pip.log); ${AGAIN}` };
    for (const name of OF_THE_HOST) rmSync(join(fresh, name), { recursive: true, force: true });
    const compiled = compiledIn(fresh)[0];
    if (compiled !== undefined)
      return { failure: `${REQUIREMENTS} brings compiled code (${compiled}), and only pure Python runs here` };
    putInPlace(fresh, join(house, PACKAGES));
    return { names: readdirSync(join(house, PACKAGES)).sort() };
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}
