// Cranks a second of the machine alone, without a store: natively by the example of the crate, and the same script over the WASM border.
import { execFileSync } from "node:child_process";
import { KernelLoader, type KernelMachine } from "@ferrule/core/kernel";
import { root } from "../../harness/environment.ts";

/** Callers that wait at the same time, as in the example. */
const AT_ONCE = 32;
/** Messages of one machine: below the soft bound of a transcript. */
const MACHINE_MESSAGES = 2_000;
const HASH = "0011223344556677";

/** Cranks a second of `rust/kernel/examples/cranks.rs`. */
export function nativeCranks(messages: number): number {
  const words = ["run", "--quiet", "--release", "--locked", "-p", "kernel", "--example", "cranks", "--", `${messages}`];
  const { cranks, ms } = JSON.parse(execFileSync("cargo", words, { cwd: root, encoding: "utf8" }));
  return (cranks / ms) * 1000;
}

/** The outcomes of two vats, as text: the first hands each message on to the second and answers with what that answered. */
class Vats {
  #promises = 0;
  #count = 0;
  readonly #owed = new Map<string, string>();

  outcome(vat: string, delivery: string): string {
    const [kind, ...rest] = JSON.parse(delivery);
    let syscalls = "";
    let sets = "";
    if (kind === "message" && vat === "v1") {
      const own = `p+${++this.#promises}`;
      this.#owed.set(own, rest[1].result);
      syscalls = `["send","o-1",{"methargs":{"body":"#[\\"increment\\",[\\"+1\\"]]","slots":[]},"result":"${own}"}],["subscribe","${own}"]`;
    } else if (kind === "message") {
      this.#count += 1;
      syscalls = `["resolve",[["${rest[1].result}",false,{"body":"#\\"+${this.#count}\\"","slots":[]}]]]`;
      sets = `["count","#\\"+${this.#count}\\""${this.#count === 1 ? ",null" : ""}]`;
    } else if (kind === "notify") {
      const resolutions = rest[0].flatMap(([vref, , { body }]: [string, boolean, { body: string }]) => {
        const result = this.#owed.get(vref);
        this.#owed.delete(vref);
        return result === undefined
          ? []
          : [`["resolve",[["${result}",false,{"body":${JSON.stringify(body)},"slots":[]}]]]`];
      });
      syscalls = resolutions.join(",");
    }
    return `{"hash":"${HASH}","syscalls":[${syscalls}],"sets":[${sets}],"deletes":[],"stored":16}`;
  }
}

/** What ran until nothing was left. */
interface Ran {
  readonly cranks: number;
  readonly replies: readonly string[];
  /** Rows of all batches. */
  readonly rows: number;
  readonly batches: number;
}

/** Runs the machine until nothing is left; `outcome` answers each delivery. */
function run(machine: KernelMachine, outcome: (vat: string, delivery: string) => string): Ran {
  let [cranks, rows, batches] = [0, 0, 0];
  const replies: string[] = [];
  for (;;) {
    const output = machine.pollOutput();
    if (output?.kind === "deliver") {
      cranks += 1;
      machine.handleOutcome(output.crank, outcome(output.vat, output.delivery));
    } else if (output?.kind === "reply") replies.push(output.answer);
    else if (output === null) {
      const batch = machine.closeBatch();
      if (batch === null) return { cranks, replies, rows, batches };
      rows += batch.rows;
      batches += 1;
      machine.handleCommitted(batch.id);
    }
  }
}

const spec = (name: string) => ({
  name,
  bundle: `static:${name}`,
  parameters: { body: "#{}", slots: [] },
  config: "{}",
  heap: "replay",
  whenFull: "refuse",
});

/** Alice gets Bob's root; `bootstrap` is answered by hand. */
function launch(machine: KernelMachine, names: readonly string[]): string {
  const command = { type: "launch", config: "{}", bootstrap: names[0], services: [], vats: names.map(spec) };
  machine.allow(Number.MAX_SAFE_INTEGER);
  machine.handleCommand(0, null, JSON.stringify(command));
  const { replies } = run(machine, (_vat, delivery) => {
    const [kind, , message] = JSON.parse(delivery);
    const resolved = `["resolve",[["${message?.result}",false,{"body":"#null","slots":[]}]]]`;
    return `{"hash":"${HASH}","syscalls":[${kind === "message" ? resolved : ""}],"sets":[],"deletes":[],"stored":0}`;
  });
  return JSON.parse(replies[0]!).root;
}

const sending = (target: string) =>
  JSON.stringify({ type: "send", target, methargs: { body: '#["count",[]]', slots: [] } });

/** Cranks a second over the WASM border, vats played in JavaScript as text, as in the example. */
export function wasmCranks(messages: number): number {
  let [cranks, ms] = [0, 0];
  for (let first = 0; first < messages; first += MACHINE_MESSAGES) {
    const machine = new KernelLoader().finish([]);
    const vats = new Vats();
    const command = sending(launch(machine, ["alice", "bob"]));
    const since = performance.now();
    const last = Math.min(messages, first + MACHINE_MESSAGES);
    for (let at = first; at < last; at += AT_ONCE) {
      for (let id = at; id < Math.min(last, at + AT_ONCE); id++) machine.handleCommand(id + 1, null, command);
      const ran = run(machine, (vat, delivery) => vats.outcome(vat, delivery));
      if (ran.replies.length !== Math.min(last, at + AT_ONCE) - at) throw new Error("a message was not answered");
      cranks += ran.cranks;
    }
    ms += performance.now() - since;
    const wrong = machine.audit();
    // Node 22 knows no `using`
    machine[Symbol.dispose]();
    if (wrong.length > 0) throw new Error(wrong.join("\n"));
  }
  return (cranks / ms) * 1000;
}

/** Rows of one message with one write, alone in its batch; the fence counts as one. */
export function rowsPerMessage(messages: number): number {
  const machine = new KernelLoader().finish([]);
  const command = sending(launch(machine, ["bob"]));
  let rows = 0;
  for (let id = 1; id <= messages; id++) {
    machine.handleCommand(id, null, command);
    const { rows: some, batches } = run(machine, (_vat, delivery) => {
      const { result } = JSON.parse(delivery)[2];
      const base = id === 1 ? ",null" : "";
      return `{"hash":"${HASH}","syscalls":[["resolve",[["${result}",false,{"body":"#\\"+${id}\\"","slots":[]}]]]],"sets":[["count","${id}"${base}]],"deletes":[],"stored":6}`;
    });
    rows += some + batches;
  }
  machine[Symbol.dispose]();
  return rows / messages;
}
