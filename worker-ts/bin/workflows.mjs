// `ferrule workflows [FOLDER]`: compiles "use workflow" files for workerd. What is wrong with a source is refused here, with its line; what
// the compiler itself does not like is passed on. Making the files is all: who runs them is @ferrule/worker/workflow.
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, watch, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative, resolve, sep } from "node:path";
import { parseArgs } from "node:util";
import { ASSETS, bundleRuntime, compileCoreSteps, isCore } from "./workflows-bundle.mjs";

/** Exit codes. */
const GOOD = 0;
const REFUSED = 1;
const USAGE = 2;

/** Words of the HTTP interface, where a workflow's name stands in the same place. */
const RESERVED = ["runs", "hooks"];
/** How long (ms) after a change more changes are waited for. */
const QUIET_MS = 100;

const HELP = `ferrule workflows [FOLDER] [--out FOLDER] [--watch [--quiet]]

Compiles workflows: every function of FOLDER that begins with "use workflow", and the steps ("use step") they call, become runtime.mjs
and manifest.json, and index.mjs, which configureWorkflows of @ferrule/worker/workflow is given. A directive stands alone on its
line, as the first statement of its function. No two workflows share a name; ${RESERVED.map((name) => `"${name}"`).join(" and ")} are taken.

  FOLDER         where the sources are; without it "workflows". Its folders test and generated are left out
  --out FOLDER   where the files go; without it FOLDER/generated
  --watch        goes on, and compiles again after every change, until it is ended
  --quiet        does not compile at first, what is there is fresh

Needs workflow and @workflow/builders. Exit code: 0 written, 1 a source is refused, 2 the call was wrong.`;

/** A mistake of whoever calls. */
class Usage extends Error {}
/** The sources cannot be compiled. */
export class Refused extends Error {}

/**
 * Runs the verb.
 * @param {string[]} args
 * @returns {Promise<number>} the exit code
 */
export async function run(args) {
  try {
    const { values, positionals } = parse(args);
    if (values.help) {
      console.log(HELP);
      return GOOD;
    }
    if (positionals.length > 1) throw new Usage("Give one folder.");
    const [folder = "workflows"] = positionals;
    if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) throw new Usage(`There is no folder ${folder}.`);
    const out = values.out ?? join(folder, "generated");
    if (values.quiet && !values.watch) throw new Usage("--quiet goes with --watch.");
    return await (values.watch ? keepCompiling(folder, out, !values.quiet) : compile(folder, out));
  } catch (error) {
    if (!(error instanceof Usage)) throw error;
    console.error(`ferrule workflows: ${error.message}\n\n${HELP}`);
    return USAGE;
  }
}

function parse(args) {
  const flag = { type: "boolean", default: false };
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: { out: { type: "string" }, watch: flag, quiet: flag, help: { ...flag, short: "h" } },
    });
  } catch (error) {
    throw new Usage(error.message);
  }
}

/** Compiles once and says what became of it. */
async function compile(folder, out) {
  try {
    const { names, steps } = await buildWorkflows(folder, out);
    console.log(`${out}  ${names.length} workflows (${names.join(", ")}), ${steps} steps`);
    return GOOD;
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    console.error(`ferrule workflows: ${error.message}`);
    return REFUSED;
  }
}

/** Compiles at once, unless that was done, and after every change; resolves when the process is to end. */
function keepCompiling(folder, out, atOnce) {
  let timer;
  let running = Promise.resolve();
  const again = () => {
    running = running.then(() => compile(folder, out)).catch((error) => console.error(error));
  };
  // before the first time, so that a change in the middle of it is seen
  const stop = watchFolders(resolve(folder), resolve(out), () => {
    clearTimeout(timer);
    timer = setTimeout(again, QUIET_MS);
  });
  if (atOnce) again();
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      stop();
      if (process.connected) process.disconnect();
      running.then(() => resolve(GOOD));
    };
    for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, end);
    // whoever started it, with a channel, has ended
    if (process.connected) process.once("disconnect", end);
  });
}

