// Our kernel in a workerd of its own, as one more contender: the Worker in tests/bench/peers/kernel, called over HTTP once per batch.
import { root } from "../../harness/environment.ts";
import { type RunningServer, startWorker } from "../../harness/server/workerd.ts";
import type { Peer } from "./peers/peer.ts";

/** As worker.ts has it. */
export type Where = "memory" | "durable-object" | "d1";

/** How a kernel is set up. */
export interface Shape {
  readonly where: Where;
  /** Each message goes through a second vat. */
  readonly hops?: boolean;
  /** Vats in isolates of their own. */
  readonly facets?: boolean;
}

/** workerd evicts an object that nobody has asked for ten seconds, and with it the kernel in its memory: whoever waits for its turn asks. */
const BEAT_MS = 3_000;

/** The running Worker, with as many kernels as are asked for. */
export class Kernels {
  readonly #server: RunningServer;
  #made = 0;

  private constructor(server: RunningServer) {
    this.#server = server;
  }

  /** `folder`: on the disk to be measured. */
  static async start(folder: string): Promise<Kernels> {
    return new Kernels(await startWorker({ config: `${root}tests/bench/peers/kernel/wrangler.jsonc`, folder }));
  }

  /** Calls a kernel; answers how many ms it took, and what it answered. */
  async call(name: string, method: string, ...args: readonly unknown[]): Promise<{ ms: number; value: unknown }> {
    const since = performance.now();
    const body = JSON.stringify({ name, method, args });
    const answer = await fetch(`http://127.0.0.1:${this.#server.port}/`, { method: "POST", body });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${name}.${method}: ${answer.status} ${text.slice(0, 300)}`);
    return { ms: performance.now() - since, value: JSON.parse(text) };
  }

  /** A fresh kernel's name, with its counter running. */
  async launch({ where, hops = false, facets = false }: Shape): Promise<string> {
    const name = `bench-${++this.#made}`;
    await this.call(name, "open", where);
    await this.call(name, "launch", hops, facets ? await bundles() : null);
    return name;
  }

  /** A contender like the others. */
  contender(shape: Shape): Peer {
    let name = "";
    let sent = 0;
    let beat: NodeJS.Timeout | undefined;
    return {
      start: async () => {
        name = await this.launch(shape);
        beat = setInterval(() => void this.call(name, "beat"), BEAT_MS);
      },
      send: async (count, concurrency) => {
        const { ms, value } = await this.call(name, "send", count, concurrency);
        sent += count;
        if (value !== sent) throw new Error(`${name}: the counter stands at ${value} after ${sent} messages`);
        return ms;
      },
      stop: async () => {
        clearInterval(beat);
        await this.call(name, "close");
      },
    };
  }

  async stop(): Promise<void> {
    await this.#server[Symbol.asyncDispose]();
  }
}

interface Bundler {
  bundleVat(file: string): Promise<object>;
}

/** The two vats as `ferrule vat` bundles them. */
async function bundles(): Promise<Readonly<Record<string, object>>> {
  const { bundleVat } = (await import("../../../worker-ts/bin/vat.mjs")) as Bundler;
  return {
    counter: await bundleVat(`${root}worker-ts/vats/counter.ts`),
    hop: await bundleVat(`${root}tests/bench/peers/kernel/hop.ts`),
  };
}
