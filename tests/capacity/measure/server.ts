// The counting Worker (tests/worker/capacity) in a workerd of its own, what it has counted, and when it has come to rest.

import { readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { parseJsonc } from "../../../scripts/deploy/config.mjs";
import { VARIABLES } from "../../bench/harness/variables.ts";
import { root } from "../../harness/environment.ts";
import { startWorker } from "../../harness/server/workerd.ts";
import type { Counts } from "../counts.ts";

/** What the Worker tells: all that was counted, and the bytes of each object's SQLite by the object's name. */
export interface Told {
  readonly counts: Counts;
  readonly objectBytes: Readonly<Record<string, number>>;
}

/** The running Worker. */
export interface Counting extends AsyncDisposable {
  readonly port: number;
  readonly url: string;
  readonly pid: number | undefined;
  /** Asks one of the things below /capacity. */
  ask<T>(what: string, body?: object): Promise<T>;
  told(): Promise<Told>;
  /** What was counted, once nothing more has been counted for `quietMs`. */
  settled(quietMs: number): Promise<Told>;
}

const POLL_MS = 100;
const SETTLE_MS_MAX = 90_000;

const WIDE = "1000000000/1000000000";
/** Limits wide; all times are those of production. */
const VARS = {
  ...VARIABLES,
  RATE_WRITE: WIDE,
  RATE_SOFT: WIDE,
  RATE_CONTROL: WIDE,
  RATE_BYTES: WIDE,
};

/** Starts it, with other variables where they are given. CAPACITY_COUNT=off: it counts nothing, for whoever measures the processor. */
export async function startCounting(vars: Readonly<Record<string, string>> = {}): Promise<Counting> {
  const config = `${root}wrangler.jsonc`;
  const { compatibility_flags: flags }: { compatibility_flags: string[] } = parseJsonc(readFileSync(config, "utf8"));
  const server = await startWorker({
    config,
    entry: { main: `${root}tests/worker/capacity/worker.ts`, flags },
    vars: { ...VARS, ...vars },
  });
  const url = `http://127.0.0.1:${server.port}`;
  const ask = async <T>(what: string, body: object = {}): Promise<T> => {
    const answer = await fetch(`${url}/capacity/${what}`, { method: "POST", body: JSON.stringify(body) });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${what}: ${answer.status} ${text.slice(0, 500)}`);
    return JSON.parse(text) as T;
  };
  const told = () => ask<Told>("counts");
  return {
    port: server.port,
    url,
    pid: server.pid,
    ask,
    told,
    async settled(quietMs) {
      const deadline = performance.now() + SETTLE_MS_MAX;
      let last = await told();
      for (let since = performance.now(); performance.now() - since < quietMs; ) {
        await pause(POLL_MS);
        const next = await told();
        if (JSON.stringify(next.counts) !== JSON.stringify(last.counts)) since = performance.now();
        last = next;
        if (performance.now() > deadline) throw new Error(`it does not come to rest: ${JSON.stringify(next.counts)}`);
      }
      return last;
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}
