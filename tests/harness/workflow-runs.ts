// Runs of the app's three programs (tests/worker/workflow/app/workflows/crash.ts) for the suites that do them harm: begins them, answers
// their hooks, looks how they ended, and checks what must hold of each however it came to its end.
import { expect } from "vitest";
import type { WorkflowServer } from "./workflow.ts";

const OPEN = ["pending", "running"];
/** Lines of a journey's stream. */
const LINES = 6;
const ASK_MS_MAX = 20_000;
/** How long nobody looks. */
const LOOK_MS = 500;

/** A run. */
export interface Run {
  readonly id: number;
  readonly name: "journey" | "crowd" | "doomed";
  readonly token: string;
  readonly runId: string;
  /** Its hook was resumed, as far as we were told. */
  answered: boolean;
  status: string;
}
interface LoggedEvent {
  readonly eventId: string;
  readonly eventType: string;
  readonly correlationId?: string;
}

/** Whether it has not ended, as far as was seen. */
export const isOpen = ({ status }: Run): boolean => OPEN.includes(status);

/** The runs of one server. */
export class Runs {
  readonly #server: WorkflowServer;
  constructor(server: WorkflowServer) {
    this.#server = server;
  }

  /** A route's answer as JSON; throws where it is none. */
  async ask<T>(path: string, body?: unknown): Promise<T> {
    const init = body === undefined ? {} : { method: "POST", body: JSON.stringify(body) };
    const signal = AbortSignal.timeout(ASK_MS_MAX);
    const response = await fetch(`${this.#server.url}${path}`, { ...init, signal });
    const text = await response.text();
    if (!response.ok) throw new Error(`${path}: ${response.status} ${text}`);
    return JSON.parse(text) as T;
  }

  /** Begins so many at once. Of ten, six are journeys, three crowds, and one is doomed. */
  begin(count: number, from = 0): Promise<Run[]> {
    return Promise.all(Array.from({ length: count }, (_, at) => this.#beginOne(from + at)));
  }

  async #beginOne(id: number): Promise<Run> {
    const name = id % 10 === 9 ? "doomed" : id % 10 >= 6 ? "crowd" : "journey";
    const token = `token-${id}`;
    const { runId } = await this.ask<{ runId: string }>("/invoke", { workflow: name, args: [id, token] });
    return { id, name, token, runId, answered: name !== "journey", status: "pending" };
  }

  /** Answers hooks and looks which runs have ended, until `done` or all have; a server that is away is asked again. */
  async attend(runs: readonly Run[], done: () => boolean): Promise<void> {
    while (!done() && runs.some(isOpen)) {
      await this.#look(runs).catch(() => undefined);
      await Promise.all(
        runs.filter((run) => isOpen(run) && !run.answered).map((run) => this.#answer(run).catch(() => undefined)),
      );
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  }

  /** One question about all: who looks is not to be what the server is busy with. */
  async #look(runs: readonly Run[]): Promise<void> {
    const statuses = await this.ask<Record<string, string>>(
      "/statuses",
      runs.filter(isOpen).map(({ runId }) => runId),
    );
    for (const run of runs) run.status = statuses[run.runId] ?? run.status;
  }

  async #answer(run: Run): Promise<void> {
    await this.ask(`/hooks/${run.token}`, { value: run.id * 3 });
    run.answered = true;
  }

  /** Types of a run's events, for whoever wonders where it stands. */
  async whereIs({ runId, name }: Run): Promise<string> {
    const types = (await this.#events(runId)).map(({ eventType }) => eventType);
    return `${name} ${runId}: ${types.length} events, the last ${types.slice(-6).join(" ")}`;
  }

  async #events(runId: string): Promise<LoggedEvent[]> {
    return (await this.ask<{ events: LoggedEvent[] }>(`/runs/${runId}/events?resolveData=none`)).events;
  }

  /** Its state and output are right; answers how many bodies ran again, and how many lines stand twice in its stream because of that. */
  async check(run: Run): Promise<{ repeats: number; doubled: number }> {
    expect(await this.ask(`/runs/${run.runId}/result`)).toEqual(outputOf(run));
    expect(run.status).toBe(run.name === "doomed" ? "failed" : "completed");
    return { repeats: await this.#checkLog(run), doubled: run.name === "journey" ? await this.#checkStream(run) : 0 };
  }

  /** The log has no hole, each step one result, and the run one end. */
  async #checkLog({ runId }: Run): Promise<number> {
    const events = await this.#events(runId);
    const slots = events.map(({ eventId }) => Number(eventId.replace("evnt_", "")));
    expect(slots).toEqual(slots.map((_, at) => at + 1));
    const of = (pattern: RegExp) => events.filter(({ eventType }) => pattern.test(eventType));
    const results = of(/^step_(?:completed|failed)$/).map(({ correlationId }) => correlationId);
    expect(new Set(results).size).toBe(results.length);
    expect(of(/^run_(?:completed|failed|cancelled)$/).length).toBe(1);
    return of(/^step_started$/).length - of(/^step_created$/).length - of(/^step_retrying$/).length;
  }

  /** The lines of a run's stream, which has been closed. */
  async linesOf(runId: string): Promise<string[]> {
    const signal = AbortSignal.timeout(ASK_MS_MAX);
    const response = await fetch(`${this.#server.url}/runs/${runId}/readable`, { signal });
    return (await response.text()).trim().split("\n");
  }

  /** Every line is there, and no line comes before one that a finished step had written. */
  async #checkStream({ runId }: Run): Promise<number> {
    const lines = (await this.linesOf(runId)).map(Number);
    expect([...new Set(lines)]).toEqual(Array.from({ length: LINES }, (_, line) => line));
    return lines.length - LINES;
  }
}

/** What a run gives when nothing happens on the way. */
function outputOf({ id, name }: Run): unknown {
  if (name === "crowd") return { value: { id, sum: 381 } };
  if (name === "journey") return { value: { id, sum: 14, value: id * 3 } };
  return { error: expect.objectContaining({ message: expect.stringContaining(`run ${id} was to fail`) }) };
}
