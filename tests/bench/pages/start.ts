// The case start-snapshot: from the start of a workerd with the Python Worker alone to its first answer, with the snapshot of the
// started interpreter and without.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { Agent } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { MADE } from "../../../scripts/python/state.mjs";
import { root } from "../../harness/environment.ts";
import { type PythonRuntime, startPythonAlone } from "../../harness/server/workerd.ts";
import { summarize } from "../harness/statistics.ts";
import { compare, type Row } from "../harness/suite.ts";
import { neededPython } from "./contestants.ts";
import { ask } from "./load.ts";

const ROUNDS = { quick: 3, whole: 7 };
/** At most three quarters of the time without. */
const GOAL = 1 / 0.75;

/** The same workerd with the same Python, told nothing of a snapshot. */
function withoutSnapshot(python: PythonRuntime, folder: string): PythonRuntime {
  const script = join(folder, "workerd.sh");
  const text = `#!/bin/sh\nexec "$FERRULE_WORKERD" "$@" --pyodide-bundle-disk-cache-dir='${join(root, MADE)}'\n`;
  writeFileSync(script, text, { mode: 0o755 });
  return { ...python, environment: { ...python.environment, MINIFLARE_WORKERD_PATH: script } };
}

/** Starts and asks once; ms until the answer. */
async function start(python: PythonRuntime): Promise<number> {
  const since = performance.now();
  const server = await startPythonAlone(python);
  const agent = new Agent();
  const check = (body: string): void => {
    if (!body.includes("Python")) throw new Error(`no page of Python's: ${body.slice(0, 200)}`);
  };
  try {
    await ask(agent, { port: server.port, path: "/py/hello", check });
    return performance.now() - since;
  } finally {
    agent.destroy();
    await server[Symbol.asyncDispose]();
  }
}

/** Both ways in turns. */
export async function measureStart(quick: boolean, note: (text: string) => void): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), "ferrule-bench-"));
  try {
    const python = neededPython();
    const ways = [
      { python, ms: [] as number[] },
      { python: withoutSnapshot(python, folder), ms: [] as number[] },
    ] as const;
    const rounds = quick ? ROUNDS.quick : ROUNDS.whole;
    // The first start of all reads the files from the disk.
    await start(python);
    for (let round = 0; round < rounds; round++) {
      for (let turn = 0; turn < ways.length; turn++) {
        const way = ways[(round + turn) % ways.length]!;
        way.ms.push(await start(way.python));
      }
      note(`start-snapshot: round ${round + 1} of ${rounds}`);
    }
    const what = { case: "start-snapshot", metric: "first answer", unit: "ms", better: "lower" } as const;
    return [compare({ ...what, peerName: "start-plain", goal: GOAL }, summarize(ways[0].ms), summarize(ways[1].ms))];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
