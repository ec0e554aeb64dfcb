// The heaps of one kernel in this life of its host: opens them when first needed, hands deliveries in, rebuilds what is lost. What an
// outcome means is the machine's business.
import { DELIVERY_DEADLINE_MS } from "../host/limits";
import type { HostPorts } from "../host/ports";
import type { KernelStore } from "../store/store";
import { Deadline } from "./deadline";
import type { VatHeap, VatInfo, VatSource } from "./heap";
import type { Recent } from "./recent";
import { Diverged, rebuild, StoreTrouble, storeAtStart } from "./replay";

/** What the heaps need of their host. */
export interface HeapsParts {
  readonly kernel: string;
  readonly store: KernelStore;
  readonly source: VatSource;
  readonly ports: HostPorts;
  readonly recent: Recent;
  /** The running vat's incarnation, code and way of holding imports. */
  readonly describe: (vat: string) => Omit<VatInfo, "kernel" | "vat">;
  /** Waits for the batch in flight, if there is one. */
  readonly landed: () => Promise<void>;
  readonly incident: (text: string) => void;
  readonly deadlineMs?: number;
}

/** A delivery as the machine asks for it. */
export interface Asked {
  readonly vat: string;
  readonly seq: number;
  readonly delivery: string;
}

/** The source has no heap to open; `cause` is what it threw. */
class NoCode extends Error {}

/** Heaps by vat. One call at a time. */
export class Heaps {
  readonly #parts: HeapsParts;
  readonly #deadline: Deadline;
  readonly #heaps = new Map<string, { readonly heap: VatHeap; readonly incarnation: number }>();

  constructor(parts: HeapsParts) {
    this.#parts = parts;
    this.#deadline = new Deadline(parts.deadlineMs ?? DELIVERY_DEADLINE_MS, parts.ports);
  }

  /** A fresh heap for a new incarnation; the one before ends. Whatever goes wrong shows at the delivery that follows. */
  async start(info: Omit<VatInfo, "kernel">): Promise<void> {
    const { recent, landed } = this.#parts;
    const { vat, incarnation } = info;
    this.stop(vat);
    if (incarnation > 1) await landed();
    const pairs = await storeAtStart(this.#parts, vat, incarnation);
    recent.begin(vat, incarnation, pairs);
    try {
      const heap = this.#open(info);
      await this.#deadline.run(() => heap.begin(pairs));
    } catch (error) {
      if (error instanceof NoCode) throw error.cause;
      this.stop(vat);
    }
  }

  /** The outcome's text; `lost` when there is no heap that could have answered. Rejects only when the store does. */
  async deliver({ vat, seq, delivery }: Asked): Promise<string> {
    const { recent } = this.#parts;
    try {
      const open = this.#heaps.get(vat);
      let outcome = open ? await this.#deadline.run(() => open.heap.deliver(seq, delivery)) : null;
      if (outcome === null) {
        const heap = await this.#rebuilt(vat, seq);
        outcome = await this.#deadline.run(() => heap.deliver(seq, delivery));
      }
      const incarnation = this.#heaps.get(vat)?.incarnation;
      if (outcome === null || incarnation === undefined) throw new Error("the heap has lost count");
      recent.add(vat, incarnation, seq, delivery, outcome);
      return outcome;
    } catch (error) {
      if (error instanceof StoreTrouble) throw error;
      if (error instanceof NoCode) throw error.cause;
      this.stop(vat);
      const why = error instanceof Error ? error.message : "no reason was given";
      if (!(error instanceof Diverged)) return JSON.stringify({ lost: why });
      this.#parts.incident(`REPLAY_DIVERGED: ${why}; the vat is restarted`);
      return JSON.stringify({ lost: "REPLAY_DIVERGED", restart: true });
    }
  }

  /** The vat's heap is of no use any more. */
  stop(vat: string): void {
    const open = this.#heaps.get(vat);
    this.#heaps.delete(vat);
    open?.heap.end();
  }

  /** Nothing is under way. */
  rest(): void {
    this.#deadline.rest();
  }

  /** The host's life is over. */
  end(): void {
    for (const vat of [...this.#heaps.keys()]) this.stop(vat);
    this.rest();
  }

  #open(info: Omit<VatInfo, "kernel">): VatHeap {
    const heap = this.#source(info);
    this.#heaps.set(info.vat, { heap, incarnation: info.incarnation });
    return heap;
  }

  /** A vat without code must not be taken for one whose heap is lost: that would end it, and its store with it. */
  #source(info: Omit<VatInfo, "kernel">): VatHeap {
    try {
      return this.#parts.source.open({ kernel: this.#parts.kernel, ...info });
    } catch (cause) {
      throw new NoCode("there is no code for the vat", { cause });
    }
  }

  async #rebuilt(vat: string, seq: number): Promise<VatHeap> {
    await this.#parts.landed();
    const heap = this.#heaps.get(vat)?.heap ?? this.#open({ vat, ...this.#parts.describe(vat) });
    const { incarnation } = this.#heaps.get(vat)!;
    const past = { vat, incarnation, delivered: seq - 1 };
    await rebuild(this.#parts, heap, past, (step) => this.#deadline.run(step));
    return heap;
  }
}
