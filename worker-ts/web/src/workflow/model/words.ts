// Events in words, for labels and for whoever listens. Pure.
import type { LogEvent } from "../api";
import { type Lane, shortName } from "./lanes";
import { sayLength } from "./scale";

const WORDS: Readonly<Record<string, string>> = {
  run_created: "Run created",
  run_started: "Run started",
  run_completed: "Run completed",
  run_failed: "Run failed",
  run_cancelled: "Run cancelled",
  step_created: "Step created",
  step_started: "Step started",
  step_retrying: "Step failed, to be tried again",
  step_completed: "Step completed",
  step_failed: "Step failed",
  wait_created: "Sleep began",
  wait_completed: "Sleep is over",
  hook_created: "Hook opened",
  hook_received: "Hook resumed",
  hook_conflict: "Hook refused: its token is taken",
  hook_disposed: "Hook closed",
  attr_set: "Attributes set",
};

/** What happened. */
export const sayType = (type: string): string => WORDS[type] ?? type;

/** One event in a sentence: what, of which step, how long after the run began. */
export function sayEvent({ type, at, slot, data }: LogEvent, title: string, begin: number): string {
  const attempt = type === "step_started" && typeof data["attempt"] === "number" ? `, attempt ${data["attempt"]}` : "";
  const whose = title === "" ? "" : ` of ${title}`;
  return `${sayType(type)}${whose}${attempt}, event ${slot}, after ${sayLength(Math.max(at - begin, 0))}`;
}

/** What an open run does now; nothing of one that is over. */
export function sayNow(lanes: readonly Lane[], sayTime: (at: number) => string): string | undefined {
  const [run, ...others] = lanes;
  if (run === undefined || run.state === "pending") return "waits to be begun";
  if (run.state !== "running") return undefined;
  const those = (kind: Lane["kind"], state: Lane["state"]) =>
    others.filter((lane) => lane.kind === kind && lane.state === state);
  const busy = those("step", "running");
  if (busy.length > 0) return `runs ${sayFew(busy.map(({ title }) => title))}`;
  const due = those("step", "pending");
  const failed = due.find(({ attempts }) => attempts > 0);
  if (failed !== undefined) return `waits to try ${failed.title} again`;
  if (due.length > 0) return `${sayFew(due.map(({ title }) => title))} to be run next`;
  const asks = those("hook", "open").some(({ events }) =>
    events.every(({ type, data }) => type !== "hook_received" && data["isSystem"] !== true),
  );
  const times = those("wait", "waiting").flatMap(({ until = [] }) => until);
  const until = times.length === 0 ? "" : ` until ${sayTime(Math.min(...times))}`;
  if (asks) return `waits for an answer${until === "" ? "" : `,${until} at most`}`;
  return until === "" ? "runs" : `sleeps${until}`;
}

/** The first name, and how many more there are. */
const sayFew = ([first, ...more]: readonly string[]): string =>
  more.length === 0 ? first! : `${first} and ${more.length} more`;

/** Fields that are times. */
const TIMES: ReadonlySet<string> = new Set(["resumeAt", "retryAfter", "tokenRetentionUntil"]);
const NAMES: Readonly<Record<string, string>> = {
  stepName: "Step",
  workflowName: "Workflow",
  deploymentId: "Code",
  resumeAt: "Until",
  retryAfter: "Not before",
  token: "Token",
  attempt: "Attempt",
  isWebhook: "Webhook",
  cancelReason: "Reason",
  errorCode: "Code of the error",
  conflictingRunId: "Held by",
};

/** What an event says, as names and values. */
export function factsOf({ data }: LogEvent, sayTime: (at: number) => string): readonly (readonly [string, string])[] {
  return Object.entries(data)
    .filter(([, value]) => value !== null && value !== false)
    .map(([key, value]) => [NAMES[key] ?? key, sayValue(key, value, sayTime)] as const);
}

function sayValue(key: string, value: unknown, sayTime: (at: number) => string): string {
  if (TIMES.has(key) && typeof value === "number") return sayTime(value);
  if (typeof value !== "string") return value === true ? "yes" : JSON.stringify(value);
  return key === "stepName" || key === "workflowName" ? shortName(value) : value;
}

/** A list of arguments as somebody typed it; undefined when it is none. Nothing is no arguments. */
export function readArguments(text: string): readonly unknown[] | undefined {
  if (text.trim() === "") return [];
  const value = readJson(text);
  return Array.isArray(value) ? value : undefined;
}

/** JSON as somebody typed it; undefined when it is none. */
export function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
