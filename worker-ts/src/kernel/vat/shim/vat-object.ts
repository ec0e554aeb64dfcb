// The main module of a vat's isolate. The bundle is evaluated once, while the isolate starts (the only time when workerd permits it), to a
// factory; the factory runs once per incarnation.
import "./lockdown";
import { DurableObject } from "cloudflare:workers";
import { type BuildRootObject, type Delivery, VatRuntime } from "../runtime/runtime";
import bundle from "./bundle.txt";
import { evaluateBundle, makeVatConsole } from "./compartment";

const laterTask = setTimeout;
/** A turn of the loop of tasks: it comes when no promise job is left. */
const drain = (): Promise<void> => new Promise((resolve) => laterTask(resolve, 0));

const outer = console;
const vatConsole = makeVatConsole((level, line) => outer[level](line));

let factory: (() => { buildRootObject?: unknown } | undefined) | undefined;
let refusal = "";
try {
  factory = evaluateBundle(bundle, vatConsole.console);
} catch (error) {
  refusal = `the bundle is refused: ${String((error as Error)?.message ?? error)}`;
}

/** What the kernel's object calls; see `VatHeap`. */
export class VatFacet extends DurableObject {
  #runtime: VatRuntime | undefined;
  #delivered = 0;
  #label = "";

  /** A fresh heap. */
  begin(label: string, pairs: [string, string][], imports: "held" | "scoped"): void {
    this.#label = label;
    const buildRootObject: BuildRootObject = (...parameters) => {
      const entry = factory?.()?.buildRootObject;
      if (typeof entry !== "function") throw Error(refusal || "the bundle exports no buildRootObject");
      return entry(...parameters);
    };
    this.#runtime = new VatRuntime({ buildRootObject, pairs, imports, drain });
    this.#delivered = 0;
  }

  /** Past deliveries with their hashes, as JSON. */
  async replay(past: string): Promise<{ delivered: number } | { diverged: number }> {
    if (this.#runtime === undefined) throw Error("replay comes after begin");
    vatConsole.begin(this.#label, false);
    for (const [delivery, hash] of JSON.parse(past) as [Delivery, string][]) {
      const written = await this.#runtime.deliver(delivery);
      if (written.hash !== hash) return { diverged: this.#delivered + 1 };
      this.#delivered += 1;
    }
    return { delivered: this.#delivered };
  }

  /** `seq` is the number that this delivery will have; after any other count this heap is not the kernel's. */
  async deliver(seq: number, delivery: string): Promise<string | null> {
    if (this.#runtime === undefined || seq !== this.#delivered + 1) return null;
    this.#delivered = seq;
    vatConsole.begin(this.#label, true);
    const { text } = await this.#runtime.deliver(JSON.parse(delivery));
    return text;
  }
}
