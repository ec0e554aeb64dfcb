// A Worker in a workerd of its own, for what is measured: without wrangler's proxy in front (it would cost every socket a second hop),
// bundled by `wrangler deploy --dry-run`, run by the Miniflare that wrangler itself uses, with the bindings of its wrangler.jsonc.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { unstable_getMiniflareWorkerOptions } from "wrangler";
import { environment } from "./environment.ts";

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

/** A running server of some contender. */
export interface RunningServer extends AsyncDisposable {
  readonly port: number;
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

/** Bundles and starts a Worker with a fresh state, which goes with it. */
export async function startWorker({ config, entry, vars, inspectorPort }: WorkerOptions): Promise<RunningServer> {
  const home = mkdtempSync(join(folder, "ferrule-workerd-"));
  const bundle = join(home, "bundle");
  const state = join(home, "state");
  const { workerOptions } = unstable_getMiniflareWorkerOptions(config);
  const { assets: _page, modulesRules: _rules, ...options } = workerOptions;
  const other = entry === undefined ? [] : [entry.main, "--compatibility-flags", ...entry.flags];
  command(["deploy", ...other, "--config", config, "--dry-run", "--outdir", bundle]);
  if (Object.keys(options.d1Databases ?? {}).length > 0)
    command(["d1", "migrations", "apply", "DB", "--config", config, "--local", "--persist-to", state]);
  const made = readdirSync(bundle);
  const modules = [
    ...made.filter((name) => name.endsWith(".js")).map((name) => ({ type: "ESModule", path: join(bundle, name) })),
    ...made
      .filter((name) => name.endsWith(".wasm"))
      .map((name) => ({ type: "CompiledWasm", path: join(bundle, name) })),
  ];
  const worker = {
    ...options,
    name: "worker",
    ...(entry === undefined ? {} : { compatibilityFlags: entry.flags }),
    bindings: Object.assign({}, options.bindings, vars),
    modulesRoot: bundle,
    modules,
  };
  const server = new Miniflare(
    convertV4MiniflareOptions({
      host: "127.0.0.1",
      port: 0,
      logRequests: false,
      // The Worker logs each request; nobody reads that here.
      handleStructuredLogs: () => {},
      ...(inspectorPort === undefined ? {} : { inspectorPort }),
      resourcePersistencePath: join(state, "v3"),
      workers: [worker],
    }),
  );
  const { port } = await server.ready;
  return {
    port: Number(port),
    async [Symbol.asyncDispose]() {
      await server.dispose();
      rmSync(home, { recursive: true, force: true });
    },
  };
}
