// The running Worker for tests that need a real process: start, kill -9, restart on the same state, drain.
// It listens on 127.0.0.1.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { devArguments, LOCAL_PAGE, pythonArguments, supervise } from "../../../scripts/local.mjs";
import { readPython } from "../../../scripts/python/state.mjs";
import { root } from "../environment.ts";
import { DevProcess } from "./dev-process.ts";
import { freePort } from "./free-port.ts";
import { provideTables } from "./tables.ts";

const DRAIN_MS_MAX = 60_000;
const DRAIN_STEP_MS = 100;

/** Secrets of a test server; nothing of the machine's own `.dev.vars` is used. */
const VARS = {
  BETTER_AUTH_SECRET: "test-only-secret-0123456789-abcdefghij",
  ADMIN_EMAILS: "owner@localhost.test",
  ADMIN_TOKEN: "test-only-admin-token-0123456789",
  METRICS_TOKEN: "test-only-metrics-token-0123456789",
  TRUSTED_ORIGINS: "",
  AUTH_RATE_LIMIT: "off",
};

/** What a test may set. */
export interface ServerOptions {
  /** Folder of D1, objects, KV; a fresh one, removed at the end, when left out. */
  readonly state?: string;
  /** Settings and secrets over the defaults. */
  readonly vars?: Readonly<Record<string, string>>;
  /** As `npm start` serves it: the page with the panel "try to break it", which can have the server killed and started again. */
  readonly breakable?: boolean;
  /** With the Python Worker; starting throws when it cannot be. Without it, as if left out, the start is quicker and /py/* is off. */
  readonly python?: boolean;
  /** Another Worker than that of `npm start`, around it. */
  readonly entry?: string;
  /** Flags of V8 for workerd, for whoever measures its memory. */
  readonly v8Flags?: readonly string[];
}

/** A running Worker. Disposing kills it and removes a state folder that it made itself. */
export interface Server extends AsyncDisposable {
  readonly url: string;
  readonly state: string;
  /** The owner's ADMIN_TOKEN. */
  readonly adminToken: string;
  /** The number of its process group; undefined while it is killed. */
  group(): number | undefined;
  /** SIGKILL to the whole process group; the state stays. */
  kill(): Promise<void>;
  /** Starts again on the same state and port; kills first when it still runs. With these settings over those it had, if any are given. */
  restart(vars?: Readonly<Record<string, string>>): Promise<void>;
  /** Waits until `settled` says that all background work (queues, alarms) is done; throws after `msMax`, a minute by default. */
  drain(settled: () => Promise<boolean>, msMax?: number): Promise<void>;
  /** All that the processes have printed. */
  log(): string;
}

const WITHOUT_PYTHON = { ready: false, reason: "this server was started without it" } as const;

/** What wrangler is told about the Python Worker. */
function pythonOf(wanted: boolean): ReturnType<typeof pythonArguments> {
  const python = wanted ? readPython() : WITHOUT_PYTHON;
  if (wanted && !python.ready) throw new Error(`no Python: ${python.reason}`);
  return pythonArguments(python);
}

/** Starts the local Worker under `wrangler dev` and resolves when it is ready. */
export async function startServer(options: ServerOptions = {}): Promise<Server> {
  const python = pythonOf(options.python === true);
  const port = await freePort();
  const state = options.state ?? mkdtempSync(join(tmpdir(), "ferrule-"));
  let supervisor: Awaited<ReturnType<typeof supervise>> | undefined;
  const url = `http://localhost:${port}`;
  const vars: Record<string, string> & typeof VARS = { ...VARS, BETTER_AUTH_URL: url };
  const v8 = options.v8Flags === undefined ? {} : { MINIFLARE_WORKERD_V8_FLAGS: options.v8Flags.join(" ") };
  const page = options.breakable === true ? ["--assets", join(root, LOCAL_PAGE)] : [];

  const dev = new DevProcess(() => {
    const settings = Object.entries(vars).flatMap(([name, value]) => ["--var", `${name}:${value}`]);
    const place = ["--ip", "127.0.0.1", "--port", String(port), "--persist-to", state];
    return {
      // as it is deployed: what counted on a name that is gone would fail here
      args: [...devArguments(options.entry), "--minify", ...python.args, ...place, ...page, ...settings],
      environment: { ...python.environment, ...v8 },
    };
  });
  const restart = async (changed: Readonly<Record<string, string>> = {}): Promise<void> => {
    await dev.kill();
    Object.assign(vars, changed);
    await dev.start();
  };
  const startAgain = () => restart().catch((error: unknown) => dev.note(String(error)));
  const removeState = (): void => {
    if (options.state === undefined) rmSync(state, { recursive: true, force: true });
  };
  // whoever started it may end before it is disposed of
  process.on("exit", removeState);
  const end = async (): Promise<void> => {
    supervisor?.close();
    await dev.kill();
    process.off("exit", removeState);
    removeState();
  };

  try {
    provideTables(state, options.state === undefined);
    if (options.breakable === true) {
      supervisor = await supervise(startAgain);
      vars["LOCAL_SUPERVISOR"] = supervisor.address;
    }
    Object.assign(vars, options.vars);
    await dev.start();
  } catch (error) {
    await end();
    throw error;
  }
  return {
    url,
    state,
    adminToken: vars.ADMIN_TOKEN,
    group: () => dev.group,
    kill: () => dev.kill(),
    restart,
    async drain(settled, msMax = DRAIN_MS_MAX) {
      const deadline = performance.now() + msMax;
      while (!(await settled())) {
        if (performance.now() > deadline) throw new Error(`work did not settle:\n${dev.log}`);
        await new Promise((resolve) => setTimeout(resolve, DRAIN_STEP_MS));
      }
    },
    log: () => dev.log,
    [Symbol.asyncDispose]: end,
  };
}
