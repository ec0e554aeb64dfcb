// Runs of the app's three programs (tests/worker/workflow/app/workflows/crash.ts) for the suites that do them harm: begins them, answers
// their hooks, looks how they ended, and checks what must hold of each however it came to its end.
import { isDeepStrictEqual } from "node:util";

const OPEN = ["pending", "running"];
/** Lines of a journey's stream. */
const LINES = 6;
const ASK_MS_MAX = 60_000;
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

/** One thing that is wrong with a run that has ended. */
export interface WrongRun {
  readonly kind: "lost" | "doubled" | "torn";
  readonly what: string;
}

/** What was found of a run: what is wrong, bodies that ran again, and lines that stand twice in its stream because of that. */
export interface CheckedRun {
  readonly wrong: readonly WrongRun[];
  readonly events: number;
  readonly repeats: number;
  readonly doubled: number;
}

/** Whether it has not ended, as far as was seen. */
export const isOpen = ({ status }: Run): boolean => OPEN.includes(status);

/** The runs of one server, whose routes lie below `url`. */
export class Runs {
  readonly #url: string;
  constructor({ url }: { readonly url: string }) {
    this.#url = url;
  }

  /** A route's answer as JSON; throws where it is none. */
  async ask<T>(path: string, body?: unknown): Promise<T> {
    const init = body === undefined ? {} : { method: "POST", body: JSON.stringify(body) };
    const signal = AbortSignal.timeout(ASK_MS_MAX);
    const response = await fetch(`${this.#url}${path}`, { ...init, signal });
    const text = await response.text();
    if (!response.ok) throw new Error(`${path}: ${response.status} ${text}`);
    return JSON.parse(text) as T;
  }

  /** Begins so many at once. Of ten, six are journeys, three crowds, and one is doomed. */
  begin(count: number, from = 0): Promise<Run[]> {
    return Promise.all(Array.from({ length: count }, (_, at) => this.beginOne(from + at)));
  }

  /** Begins one; under its key it is begun once, however often it is asked for. */
  async beginOne(id: number): Promise<Run> {
    const name = id % 10 === 9 ? "doomed" : id % 10 >= 6 ? "crowd" : "journey";
    const token = `token-${id}`;
    const asked = { workflow: name, args: [id, token], key: `run-${id}` };
    const { runId } = await this.ask<{ runId: string }>("/invoke", asked);
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

  /** Looks whether its state, its output, its log and its stream are right. */
  async check(run: Run): Promise<CheckedRun> {
    const { runId, name } = run;
    const events = await this.#events(runId);
    const { lines, wrong } = name === "journey" ? await this.#streamOf(run) : { lines: [], wrong: [] };
    const of = (pattern: RegExp) => events.filter(({ eventType }) => pattern.test(eventType)).length;
    return {
      wrong: [...wrongEnd(run, await this.ask(`/runs/${runId}/result`)), ...wrongLog(run, events), ...wrong],
      events: events.length,
      repeats: of(/^step_started$/) - of(/^step_created$/) - of(/^step_retrying$/),
      doubled: Math.max(0, lines.length - LINES),
    };
  }

  /** The lines of a run's stream, which has been closed. */
  async linesOf(runId: string): Promise<string[]> {
    const signal = AbortSignal.timeout(ASK_MS_MAX);
    const response = await fetch(`${this.#url}/runs/${runId}/readable`, { signal });
    return (await response.text()).trim().split("\n");
  }

  /** Every line is there, and no line comes before one that a finished step had written. */
  async #streamOf(run: Run): Promise<{ readonly lines: readonly number[]; readonly wrong: readonly WrongRun[] }> {
    const lines = (await this.linesOf(run.runId)).map(Number);
    const all = Array.from({ length: LINES }, (_, line) => line);
    const missing = all.filter((line) => !lines.includes(line));
    const what = `${run.name} ${run.runId}: lines ${lines}`;
    if (missing.length > 0) return { lines, wrong: [{ kind: "lost", what }] };
    return { lines, wrong: isDeepStrictEqual([...new Set(lines)], all) ? [] : [{ kind: "torn", what }] };
  }
}

/** It has ended as it should, with the output that it should have. */
function wrongEnd(run: Run, result: unknown): WrongRun[] {
  const what = `${run.name} ${run.runId} is ${run.status} with ${JSON.stringify(result)}`;
  const status = run.name === "doomed" ? "failed" : "completed";
  return run.status === status && isOutputOf(run, result) ? [] : [{ kind: "torn", what }];
}

/** The log has no hole, each step one result, and the run one end. */
function wrongLog({ name, runId }: Run, events: readonly LoggedEvent[]): WrongRun[] {
  const wrong: WrongRun[] = [];
  const slots = events.map(({ eventId }) => Number(eventId.replace("evnt_", "")));
  if (slots.some((slot, at) => slot !== at + 1))
    wrong.push({ kind: "torn", what: `${name} ${runId}: events ${slots}` });
  const of = (pattern: RegExp) => events.filter(({ eventType }) => pattern.test(eventType));
  const results = of(/^step_(?:completed|failed)$/).map(({ correlationId }) => correlationId);
  const twice = results.filter((id, at) => results.indexOf(id) !== at);
  if (twice.length > 0) wrong.push({ kind: "doubled", what: `${name} ${runId}: two results of ${twice}` });
  const open = of(/^step_created$/).filter(({ correlationId }) => !results.includes(correlationId));
  if (open.length > 0) wrong.push({ kind: "lost", what: `${name} ${runId}: ${open.length} steps have no result` });
  const ends = of(/^run_(?:completed|failed|cancelled)$/).length;
  if (ends !== 1) wrong.push({ kind: ends > 1 ? "doubled" : "lost", what: `${name} ${runId} has ${ends} ends` });
  return wrong;
}

/** Whether that is what a run gives when nothing happens on the way. */
function isOutputOf({ id, name }: Run, result: unknown): boolean {
  if (name === "crowd") return isDeepStrictEqual(result, { value: { id, sum: 381 } });
  if (name === "journey") return isDeepStrictEqual(result, { value: { id, sum: 14, value: id * 3 } });
  const { error } = result as { readonly error?: { readonly message: string } };
  return error?.message.includes(`run ${id} was to fail`) ?? false;
}
