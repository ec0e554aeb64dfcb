// The kernel's machine and its loader over the handles of the core: text and numbers in, text and numbers out. When to call what is
// in rust/kernel/KERNEL.md; nothing is decided here.
import { KernelLoader as RawLoader, type KernelMachine as RawMachine } from "../../generated/ferrule_kernel.js";
import { Handle } from "../core/handle.js";
import { KernelFault } from "./fault.js";
import { instance } from "./instance.js";

/** What leaves the machine. `delivery`, `methargs` and `answer` are JSON. `call` and `reply` come only after their batch. */
export type MachineOutput =
  | { readonly kind: "start"; readonly vat: string; readonly incarnation: number; readonly bundle: string }
  | {
      readonly kind: "deliver";
      readonly crank: number;
      readonly vat: string;
      readonly seq: number;
      readonly delivery: string;
    }
  | { readonly kind: "stop"; readonly vat: string }
  | { readonly kind: "call"; readonly call: number; readonly service: string; readonly methargs: string }
  | { readonly kind: "reply"; readonly command: number; readonly answer: string };

/** Rows to be written as one: first the wipes (prefixes), then the deletes (keys), then the sets (`[[key, value], ...]`). */
export interface MachineBatch {
  readonly id: number;
  readonly sets: string;
  readonly deletes: string;
  readonly wipes: string;
  /** How many rows are set or deleted. */
  readonly rows: number;
}

function must(code: number): void {
  if (code !== 0) throw new KernelFault(code);
}

/** An object-capability kernel. It holds a handle in the core: `using`, or dispose of it. Refusals are `KernelFault`. */
export class KernelMachine implements Disposable {
  readonly #handle: Handle<RawMachine>;

  /** Made by `KernelLoader`. */
  constructor(handle: Handle<RawMachine>) {
    this.#handle = handle;
  }

  /** Takes a command (JSON). `key`: the SHA-256 of its idempotency key in hex. */
  handleCommand(id: number, key: string | null, command: string): void {
    must(this.#handle.call((raw) => raw.handleCommand(id, key ?? "", command)));
  }

  /** Takes the outcome (JSON) of the delivery under way; text that is none is a fault of the vat. */
  handleOutcome(crank: number, outcome: string): void {
    must(this.#handle.call((raw) => raw.handleOutcome(crank, outcome)));
  }

  /** The oldest closed batch is durable. */
  handleCommitted(batch: number): void {
    must(this.#handle.call((raw) => raw.handleCommitted(batch)));
  }

  /** The net rows since the last batch; null when nothing changed. */
  closeBatch(): MachineBatch | null {
    return this.#handle.call((raw) => {
      const id = raw.closeBatch();
      if (id === 0) return null;
      return {
        id,
        sets: raw.batchSets(),
        deletes: raw.batchDeletes(),
        wipes: raw.batchWipes(),
        rows: raw.batchRows(),
      };
    });
  }

  /** The next thing that may leave; null: nothing can be done without new input. */
  pollOutput(): MachineOutput | null {
    return this.#handle.call(readOutput);
  }

  /** How many more cranks `pollOutput` may begin. */
  allow(cranks: number): void {
    this.#handle.call((raw) => raw.allow(cranks));
  }

  /** Whether work is left that the allowance alone holds up. */
  get runnable(): boolean {
    return this.#handle.call((raw) => raw.isRunnable());
  }

  /** Bytes of what `closeBatch` would write, roughly. */
  get pendingBytes(): number {
    return this.#handle.call((raw) => raw.pendingBytes());
  }

  /** The status, as JSON. */
  status(): string {
    return this.#handle.call((raw) => raw.status());
  }

  /** Vats, objects, promises and who holds them, as JSON. */
  graph(): string {
    return this.#handle.call((raw) => raw.graph());
  }

  /** Turns the trace of cranks on or off. */
  watch(on: boolean): void {
    this.#handle.call((raw) => raw.watch(on));
  }

  /** The cranks above `after` that the trace keeps, as JSON. */
  trace(after: number): string {
    return this.#handle.call((raw) => raw.trace(after));
  }

  /** Recounts everything from its holders; the sentences say what differs. For tests. */
  audit(): string[] {
    return JSON.parse(this.#handle.call((raw) => raw.audit()));
  }

  /** Whether an object is revoked. */
  isRevoked(kref: string): boolean {
    const answer = this.#handle.call((raw) => raw.isRevoked(kref));
    if (answer < 0) throw new KernelFault(-answer);
    return answer === 1;
  }

  /** Gives the handle back; twice is once. */
  [Symbol.dispose](): void {
    this.#handle.free();
  }
}

function readOutput(raw: RawMachine): MachineOutput | null {
  const kind = raw.pollOutput();
  switch (kind) {
    case 0:
      return null;
    case 1:
      return { kind: "start", vat: `v${raw.outputVat()}`, incarnation: raw.outputId(), bundle: raw.outputText() };
    case 2:
      return {
        kind: "deliver",
        crank: raw.outputId(),
        vat: `v${raw.outputVat()}`,
        seq: raw.outputSeq(),
        delivery: raw.outputText(),
      };
    case 3:
      return { kind: "stop", vat: `v${raw.outputVat()}` };
    case 4:
      return { kind: "call", call: raw.outputId(), service: raw.outputName(), methargs: raw.outputText() };
    default:
      return { kind: "reply", command: raw.outputId(), answer: raw.outputText() };
  }
}

/** Takes the rows of a stored kernel, page by page. Used up by `finish`, or by a refusal. */
export class KernelLoader implements Disposable {
  readonly #handle = new Handle(instance, "KernelLoader", () => new RawLoader());

  /** `[[key, value], ...]` as JSON. */
  add(rows: string): void {
    this.#run((raw) => raw.add(rows));
  }

  /** The machine; no rows = a new kernel. `services`: the names of what the host offers. */
  finish(services: readonly string[]): KernelMachine {
    this.#run((raw) => raw.load(JSON.stringify(services)));
    const machine = this.#handle.call((raw) => raw.take());
    this.#handle.free();
    if (machine === undefined) throw new ReferenceError("this KernelLoader has been used");
    return new KernelMachine(new Handle(instance, "KernelMachine", () => machine));
  }

  /** A refused loader is of no further use, so its handle goes at once. */
  #run(what: (raw: RawLoader) => number): void {
    const code = this.#handle.call(what);
    if (code === 0) return;
    this.#handle.free();
    throw new KernelFault(code);
  }

  /** Gives the handle back; twice is once. */
  [Symbol.dispose](): void {
    this.#handle.free();
  }
}
