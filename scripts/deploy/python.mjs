// The second Worker: the Python pages behind the binding PY. Whether it can be deployed from here, and the folder that wrangler
// wants for it. No command is run here.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { CONFIG, PACKAGES, REQUIREMENTS, readState } from "../python/state.mjs";
import { parseJsonc } from "./config.mjs";

/** The main Worker's binding for it. */
export const PYTHON_BINDING = "PY";
/** From a folder in `.ferrule/` to the repository's. */
const UP = "../../";
const INFO = ".dist-info";

/** Names and versions of requirements.txt, each as its folder in python_modules is called. */
function requiredFolders(requirements) {
  const pins = requirements.matchAll(/^([A-Za-z0-9._-]+)==([^\s;\\]+)/gm);
  return [...pins].map(([, name, version]) => `${name.replaceAll(/[-.]+/g, "_")}-${version}${INFO}`.toLowerCase());
}

/** Why it cannot be deployed from the repository in `root`, for people; undefined when it can. */
export function whyNoPython(root) {
  const packages = join(root, PACKAGES);
  const there = new Set(existsSync(packages) ? readdirSync(packages).map((name) => name.toLowerCase()) : []);
  const needed = requiredFolders(readFileSync(join(root, REQUIREMENTS), "utf8"));
  const missing = needed.filter((name) => !there.has(name)).map((name) => basename(name, INFO));
  if (missing.length === 0) return undefined;
  if (there.size > 0) return `${PACKAGES} lacks ${missing.join(", ")}`;
  return `${PACKAGES} is missing: ${readState(root)?.reason ?? "npm run setup makes it"}`;
}

/** Its configuration, as it stands in the repository. It is reached through the main Worker alone, so it has no address of its own. */
export function readPythonConfig(root) {
  const config = parseJsonc(readFileSync(join(root, CONFIG), "utf8"));
  return { workers_dev: false, preview_urls: false, ...config };
}

/** The merged configuration, with the database's real id. The tables are the main Worker's business. */
export function mergedPython({ $schema: _schema, ...config }, ids) {
  const databases = config.d1_databases?.map(({ binding, database_name }) => ({
    binding,
    database_name,
    database_id: ids[`d1:${database_name}`],
  }));
  return { ...config, main: `${UP}${dirname(CONFIG)}/${config.main}`, ...(databases && { d1_databases: databases }) };
}

/** Wrangler takes python_modules from beside the configuration and from nowhere else: a link to it goes into `folder`. */
export function linkModules(folder) {
  mkdirSync(folder, { recursive: true });
  const link = join(folder, basename(PACKAGES));
  rmSync(link, { force: true });
  // A junction: Windows asks for no rights to make one. There it wants a whole path.
  symlinkSync(process.platform === "win32" ? join(folder, UP, PACKAGES) : `${UP}${PACKAGES}`, link, "junction");
}
