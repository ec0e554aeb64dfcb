// The Worker of the suite `kernel`: one kernel per object, made from the parts that other Workers import. Measured from outside, by the
// calls of tests/bench/kernel/ours.ts: workerd's own clock stands still while it works.
import { DurableObject } from "cloudflare:workers";
import "../../../../worker-ts/vats";
import {
  defineVat,
  type KernelStore,
  type LocalKernel,
  makeD1KernelStore,
  makeDurableKernelStore,
  makeKernel,
  makeMemoryKernelStore,
  type VatBundle,
} from "../../../../worker-ts/src/kernel";
import { buildRootObject as hop } from "./hop";

defineVat("hop", hop as Parameters<typeof defineVat>[1]);

interface Bindings {
  readonly DB: D1Database;
  readonly LOADER: WorkerLoader;
  readonly BENCH: DurableObjectNamespace<Bench>;
}

/** Where rows lie. */
export type Where = "memory" | "durable-object" | "d1";

/** URLs that are issued at the same time, well below the acceptance queue's limit. */
const AT_ONCE = 500;

export class Bench extends DurableObject<Bindings> {
  #kernel: LocalKernel | undefined;
  #memory: KernelStore | undefined;
  #root = "";

  #store(where: Where): KernelStore {
    const name = this.ctx.id.name ?? "bench";
    if (where === "d1") return makeD1KernelStore(this.env.DB, name);
    if (where === "durable-object") return makeDurableKernelStore(this.ctx.storage, name);
    this.#memory ??= makeMemoryKernelStore();
    return this.#memory;
  }

  /** Opens the kernel over what its store holds. */
  async open(where: Where): Promise<void> {
    const loader = { loader: this.env.LOADER, facets: this.ctx.facets };
    this.#kernel = await makeKernel(null, this.#store(where), { kernel: this.ctx.id.name ?? "bench", loader });
    await this.#kernel.getStatus();
  }

  /** Starts a counter, behind a vat that hands messages on if `hops`; as bundles if they are given, else compiled in. */
  async launch(hops: boolean, bundles: Readonly<Record<"counter" | "hop", VatBundle>> | null): Promise<void> {
    const kernel = this.#opened();
    const names = hops ? ["hop", "counter"] : ["counter"];
    const vats: Record<string, { bundleName: string }> = {};
    for (const name of names) {
      const bundleName = bundles === null ? name : `bundled-${name}`;
      if (bundles !== null) await kernel.putBundle(bundleName, bundles[name as "counter" | "hop"]);
      vats[name] = { bundleName };
    }
    this.#root = (await kernel.launchSubcluster({ bootstrap: names[0]!, vats })).rootKref;
  }

  /** Has `count` messages answered, `concurrency` at a time; the highest count told. */
  async send(count: number, concurrency: number): Promise<number> {
    const kernel = this.#opened();
    let left = count;
    let last = 0;
    const client = async () => {
      while (left > 0) {
        left -= 1;
        const { body } = await kernel.queueMessage(this.#root, "increment", []);
        last = Math.max(last, Number(body.slice(1)));
      }
    };
    await Promise.all(Array.from({ length: concurrency }, client));
    return last;
  }

  /** Puts the root object under so many ocap URLs: a row each. */
  async fill(rows: number): Promise<void> {
    const kernel = this.#opened();
    for (let made = 0; made < rows; made += AT_ONCE)
      await Promise.all(Array.from({ length: Math.min(AT_ONCE, rows - made) }, () => kernel.issueOcapURL(this.#root)));
  }

  /** Nothing, but the object stays. */
  beat(): void {
    this.#opened();
  }

  /** Ends the kernel; its rows stay. */
  async close(): Promise<void> {
    await this.#kernel?.close();
    this.#kernel = undefined;
  }

  #opened(): LocalKernel {
    if (this.#kernel === undefined) throw new Error("the kernel is not open");
    return this.#kernel;
  }
}

interface Call {
  readonly name: string;
  readonly method: "open" | "launch" | "send" | "fill" | "beat" | "close";
  readonly args: readonly unknown[];
}

export default {
  async fetch(request, { BENCH }) {
    const { name, method, args }: Call = await request.json();
    const stub = BENCH.getByName(name);
    return Response.json((await Reflect.apply(Reflect.get(stub, method), stub, args)) ?? null);
  },
} satisfies ExportedHandler<Bindings>;
