// One life of a kernel's host: polls the machine, delivers, commits, and lets answers and calls out after their batch. One crank at a
// time; commands only queue. When a batch does not land the life is over: nothing of it is told, and another one begins from the rows.

import { KernelError, type KernelErrorCode } from "../kernel-error";
import type { CommitOutcome, KernelStore } from "../store/store";
import type { VatInfo, VatSource } from "../vat/heap";
import { Heaps } from "../vat/heaps";
import { Recent } from "../vat/recent";
import { StoreTrouble } from "../vat/replay";
import { codeOf, refused } from "../verbs/answers";
import { Calls, type CallsParts } from "./calls";
import { type Changes, Committer, joinChanges } from "./committer";
import { INCIDENTS_MAX, TURN_CRANKS_MAX } from "./limits";
import { type Loaded, loadMachine } from "./loading";
import type { Answer, Command, Machine, MachineLoader, MachineOutput } from "./machine";
import { MadeHeaps } from "./made";
import type { HostPorts, Incident } from "./ports";
import type { ServiceAnswer, ServiceTable } from "./service";
import { type Waiter, Waiters } from "./waiters";

/** Changes that others have sealed, to be written with the next batch: the synchronous database's. */
export interface Sealed {
  takeSealed(): Changes | null;
  /** What became of the batch with what was taken last; an error also when the kernel ends without one. */
  settled(outcome: CommitOutcome | KernelError): void;
}

/** What outlives a life, while its process does. */
export interface Control {
  /** Cranks that may run; null: as many as there are. */
  left: number | null;
  watched: boolean;
  readonly incidents: Incident[];
}

/** What a host is made of. */
export interface HostParts {
  readonly kernel: string;
  readonly store: KernelStore;
  /** Somebody has taken the store over already. */
  readonly opened?: { readonly seq: number };
  readonly source: VatSource;
  readonly services: ServiceTable;
  readonly ports: HostPorts;
  readonly loader: () => MachineLoader;
  /** The number of a refusal of the machine; null for any other error. */
  readonly faultOf: (error: unknown) => number | null;
  readonly readBundle: (bundle: string) => Pick<VatInfo, "bundle" | "imports">;
  readonly control: Control;
  readonly sealed?: Sealed;
  readonly deadlineMs?: number;
  /** The life is over, by itself. */
  readonly onEnd: (error: KernelError) => void;
}

/** Ends that say themselves what is the matter; with any other, nobody knows what became of what was asked. */
const CLEAR: readonly KernelErrorCode[] = ["FENCED", "UNKNOWN_BUNDLE", "UNSUPPORTED"];

/** A running kernel, until a batch does not land. */
export class Host {
  readonly #parts: HostParts;
  readonly #machine: Machine;
  readonly #committer: Committer;
  readonly #heaps: Heaps;
  readonly #calls: Calls;
  readonly #recent = new Recent();
  readonly #made: MadeHeaps;
  readonly #waiting = new Map<number, Waiter<Answer>>();
  /** Rows of the host's own that wait for a batch. */
  #rows: (readonly [string, string])[] = [];
  readonly #flushing = new Waiters();
  /** Those of `flush` whose batch is in flight. */
  #flown = new Waiters();
  readonly #landing = new Waiters();
  readonly #resting = new Waiters();
  /** Outputs taken while a delivery was under way, in order. */
  #held: MachineOutput[] = [];
  #commands = 0;
  #running = false;
  /** Something came after the loop's last look and before its end. */
  #again = false;
  #delivering = false;
  #ended: KernelError | null = null;

  /** Loads the kernel and lets it run. */
  static async open(parts: HostParts): Promise<Host> {
    const host = new Host(parts, await loadMachine(parts, parts.services.names, parts.opened));
    host.#kick();
    return host;
  }

