// From a store's rows to a machine: pages in what the machine keeps in RAM. What the rows mean is the machine's business, but for the
// code of the vats, which a lost heap is made of.
import { LOAD_ROWS_MAX } from "../limits";
import type { KernelStore, Row } from "../store/store";
import type { Machine, MachineLoader } from "./machine";
import type { Made } from "./made";
import type { HostPorts } from "./ports";

/** What of the rows the machine keeps in RAM; the others are read when they are needed. */
const PREFIXES = ["k", "o/", "p/", "c/", "q/", "w/", "v/", "f/", "g/", "a/", "u/", "e/", "x/"];

/** A kernel as its store tells it. */
export interface Loaded {
  readonly machine: Machine;
  /** By vat, which heap it has and what that is made of. */
  readonly made: ReadonlyMap<string, Made>;
  /** Batches written so far. */
  readonly seq: number;
}

/** Takes the store over and loads. `opened`: somebody has taken it over already and written so many batches. */
export async function loadMachine(
  parts: { readonly store: KernelStore; readonly ports: HostPorts; readonly loader: () => MachineLoader },
  services: readonly string[],
  opened?: { readonly seq: number },
): Promise<Loaded> {
  const { store, ports } = parts;
  const { seq } = opened ?? (await ports.wait(() => store.open()));
  const loader = parts.loader();
  try {
    const made = await loadRows(parts, loader);
    return { machine: loader.finish(services), made, seq };
  } finally {
    // the rows so far lie outside of what is collected by itself
    loader[Symbol.dispose]();
  }
}

async function loadRows(
  { store, ports }: { readonly store: KernelStore; readonly ports: HostPorts },
  loader: MachineLoader,
): Promise<Map<string, Made>> {
  const made = new Map<string, Made>();
  for (const prefix of PREFIXES) {
    for (let after = ""; ; ) {
      const rows = await ports.wait(() => store.load(prefix, after, LOAD_ROWS_MAX));
      const last = rows.at(-1);
      if (last === undefined) break;
      if (prefix === "v/" || prefix === "f/") note(made, rows);
      loader.add(JSON.stringify(rows));
      after = last[0];
      if (prefix === "k") break;
    }
  }
  return made;
}

/** Row `v/<n>`: state, incarnation, and so on. Row `f/<n>`: subcluster, name, bundle, and so on. */
function note(made: Map<string, Made>, rows: readonly Row[]): void {
  for (const [key, value] of rows) {
    const vat = `v${Number(key.slice(2))}`;
    const [, second, third] = JSON.parse(value) as readonly unknown[];
    const { incarnation = 0, bundle = "" } = made.get(vat) ?? {};
    if (key.startsWith("v/")) made.set(vat, { incarnation: second as number, bundle });
    else made.set(vat, { incarnation, bundle: third as string });
  }
}