/**
 * Watches a folder and all below it but `skipped`; answers how to stop. Each folder for itself: Node's `recursive` loses sight, on Linux, of
 * a file that an editor replaces by a new one of its name.
 */
function watchFolders(folder, skipped, changed) {
  let watchers = [];
  const stop = () => {
    for (const watcher of watchers) watcher.close();
    watchers = [];
  };
  // all anew at every change: folders come and go, and what changes meanwhile is read with what has changed
  const look = () => {
    stop();
    for (const path of [folder, ...foldersBelow(folder)]) {
      if (path === skipped || path.startsWith(skipped + sep)) continue;
      const watcher = watch(path, (_, name) => {
        if (name === null || resolve(path, name) !== skipped) lookAgain();
      });
      watcher.on("error", () => watcher.close());
      watchers.push(watcher);
    }
  };
  const lookAgain = () => {
    try {
      look();
    } catch (error) {
      // what goes while it is looked at is told by its own folder
      if (error.code !== "ENOENT") throw error;
    }
    changed();
  };
  look();
  return stop;
}

/** All folders below one. */
const foldersBelow = (folder) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name));

/**
 * Compiles the workflows of a folder. Throws `Refused` with all that is wrong with the sources; then nothing is written.
 * @param {string} folder
 * @param {string} out
 * @returns {Promise<{ names: string[], steps: number }>} the workflows' names, and how many steps there are
 */
export async function buildWorkflows(folder, out) {
  const builder = await makeBuilder(resolve(folder), resolve(out));
  const files = await builder.getInputFiles();
  const sources = new Map(files.map((file) => [file, readFileSync(file, "utf8")]));
  const faults = [...(await syntaxFaults(sources)), ...faultsOf(sources)];
  if (faults.length > 0) throw new Refused(faults.join("\n"));
  mkdirSync(out, { recursive: true });
  const { manifest, core } = await builder.compile(files);
  const names = namesOf(manifest);
  await bundle(resolve(out), core);
  writeOut(resolve(out), manifest, names);
  const steps = Object.values(manifest.steps ?? {}).flatMap((byName) => Object.values(byName));
  // the runtime brings steps of its own
  return {
    names: [...names.keys()],
    steps: steps.filter(({ stepId }) => /^step\/\/\.\/(?!node_modules\/)/.test(stepId)).length,
  };
}

/** The pinned builder, made to give what wrangler bundles further. `createCombinedBundle` is protected there. */
async function makeBuilder(folder, out) {
  const { BaseBuilder, applySwcTransform } = await builders();
  class WorkerBuilder extends BaseBuilder {
    async getInputFiles() {
      const files = await super.getInputFiles();
      const skipped = [join(folder, "test"), join(folder, "generated"), out].map((path) => `${path}/`);
      return files
        .filter((file) => !skipped.some((path) => file.startsWith(path)) && !/\.(?:test|d)\.[cm]?tsx?$/.test(file))
        .sort();
    }

    /** Core's own steps are left to the last pass. */
    async createStepsBundle(options) {
      const { discoveredSteps, discoveredSerdeFiles, ...others } = options.discoveredEntries;
      const own = (files) => new Set([...files].filter((file) => !isCore(file)));
      this.coreSteps = new Set([...discoveredSteps, ...discoveredSerdeFiles].filter(isCore));
      const discoveredEntries = {
        ...others,
        discoveredSteps: own(discoveredSteps),
        discoveredSerdeFiles: own(discoveredSerdeFiles),
      };
      return super.createStepsBundle({ ...options, discoveredEntries });
    }

    async compile(inputFiles) {
      const roots = [this.transformProjectRoot, this.moduleSpecifierRoot];
      try {
        const { manifest } = await this.createCombinedBundle({
          inputFiles,
          stepsOutfile: join(out, "steps.mjs"),
          flowOutfile: join(out, "flow.mjs"),
          bundleFinalOutput: false,
          tsconfigPath: await this.findTsConfigPath(),
        });
        const core = await compileCoreSteps(this.coreSteps, (file, source) =>
          applySwcTransform(file.slice(file.lastIndexOf("node_modules")), source, "step", file, ...roots),
        );
        for (const { steps } of core.manifests) manifest.steps = { ...manifest.steps, ...steps };
        return { manifest, core };
      } catch (error) {
        // esbuild's process stays behind when it fails, and would keep this one
        await esbuild().stop();
        if (!Array.isArray(error.errors)) throw error;
        throw new Refused(error.errors.map(lineOf).join("\n"));
      }
    }
  }
  return new WorkerBuilder({
    buildTarget: "standalone",
    workingDir: folder,
    dirs: ["."],
    stepsBundlePath: "unused",
    workflowsBundlePath: "unused",
    webhookBundlePath: "unused",
    sourcemap: false,
    discoverWorkflowsInNodeModules: false,
    // what the runtime brings as well comes once, in the last pass; what workerd brings, never
    externalPackages: [ASSETS, "@workflow/world", "@workflow/errors", "@workflow/utils", "workflow", "cloudflare:*"],
    suppressCreateWorkflowsBundleLogs: true,
  });
}

