// A made-up repository for the tests of the set-up step "python": its npm packages, its pip and its workerd are a few lines each, and
// every one of them can be made to fail. The scripts that run are the house's own.
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setupPython } from "../../../scripts/python/setup.mjs";
import { readPython } from "../../../scripts/python/state.mjs";

/** Every name that the bundle looks for, once. */
export const LOADER = `
const code = new WebAssembly.Module(bytes);
WebAssembly.instantiate(bytes, imports);
crypto.getRandomValues(view);
Date.now();
export default _createPyodideModule;
`;
export const VERSIONS = { workerd: "1.20261117.1", pyodide: "314.0.6", python: "3.14" };

/** Answers `--version`, and installs one package into the folder behind --target. $CALLS counts the calls. */
const PIP = `#!/bin/sh
for word in "$@"; do
  if [ "$word" = --version ]; then echo pip 99; exit 0; fi
  if [ "$before" = --target ]; then target=$word; fi
  before=$word
done
echo "$@" >> "$CALLS"
/bin/mkdir -p "$target/starlette" "$target/bin" && echo x > "$target/starlette/__init__.py" && echo x > "$target/bin/tool"
`;
/** Writes the snapshot where it is told to. */
const WORKERD = `#!/bin/sh
for word in "$@"; do
  case $word in --python-snapshot-dir=*) folder=\${word#*=} ;; esac
done
echo snapshot > "$folder/snapshot.bin"
echo "No tests found!" >&2
exit 1
`;

/** The made-up repository. */
export interface PythonHouse extends Disposable {
  readonly folder: string;
  /** The environment of its commands: PATH has its own programs and nothing of the machine's. */
  readonly env: Record<string, string>;
  file(path: string): string;
  /** Writes a file, with the folders above it. */
  put(path: string, text: string): void;
  /** Writes a program. */
  program(path: string, text: string): void;
  /** Installs a version of an npm package. */
  install(name: string, version: string): void;
  /** Runs the step; what readPython() says then. */
  run(asked?: boolean): Promise<{ done: boolean; python: ReturnType<typeof readPython> }>;
}

/** Builds one in which all is well. */
export function buildPythonHouse(): PythonHouse {
  const folder = mkdtempSync(join(tmpdir(), "ferrule-python-"));
  const file = (path: string) => join(folder, path);
  const put = (path: string, text: string) => {
    mkdirSync(dirname(file(path)), { recursive: true });
    writeFileSync(file(path), text);
  };
  const program = (path: string, text: string) => {
    put(path, text);
    chmodSync(file(path), 0o755);
  };
  const install = (name: string, version: string) =>
    put(`node_modules/${name}/package.json`, JSON.stringify({ name, version, main: "main.js" }));
  const env = { PATH: file("bin"), CALLS: file("calls") };

  install("workerd", VERSIONS.workerd);
  install("pyodide", VERSIONS.pyodide);
  put("package.json", "{}");
  put("node_modules/workerd/main.js", `exports.default = ${JSON.stringify(file("bin/workerd"))};`);
  put("node_modules/pyodide/pyodide.asm.mjs", LOADER);
  put("node_modules/pyodide/pyodide.asm.wasm", "wasm");
  put("node_modules/pyodide/python_stdlib.zip", "zip");
  put("node_modules/pyodide/pyodide-lock.json", '{ "info": { "python": "3.14.2" } }');
  put("worker-py/versions.json", JSON.stringify(VERSIONS));
  put("worker-py/requirements.txt", "starlette==1.10.0\n");
  put(
    "worker-py/wrangler.jsonc",
    '{ "name": "py", "compatibility_date": "2026-11-01", "compatibility_flags": ["python_workers"] }',
  );
  program("bin/python3", PIP);
  program("bin/workerd", WORKERD);
  return {
    folder,
    env,
    file,
    put,
    program,
    install,
    async run(asked = false) {
      const done = await setupPython({ house: folder, asked, env, platform: "linux" });
      return { done, python: readPython(folder, "linux") };
    },
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
}
