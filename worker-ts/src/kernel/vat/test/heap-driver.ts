// A heap without a kernel: deliveries by number, what they left behind, and the rebuilding of a heap that is not there any more.
import type { VatHeap } from "../heap";

interface Outcome {
  readonly hash?: string;
  readonly fault?: string;
  readonly syscalls: unknown[][];
  readonly sets: [string, string, (string | null)?][];
}

/** What a test reads of an outcome. */
export interface Heard extends Outcome {
  readonly text: string;
  readonly resolves: { vref: string; rejected: boolean; body: string; slots: string[] }[];
  readonly sends: string[];
}

/** One incarnation, and its past as the kernel would keep it. */
export class HeapDriver {
  readonly heap: VatHeap;
  /** Deliveries with their hashes. */
  past: [unknown, string][] = [];
  /** How often a heap had to be made. */
  begun = 0;
  readonly #pairs: [string, string][];
  #results = 100;

  constructor(heap: VatHeap, pairs: [string, string][] = []) {
    this.heap = heap;
    this.#pairs = pairs;
  }

  start(parameters: unknown = {}): Promise<Heard> {
    return this.deliver(["startVat", { body: `#${JSON.stringify(parameters)}`, slots: [] }, []]);
  }

  message(method: string, args: unknown[] = [], slots: string[] = [], result = `p-${this.#results++}`): Promise<Heard> {
    const methargs = { body: `#${JSON.stringify([method, args])}`, slots };
    return this.deliver(["message", "o+0", { methargs, result }]);
  }

  /** What the message's result is fulfilled with; throws the reason of a rejection. */
  async ask(method: string, ...args: unknown[]): Promise<unknown> {
    const { resolves, fault } = await this.message(method, args);
    const [answer] = resolves;
    if (!answer) throw Error(fault ?? "no answer");
    const value = JSON.parse(answer.body.slice(1));
    if (answer.rejected) throw Error(value["#error"] ?? answer.body);
    return value;
  }

  notify(vref: string, value: unknown): Promise<Heard> {
    return this.deliver(["notify", [[vref, false, { body: `#${JSON.stringify(value)}`, slots: [] }]]]);
  }

  /** Delivers; a heap that is gone, or not this one, is rebuilt from the past. Throws `diverged at N`. */
  async deliver(delivery: unknown): Promise<Heard> {
    const seq = this.past.length + 1;
    let text = await this.heap.deliver(seq, JSON.stringify(delivery));
    if (text === null) {
      await this.rebuild();
      text = await this.heap.deliver(seq, JSON.stringify(delivery));
    }
    if (text === null) throw Error("the heap does not know its own past");
    const outcome = JSON.parse(text) as Outcome;
    if (outcome.hash !== undefined) this.past.push([delivery, outcome.hash]);
    return { ...outcome, text, ...taken(outcome) };
  }

  async rebuild(): Promise<void> {
    this.begun += 1;
    await this.heap.begin(this.#pairs);
    for (let i = 0; i < this.past.length; i += 500) {
      const replayed = await this.heap.replay(JSON.stringify(this.past.slice(i, i + 500)));
      if ("diverged" in replayed) throw Error(`diverged at ${replayed.diverged}`);
    }
  }
}

function taken({ syscalls = [] }: Outcome): Pick<Heard, "resolves" | "sends"> {
  const resolves = syscalls
    .filter(([kind]) => kind === "resolve")
    .flatMap(([, list]) => list as [string, boolean, { body: string; slots: string[] }][])
    .map(([vref, rejected, { body, slots }]) => ({ vref, rejected, body, slots }));
  return { resolves, sends: syscalls.filter(([kind]) => kind === "send").map(([, target]) => String(target)) };
}
