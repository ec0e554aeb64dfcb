// The page's calls to /api/workflow, and their shapes.
import { call } from "../api/call";

export const STATUSES = ["pending", "running", "completed", "failed", "cancelled"] as const;
export type Status = (typeof STATUSES)[number];

/** A run. Times are ms since 1970. */
export interface Run {
  readonly id: string;
  readonly name: string;
  readonly status: Status;
  /** Whether one may cancel it and resume its hooks, not only look. */
  readonly mayAct: boolean;
  readonly deploymentId: string;
  /** Other code than it was started by runs now. */
  readonly otherCode: boolean;
  readonly attributes: Readonly<Record<string, string>>;
  readonly events: number;
  readonly createdAt: number;
  readonly startedAt: number | null;
  readonly completedAt: number | null;
  readonly lastEventAt: number;
}

/** An event of a run's log. */
export interface LogEvent {
  readonly slot: number;
  readonly type: string;
  readonly at: number;
  /** The step, hook or wait that it is about. */
  readonly subject: string | null;
  readonly data: Readonly<Record<string, unknown>>;
}

/** How a run ended. */
export interface Result {
  readonly status: Status;
  readonly output: unknown;
  readonly error: { readonly name: string; readonly message: string; readonly code: string | null } | null;
}

export interface StreamName {
  readonly name: string;
  readonly namespace: string;
}

const BASE = "/api/workflow";

/** The address of something of a run. */
export const runPath = (id: string, rest = ""): string => `${BASE}/runs/${encodeURIComponent(id)}${rest}`;

/** The address of a stream. */
export const streamPath = (id: string, name: string): string => runPath(id, `/streams/${encodeURIComponent(name)}`);

/** Whether a run has ended. */
export const isOver = (status: Status): boolean => status !== "pending" && status !== "running";

/** The names of what can be started. */
export async function listWorkflows(): Promise<readonly string[]> {
  const { workflows } = (await call("GET", BASE)) as { readonly workflows: readonly { readonly name: string }[] };
  return workflows.map(({ name }) => name);
}

/** Which runs are shown; empty for all. */
export interface RunsAsked {
  readonly status: Status | "";
  readonly name: string;
}

/** A page of runs, the newest first. */
export async function listRuns(
  { status, name }: RunsAsked,
  cursor?: string,
): Promise<{ readonly runs: readonly Run[]; readonly next: string | null }> {
  const query = new URLSearchParams({
    limit: "30",
    ...(status === "" ? {} : { status }),
    ...(name === "" ? {} : { name }),
    ...(cursor === undefined ? {} : { cursor }),
  });
  return (await call("GET", `${BASE}/runs?${query}`)) as { runs: Run[]; next: string | null };
}

/** Starts a workflow; the run's id. */
export async function startRun(name: string, args: readonly unknown[]): Promise<string> {
  const { runId } = (await call("POST", `${BASE}/${encodeURIComponent(name)}/runs`, { args })) as { runId: string };
  return runId;
}

export const getRun = async (id: string): Promise<Run> => (await call("GET", runPath(id))) as Run;
export const getResult = async (id: string): Promise<Result> => (await call("GET", runPath(id, "/result"))) as Result;
export const cancelRun = (id: string): Promise<unknown> => call("POST", runPath(id, "/cancel"));
export const resumeHook = (token: string, payload: unknown): Promise<unknown> =>
  call("POST", `${BASE}/hooks/${encodeURIComponent(token)}`, payload);

export async function listStreams(id: string): Promise<readonly StreamName[]> {
  return ((await call("GET", runPath(id, "/streams"))) as { streams: readonly StreamName[] }).streams;
}
