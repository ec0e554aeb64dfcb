// Vats that come as bundles, each in an isolate of its own: no network, no bindings, SES inside. The isolate's class runs as a facet of the
// kernel's object, because a facet keeps one context for its life. The facet's own storage stays empty: it is not atomic with the kernel's.
import { SHIM_SHA256, SHIM_TEXT } from "./generated/shim";
import type { Replayed, VatHeap, VatInfo, VatSource } from "./heap";
import type { VatFacet } from "./shim/vat-object";

/** Part of what a replay repeats, so it never moves by itself. Before 2026-08-04 nodejs_compat is off. */
const COMPATIBILITY_DATE = "2026-06-01";
/** Milliseconds of CPU for one delivery; workerd on this machine does not count. */
const CPU_MS = 1_000;
const SHIM_DIGITS = 16;

/** What a bundle's isolate is made with. */
export interface DynamicVatParts {
  readonly loader: WorkerLoader;
  /** Of the kernel's object. */
  readonly facets: DurableObjectFacets;
  /** The code of the bundle with this SHA-256. */
  readonly bundle: (sha256: string) => Promise<string> | string;
}

class DynamicHeap implements VatHeap {
  readonly #vat: VatInfo;
  readonly #parts: DynamicVatParts;
  #facet: Fetcher<VatFacet> | undefined;

  constructor(vat: VatInfo, parts: DynamicVatParts) {
    this.#vat = vat;
    this.#parts = parts;
    // it may have outlived its host and be ahead of it
    this.end();
  }

  deliver(seq: number, delivery: string): Promise<string | null> {
    return this.#open().deliver(seq, delivery);
  }

  async begin(pairs: readonly (readonly [key: string, value: string])[]): Promise<void> {
    const { kernel, vat, imports } = this.#vat;
    await this.#open().begin(`${kernel}/${vat}`, pairs as [string, string][], imports);
  }

  replay(past: string): Promise<Replayed> {
    return this.#open().replay(past);
  }

  end(): void {
    this.#facet = undefined;
    try {
      this.#parts.facets.abort(this.#vat.vat, new Error("the kernel has ended this heap"));
    } catch {
      // none was running
    }
  }

  #open(): Fetcher<VatFacet> {
    this.#facet ??= this.#parts.facets.get<VatFacet>(this.#vat.vat, () => ({
      id: this.#vat.vat,
      class: this.#isolate().getDurableObjectClass<VatFacet>("VatFacet"),
    }));
    return this.#facet;
  }

  #isolate(): WorkerStub {
    const { kernel, vat, incarnation, bundle } = this.#vat;
    const name = `vat:${kernel}:${vat}:${bundle}:${incarnation}:${SHIM_SHA256.slice(0, SHIM_DIGITS)}`;
    return this.#parts.loader.get(name, async () => isolateCode(await this.#parts.bundle(bundle)));
  }
}

/** The isolate of one bundle: it reaches nothing but what it is sent. */
export function isolateCode(code: string): WorkerLoaderWorkerCode {
  return {
    compatibilityDate: COMPATIBILITY_DATE,
    mainModule: "shim.js",
    modules: { "shim.js": SHIM_TEXT, "bundle.txt": { text: code } },
    globalOutbound: null,
    env: {},
    limits: { cpuMs: CPU_MS },
  };
}

/** Opens heaps of bundles. */
export function dynamicVats(parts: DynamicVatParts): VatSource {
  return { open: (vat) => new DynamicHeap(vat, parts) };
}
