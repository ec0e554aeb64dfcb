// Bundles' heaps without isolates, for tests in Node: the same runtime over the vats' sources. With `restartEvery` a vat is restarted after
// that many deliveries, whenever it owes nobody an answer: what its baggage has forgotten shows at once.
import "../runtime/cooperative";
import type { Replayed, VatHeap, VatInfo, VatSource } from "../heap";
import { type BuildRootObject, type Delivery, VatRuntime } from "../runtime/runtime";

const drain = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

class RuntimeHeap implements VatHeap {
  readonly #vat: VatInfo;
  readonly #build: BuildRootObject;
  readonly #restartEvery: number;
  /** Promises that the vat decides. */
  readonly #owed = new Set<string>();
  #runtime: VatRuntime | undefined;
  #delivered = 0;

  constructor(vat: VatInfo, build: BuildRootObject, restartEvery: number) {
    this.#vat = vat;
    this.#build = build;
    this.#restartEvery = restartEvery;
  }

  async deliver(seq: number, text: string): Promise<string | null> {
    if (this.#runtime === undefined || seq !== this.#delivered + 1) return null;
    this.#delivered = seq;
    const delivery = JSON.parse(text) as Delivery;
    const written = await this.#runtime.deliver(delivery);
    this.#count(delivery, written.text);
    // not after the start: it would start for ever
    const due = seq > 1 && seq > this.#restartEvery && this.#owed.size === 0;
    return due && written.hash ? written.text.replace(/,"restart":true}$|}$/, ',"restart":true}') : written.text;
  }

  #count([kind, , call]: Delivery, text: string): void {
    const result = kind === "message" ? (call as { result: string | null }).result : null;
    if (result !== null) this.#owed.add(result);
    const { syscalls = [] } = JSON.parse(text) as { syscalls?: [string, unknown, unknown][] };
    const passed = text.match(/"p\+\d+"/g) ?? [];
    const made = new Set(syscalls.filter(([name]) => name === "subscribe").map(([, vref]) => `"${vref}"`));
    for (const vref of passed) if (!made.has(vref)) this.#owed.add(vref.slice(1, -1));
    for (const [name, list] of syscalls)
      if (name === "resolve") for (const [vref] of list as [string][]) this.#owed.delete(vref);
  }

  async begin(pairs: readonly (readonly [string, string])[]): Promise<void> {
    const { imports } = this.#vat;
    this.#runtime = new VatRuntime({ buildRootObject: this.#build, pairs, imports, drain });
    this.#delivered = 0;
    this.#owed.clear();
  }

  async replay(past: string): Promise<Replayed> {
    for (const [delivery, hash] of JSON.parse(past) as [Delivery, string][]) {
      const written = await this.#runtime!.deliver(delivery);
      if (written.hash !== hash) return { diverged: this.#delivered + 1 };
      this.#count(delivery, written.text);
      this.#delivered += 1;
    }
    return { delivered: this.#delivered };
  }

  end(): void {
    this.#runtime = undefined;
  }
}

/** `builds`: by the SHA-256 of the bundles. */
export function runtimeVats(builds: ReadonlyMap<string, BuildRootObject>, restartEvery = Infinity): VatSource {
  return { open: (vat) => new RuntimeHeap(vat, builds.get(vat.bundle)!, restartEvery) };
}
