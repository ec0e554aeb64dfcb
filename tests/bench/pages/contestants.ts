// Who answers the pages: our Worker in TypeScript, our Python Worker behind it, and a Worker without anything around the pages. Each has
// a workerd of its own, so that processor time and memory are those of one contestant.

import { readPython } from "../../../scripts/python/state.mjs";
import { root } from "../../harness/environment.ts";
import { memoryMb, tellsUsage } from "../../harness/server/usage.ts";
import { type PythonRuntime, type RunningServer, startWorker } from "../../harness/server/workerd.ts";
import { VARIABLES } from "../harness/variables.ts";

/** Which page. */
export type Page = "hello" | "form" | "counter";

/** A running contestant. */
export interface Contestant extends RunningServer {
  readonly name: Name;
  /** Of workerd when it had given its first answer, in MB; undefined where the system does not tell. */
  readonly memoryAtFirst: number | undefined;
  pathOf(page: Page): string;
}

/** The pages in TypeScript, in Python, and in a Worker that has nothing else. */
export type Name = "ts" | "py" | "plain";

/** The local Python; throws its reason where there is none, because then there is nothing to compare. */
export function neededPython(): PythonRuntime {
  const python = readPython();
  if (!python.ready) throw new Error(`The Python pages are off, because ${python.reason}`);
  return python;
}

const STARTS: Readonly<Record<Name, () => Promise<RunningServer>>> = {
  ts: () => startWorker({ config: `${root}wrangler.jsonc`, vars: VARIABLES }),
  py: () => startWorker({ config: `${root}wrangler.jsonc`, vars: VARIABLES, python: neededPython() }),
  plain: () => startWorker({ config: `${root}tests/bench/peers/pages/wrangler.jsonc` }),
};

const running = new Map<Name, Promise<Contestant>>();

/** The contestant; it is started when it is first asked for and serves every case, for starting takes longer than measuring. */
export function contestant(name: Name): Promise<Contestant> {
  const known = running.get(name);
  if (known !== undefined) return known;
  const starting = start(name);
  running.set(name, starting);
  return starting;
}

async function start(name: Name): Promise<Contestant> {
  const pathOf = (page: Page) => (name === "py" ? `/py/${page}` : `/${page}`);
  const server = await STARTS[name]();
  const { status } = await fetch(`http://127.0.0.1:${server.port}${pathOf("hello")}`);
  if (status !== 200) throw new Error(`the first answer of ${name} was ${status}`);
  return { ...server, name, memoryAtFirst: tellsUsage(server.pid) ? memoryMb(server.pid) : undefined, pathOf };
}

/** Stops those that were started. */
export async function stopContestants(): Promise<void> {
  for (const one of await Promise.allSettled(running.values()))
    if (one.status === "fulfilled") await one.value[Symbol.asyncDispose]();
  running.clear();
}
