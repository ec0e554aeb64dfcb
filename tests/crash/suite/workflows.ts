// Runs of the crash programs (steps, sleeps, retries, hooks, streams), some more with each round, each under a key; and what has to be true
// of them afterwards: each is there once and has ended as it should, each step has one result and no stream lacks a line.
import { join } from "node:path";
import { query } from "../../harness/archive.ts";
import type { Server } from "../../harness/server/server.ts";
import { isOpen, type Run, Runs } from "../../harness/workflow/runs.ts";
import { type Findings, isInTime, pause } from "./findings.ts";
import type { Load } from "./load.ts";

/** Runs that are begun when a round begins, and right before each kill, which comes before most of them are acknowledged. */
const RUNS = 20;
const LAST_RUNS = 5;
const AGAIN_MS = 200;
const END_MS_MAX = 180_000;
/** Runs that are looked at beside each other. */
const CHECKED = 8;

export class WorkflowsLoad implements Load {
  readonly name = "workflows";
  readonly runs: Run[] = [];
  readonly #server: Server;
  readonly #all: Runs;
  #begun = 0;
  #ended = false;
  readonly #begins: Promise<void>[] = [];
  #attending: Promise<void> | undefined;

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
    const isOver = () => this.runs.length === this.#begun && !this.runs.some(isOpen);
    if (await isInTime(isOver, END_MS_MAX)) return;
    if (this.runs.length < this.#begun)
      findings.note("stuck", `${this.#begun - this.runs.length} runs cannot be begun`);
    for (const run of this.runs.filter(isOpen)) findings.note("stuck", await this.#all.whereIs(run));
  }

  async compare(findings: Findings): Promise<Record<string, number>> {
    const stored = query<{ id: string }>(
      join(this.#server.state, "v3/d1"),
      "workflow_runs",
      "SELECT id FROM workflow_runs",
    );
    const known = new Set(this.runs.map(({ runId }) => runId));
    const there = new Set(stored.map(({ id }) => id));
    for (const { runId, name } of this.runs)
      if (!there.has(runId)) findings.note("lost", `${name} ${runId} is not there`);
    for (const id of there) if (!known.has(id)) findings.note("doubled", `the run ${id} was begun for nobody`);
    if (known.size < this.runs.length) findings.note("torn", "two keys have begun one run");
    const sums = { acknowledged: this.acknowledged, runs: this.runs.length, events: 0, repeats: 0, doubledLines: 0 };
    const ended = this.runs.filter((run) => !isOpen(run));
    for (let at = 0; at < ended.length; at += CHECKED)
      await Promise.all(
        ended.slice(at, at + CHECKED).map(async (run) => {
          const { wrong, events, repeats, doubled } = await this.#all.check(run);
          findings.noteAll(wrong);
          sums.events += events;
          sums.repeats += repeats;
          sums.doubledLines += doubled;
        }),
      );
    return sums;
  }

  async end(): Promise<void> {
    this.#ended = true;
    await this.#attending;
    await Promise.all(this.#begins);
  }
}
