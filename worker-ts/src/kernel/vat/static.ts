// Vats that are compiled in, in this isolate: no lockdown, cooperative. Their code changes with each deploy, so nothing is ever replayed:
// a heap that is lost is a restart.
import "./runtime/cooperative";
import { KernelError } from "../kernel-error";
import type { VatHeap, VatInfo, VatSource } from "./heap";
import { findVat } from "./registry";
import { type BuildRootObject, type Delivery, VatRuntime } from "./runtime/runtime";

/** What a static vat's `VatInfo.bundle` begins with. */
export const STATIC_PREFIX = "static:";

/** A turn of the loop of tasks: it comes when no promise job is left. */
const drain = (): Promise<void> =>
  new Promise((resolve) => {
    // Node makes a whole millisecond of a timer
    if (typeof setImmediate === "function") setImmediate(resolve);
    else setTimeout(resolve, 0);
  });

class StaticHeap implements VatHeap {
  readonly #vat: VatInfo;
  readonly #buildRootObject: BuildRootObject;
  #runtime: VatRuntime | undefined;
  #delivered = 0;

  constructor(vat: VatInfo, buildRootObject: BuildRootObject) {
    this.#vat = vat;
    this.#buildRootObject = buildRootObject;
  }

  async deliver(seq: number, delivery: string): Promise<string | null> {
    if (this.#runtime === undefined || seq !== this.#delivered + 1) return null;
    this.#delivered = seq;
    const { text } = await this.#runtime.deliver(JSON.parse(delivery) as Delivery);
    return text;
  }

  async begin(pairs: readonly (readonly [key: string, value: string])[]): Promise<void> {
    const { imports } = this.#vat;
    this.#runtime = new VatRuntime({ buildRootObject: this.#buildRootObject, pairs, imports, drain });
    this.#delivered = 0;
  }

  async replay(): Promise<never> {
    throw new KernelError("UNSUPPORTED", "a vat that is compiled in has no transcript");
  }

  end(): void {
    this.#runtime = undefined;
  }
}

/** Opens heaps of registered vats. `open` throws `UNKNOWN_BUNDLE` for a name that nobody registered. */
export const staticVats: VatSource = {
  open(vat) {
    const name = vat.bundle.slice(STATIC_PREFIX.length);
    const buildRootObject = vat.bundle.startsWith(STATIC_PREFIX) ? findVat(name) : undefined;
    if (buildRootObject === undefined)
      throw new KernelError("UNKNOWN_BUNDLE", `no vat is compiled in under ${JSON.stringify(name)}`);
    return new StaticHeap(vat, buildRootObject);
  },
};
