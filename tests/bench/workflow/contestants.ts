// The contestants, each in a process of its own that answers the same questions: our Worker on D1, the same on the oracle, and core's other
// Worlds in Node. Which is asked what is cases.ts.
import { type ChildProcess, fork, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { environment, root } from "../../harness/environment.ts";
import { startWorker } from "../../harness/server/workerd.ts";
import { EXERCISE_MS_MAX, type Exercise, type Told } from "../peers/workflow/exercise.ts";
import { processorUs, tellsProcessor } from "../ws-kit/processor.ts";
import { missingPostgres, startPostgres } from "./postgres.ts";

const PEERS = join(root, "tests/bench/peers");
/** Whoever needs longer has failed; who only waits in vain tells so before. */
const ANSWER_MS_MAX = EXERCISE_MS_MAX + 10_000;
/** A start takes so long at most, and an end before it is made. */
const START_MS_MAX = 60_000;
const END_MS_MAX = 5_000;
/** Steps that core runs at a time where it replays: everybody's is the most there may be, which is what our Worker has. */
export const INLINE_STEPS_MAX = 16;
const INLINE = { WORKFLOW_MAX_INLINE_STEPS: String(INLINE_STEPS_MAX) };
const POSTGRES_PEER = join(PEERS, "workflow-postgres");

/** Something to ask; `peer` chooses one of the other streams of our Worker. */
export type Question = Exercise & { readonly peer?: "bare" | "stored" | "strawman" };

/** A running contestant. */
export interface Contestant extends AsyncDisposable {
  readonly name: string;
  ask(question: Question): Promise<Told>;
  /** ms on a processor so far, of all its processes; undefined where the system does not tell. */
  processorMs(): number | undefined;
}

async function askAt(name: string, port: number, question: Question): Promise<Told> {
  const signal = AbortSignal.timeout(ANSWER_MS_MAX);
  const answer = await fetch(`http://localhost:${port}/`, { method: "POST", body: JSON.stringify(question), signal });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${name}: ${answer.status} ${text.slice(0, 500)}`);
  return JSON.parse(text) as Told;
}

/** A process and those it has started. */
function family(pid: number): number[] {
  const children = readdirSync("/proc").filter((name) => {
    try {
      return /^\d+$/.test(name) && Number(/\) \w (\d+)/.exec(readFileSync(`/proc/${name}/stat`, "utf8"))?.[1]) === pid;
    } catch {
      return false; // it has ended meanwhile
    }
  });
  return [pid, ...children.map(Number)];
}

function processorMs(pids: readonly (number | undefined)[]): number | undefined {
  if (!pids.every(tellsProcessor)) return undefined;
  return (
    pids.flatMap((pid) => family(pid!)).reduce((sum, pid) => sum + (tellsProcessor(pid) ? processorUs(pid) : 0), 0) /
    1000
  );
}

/** Our Worker, its state below `folder`; `memory`: on the oracle. */
export async function startOurs(folder: string, where: "d1" | "memory"): Promise<Contestant> {
  const server = await startWorker({
    config: join(PEERS, "workflow/wrangler.jsonc"),
    folder,
    vars: where === "memory" ? { ...INLINE, BENCH_WORLD: "memory" } : INLINE,
  });
  const name = where === "memory" ? "memory in workerd" : "ours";
  return {
    name,
    ask: (question) => askAt(name, server.port, question),
    processorMs: () => processorMs([server.pid]),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** A World in Node: the packages of `home` and what they are told by variables. */
async function startNode(name: string, home: string, variables: Readonly<Record<string, string>>, other?: number) {
  const out = home === root ? join(PEERS, "workflow-node/generated") : join(home, "generated");
  const child = fork(join(PEERS, "workflow-node/server.ts"), [home, out, `@workflow/${name}`], {
    cwd: home,
    env: { ...environment, ...INLINE, ...variables, NODE_ENV: "production" },
    execArgv: ["--disable-warning=ExperimentalWarning"],
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const end = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, "exit");
    if (child.connected) child.disconnect();
    const timer = setTimeout(() => child.kill("SIGKILL"), END_MS_MAX);
    await gone;
    clearTimeout(timer);
  };
  const port = await portOf(name, child).catch(async (error) => {
    await end();
    throw error;
  });
  return {
    name,
    ask: (question: Question) => askAt(name, port, question),
    processorMs: () => processorMs(other === undefined ? [child.pid] : [child.pid, other]),
    [Symbol.asyncDispose]: end,
  };
}

async function portOf(name: string, child: ChildProcess): Promise<number> {
  const ended = once(child, "exit").then(([code]) => {
    throw new Error(`${name} ended with ${code}`);
  });
  const signal = AbortSignal.timeout(START_MS_MAX);
  const [told] = await Promise.race([once(child, "message", { signal }), ended]);
  return (told as { port: number }).port;
}

/** `@workflow/world-local` on files below `folder`; it uses node:vm unless told. */
export async function startLocal(folder: string): Promise<Contestant> {
  const home = mkdtempSync(join(folder, "ferrule-world-local-"));
  const remove = () => rmSync(home, { recursive: true, force: true });
  const contestant = await startNode("world-local", root, { WORKFLOW_LOCAL_DATA_DIR: home }).catch((error) => {
    remove();
    throw error;
  });
  return {
    ...contestant,
    async [Symbol.asyncDispose]() {
      await contestant[Symbol.asyncDispose]();
      remove();
    },
  };
}

/** Why `@workflow/world-postgres` cannot run; undefined when it can. It is installed on demand. */
export function missingWorldPostgres(): string | undefined {
  const missing = missingPostgres();
  if (missing !== undefined) return missing;
  const args = [join(root, "scripts/setup.mjs"), "--only", "world-postgres"];
  const { status } = spawnSync("node", args, { cwd: root, env: environment, encoding: "utf8" });
  return status === 0 ? undefined : "@workflow/world-postgres could not be installed";
}

/** `@workflow/world-postgres` on a server of its own. */
export async function startWorldPostgres(folder: string): Promise<Contestant> {
  const postgres = await startPostgres(folder);
  try {
    const variables = { WORKFLOW_POSTGRES_URL: postgres.url };
    const set = spawnSync("node", ["node_modules/@workflow/world-postgres/bin/setup.js"], {
      cwd: POSTGRES_PEER,
      env: { ...environment, ...variables },
      encoding: "utf8",
    });
    if (set.status !== 0) throw new Error(`world-postgres: ${set.stdout}${set.stderr}`);
    const contestant = await startNode("world-postgres", POSTGRES_PEER, variables, postgres.pid);
    return {
      ...contestant,
      async [Symbol.asyncDispose]() {
        await contestant[Symbol.asyncDispose]().finally(() => postgres[Symbol.asyncDispose]());
      },
    };
  } catch (error) {
    await postgres[Symbol.asyncDispose]();
    throw error;
  }
}
