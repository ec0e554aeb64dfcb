// The log of a run as lanes: one for the run, then one for each step, wait and hook, in the order in which they came. Pure; what is drawn
// of it, and where, is said elsewhere.
import type { LogEvent } from "../api";
import { sayLength } from "./scale";

/** What a stretch of a lane says. */
export type Phase = "queued" | "running" | "waiting" | "open";

/** A stretch of time; without an end it goes on. */
export interface Span {
  readonly phase: Phase;
  readonly from: number;
  readonly to: number | undefined;
}

/** How what a lane is about stands. */
export type LaneState = "pending" | "running" | "waiting" | "open" | "completed" | "failed" | "cancelled";

export interface Lane {
  readonly id: string;
  readonly kind: "run" | "step" | "wait" | "hook";
  readonly title: string;
  readonly state: LaneState;
  readonly spans: readonly Span[];
  readonly events: readonly LogEvent[];
  /** How often a step was begun. */
  readonly attempts: number;
  /** When a sleep is to be over. */
  readonly until: number | undefined;
}

interface Draft {
  id: string;
  kind: Lane["kind"];
  title: string;
  state: LaneState;
  spans: { phase: Phase; from: number; to: number | undefined }[];
  events: LogEvent[];
  attempts: number;
  until: number | undefined;
}

/** What each type of event does to its lane; one that is not here only stands in it. */
const STEPS: Readonly<Record<string, (lane: Draft, event: LogEvent) => void>> = {
  run_created: (lane, { at }) => go(lane, "pending", "queued", at),
  run_started: (lane, { at }) => go(lane, "running", "running", at),
  run_completed: (lane, { at }) => end(lane, "completed", at),
  run_failed: (lane, { at }) => end(lane, "failed", at),
  run_cancelled: (lane, { at }) => end(lane, "cancelled", at),
  step_created: (lane, { at }) => go(lane, "pending", "queued", at),
  step_started: (lane, { at }) => {
    lane.attempts += 1;
    go(lane, "running", "running", at);
  },
  step_retrying: (lane, { at }) => go(lane, "pending", "queued", at),
  step_completed: (lane, { at }) => end(lane, "completed", at),
  step_failed: (lane, { at }) => end(lane, "failed", at),
  wait_created: (lane, { at, data }) => {
    if (typeof data["resumeAt"] === "number") lane.until = data["resumeAt"];
    go(lane, "waiting", "waiting", at);
  },
  wait_completed: (lane, { at }) => end(lane, "completed", at),
  hook_created: (lane, { at }) => go(lane, "open", "open", at),
  hook_conflict: (lane, { at }) => end(lane, "failed", at),
  hook_disposed: (lane, { at }) => end(lane, "completed", at),
};

function go(lane: Draft, state: LaneState, phase: Phase, at: number): void {
  close(lane, at);
  lane.state = state;
  lane.spans.push({ phase, from: at, to: undefined });
}

function end(lane: Draft, state: LaneState, at: number): void {
  close(lane, at);
  lane.state = state;
}

function close(lane: Draft, at: number): void {
  const last = lane.spans.at(-1);
  if (last !== undefined && last.to === undefined) last.to = at;
}

const RUN = "run";

/** The lanes of a log, whose events stand in order. */
export function lanesOf(events: readonly LogEvent[], runName: string): readonly Lane[] {
  const lanes = new Map<string, Draft>();
  for (const event of events) {
    const kind = kindOf(event);
    const id = kind === RUN ? RUN : (event.subject ?? RUN);
    let lane = lanes.get(id);
    if (lane === undefined) {
      lane = { id, kind, title: "", state: "pending", spans: [], events: [], attempts: 0, until: undefined };
      lanes.set(id, lane);
    }
    lane.title ||= titleOf(event, kind, runName);
    lane.events.push(event);
    STEPS[event.type]?.(lane, event);
    if (id === RUN && ENDS.has(event.type)) stopAll(lanes, event.at);
  }
  return [...lanes.values()];
}

const ENDS: ReadonlySet<string> = new Set(["run_completed", "run_failed", "run_cancelled"]);

/** What is open when its run ends, ends there; a step that was begun may still say how it went. */
function stopAll(lanes: ReadonlyMap<string, Draft>, at: number): void {
  for (const lane of lanes.values()) {
    close(lane, at);
    if (["pending", "running", "waiting", "open"].includes(lane.state)) lane.state = "cancelled";
  }
}

function kindOf({ type, subject }: LogEvent): Lane["kind"] {
  if (subject === null) return RUN;
  for (const kind of ["step", "wait", "hook"] as const) if (type.startsWith(`${kind}_`)) return kind;
  return RUN;
}

function titleOf({ at, data }: LogEvent, kind: Lane["kind"], runName: string): string {
  if (kind === "run") return runName;
  if (kind === "wait") {
    const until = data["resumeAt"];
    return typeof until === "number" ? `Sleep ${sayLength(rounded(until - at))}` : "Sleep";
  }
  if (kind === "hook") return hookTitle(data);
  return typeof data["stepName"] === "string" ? shortName(data["stepName"]) : "";
}

/** A sleep is written down a moment after it was begun: what is left then of a second was a second, and of three days three days. */
function rounded(ms: number): number {
  if (ms < 500) return Math.max(ms, 0);
  const unit = ms < 3_600_000 ? 1000 : 60_000;
  return Math.round(ms / unit) * unit;
}

/** Letters of a token in a title. */
const TOKEN_LETTERS = 24;

/** A hook by its token, where that is told. */
function hookTitle({ token, isWebhook }: LogEvent["data"]): string {
  if (isWebhook === true) return "Webhook";
  if (typeof token !== "string") return "Hook";
  if (roomOfChoice(token) !== undefined) return "Answer of the room";
  return `Hook ${token.length > TOKEN_LETTERS ? `${token.slice(0, TOKEN_LETTERS)}…` : token}`;
}

/** The room whose members answer by the links of a card, when this is the token of such a hook (worker-ts/workflows/room-port.ts). */
export const roomOfChoice = (token: string): string | undefined => /^choice:([a-z0-9-]{3,48}):wrun_/.exec(token)?.[1];

/** `step//./countdown//tell` is `tell`. */
export const shortName = (id: string): string => id.split("//").at(-1) || id;

/** A hook that can be resumed. */
export interface OpenHook {
  readonly token: string;
  readonly webhook: boolean;
  /** How often it was. */
  readonly resumed: number;
}

/** Hooks that can be resumed: made, not disposed of, of a run that is open, and not the runtime's own. */
export function openHooks(lanes: readonly Lane[]): readonly OpenHook[] {
  return lanes.flatMap(({ kind, state, events }) => {
    const { token, isSystem, isWebhook } = events.find(({ type }) => type === "hook_created")?.data ?? {};
    if (kind !== "hook" || state !== "open" || typeof token !== "string" || isSystem === true) return [];
    const resumed = events.filter(({ type }) => type === "hook_received").length;
    return [{ token, webhook: isWebhook === true, resumed }];
  });
}
