// The trace as a web of causes: which crank sent a message, which one delivered it, which one resolved what it promised. Pure.
import type { Step } from "../rpc/shapes";

/** Cranks that are kept; the oldest go. */
export const STEPS_MAX = 500;

/** The trace with what came after it. */
export function extend(steps: readonly Step[], more: readonly Step[]): readonly Step[] {
  const last = steps.at(-1)?.crank ?? 0;
  const fresh = more.filter(({ crank }) => crank > last);
  return fresh.length === 0 ? steps : [...steps, ...fresh].slice(-STEPS_MAX);
}

/** The crank in which a message was sent; undefined: before the trace began. */
export const sentIn = (steps: readonly Step[], message: number): Step | undefined =>
  steps.find(({ sends }) => sends.some((one) => one.message === message));

/** The last crank in which a message was delivered; undefined: not yet, or before the trace began. */
export const deliveredIn = (steps: readonly Step[], message: number): Step | undefined =>
  steps.findLast((step) => step.kind !== "command" && step.message === message);

/** The crank that resolved a promise. */
export const resolvedIn = (steps: readonly Step[], promise: string): Step | undefined =>
  steps.find(({ resolves }) => resolves.some((one) => one.promise === promise));

/** The names in a step's target: one kref, a list of them, or none in the name of a command. */
export const krefsOf = (text: string): readonly string[] => text.match(/\bk[op]\d+\b/gu) ?? [];

/** Whether a step has to do with an object, a promise or a vat. */
export function concerns(step: Step, id: string): boolean {
  if (step.vat === id || step.result === id || krefsOf(step.target).includes(id)) return true;
  if (step.sends.some(({ target, result }) => target === id || result === id)) return true;
  return step.resolves.some(({ promise }) => promise === id) || step.drops.includes(id);
}

/** Which messages are shown under an object or vat. */
export const LAST_MAX = 12;

/** The last steps that have to do with it, newest first. */
export const lastOf = (steps: readonly Step[], id: string): readonly Step[] =>
  steps
    .filter((step) => concerns(step, id))
    .slice(-LAST_MAX)
    .toReversed();

/** Which steps one walks through. */
export type Filter = "all" | "messages";

export const shown = (steps: readonly Step[], filter: Filter): readonly Step[] =>
  filter === "all" ? steps : steps.filter(({ kind }) => kind === "message");

/** The step before or after a crank, among those that are shown. */
export function beside(steps: readonly Step[], crank: number, way: -1 | 1): Step | undefined {
  return way === 1 ? steps.find((step) => step.crank > crank) : steps.findLast((step) => step.crank < crank);
}

/** A step in a few words. */
export function sayStep(step: Step): string {
  const { kind, target, method, vat } = step;
  const said = {
    message: `${target}.${method ?? "?"}()`,
    notify: `${vat ?? "?"} is told of ${target}`,
    start: `${vat ?? target} starts`,
    gc: `${vat ?? "?"}: ${method ?? "references"} ${target}`,
    reap: `${vat ?? target} is asked for its dead`,
    command: `outside: ${method === null ? target : `${target} ${method}`}`,
    cleanup: `${vat ?? target} is cleaned up`,
  };
  return said[kind];
}

/** A message's way, to be drawn. */
export interface Way {
  readonly crank: number;
  /** The box it came from. */
  readonly from: string;
  /** The dot it went to. */
  readonly to: string;
  /** The box to go to when the dot is not there. */
  readonly vat: string | null;
  /** It was sent in the crank that is looked at, not delivered. */
  readonly sent: boolean;
}

/** The way of what a step delivered; undefined for a step that delivered no message. */
function wayTo(steps: readonly Step[], step: Step, outside: string): Way | undefined {
  if (step.kind !== "message" || step.vat === null) return undefined;
  const sender = step.message === null ? undefined : sentIn(steps, step.message);
  return { crank: step.crank, from: sender?.vat ?? outside, to: step.target, vat: step.vat, sent: false };
}

/** Messages that are seen to fly of what one look brought; the rest went by too fast. */
const FLIGHTS_MAX = 6;

/** The messages delivered after a crank: the newest ones. */
export function flightsOf(steps: readonly Step[], after: number, outside: string): readonly Way[] {
  return steps
    .filter(({ crank }) => crank > after)
    .map((step) => wayTo(steps, step, outside))
    .filter((way) => way !== undefined)
    .slice(-FLIGHTS_MAX);
}

/** Everything that moved in one step: the message that came, and those that it sent. */
export function waysOf(steps: readonly Step[], step: Step, outside: string): readonly Way[] {
  const { crank, vat } = step;
  const came = wayTo(steps, step, outside);
  const sent = step.sends.map(({ target }) => ({ crank, from: vat ?? outside, to: target, vat: null, sent: true }));
  return came === undefined ? sent : [came, ...sent];
}
