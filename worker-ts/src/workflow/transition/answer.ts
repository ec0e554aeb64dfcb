// The answer to an event that was written: event, entity and log, from what the caller gave and what the batch handed back. Every
// answer is a fresh copy. Nothing is sent from here.
import type { Event, EventResult } from "@workflow/world";
import { getEventDataPayloadField } from "@workflow/world/event-metadata";
import { slotToEventId } from "@workflow/world/slot-identity.js";
import { RUN_EVENTS_MAX } from "../limits";
import { encodeCursor } from "../store/cursor";
import { buildEvent, eventsPage } from "../store/events";
import { type HookRow, hookOf } from "../store/hooks";
import type { PayloadLoader } from "../store/payload";
import { type RunRow, runOf } from "../store/runs";
import { fullStepOf, type StepRow, stepOf } from "../store/steps";
import { type WaitRow, waitOf } from "../store/waits";
import type { Command } from "./command";
import type { Results } from "./commit";
import type { Plan } from "./rules";

/** Slot and time that an event got. */
export interface Written {
  readonly slot: number;
  readonly created_at: number;
}

/** The answer, or undefined where the guard refused. */
export async function readAnswer(
  command: Command,
  plan: Plan,
  results: Results,
  loader: PayloadLoader,
): Promise<EventResult | undefined> {
  const written = results[plan.event]?.[0] as Written | undefined;
  const conflict = plan.conflict === undefined ? undefined : results[plan.conflict]?.[0];
  if (written) {
    const [entity, run, log] = await Promise.all([
      entityOf(command, written, plan.entity === undefined ? undefined : results[plan.entity]?.[0], loader),
      readRun(command, plan, results, loader),
      readLog(command, plan, results, written.slot, loader),
    ]);
    return { event: eventOfCommand(command, written), ...run, ...entity, ...log } as EventResult;
  }
  if (!conflict) return undefined;
  const log = await readLog(command, plan, results, conflict["slot"] as number, loader);
  return { event: conflictEvent(command, conflict), ...log } as EventResult;
}

/** An event from the command that asked for it. */
export function eventOfCommand(command: Command, { slot, created_at }: Written): Event {
  // the payload of a start that creates went with the other event
  const bare = command.type === "run_started" || command.type === "step_started";
  return buildEvent(
    {
      run_id: command.runId,
      slot,
      type: command.type,
      correlation_id: command.correlationId,
      resume_id: command.resumeId,
      spec_version: command.specVersion,
      created_at,
    },
    command.type === "run_started" ? undefined : structuredClone(command.data),
    getEventDataPayloadField(command.type),
    bare ? undefined : payloadOf(command),
    command.read.resolve,
  );
}

/** A copy of the payload, where it is wanted: what is handed out is changed by nobody else. */
function payloadOf({ payload, read }: Command): unknown {
  return read.resolve === "all" ? structuredClone(payload.value) : undefined;
}

function conflictEvent(command: Command, row: Record<string, unknown>): Event {
  const { d } = JSON.parse(row["meta"] as string) as { d: Record<string, unknown> };
  return {
    runId: command.runId,
    eventId: slotToEventId(row["slot"] as number),
    eventType: "hook_conflict",
    correlationId: command.correlationId,
    specVersion: command.specVersion,
    createdAt: new Date(row["created_at"] as number),
    eventData: d,
  } as Event;
}

/** The run as the batch left it, with the number of events it may have. */
export async function readRun(
  command: Command,
  plan: Plan,
  results: Results,
  loader: PayloadLoader,
): Promise<Pick<EventResult, "run" | "maxEvents">> {
  const row = plan.run === undefined ? undefined : results[plan.run]?.[0];
  if (!row) return {};
  return { run: await runOf(row as unknown as RunRow, command.read.resolve, loader), maxEvents: RUN_EVENTS_MAX };
}

/** What of the log was asked for; `slot` is where the event came out, undefined where none was written. */
export async function readLog(
  command: Command,
  plan: Plan,
  results: Results,
  slot: number | undefined,
  loader: PayloadLoader,
): Promise<{ events: Event[]; cursor: string | null; hasMore: boolean } | Record<string, never>> {
  const { behind, skippedOnly, resolve } = command.read;
  if (plan.log === undefined || !behind) return {};
  const rows = results[plan.log] ?? [];
  if (!skippedOnly) {
    const { data: events, cursor, hasMore } = await eventsPage(rows, -1, behind.cursor, resolve, loader);
    return { events, cursor, hasMore };
  }
  // a lazy start wrote two, and has seen neither
  const first = command.type === "step_started" && command.creates && slot !== undefined ? slot - 1 : slot;
  if (first === undefined || first <= behind.slot + 1) return {};
  const skipped = rows.filter((row) => (row["slot"] as number) < first);
  const { data: events, cursor, hasMore } = await eventsPage(skipped, -1, null, resolve, loader);
  return { events, cursor: cursor ?? encodeCursor("events", [behind.slot]), hasMore };
}

/** The entity that the event made or changed. */
async function entityOf(
  command: Command,
  { slot, created_at }: Written,
  row: Record<string, unknown> | undefined,
  loader: PayloadLoader,
): Promise<Partial<EventResult>> {
  const { type, read } = command;
  const value = payloadOf(command);
  switch (type) {
    case "step_created":
      return { step: newStep(command, slot, created_at, "pending") };
    case "step_started":
      if (command.creates) return { step: newStep(command, slot - 1, created_at, "running"), stepCreated: true };
      return row ? { step: await fullStepOf(row, read.resolve, loader) } : {};
    case "step_completed":
      return { step: stepOf(row as unknown as StepRow, { output: value }) };
    case "step_failed":
    case "step_retrying":
      return { step: stepOf(row as unknown as StepRow, { error: value }) };
    case "hook_created":
      return { hook: hookOf(row as unknown as HookRow, value) };
    case "wait_created":
    case "wait_completed":
      return { wait: waitOf(row as unknown as WaitRow, command.specVersion) };
    default:
      return {};
  }
}

/** A step that this very write made: nothing has to be read. */
export function newStep(
  command: Command,
  slot: number,
  createdAt: number,
  status: "pending" | "running",
): NonNullable<EventResult["step"]> {
  const running = status === "running";
  return stepOf(
    {
      run_id: command.runId,
      id: command.correlationId ?? "",
      name: command.data?.["stepName"] as string,
      status,
      attempt: running ? 1 : 0,
      created_slot: slot,
      retry_after: null,
      started_at: running ? createdAt : null,
      completed_at: null,
      created_at: createdAt,
      spec_version: command.specVersion,
      retried_at: null,
    },
    { input: payloadOf(command) },
  );
}
