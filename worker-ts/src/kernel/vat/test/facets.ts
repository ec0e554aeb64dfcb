// Heaps in isolates of their own, as facets of one object of the kernel's class.
import { env } from "cloudflare:workers";
import { dynamicVats } from "../dynamic";
import { BUNDLES } from "../generated/bundles";
import { HeapDriver } from "./heap-driver";

let objects = 0;

/** Heaps by the names of their bundles. */
export interface Facets {
  open(name: string, options?: { vat?: string; incarnation?: number; pairs?: [string, string][] }): HeapDriver;
  abort(vat: string): void;
}

/** `runInDurableObject` of `cloudflare:test`, which the Worker's own types do not know. */
export type RunIn = <T>(
  stub: DurableObjectStub,
  run: (object: never, state: DurableObjectState) => Promise<T>,
) => Promise<T>;

/** Runs with the facets of one object. `code`: bundles by other names than those of the samples. */
export function withVats<T>(
  runIn: RunIn,
  run: (facets: Facets) => Promise<T>,
  code: Record<string, string> = {},
): Promise<T> {
  const kernel = `facets-${objects++}`;
  return runIn(env.KERNEL.get(env.KERNEL.idFromName(kernel)), (_object, { facets }) => {
    const vats = dynamicVats({ loader: env.LOADER, facets, bundle: (name) => code[name] ?? BUNDLES[name]!.code });
    return run({
      open(bundle, { vat = "v1", incarnation = 1, pairs = [] } = {}) {
        return new HeapDriver(vats.open({ kernel, vat, incarnation, bundle, imports: "held" }), pairs);
      },
      abort: (vat) => facets.abort(vat, new Error("evicted")),
    });
  });
}
