// A vat without a kernel: what the tests say to it in vrefs, and what it says back.
import "../cooperative";
import { hashText } from "../outcome";
import { type BuildRootObject, type Delivery, VatRuntime } from "../runtime";

export type Pairs = readonly (readonly [string, string])[];
type Send = { target: string; body: string; slots: string[]; result: string | null };
type Resolution = { vref: string; rejected: boolean; body: string; slots: string[] };

/** An outcome, taken apart. */
export interface Told {
  readonly text: string;
  readonly fault: string | undefined;
  readonly kinds: string[];
  readonly sends: Send[];
  readonly resolves: Resolution[];
  readonly dropped: string[];
  readonly sets: [string, string, (string | null)?][];
  readonly deletes: [string, (string | null)?][];
  readonly stored: number;
  readonly restart: boolean;
  readonly syscalls: unknown[][];
}

const later = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** One incarnation of a vat, driven by hand. */
export class Driver {
  readonly runtime: VatRuntime;
  /** The store as it would lie in the kernel. */
  readonly rows: Map<string, string>;
  /** Deliveries and their hashes. */
  readonly past: [Delivery, string | undefined][] = [];
  #results = 100;

  constructor(buildRootObject: BuildRootObject, pairs: Pairs = [], imports: "held" | "scoped" = "held") {
    this.rows = new Map(pairs);
    this.runtime = new VatRuntime({ buildRootObject, pairs, imports, drain: later });
  }

  static async start(build: BuildRootObject, pairs: Pairs = [], imports: "held" | "scoped" = "held"): Promise<Driver> {
    const driver = new Driver(build, pairs, imports);
    await driver.begin();
    return driver;
  }

  begin(parameters: unknown = {}, known: string[] = []): Promise<Told> {
    return this.deliver(["startVat", { body: `#${JSON.stringify(parameters)}`, slots: [] }, known]);
  }

  async deliver(delivery: Delivery): Promise<Told> {
    const { text, hash } = await this.runtime.deliver(JSON.parse(JSON.stringify(delivery)));
    const told = takeApart(text);
    this.past.push([delivery, hash]);
    for (const [key, value] of told.sets) this.rows.set(key, value);
    for (const [key] of told.deletes) this.rows.delete(key);
    return told;
  }

  /** `body`: smallcaps of `[method, args]`, `$0` and `&0` name `slots`. */
  message(method: string, args: unknown[] = [], slots: string[] = [], result?: string | null): Promise<Told> {
    return this.send("o+0", [method, args], slots, result);
  }

  send(target: string, methargs: unknown, slots: string[] = [], result: string | null = `p-${this.#results++}`) {
    return this.deliver(["message", target, { methargs: { body: `#${JSON.stringify(methargs)}`, slots }, result }]);
  }

  notify(...list: [vref: string, rejected: boolean, value: unknown, slots?: string[]][]): Promise<Told> {
    const settled = list.map(([vref, rejected, value, slots = []]) => [
      vref,
      rejected,
      { body: `#${JSON.stringify(value)}`, slots },
    ]);
    return this.deliver(["notify", settled]);
  }
}

function takeApart(text: string): Told {
  const parsed = JSON.parse(text) as Record<string, unknown>;
  const syscalls = (parsed["syscalls"] ?? []) as unknown[][];
  const { hash, ...rest } = parsed;
  if (hash !== undefined && hash !== hashText(JSON.stringify(rest))) throw Error("the hash is not that of the text");
  const of = (kind: string) => syscalls.filter(([name]) => name === kind);
  return {
    text,
    fault: parsed["fault"] as string | undefined,
    kinds: syscalls.map(([kind]) => String(kind)),
    sends: of("send").map(([, target, call]) => {
      const { methargs, result } = call as { methargs: { body: string; slots: string[] }; result: string | null };
      return { target: String(target), body: methargs.body, slots: methargs.slots, result };
    }),
    resolves: of("resolve").flatMap(([, list]) =>
      (list as [string, boolean, { body: string; slots: string[] }][]).map(([vref, rejected, { body, slots }]) => ({
        vref,
        rejected,
        body,
        slots,
      })),
    ),
    dropped: of("dropImports").flatMap(([, list]) => list as string[]),
    sets: (parsed["sets"] ?? []) as Told["sets"],
    deletes: (parsed["deletes"] ?? []) as Told["deletes"],
    stored: Number(parsed["stored"]),
    restart: parsed["restart"] === true,
    syscalls,
  };
}
