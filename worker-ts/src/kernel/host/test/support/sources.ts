// Heaps for the tests: bundles that stand for functions of this isolate, so that replay can be tried where no isolate can be made.
import type { LocalKernel } from "../../../make-kernel";
import { hashBundle } from "../../../vat/bundle";
import type { Replayed, VatHeap, VatInfo, VatSource } from "../../../vat/heap";
import { type BuildRootObject, type Delivery, VatRuntime } from "../../../vat/runtime/runtime";
import { RAW_SYSCALLS } from "./actor";

/** A turn of the loop of tasks; Node makes a whole millisecond of a timer. */
const drain = (): Promise<void> =>
  new Promise((go) => void (typeof setImmediate === "function" ? setImmediate(go) : setTimeout(go, 0)));

/** What a test may do to heaps. */
export interface TestSource extends VatSource {
  /** Puts the bundles of all names. */
  put(kernel: Pick<LocalKernel, "putBundle">): Promise<void>;
  /** By vat; those that are open. */
  readonly heaps: Map<string, TestHeap>;
  /** Every `begin`, as `v1.2`. */
  readonly begun: string[];
  /** Called before each delivery; may throw, and may wait for ever. */
  before: (vat: string, delivery: Delivery) => void | Promise<void>;
}

/** The code of a bundle that stands for a function. */
const codeOf = (name: string) => `var __vatExports__ = "${name}";`;

/** A source of `builds`; the name `raw` is a vat whose outcomes are written by hand. */
export async function testSource(builds: Readonly<Record<string, BuildRootObject>>): Promise<TestSource> {
  const names = new Map<string, string>();
  for (const name of [...Object.keys(builds), "raw"]) names.set(await hashBundle(codeOf(name)), name);
  const source: TestSource = {
    heaps: new Map(),
    begun: [],
    before() {},
    async put(kernel) {
      for (const [sha256, name] of names)
        await kernel.putBundle(name, { moduleFormat: "iife", code: codeOf(name), sha256 });
    },
    open(vat) {
      const heap = new TestHeap(vat, source, builds[names.get(vat.bundle) ?? ""] ?? null);
      source.heaps.set(vat.vat, heap);
      return heap;
    },
  };
  return source;
}

/** One heap in this isolate. */
export class TestHeap implements VatHeap {
  readonly #vat: VatInfo;
  readonly #source: TestSource;
  readonly #build: BuildRootObject | null;
  #runtime: VatRuntime | null = null;
  #delivered = -1;
  ended = false;
  replayed = 0;
  /** The hashes come out otherwise from now on. */
  damaged = false;

  constructor(vat: VatInfo, source: TestSource, build: BuildRootObject | null) {
    this.#vat = vat;
    this.#source = source;
    this.#build = build;
  }

  async begin(pairs: readonly (readonly [string, string])[]): Promise<void> {
    this.#source.begun.push(`${this.#vat.vat}.${this.#vat.incarnation}`);
    const { imports } = this.#vat;
    this.#runtime = this.#build && new VatRuntime({ buildRootObject: this.#build, pairs, imports, drain });
    this.#delivered = 0;
  }

  async deliver(seq: number, text: string): Promise<string | null> {
    const delivery = JSON.parse(text) as Delivery;
    if (seq !== this.#delivered + 1) return null;
    await this.#source.before(this.#vat.vat, delivery);
    if (this.ended) throw new Error("the heap has ended");
    this.#delivered = seq;
    return this.#runtime ? (await this.#runtime.deliver(delivery)).text : rawOutcome(delivery);
  }

  async replay(past: string): Promise<Replayed> {
    for (const [delivery, hash] of JSON.parse(past) as [Delivery, string][]) {
      const told = this.#runtime ? (await this.#runtime.deliver(delivery)).hash : RAW_HASH;
      if (told !== hash || this.damaged) return { diverged: this.#delivered + 1 };
      this.#delivered += 1;
      this.replayed += 1;
    }
    return { delivered: this.#delivered };
  }

  end(): void {
    this.ended = true;
    this.#runtime = null;
    this.#delivered = -1;
  }
}

const RAW_HASH = "0123456789abcdef";

function rawOutcome(delivery: Delivery): string {
  const [kind, , message] = delivery as readonly [
    string,
    unknown,
    { methargs: { body: string }; result: string | null },
  ];
  let syscalls: readonly unknown[] = [];
  if (kind === "message") {
    const [method] = JSON.parse(message.methargs.body.slice(1)) as [string];
    const answer = ["resolve", [[message.result, false, { body: "#null", slots: [] }]]];
    syscalls = RAW_SYSCALLS[method] ?? (message.result === null ? [] : [answer]);
  }
  return JSON.stringify({ hash: RAW_HASH, syscalls, sets: [], deletes: [], stored: 0 });
}
