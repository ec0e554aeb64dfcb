// The Python Worker (worker-py) as an auxiliary Worker of the Vitest pool: its own files and packages, the flags it has on this
// machine. Runs in Node, for vitest.config.ts.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { LOCAL_FLAGS } from "../../../scripts/python/config.mjs";
import { PACKAGES } from "../../../scripts/python/state.mjs";
import { root } from "../environment.ts";

interface PythonModule {
  readonly type: "PythonModule" | "Data";
  /** As `import` finds it, from the folder of entry.py. */
  readonly path: string;
  readonly contents: Uint8Array;
}

const SOURCE = "worker-py/src";
const ENTRY = "entry.py";

/** Files of a folder below the root, by path; what tells about a package only is left out. */
function filesOf(folder: string, prefix: string): PythonModule[] {
  return readdirSync(join(root, folder), { withFileTypes: true, recursive: true }).flatMap((entry) => {
    const file = join(entry.parentPath, entry.name);
    const path = prefix + file.slice(join(root, folder).length + 1);
    if (!entry.isFile() || /\.dist-info\/|__pycache__\//.test(path)) return [];
    return { type: path.endsWith(".py") ? "PythonModule" : "Data", path, contents: readFileSync(file) } as const;
  });
}

/** The Worker, under this name and with this D1 database. */
export function pythonWorker(name: string, databaseId: string) {
  const modules = [...filesOf(SOURCE, ""), ...filesOf(PACKAGES, "python_modules/")];
  // the first module is the entry
  modules.sort((a, b) => Number(b.path === ENTRY) - Number(a.path === ENTRY));
  return {
    name,
    modules,
    compatibilityDate: "2026-11-01",
    compatibilityFlags: LOCAL_FLAGS,
    d1Databases: { DB: databaseId },
  };
}