async function builders() {
  try {
    return await import("@workflow/builders");
  } catch (error) {
    if (error.code !== "ERR_MODULE_NOT_FOUND") throw error;
    throw new Refused("@workflow/builders is not installed: npm install workflow @workflow/builders");
  }
}

/** The builder's own. */
const esbuild = () => createRequire(import.meta.resolve("@workflow/builders"))("esbuild");

/** What does not parse; the builder would say it between the frames of its stack. */
async function syntaxFaults(sources) {
  const { transform } = esbuild();
  const faults = [];
  for (const [file, text] of sources) {
    const sourcefile = relative(process.cwd(), file);
    const loader = file.endsWith("x") ? "tsx" : "ts";
    await transform(text, { sourcefile, loader, logLevel: "silent" }).catch((error) => {
      if (!Array.isArray(error.errors)) throw error;
      faults.push(...error.errors.map(lineOf));
    });
  }
  return faults;
}

const lineOf = ({ text, location }) =>
  location ? `${location.file}:${location.line}:${location.column + 1}: ${text}` : text;

/** A directive where a statement could begin; a text in the middle of an expression is none. */
const DIRECTIVE = /(^|[{};])\s*(["'])use (workflow|step)\2/g;
const ALONE = /^\s*(["'])use (?:workflow|step)\1;?\s*$/;
const OTHER_DIRECTIVE = /^\s*(["'])[^'"]+\1;?\s*$/;
/** Comments and template texts, which may hold anything. */
const NO_CODE = /`(?:\\[\s\S]|[^`\\])*`|\/\*[\s\S]*?\*\/|(?<!:)\/\/[^\r\n]*/g;

/**
 * What is wrong with the sources before they are compiled, a sentence each with file and line. Exported for the tests.
 * @param {Map<string, string>} sources path to text
 */
export function faultsOf(sources) {
  const faults = [];
  const imported = new Set([...sources].flatMap(([file, text]) => relativeImports(file, text)));
  let workflows = 0;
  for (const [file, text] of sources) {
    const path = relative(process.cwd(), file);
    const found = directives(text);
    workflows += found.filter(({ kind, fault }) => kind === "workflow" && fault === undefined).length;
    for (const { line, column, kind, fault } of found)
      if (fault !== undefined) faults.push(`${path}:${line}:${column}: "use ${kind}" ${fault}`);
    if (found.length === 0 && !imported.has(withoutEnding(file)))
      faults.push(`${path}: holds no workflow and no step, and no other file here imports it`);
  }
  if (sources.size === 0) faults.push("there is no source file");
  else if (workflows === 0 && faults.length === 0) faults.push('no function begins with "use workflow"');
  return faults;
}

/** Every directive of a text, with what is wrong about its place. */
function directives(text) {
  const found = [];
  const code = text.replace(NO_CODE, (part) => part.replace(/[^\r\n]/g, " "));
  let before = "";
  code.split(/\r?\n/).forEach((line, at) => {
    for (const match of line.matchAll(DIRECTIVE)) {
      const first = before === "" || before.endsWith("{") || OTHER_DIRECTIVE.test(before);
      const fault = !ALONE.test(line)
        ? "has to stand alone on its line"
        : first
          ? undefined
          : "has to be the first statement of its function";
      found.push({ line: at + 1, column: match.index + match[0].indexOf(match[2]) + 1, kind: match[3], fault });
    }
    if (line.trim() !== "") before = line.trim();
  });
  return found;
}

const withoutEnding = (path) => path.replace(/\.[cm]?[jt]sx?$/, "");

/** The files a text imports by a relative path, without their endings. */
function relativeImports(file, text) {
  const specifiers = text.matchAll(/\b(?:from|import)\s*\(?\s*(["'])(\.{1,2}\/[^"']+)\1/g);
  return [...specifiers].map(([, , specifier]) => withoutEnding(resolve(dirname(file), specifier)));
}

/** The workflows by name, with their ids. Names are unique, because the HTTP interface calls workflows by them. */
function namesOf(manifest) {
  const names = new Map();
  const faults = [];
  for (const [file, byName] of Object.entries(manifest.workflows ?? {})) {
    for (const [name, { workflowId }] of Object.entries(byName)) {
      if (RESERVED.includes(name)) faults.push(`${file}: a workflow may not be named "${name}": the name is reserved`);
      else if (names.has(name)) faults.push(`${file}: there is another workflow named "${name}"`);
      names.set(name, workflowId);
    }
  }
  if (faults.length > 0) throw new Refused(faults.join("\n"));
  return new Map([...names].sort(([a], [b]) => (a < b ? -1 : 1)));
}

const TYPES = `// Made by \`ferrule workflows\`.
import type { getHookByToken, getRun, resumeHook, resumeWebhook, start } from "workflow/api";
import type { setWorld } from "workflow/runtime";
/** The compiled workflows, as configureWorkflows of @ferrule/worker/workflow takes them. */
export declare const workflows: {
  /** Loads the runtime, the flow route and the steps; not at the start of an isolate, where nothing may draw random numbers. */
  readonly load: () => Promise<{
    readonly POST: (request: Request) => Promise<Response>;
    readonly start: typeof start;
    readonly getHookByToken: typeof getHookByToken;
    readonly getRun: typeof getRun;
    readonly resumeHook: typeof resumeHook;
    readonly resumeWebhook: typeof resumeWebhook;
    readonly setWorld: typeof setWorld;
  }>;
  /** The ids of the workflows by their names. */
  readonly ids: Readonly<Record<string, string>>;
  /** SHA-256 of what was compiled. */
  readonly sha256: string;
  /** The version of @workflow/core that it was compiled for. */
  readonly core: string;
};
`;

/** The last pass. What the passes before it wrote is taken away. */
async function bundle(out, core) {
  // the builder also writes for people who debug it
  const made = ["steps.mjs", "flow.mjs", "steps.mjs.debug.json", "flow.mjs.__wf_tmp.js.debug.json"];
  try {
    await bundleRuntime(esbuild(), out, core);
  } catch (error) {
    if (!Array.isArray(error.errors)) throw error;
    throw new Refused(error.errors.map(lineOf).join("\n"));
  } finally {
    for (const name of made) rmSync(join(out, name), { force: true });
  }
}

/** Adds the manifest and the way in. */
function writeOut(out, manifest, names) {
  const hash = createHash("sha256").update(readFileSync(join(out, "runtime.mjs")));
  writeFileSync(join(out, "manifest.json"), `${JSON.stringify(manifest, null, 1)}\n`);
  // the runtime's own steps are named after its version
  const [, core = "unknown"] = /"step\/\/@workflow\/core\/[^"@]*@([^"/]+)\/\//.exec(JSON.stringify(manifest)) ?? [];
  const ids = JSON.stringify(Object.fromEntries(names));
  writeFileSync(
    join(out, "index.mjs"),
    `// Made by \`ferrule workflows\`.
export const workflows = {
  load: () => import("./runtime.mjs").then((runtime) => runtime.load()),
  ids: ${ids},
  sha256: "${hash.digest("hex")}",
  core: "${core}",
};
`,
  );
  writeFileSync(join(out, "index.d.mts"), TYPES);
}
