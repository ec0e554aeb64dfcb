// Runs of the crash programs (steps, sleeps, retries, hooks, streams), some more with each round, each under a key; and what has to be true
// of them afterwards: each is there once and has ended as it should, each step has one result and no stream lacks a line. After each kill
// the tables are looked at as they lie on the disk.
import { rowsOf } from "../../harness/archive.ts";
import type { Server } from "../../harness/server/server.ts";
import { isOpen, type Run, Runs } from "../../harness/workflow/runs.ts";
import { sizes, tornTables, workflowFile } from "./disk/workflows.ts";
import { type Findings, isInTime, pause } from "./findings.ts";
import type { Compared, Load } from "./load.ts";

/** Runs that are begun when a round begins, and right before each kill, which comes before most of them are acknowledged. */
const RUNS = 20;
const LAST_RUNS = 5;
const AGAIN_MS = 200;
/** How long nothing may have ended before what is open is stuck. */
const END_MS_MAX = 180_000;
/** Runs that are looked at beside each other. */
const CHECKED = 8;

export class WorkflowsLoad implements Load {
  readonly name = "workflows";
  readonly inD1 = true;
  readonly runs: Run[] = [];
  readonly #server: Server;
  readonly #all: Runs;
  #begun = 0;
  #ended = false;
  readonly #begins: Promise<void>[] = [];
  #attending: Promise<void> | undefined;
  /** How often the disk was looked at. */
  #looks = 0;

  constructor(server: Server) {
    this.#server = server;
    this.#all = new Runs({ url: `${server.url}/api/crash` });
  }

  get acknowledged(): number {
    return this.runs.length + this.runs.filter(({ name, answered }) => name === "journey" && answered).length;
  }

  async begin(): Promise<void> {
    this.#attending = this.#attend();
  }

  handleRound(): void {
    this.#beginSome(RUNS);
  }

  handleLastWords(): void {
    this.#beginSome(LAST_RUNS);
  }

  inspect(findings: Findings): void {
    this.#look(findings);
  }

  handleReturn(): void {}

  #beginSome(count: number): void {
    for (let n = 0; n < count; n++) this.#begins.push(this.#beginOne(this.#begun++));
  }

  /** Asks for it under its key until it is there. */
  async #beginOne(id: number): Promise<void> {
    for (; !this.#ended; await pause(AGAIN_MS)) {
      const run = await this.#all.beginOne(id).catch(() => undefined);
      if (run !== undefined) return void this.runs.push(run);
    }
  }

  async #attend(): Promise<void> {
    while (!this.#ended) {
      await this.#all.attend(this.runs, () => this.#ended);
      await pause(AGAIN_MS);
    }
  }

  async finish(findings: Findings): Promise<void> {
    const left = () => this.#begun - this.runs.length + this.runs.filter(isOpen).length;
    // after many rounds there are hundreds: each has its time as long as others end
    for (let before = left(); before > 0; before = left())
      if (!(await isInTime(() => left() < before, END_MS_MAX))) break;
    if (left() === 0) return;
    if (this.runs.length < this.#begun)
      findings.note("stuck", `${this.#begun - this.runs.length} runs cannot be begun`);
    for (const run of this.runs.filter(isOpen)) findings.note("stuck", await this.#all.whereIs(run));
  }

  /** Looks at the tables past the server: what was acknowledged is there, and nothing contradicts itself. Answers the runs there are. */
  #look(findings: Findings): ReadonlySet<string> {
    const file = workflowFile(this.#server.state);
    this.#looks += 1;
    const there = new Set(rowsOf<{ id: string }>(file, "SELECT id FROM workflow_runs").map(({ id }) => id));
    for (const { runId, name } of this.runs)
      if (!there.has(runId)) findings.note("lost", `${name} ${runId} is not there`);
    for (const what of tornTables(file)) findings.note("torn", what);
    return there;
  }

  async compare(findings: Findings): Promise<Compared> {
    const known = new Set(this.runs.map(({ runId }) => runId));
    if (known.size < this.runs.length) findings.note("torn", "two keys have begun one run");
    for (const id of this.#look(findings))
      if (!known.has(id)) findings.note("doubled", `the run ${id} was begun for nobody`);
    const { acknowledged, runs } = this;
    const seen = { repeats: 0, doubledLines: 0 };
    const ended = this.runs.filter((run) => !isOpen(run));
    for (let at = 0; at < ended.length; at += CHECKED)
      await Promise.all(
        ended.slice(at, at + CHECKED).map(async (run) => {
          const { wrong, repeats, doubled } = await this.#all.check(run);
          findings.noteAll(wrong);
          seen.repeats += repeats;
          seen.doubledLines += doubled;
        }),
      );
    const rows = sizes(workflowFile(this.#server.state));
    return { checked: { acknowledged, runs: runs.length, ended: ended.length, ...rows, looks: this.#looks }, seen };
  }

  async end(): Promise<void> {
    this.#ended = true;
    await this.#attending;
    await Promise.all(this.#begins);
  }
}
