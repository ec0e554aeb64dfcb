// The second Worker: the Python pages behind the binding PY. Whether it can be deployed from here, and the folder that wrangler
// wants for it. No command is run here.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { parseJsonc } from "./config.mjs";

/** The main Worker's binding for it. */
export const PYTHON_BINDING = "PY";
const FOLDER = "worker-py";
const MODULES = "python_modules";
/** From a folder in `.ferrule/` to the Worker's. */
const UP = `../../${FOLDER}/`;

/** Names and versions of requirements.txt, each as its folder in python_modules is called. */
function requiredFolders(requirements) {
  const pins = requirements.matchAll(/^([A-Za-z0-9._-]+)==([^\s;\\]+)/gm);
  return [...pins].map(([, name, version]) => `${name.replaceAll(/[-.]+/g, "_")}-${version}.dist-info`.toLowerCase());
}

/** Why it cannot be deployed from the repository in `root`, for people; undefined when it can. */
export function whyNoPython(root) {
  const folder = join(root, FOLDER);
  const modules = join(folder, MODULES);
  const there = new Set(existsSync(modules) ? readdirSync(modules).map((name) => name.toLowerCase()) : []);
  const missing = requiredFolders(readFileSync(join(folder, "requirements.txt"), "utf8")).filter((f) => !there.has(f));
  if (missing.length === 0) return undefined;
  if (there.size > 0) return `${FOLDER}/${MODULES} lacks ${missing.join(", ").replaceAll(".dist-info", "")}`;
  const state = join(folder, ".pyodide/state.json");
  const reason = existsSync(state) ? JSON.parse(readFileSync(state, "utf8")).reason : undefined;
  return `${FOLDER}/${MODULES} is missing${reason === undefined ? "; make it with: npm run setup" : `: ${reason}`}`;
}

/** Its configuration, as it stands in the repository. It is reached through the main Worker alone, so it has no address of its own. */
export function readPythonConfig(root) {
  const config = parseJsonc(readFileSync(join(root, FOLDER, "wrangler.jsonc"), "utf8"));
  return { workers_dev: false, preview_urls: false, ...config };
}

/** The merged configuration, with the database's real id. The tables are the main Worker's business. */
export function mergedPython({ $schema: _schema, ...config }, ids) {
  const databases = config.d1_databases?.map(({ binding, database_name }) => ({
    binding,
    database_name,
    database_id: ids[`d1:${database_name}`],
  }));
  return { ...config, main: `${UP}${config.main}`, ...(databases && { d1_databases: databases }) };
}

/** Wrangler takes python_modules from beside the configuration and from nowhere else: a link to it goes into `folder`. */
export function linkModules(folder) {
  mkdirSync(folder, { recursive: true });
  const link = join(folder, MODULES);
  rmSync(link, { force: true });
  // A junction: Windows asks for no rights to make one. There it wants a whole path.
  symlinkSync(process.platform === "win32" ? join(folder, UP, MODULES) : `${UP}${MODULES}`, link, "junction");
}
