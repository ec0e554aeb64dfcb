// K50: the script of tests/vectors/kernel-script.json gives the same outputs, rows and activity hash in WebAssembly as natively
// (rust/kernel/tests/kernel_script.rs).
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { MachineOutput } from "../src/kernel/index.ts";
import { KernelFault, KernelLoader, type KernelMachine } from "../src/kernel/node.ts";

type Step = { command: unknown } | { keyed: [string, unknown] } | { outcome: unknown } | "rest";

interface Script {
  readonly services: readonly string[];
  readonly steps: readonly Step[];
  readonly expected: { readonly outputs: readonly unknown[]; readonly hash: string; readonly rows: string };
}

const script: Script = JSON.parse(
  readFileSync(new URL("../../../../tests/vectors/kernel-script.json", import.meta.url), "utf8"),
);
const NOTHING = JSON.stringify({ hash: "0000000000000000", syscalls: [], sets: [], deletes: [], stored: 0 });

/** An output as the vector writes it. */
function told(output: MachineOutput): unknown[] {
  switch (output.kind) {
    case "start":
      return ["start", output.vat, `${output.incarnation} ${output.bundle}`];
    case "deliver":
      return ["deliver", output.vat, `${output.crank} ${output.seq} ${output.delivery}`];
    case "stop":
      return ["stop", output.vat, ""];
    case "call":
      return ["call", output.call, `${output.service} ${output.methargs}`];
    case "reply":
      return ["reply", output.command, output.answer];
  }
}

/** A machine, the rows that it wrote and what it said. */
class Run {
  readonly rows = new Map<string, string>();
  readonly outputs: unknown[] = [];
  readonly #machine: KernelMachine;

  constructor(machine: KernelMachine) {
    this.#machine = machine;
  }

  take(number: number, step: Step): void {
    if (step === "rest") this.rest();
    else if ("outcome" in step) this.#machine.handleOutcome(this.#next() ?? Number.NaN, JSON.stringify(step.outcome));
    else if ("keyed" in step) this.#command(number, ...step.keyed);
    else this.#command(number, null, step.command);
    expect(this.#machine.audit()).toEqual([]);
  }

  /** The empty outcome for every delivery, until nothing is left to do. */
  rest(): void {
    for (let crank = this.#next(); crank !== null; crank = this.#next()) this.#machine.handleOutcome(crank, NOTHING);
  }

  #command(number: number, key: string | null, command: unknown): void {
    try {
      this.#machine.handleCommand(number, key, JSON.stringify(command));
    } catch (error) {
      if (!(error instanceof KernelFault)) throw error;
      this.outputs.push(["refused", number, error.code]);
    }
  }

  /** Goes on to the next delivery, or until nothing is left to do. */
  #next(): number | null {
    for (;;) {
      const output = this.#machine.pollOutput();
      if (output === null) {
        if (!this.#commit()) return null;
        continue;
      }
      this.outputs.push(told(output));
      if (output.kind === "deliver") return output.crank;
    }
  }

  #commit(): boolean {
    const batch = this.#machine.closeBatch();
    if (batch === null) return false;
    const [sets, deletes, wipes]: [[string, string][], string[], string[]] = [
      JSON.parse(batch.sets),
      JSON.parse(batch.deletes),
      JSON.parse(batch.wipes),
    ];
    expect(batch.rows).toBe(sets.length + deletes.length);
    for (const key of [...this.rows.keys()])
      if (wipes.some((prefix) => key.startsWith(prefix)) || deletes.includes(key)) this.rows.delete(key);
    for (const [key, value] of sets) this.rows.set(key, value);
    this.#machine.handleCommitted(batch.id);
    return true;
  }
}

test("K50: the script gives the outputs, the rows and the hash that it gives natively", () => {
  using machine = new KernelLoader().finish(script.services);
  const run = new Run(machine);
  for (const [number, step] of script.steps.entries()) run.take(number, step);
  run.rest();
  const sum = createHash("sha256");
  // Keys with other letters than ASCII are of one vat's store: bytes and UTF-16 units order them the same.
  for (const key of [...run.rows.keys()].sort()) sum.update(`${key}\0${run.rows.get(key)}\0`);
  const counters: unknown[] = JSON.parse(run.rows.get("k") ?? "[]");
  expect(run.outputs).toEqual(script.expected.outputs);
  expect({ hash: counters[13], rows: sum.digest("hex") }).toEqual({
    hash: script.expected.hash,
    rows: script.expected.rows,
  });
});
