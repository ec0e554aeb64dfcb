// What a writer of the random walk may do next, drawn from a seed. Ids and tokens come from small sets, so that writers meet. Nothing is
// sent from here, and what will become of an operation is not known here.
import type { BatchEventRequest } from "@workflow/world";
import { type Ask, bytes, request } from "../contract/kit.ts";

/** Numbers from a seed: mulberry32. */
export class Chance {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** 0 to below 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number below `below`. */
  below(below: number): number {
    return Math.floor(this.next() * below);
  }

  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)]!;
  }
}

/** One thing that a writer does. */
export interface Operation {
  readonly runId: string;
  /** A single event, or a batch. */
  readonly event?: readonly [type: string, ask: Ask];
  readonly batch?: readonly BatchEventRequest[];
  /** Which cursor of those that were handed out it knows, and what it holds. */
  readonly since?: number;
}

/** The world of a walk. */
export interface Stage {
  readonly runs: readonly string[];
  readonly hooks: readonly string[];
  readonly tokens: readonly string[];
  readonly now: number;
  readonly cursors: number;
  /** What the walk calls itself, for ids that come once. */
  readonly name: string;
}

const STEPS = ["step_1", "step_2", "step_3", "step_4", "step_5", "step_6", "step_7", "step_8"];
const WAITS = ["wait_1", "wait_2", "wait_3", "wait_4"];

/** Types and how often each comes; what ends a run comes seldom. */
const WEIGHTS: readonly (readonly [string, number])[] = [
  ["run_created", 1],
  ["run_started", 3],
  ["run_completed", 0.35],
  ["run_failed", 0.35],
  ["run_cancelled", 0.35],
  ["attr_set", 4],
  ["step_created", 7],
  ["lazy", 7],
  ["step_started", 8],
  ["step_completed", 5],
  ["step_failed", 2],
  ["step_retrying", 6],
  ["hook_created", 6],
  ["hook_received", 7],
  ["hook_disposed", 3],
  ["wait_created", 3],
  ["wait_completed", 4],
  ["batch", 6],
];
const TOTAL = WEIGHTS.reduce((sum, [, weight]) => sum + weight, 0);

/** The next operation. */
export function drawOperation(chance: Chance, stage: Stage): Operation {
  const type = drawType(chance);
  const runId = chance.pick(stage.runs);
  if (type === "batch") return { runId, batch: drawBatch(chance, stage) };
  const reading = chance.below(4);
  const params =
    reading === 0 ? { eventCount: chance.below(30) } : reading === 1 ? { resolveData: "none" as const } : undefined;
  const [name, ask] = drawEvent(chance, stage, type);
  return {
    runId,
    event: [name, params ? { ...ask, params: { ...ask.params, ...params } } : ask],
    ...(reading === 2 && stage.cursors > 0 ? { since: chance.below(stage.cursors) } : {}),
  };
}

function drawType(chance: Chance): string {
  let left = chance.next() * TOTAL;
  for (const [type, weight] of WEIGHTS) {
    left -= weight;
    if (left < 0) return type;
  }
  return "run_started";
}

/** A payload; a few stand in R2. */
function payload(chance: Chance): unknown {
  if (chance.below(20) === 0) return { text: "x".repeat(chance.below(50)) };
  return bytes(chance.below(400) === 0 ? 262_145 : chance.below(40), chance.below(256));
}

function later(chance: Chance, now: number): Date {
  return new Date(now + chance.below(400) - 50);
}

function drawEvent(chance: Chance, stage: Stage, type: string): [string, Ask] {
  const step = chance.pick(STEPS);
  switch (type) {
    case "run_created":
    case "run_started": {
      const bare = type === "run_started" && chance.below(2) === 0;
      const data = { deploymentId: "dpl_walk", workflowName: stage.name, input: payload(chance) };
      return [type, bare ? {} : { data }];
    }
    case "run_completed":
      return [type, { data: { output: payload(chance) } }];
    case "run_failed":
      return [type, { data: { error: payload(chance), errorCode: "USER_ERROR" } }];
    case "run_cancelled":
      return [type, {}];
    case "attr_set":
      return [type, drawAttributes(chance)];
    case "step_created":
    case "lazy":
      return [
        type === "lazy" ? "step_started" : type,
        { id: step, data: { stepName: `step//${step}`, input: payload(chance) } },
      ];
    case "step_started":
      return [type, { id: step, ...(chance.below(2) ? { data: { ownerMessageId: `msg_${chance.below(9)}` } } : {}) }];
    case "step_completed":
      return [type, { id: step, data: { result: payload(chance) } }];
    case "step_failed":
      return [type, { id: step, data: { error: payload(chance) } }];
    case "step_retrying": {
      const retryAfter = chance.below(3) ? { retryAfter: later(chance, stage.now) } : {};
      return [type, { id: step, data: { error: payload(chance), ...retryAfter } }];
    }
    case "wait_created":
      return [type, { id: chance.pick(WAITS), data: { resumeAt: later(chance, stage.now) } }];
    case "wait_completed":
      return [type, { id: chance.pick(WAITS) }];
    default:
      return [type, drawHook(chance, stage, type)];
  }
}

function drawAttributes(chance: Chance): Ask {
  const key = `k${chance.below(70)}`;
  const more = Array.from({ length: chance.below(8) === 0 ? 30 : 0 }, (_, index) => ({ key: `m${index}`, value: "v" }));
  const changes = [{ key, value: chance.below(3) ? `v${chance.below(9)}` : null }, ...more];
  const data = { changes, writer: { type: "workflow" } };
  return chance.below(2) ? { data } : { id: `attr_${chance.below(6)}`, data };
}

function drawHook(chance: Chance, { hooks, tokens }: Stage, type: string): Ask {
  const id = chance.pick(hooks);
  if (type === "hook_created") return { id, data: { token: chance.pick(tokens), metadata: payload(chance) } };
  if (type === "hook_disposed") return { id };
  const resume = `resume_${chance.below(8)}`;
  return {
    id,
    data: { payload: payload(chance) },
    ...(chance.below(2) ? { params: { resumeId: resume, resumePayloadDigest: `digest_${chance.below(2)}` } } : {}),
  };
}

/** Up to six events, one per entity or a pair that is born running. */
function drawBatch(chance: Chance, stage: Stage): BatchEventRequest[] {
  const events: BatchEventRequest[] = [];
  const add = (type: string, ask: Ask) => events.push({ event: request(type, ask) });
  for (const id of [...STEPS, ...WAITS].filter(() => chance.below(3) === 0).slice(0, 6)) {
    const data = { stepName: `step//${id}`, input: payload(chance) };
    if (id.startsWith("wait")) add(...drawWait(chance, stage, id));
    else drawStep(chance, id, data, add);
  }
  return events;
}

function drawStep(
  chance: Chance,
  id: string,
  data: Record<string, unknown>,
  add: (type: string, ask: Ask) => void,
): void {
  const what = chance.pick(["pair", "step_created", "step_completed", "step_started"]);
  if (what === "pair" || what === "step_created") add("step_created", { id, data });
  if (what === "pair") add("step_started", { id, data: { ownerMessageId: "msg_batch" } });
  if (what === "step_completed") add(what, { id, data: { result: payload(chance) } });
  if (what === "step_started") add(what, { id });
}

function drawWait(chance: Chance, { now }: Stage, id: string): [string, Ask] {
  return chance.below(2)
    ? ["wait_created", { id, data: { resumeAt: later(chance, now) } }]
    : ["wait_completed", { id }];
}
