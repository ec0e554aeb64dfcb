// The Worker of tests/worker/workflow/app in a real process: start, kill -9, restart on the same state. Its workflows are compiled first,
// so that a test never runs on old ones.
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseJsonc } from "../../../scripts/deploy/config.mjs";
import { environment, root } from "../environment.ts";
import { DevProcess } from "../server/dev-process.ts";
import { freePort } from "../server/free-port.ts";

const APP = join(root, "tests/worker/workflow/app");
const DATABASE = "WORKFLOW_DB";

/** What is written into a configuration of wrangler. */
type Configuration = Readonly<Record<string, unknown>>;

/** What a test may set. */
export interface WorkflowServerOptions {
  readonly vars?: Readonly<Record<string, string>>;
  /** The configurations of all Workers made of the app's one, the first of which answers; that one alone unless told. */
  readonly workers?: (app: Configuration) => readonly Configuration[];
}

/** A running Worker. Disposing kills it and removes its state. */
export interface WorkflowServer extends AsyncDisposable {
  readonly port: number;
  readonly url: string;
  /** SIGKILL to the whole process group; the state stays. */
  kill(): Promise<void>;
  /** Starts again on the same state and port. */
  restart(): Promise<void>;
  /** All that the processes have printed. */
  log(): string;
}

function run(command: string, args: readonly string[]): void {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: root, env: environment, encoding: "utf8" });
  if (status !== 0) throw new Error(`${command} ${args.join(" ")} failed:\n${stdout}${stderr}`);
}

/** Compiles the workflows of the tests' Workers, so that none of them runs old ones. */
export const compileTestWorkflows = (): void =>
  run("node", ["worker-ts/bin/ferrule.mjs", "workflows", join(APP, "workflows")]);

/** Compiles and bundles once: a server that watched the sources would start anew whenever somebody saves one. */
function bundle(state: string, { vars, workers = (app) => [app] }: WorkflowServerOptions): string[] {
  compileTestWorkflows();
  const config = join(APP, "wrangler.jsonc");
  run("wrangler", ["deploy", "--dry-run", "--config", config, "--outdir", join(state, "bundle")]);
  const app = parseJsonc(readFileSync(config, "utf8"));
  const [database] = app.d1_databases;
  const bundled = {
    ...app,
    main: join(state, "bundle/worker.js"),
    no_bundle: true,
    vars: { ...app.vars, ...vars },
    d1_databases: [{ ...database, migrations_dir: join(APP, database.migrations_dir) }],
  };
  return workers(bundled).map((worker, at) => {
    const folder = join(state, `worker-${at}`);
    mkdirSync(folder);
    writeFileSync(join(folder, "wrangler.json"), JSON.stringify(worker));
    return join(folder, "wrangler.json");
  });
}

/** Starts the Worker under `wrangler dev` and resolves when it is ready. */
export async function startWorkflowServer(options: WorkflowServerOptions = {}): Promise<WorkflowServer> {
  const port = await freePort();
  const home = mkdtempSync(join(tmpdir(), "ferrule-workflow-"));
  const state = join(home, "state");
  let configs: readonly string[] = [];
  const dev = new DevProcess(() => {
    const quiet = ["--inspector-port", "0", "--show-interactive-dev-session=false"];
    const place = ["--ip", "127.0.0.1", "--port", String(port), "--persist-to", state];
    return { args: ["dev", ...configs.flatMap((one) => ["--config", one]), ...quiet, ...place] };
  });
  const end = async (): Promise<void> => {
    await dev.kill();
    rmSync(home, { recursive: true, force: true });
  };

  try {
    configs = bundle(home, options);
    run("wrangler", ["d1", "migrations", "apply", DATABASE, "--local", "--config", configs[0]!, "--persist-to", state]);
    await dev.start();
  } catch (error) {
    await end();
    throw error;
  }
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    kill: () => dev.kill(),
    restart: () => dev.restart(),
    log: () => dev.log,
    [Symbol.asyncDispose]: end,
  };
}
