// The last pass of `ferrule workflows`: core, the flow route and the steps become runtime.mjs, with core in it once. What is compiled, and
// what is refused, is said in workflows.mjs.
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** What is bundled last: the flow route, the steps, and of the runtime what a Worker calls. */
const RUNTIME = `export { POST } from "./flow.mjs";
export { getHookByToken, getRun, resumeHook, resumeWebhook, start } from "workflow/api";
export { setWorld } from "workflow/runtime";
`;
/**
 * What runtime.mjs itself is: nothing of it runs before `load` is called. Core draws random numbers where its modules stand, which workerd
 * refuses outside of a handler; and a bundler that splits has runtime.mjs as a module of its own, whose body is outside of every handler.
 */
const ENTRY = 'export const load = () => import("ferrule:runtime");';
/** QuickJS as base64, which workerd would not compile; @ferrule/worker/workflow brings it as modules. */
export const ASSETS = "*/quickjs-assets.generated.js";
/** The worlds that core brings and a Worker never uses; without them the bundle is half as large. */
const WORLDS = /^@workflow\/world-(?:local|vercel)$/;
const NO_WORLD = `export const createWorld = () => { throw new Error("no World was set"); };
export const createLocalWorld = createWorld;`;
/** What zod says in fifty languages; nothing in core asks for another than English. */
const LOCALES = /[\\/]zod[\\/]v4[\\/]locales[\\/]index\.js$/;
const ZOD = /^zod(?:$|\/)/;
/** The DevKit's packages ask for the same zod, and npm may give each of them a copy; the runtime has that of core. */
const DEVKIT = /[\\/]node_modules[\\/]@workflow[\\/]/;
const CORE = /[\\/]@workflow[\\/]core[\\/]dist[\\/]/;

/**
 * Compiles the steps that core itself brings, start() in a workflow for one. The builder would put them beside the app's, and with them
 * a second copy of nearly all of core.
 * @param {Iterable<string>} files that hold steps
 * @param {(file: string, source: string) => Promise<{ code: string, workflowManifest: object }>} transform the builder's
 * @returns {Promise<{ code: Map<string, string>, manifests: object[] }>} compiled, by file, and what each of them holds
 */
export async function compileCoreSteps(files, transform) {
  const code = new Map();
  const manifests = [];
  for (const file of files) {
    const made = await transform(file, readFileSync(file, "utf8"));
    code.set(file, made.code);
    manifests.push(made.workflowManifest);
  }
  return { code, manifests };
}

/** Whether a file is core's. */
export const isCore = (file) => CORE.test(file);

/**
 * @param {ReadonlyMap<string, string>} coreSteps core's files that hold steps, compiled
 * @param {string} out where the flow route and the steps lie
 */
const replacements = (coreSteps, out) => ({
  name: "replacements",
  setup(build) {
    build.onResolve({ filter: /^ferrule:runtime$/ }, () => ({ path: "runtime", namespace: "none" }));
    build.onLoad({ filter: /^runtime$/, namespace: "none" }, () => ({ contents: RUNTIME, resolveDir: out }));
    build.onResolve({ filter: WORLDS }, () => ({ path: "world", namespace: "none" }));
    build.onResolve({ filter: /quickjs-assets\.generated\.js$/ }, () => ({ path: "assets", namespace: "none" }));
    const [core] = coreSteps.keys();
    build.onResolve({ filter: ZOD }, ({ path, kind, importer }) =>
      core !== undefined && DEVKIT.test(importer)
        ? build.resolve(path, { kind, resolveDir: dirname(core) })
        : undefined,
    );
    build.onLoad({ filter: /^world$/, namespace: "none" }, () => ({ contents: NO_WORLD }));
    build.onLoad({ filter: /^assets$/, namespace: "none" }, () => ({
      contents: "export const quickjsWasm = new Uint8Array(), quickjsExtensions = [];",
    }));
    build.onLoad({ filter: LOCALES }, ({ path }) => ({
      contents: 'export { default as en } from "./en.js";',
      resolveDir: dirname(path),
    }));
    build.onLoad({ filter: CORE }, ({ path }) => {
      const contents = coreSteps.get(path);
      return contents === undefined ? undefined : { contents, resolveDir: dirname(path) };
    });
  },
});

/**
 * Bundles what lies in `out` into runtime.mjs there; what workerd has itself stays outside. Fails as esbuild does.
 * @param {typeof import("esbuild")} esbuild
 * @param {string} out
 * @param {Awaited<ReturnType<typeof compileCoreSteps>>} core
 */
export async function bundleRuntime(esbuild, out, core) {
  const outfile = join(out, "runtime.mjs");
  await esbuild.build({
    stdin: { contents: ENTRY, resolveDir: out, sourcefile: "entry.mjs" },
    outfile,
    bundle: true,
    format: "esm",
    platform: "node",
    target: "es2022",
    conditions: ["workerd", "worker", "browser"],
    mainFields: ["module", "main"],
    external: ["cloudflare:*"],
    // names stay: people read them in stacks
    keepNames: true,
    minifyWhitespace: true,
    minifySyntax: true,
    legalComments: "none",
    logLevel: "silent",
    define: { "import.meta.url": '"file:///worker.mjs"' },
    plugins: [replacements(core.code, out)],
  });
  const made = readFileSync(outfile, "utf8");
  const files = core.manifests.flatMap(({ steps = {} }) => Object.values(steps));
  const ids = files.flatMap((byName) => Object.values(byName).map(({ stepId }) => stepId));
  const lost = ids.filter((id) => !made.includes(id));
  if (lost.length > 0) throw new Error(`the runtime does not reach its own steps: ${lost.join(", ")}`);
}