  private constructor(parts: HostParts, { machine, made, seq }: Loaded) {
    const { ports, store, source, kernel, services } = parts;
    this.#parts = parts;
    this.#machine = machine;
    this.#committer = new Committer(store, seq, ports);
    this.#made = new MadeHeaps(made);
    machine.watch(parts.control.watched);
    machine.allow(parts.control.left ?? TURN_CRANKS_MAX);
    const answer: CallsParts["answer"] = (call, said, refused) => this.#handleService(call, said, refused);
    this.#calls = new Calls({ services, ports, answer, log: ports.log });
    this.#heaps = new Heaps({
      kernel,
      store,
      source,
      ports,
      recent: this.#recent,
      describe: (vat) => this.#describe(vat),
      landed: () => this.#landed(),
      incident: (text) => this.#incident(text),
      ...(parts.deadlineMs === undefined ? {} : { deadlineMs: parts.deadlineMs }),
    });
  }

  /** What the command came to, once that is durable. `key`: the SHA-256 of its idempotency key. Rejects with a `KernelError`. */
  async command(command: Command, key: string | null = null): Promise<Answer> {
    if (this.#committer.full(this.look((machine) => machine.pendingBytes)))
      throw new KernelError("QUEUE_FULL", "two batches wait for the store; nothing happened");
    this.#commands += 1;
    const id = this.#commands;
    try {
      this.#machine.handleCommand(id, key, JSON.stringify(command));
    } catch (error) {
      const refusal = this.#refusal(error);
      if (refusal.code !== "KEY_ANSWERED" || key === null) throw refusal;
      return await this.#answered(key);
    }
    const answer = new Promise<Answer>((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
    this.#kick();
    return await answer;
  }

  /** A look at the machine as it stands in RAM, which may be ahead of what is durable. */
  look<T>(read: (machine: Machine) => T): T {
    this.#check();
    try {
      return read(this.#machine);
    } catch (error) {
      throw this.#refusal(error);
    }
  }

  /** Somebody sealed changes: they go with the next batch. What is sealed in the same breath goes together. */
  handleSealed(): void {
    queueMicrotask(() => this.#kick());
  }

  /** Everything up to now is durable. */
  flush(): Promise<void> {
    return this.#waitIn(this.#flushing);
  }

  /** Everything up to now is durable, and nobody else owned the store when it was read before. */
  async confirm(): Promise<void> {
    await this.flush();
    try {
      await this.#parts.ports.wait(() => this.#parts.store.load("k", "", 1));
    } catch (error) {
      throw error instanceof KernelError && error.code === "FENCED" ? this.#fail(error) : error;
    }
  }

  /** Writes rows that are the host's own (`d/`, `y/`). */
  async putRows(rows: readonly (readonly [key: string, value: string])[]): Promise<void> {
    this.#check();
    this.#rows.push(...rows);
    await this.flush();
  }

  /** Nothing can run, and what ran is durable. */
  rested(): Promise<void> {
    return this.#waitIn(this.#resting);
  }

  /** Whether calls are under way or cranks could run. */
  get hasWork(): boolean {
    if (this.#ended) return false;
    return this.#running || this.#committer.busy || this.#calls.count > 0 || this.look(({ runnable }) => runnable);
  }

  /** Takes the control's word: pause, step or run. */
  handleControl(): void {
    this.look((machine) => machine.allow(this.#parts.control.left ?? TURN_CRANKS_MAX));
    this.#kick();
  }

  /** Why the life is over; null while it goes on. */
  get ended(): KernelError | null {
    return this.#ended;
  }

  /** Ends the life; waiting callers are refused. */
  close(): void {
    this.#end(new KernelError("CLOSED", "the kernel is closed"));
  }

  // --- the loop

  #kick(): void {
    if (this.#ended) return;
    if (this.#running) {
      this.#again = true;
      return;
    }
    this.#running = true;
    this.#again = false;
    this.#run().then(
      () => this.#rest(),
      (error: unknown) => this.#fail(error),
    );
  }

  async #run(): Promise<void> {
    this.#allow();
    for (;;) {
      if (this.#ended) return;
      if (this.#committer.full(this.#machine.pendingBytes)) return;
      const output = this.#held.shift() ?? this.#machine.pollOutput();
      if (output !== null) {
        if (output.kind === "start" || output.kind === "deliver") await this.#deliver(output);
        else this.#release(output);
        continue;
      }
      this.#close(true);
      if (!this.#machine.runnable || this.#parts.control.left !== null) return;
      await this.#parts.ports.wait(() => new Promise<void>((go) => void this.#parts.ports.later(0, go)));
      this.#allow();
    }
  }

  #allow(): void {
    if (this.#ended === null && this.#parts.control.left === null) this.#machine.allow(TURN_CRANKS_MAX);
  }

  async #deliver(output: Extract<MachineOutput, { kind: "start" | "deliver" }>): Promise<void> {
    this.#delivering = true;
    try {
      if (output.kind === "start") {
        const { vat, incarnation, bundle } = output;
        this.#made.start(vat, { incarnation, bundle });
        await this.#heaps.start({ vat, incarnation, ...this.#parts.readBundle(bundle) });
        return;
      }
      if (output.seq > 1) this.#made.keep(output.vat);
      const outcome = await this.#heaps.deliver(output);
      if (this.#ended) return;
      this.#machine.handleOutcome(output.crank, outcome);
    } finally {
      this.#delivering = false;
    }
    this.#committer.handleCrank();
    this.#close(false);
  }

  /** The loop has nothing to do. */
  #rest(): void {
    this.#running = false;
    if (this.#ended) return;
    if (this.#again) {
      this.#kick();
      return;
    }
    this.#heaps.rest();
    if (this.#committer.busy) return;
    if (this.#flushing.any || this.#rows.length > 0) this.#kick();
    else this.#resting.resolve();
  }

  /** What needs no waiting; replies and calls have their batch behind them. */
  #release(output: Extract<MachineOutput, { kind: "reply" | "call" | "stop" }>): void {
    if (output.kind === "stop") this.#stop(output.vat);
    else if (output.kind === "call") this.#calls.begin(output.call, output.service, output.methargs);
    else {
      this.#waiting.get(output.command)?.resolve(JSON.parse(output.answer) as Answer);
      this.#waiting.delete(output.command);
    }
  }

  // --- batches

  /** Closes and sends a batch, if it is time. */
  #close(idle: boolean): void {
    const machine = this.#machine;
    const asked = this.#waiting.size > 0;
    if (!this.#committer.due({ idle: idle || this.#flushing.any, bytes: machine.pendingBytes, asked })) return;
    const cranks = machine.closeBatch();
    const sealed = this.#parts.sealed?.takeSealed() ?? null;
    const flushed = this.#flushing.take();
    let changes: Changes = cranks ?? { sets: "[]", deletes: "[]", wipes: "[]" };
    if (sealed) changes = joinChanges(changes, sealed);
    if (this.#rows.length > 0)
      changes = joinChanges(changes, { sets: JSON.stringify(this.#rows.splice(0)), deletes: "[]", wipes: "[]" });
    else if (cranks === null && sealed === null) {
      flushed.resolve();
      return;
    }
    // a service's call is a row of its batch; the mark cannot stand inside a value, where its quotes are escaped
    const leavesWork = !idle || machine.runnable || this.#calls.count > 0 || changes.sets.includes('["e/');
    if (leavesWork) this.#parts.ports.wake();
    const mark = this.#recent.mark();
    this.#flown = flushed;
    this.#committer
      .write({ sets: changes.sets, deletes: changes.deletes, wipes: changes.wipes })
      .then(() => this.#handleLanded(cranks?.id ?? null, mark, sealed !== null))
      .catch((error: unknown) => this.#fail(error));
  }

  #handleLanded(batch: number | null, mark: readonly unknown[], sealed: boolean): void {
    if (this.#ended) return;
    this.#recent.settle(mark);
    if (batch !== null) this.#machine.handleCommitted(batch);
    if (sealed) this.#parts.sealed?.settled("committed");
    this.#flown.resolve();
    this.#landing.resolve();
    this.#kick();
    // a vat may take its time: answers do not wait for it
    if (!this.#delivering) return;
    for (let output = this.#machine.pollOutput(); output !== null; output = this.#machine.pollOutput()) {
      if (output.kind === "reply" || output.kind === "call") this.#release(output);
      else this.#held.push(output);
    }
  }

  #landed(): Promise<void> {
    return this.#committer.busy ? this.#parts.ports.wait(() => this.#landing.wait()) : Promise.resolve();
  }

  #waitIn(waiters: Waiters): Promise<void> {
    this.#check();
    const done = waiters.wait();
    this.#kick();
    return done;
  }

  // --- what is asked of the host

  /** The answer that an idempotency key's command got; it may be younger than the last batch. */
  async #answered(key: string): Promise<Answer> {
    await this.flush();
    const rows = await this.#parts.ports.wait(() => this.#parts.store.load(`x/${key}`, "", 1));
    const kept = rows[0] === undefined ? null : (JSON.parse(rows[0][1]) as [number, string, string | null])[2];
    if (kept === null) throw new KernelError("OUTCOME_UNKNOWN", "the answer was not kept; ask again");
    return JSON.parse(kept) as Answer;
  }

  /** Hands a service's answer to the machine: why it is not taken, or null. It is looked at once more when its turn comes. */
  #handleService(
    call: number,
    { rejected, value }: ServiceAnswer,
    refused: (code: KernelErrorCode) => void,
  ): KernelErrorCode | null {
    this.#commands += 1;
    const id = this.#commands;
    const command = { type: "serviceResult", call, rejected, value } satisfies Command;
    try {
      this.#machine.handleCommand(id, null, JSON.stringify(command));
    } catch (error) {
      return this.#refusal(error).code;
    }
    const resolve = (told: Answer) => void (told.type === "failed" && refused(codeOf(told.code)));
    this.#waiting.set(id, { resolve, reject() {} });
    this.#kick();
    return null;
  }

  #stop(vat: string): void {
    this.#heaps.stop(vat);
    this.#made.stop(vat);
  }

  #describe(vat: string): Omit<VatInfo, "kernel" | "vat"> {
    const made = this.#made.get(vat);
    if (made === undefined) throw new Error(`${vat} was never made`);
    return { incarnation: made.incarnation, ...this.#parts.readBundle(made.bundle) };
  }

  #incident(text: string): void {
    const { incidents } = this.#parts.control;
    incidents.push({ at: this.#parts.ports.now(), text });
    if (incidents.length > INCIDENTS_MAX) incidents.shift();
    this.#parts.ports.log(text);
  }

  // --- the end

  #check(): void {
    if (this.#ended) throw this.#ended;
  }

  #refusal(error: unknown): KernelError {
    const number = this.#parts.faultOf(error);
    // not a refusal: the machine is broken, and with it this life
    return number === null ? this.#fail(error) : refused(number);
  }

  /** Something is broken: whoever waits is told that what they asked for may or may not have happened. */
  #fail(cause: unknown): KernelError {
    if (this.#ended) return this.#ended;
    const error = cause instanceof StoreTrouble ? cause.cause : cause;
    const failure =
      error instanceof KernelError && CLEAR.includes(error.code)
        ? error
        : new KernelError("OUTCOME_UNKNOWN", "what was asked may or may not have happened", { cause: error });
    this.#incident(
      `${failure.code}: ${error instanceof Error ? error.message : "no reason given"}; this life of the kernel is over`,
    );
    this.#end(failure);
    this.#parts.onEnd(failure);
    return failure;
  }

  #end(reason: KernelError): void {
    if (this.#ended) return;
    this.#ended = reason;
    this.#heaps.end();
    this.#calls.end();
    for (const { reject } of this.#waiting.values()) reject(reason);
    this.#waiting.clear();
    for (const waiters of [this.#flushing, this.#flown, this.#landing, this.#resting]) waiters.reject(reason);
    this.#parts.sealed?.settled(reason);
    this.#machine[Symbol.dispose]();
  }
}
