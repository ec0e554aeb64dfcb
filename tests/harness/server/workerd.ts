// A Worker in a workerd of its own, for what is measured: without wrangler's proxy in front (it would cost every socket a second hop),
// bundled by `wrangler deploy --dry-run`, run by the Miniflare that wrangler itself uses, with the bindings of its wrangler.jsonc.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { unstable_getMiniflareWorkerOptions } from "wrangler";
import { environment } from "../environment.ts";
import { pythonWorker } from "../python/worker.ts";

/** What is used of Miniflare. */
interface Miniflare {
  readonly ready: Promise<URL>;
  dispose(): Promise<void>;
}
interface MiniflareModule {
  readonly Miniflare: new (options: object) => Miniflare;
  /** Turns the options that wrangler makes of a configuration into those that the constructor takes. */
  convertV4MiniflareOptions(options: object): object;
}

/** What is used of readPython()'s answer, when the local Python is ready. */
export interface PythonRuntime {
  /** Variables of the process that starts workerd. */
  readonly environment: Readonly<Record<string, string>>;
}

/** A running server of some contender. */
export interface RunningServer extends AsyncDisposable {
  readonly port: number;
  /** Of workerd itself; undefined where the system does not tell. */
  readonly pid: number | undefined;
}

/** A Worker. */
export interface WorkerOptions {
  /** Path of its wrangler.jsonc. */
  readonly config: string;
  /** Another entry than the configuration's, and all compatibility flags for it. */
  readonly entry?: { readonly main: string; readonly flags: readonly string[] };
  /** Variables and secrets over those of the configuration. */
  readonly vars?: Readonly<Record<string, string>>;
  /** Port for the inspector; none unless told. */
  readonly inspectorPort?: number;
  /** Where its state lies, for whoever measures a disk; in memory unless told. */
  readonly folder?: string;
  /** The Python Worker, which then stands behind the binding PY; without it that binding is left out. */
  readonly python?: PythonRuntime;
  /** Called with the state's folder when its tables are there and nothing runs yet. */
  readonly prepare?: (state: string) => void;
  /** Flags of V8, for whoever measures memory. */
  readonly v8Flags?: readonly string[];
}

const wranglersOwn = createRequire(createRequire(import.meta.url).resolve("wrangler"));
const { Miniflare, convertV4MiniflareOptions }: MiniflareModule = wranglersOwn("miniflare");

function command(args: readonly string[]): void {
  const { status, stdout, stderr } = spawnSync("wrangler", args, { env: environment, encoding: "utf8" });
  if (status !== 0) throw new Error(`wrangler ${args.join(" ")} failed:\n${stdout}${stderr}`);
}

/**
 * Where states live: in memory where the system has a place for that. Every message is a commit, and how long this disk takes to sync
 * would be most of what is measured, the same for all; Cloudflare's storage has no such disk.
 */
const folder = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();

const PYTHON = "ferrule-py";

/** Process ids of the workerd that this process has started. */
function workerds(): number[] {
  if (!existsSync("/proc/self/stat")) return [];
  const own = (pid: string): boolean => {
    try {
      const [, name, rest] = /^\d+ \((.*)\) \w (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, "utf8")) ?? [];
      return name === "workerd" && Number(rest) === process.pid;
    } catch {
      return false; // it has ended meanwhile
    }
  };
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && own(name))
    .map(Number);
}

/** Sets variables of this process while `work` runs: Miniflare reads where its workerd is from nowhere else. */
async function withVariables<T>(variables: Readonly<Record<string, string>>, work: () => Promise<T>): Promise<T> {
  const before = Object.keys(variables).map((name) => [name, process.env[name]] as const);
  Object.assign(process.env, variables);
  try {
    return await work();
  } finally {
    for (const [name, value] of before)
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
  }
}

/** A workerd with these Workers, the first of which is asked. */
async function serve(
  state: string,
  workers: readonly object[],
  variables: Readonly<Record<string, string>>,
  inspectorPort?: number,
): Promise<RunningServer> {
  const before = workerds();
  return withVariables(variables, async () => {
    const server = new Miniflare(
      convertV4MiniflareOptions({
        host: "127.0.0.1",
        port: 0,
        logRequests: false,
        // The Worker logs each request; nobody reads that here.
        handleStructuredLogs: () => {},
        ...(inspectorPort === undefined ? {} : { inspectorPort }),
        resourcePersistencePath: join(state, "v3"),
        workers,
      }),
    );
    const { port } = await server.ready;
    return {
      port: Number(port),
      pid: workerds().find((pid) => !before.includes(pid)),
      [Symbol.asyncDispose]: () => server.dispose(),
    };
  });
}

/** Starts the Python Worker alone, without tables. */
export function startPythonAlone(python: PythonRuntime): Promise<RunningServer> {
  const home = mkdtempSync(join(folder, "ferrule-workerd-"));
  return removing(home, serve(home, [pythonWorker(PYTHON, PYTHON)], python.environment));
}

/** The server, whose folder goes with it. */
async function removing(home: string, starting: Promise<RunningServer>): Promise<RunningServer> {
  const remove = () => rmSync(home, { recursive: true, force: true });
  const server = await starting.catch((error) => {
    remove();
    throw error;
  });
  return {
    ...server,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      remove();
    },
  };
}

/** Bundles and starts a Worker with a fresh state, which goes with it. */
export function startWorker(worker: WorkerOptions): Promise<RunningServer> {
  const home = mkdtempSync(join(worker.folder ?? folder, "ferrule-workerd-"));
  return removing(home, startIn(home, worker));
}

async function startIn(home: string, options: WorkerOptions) {
  const { config, entry, vars, inspectorPort, python, prepare, v8Flags } = options;
  const bundle = join(home, "bundle");
  const state = join(home, "state");
  const { workerOptions } = unstable_getMiniflareWorkerOptions(config);
  const { assets: _page, modulesRules: _rules, serviceBindings: _services, ...known } = workerOptions;
  const databases: Readonly<Record<string, { readonly id: string }>> = Object.assign({}, known.d1Databases);
  const other = entry === undefined ? [] : [entry.main, "--compatibility-flags", ...entry.flags];
  command(["deploy", ...other, "--config", config, "--dry-run", "--outdir", bundle]);
  const database = "DB" in databases ? "DB" : Object.keys(databases)[0];
  if (database !== undefined)
    command(["d1", "migrations", "apply", database, "--config", config, "--local", "--persist-to", state]);
  prepare?.(state);
  const made = readdirSync(bundle);
  const modules = [
    ...made.filter((name) => name.endsWith(".js")).map((name) => ({ type: "ESModule", path: join(bundle, name) })),
    ...made
      .filter((name) => /\.(?:wasm|so)$/.test(name))
      .map((name) => ({ type: "CompiledWasm", path: join(bundle, name) })),
  ];
  const behind = python === undefined ? [] : [pythonWorker(PYTHON, databases["DB"]?.id ?? PYTHON)];
  const worker = {
    ...known,
    name: "worker",
    ...(entry === undefined ? {} : { compatibilityFlags: entry.flags }),
    bindings: Object.assign({}, known.bindings, vars),
    serviceBindings: Object.fromEntries(behind.map(({ name }) => ["PY", name])),
    modulesRoot: bundle,
    modules,
  };
  const variables = { ...python?.environment, ...(v8Flags && { MINIFLARE_WORKERD_V8_FLAGS: v8Flags.join(" ") }) };
  return serve(state, [worker, ...behind], variables, inspectorPort);
}
