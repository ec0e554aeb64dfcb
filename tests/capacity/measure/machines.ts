// Unit costs of kernels and workflows: by the difference of two sizes, so that what is once for all cancels out. Counts only.
import { setTimeout as pause } from "node:timers/promises";
import { type Counts, slope } from "../counts.ts";
import { counted, type Measured } from "./chat.ts";
import type { Counting } from "./server.ts";

/** A kernel looks for work that was left ten seconds later (WAKE_MS). */
const KERNEL_QUIET_MS = 11_000;
const RUN_QUIET_MS = 2_500;
/** Kernels of this name have their rows in D1. */
const D1_KERNEL = "demo";

interface RpcAnswer<T> {
  readonly result?: T;
  readonly error?: { readonly message: string };
}

/** A kernel with a counter in it. */
export class Kernel {
  readonly #server: Counting;
  readonly #name: string;
  #root = "";
  #id = 0;

  private constructor(server: Counting, name: string) {
    this.#server = server;
    this.#name = name;
  }

  static async start(server: Counting, store: "d1" | "object"): Promise<Kernel> {
    const kernel = new Kernel(server, store === "d1" ? D1_KERNEL : "capacity");
    const config = { bootstrap: "counter", vats: { counter: { bundleName: "counter" } } };
    const { rootKref } = await kernel.#call<{ rootKref: string }>("launchSubcluster", { config });
    kernel.#root = rootKref;
    return kernel;
  }

  /** Sends so many messages, one when the one before is answered. */
  async send(count: number): Promise<void> {
    for (let at = 0; at < count; at++) await this.#call("queueMessage", [this.#root, "increment", []]);
  }

  /** Cranks so far. */
  async cranks(): Promise<number> {
    return (await this.#call<{ kernel: { crank: number } }>("getStatus", [])).kernel.crank;
  }

  async #call<T>(method: string, params: unknown): Promise<T> {
    const text = JSON.stringify({ jsonrpc: "2.0", id: ++this.#id, method, params });
    const answer = await this.#server.ask<string>("kernel", { name: this.#name, text });
    const { result, error }: RpcAnswer<T> = JSON.parse(answer);
    if (error !== undefined) throw new Error(`${method}: ${error.message}`);
    return result as T;
  }
}

/** A crank of a kernel: by messages one after another, each of which is as many cranks. */
export async function crank(server: Counting, store: "d1" | "object"): Promise<Measured> {
  const kernel = await Kernel.start(server, store);
  await kernel.send(1);
  await server.settled(KERNEL_QUIET_MS);
  const before = await kernel.cranks();
  const few = await counted(server, KERNEL_QUIET_MS, () => kernel.send(10));
  const middle = await kernel.cranks();
  await server.settled(KERNEL_QUIET_MS);
  const many = await counted(server, KERNEL_QUIET_MS, () => kernel.send(30));
  const cranks = (await kernel.cranks()) - middle - (middle - before);
  const where = store === "d1" ? "in D1" : "in its object";
  return {
    case: `crank-${store}`,
    about: `a crank, a message each, of a kernel with its rows ${where}`,
    counts: slope(few, many, cranks),
  };
}

/** Starts a run and waits for its end by asking its row, which is not counted. */
export async function run(
  server: Counting,
  workflow: string,
  args: readonly unknown[],
  during?: () => Promise<void>,
): Promise<Counts> {
  const before = await server.told();
  await server.ask<string>("start", { workflow, args });
  if (during !== undefined) {
    await server.settled(RUN_QUIET_MS);
    await during();
  }
  const after = await server.settled(RUN_QUIET_MS);
  return slope(before.counts, after.counts);
}

/** One more step in a row. */
export async function step(server: Counting): Promise<Measured> {
  await server.settled(RUN_QUIET_MS);
  const few = await run(server, "sequential", [10]);
  const many = await run(server, "sequential", [20]);
  return { case: "step", about: "a step in a row of steps", counts: slope(few, many, 10) };
}

/** All cases of kernels and workflows. */
export async function machines(server: Counting): Promise<Measured[]> {
  const all: Measured[] = [await crank(server, "object"), await crank(server, "d1")];
  await server.settled(RUN_QUIET_MS);
  // the first run loads the runtime and makes what later ones find
  await run(server, "sequential", [1]);
  const nothing = await run(server, "nothing", []);
  all.push({ case: "run", about: "a run without a step, from start to end", counts: nothing });
  all.push(await step(server));
  const few = await run(server, "parallel", [4]);
  const many = await run(server, "parallel", [12]);
  all.push({ case: "step-beside", about: "a step of some side by side", counts: slope(few, many, 8) });
  all.push({ case: "sleep", about: "a sleep", counts: slope(nothing, await run(server, "sleeper", [1_000])) });
  const hooked = await run(server, "hooked", ["capacity"], () =>
    server.ask("hook", { token: "capacity", payload: { value: 1 } }),
  );
  all.push({ case: "hook", about: "a hook that is made, waited for and resumed", counts: slope(nothing, hooked) });
  const short = await run(server, "streaming", [64]);
  const long = await run(server, "streaming", [192]);
  all.push({ case: "chunk", about: "a chunk of a stream, written one by one", counts: slope(short, long, 128) });
  const round = await counted(server, RUN_QUIET_MS, async () => {
    await server.ask("cron", { cron: "* * * * *" });
    await pause(0);
  });
  all.push({ case: "watchdog", about: "a round of the workflows' watchdog that finds nothing to do", counts: round });
  const night = await counted(server, RUN_QUIET_MS, () => server.ask("cron", { cron: "17 3 * * *" }));
  all.push({ case: "night", about: "the sweep of each night, with little to sweep", counts: night });
  return all;
}
