// The shapes of the workflows' answers, and rows as these shapes. A field is never left out; times are ms since 1970.
import type { Event } from "@workflow/world";
import { eventIdToSlot } from "@workflow/world/slot-identity.js";
import * as z from "zod";
import type { CloudflareEnv } from "../runtime/bindings";
import { workflowSettings } from "../runtime/settings";
import type { RunSummary } from "../store/survey/summary";
import { deploymentId } from "../world";

export const STATUSES = ["pending", "running", "completed", "failed", "cancelled"] as const;

const time = z.int().nonnegative();

/** A run. */
export const runShape = z
  .object({
    id: z.string(),
    name: z.string().meta({ description: "The workflow's name." }),
    workflow: z.string().meta({ description: "The workflow's id: file and name." }),
    status: z.enum(STATUSES),
    ownerId: z.string().nullable(),
    mayAct: z.boolean().meta({ description: "Whether the caller may cancel it and resume its hooks, not only look." }),
    deploymentId: z.string().meta({ description: "The code that it was started by." }),
    otherCode: z.boolean().meta({ description: "Other code than that runs now." }),
    attributes: z.record(z.string(), z.string()),
    events: z.int().nonnegative().meta({ description: "How many events its log has." }),
    errorCode: z.string().nullable(),
    createdAt: time,
    startedAt: time.nullable(),
    completedAt: time.nullable(),
    lastEventAt: time,
  })
  .meta({ id: "WorkflowRun" });

/** An event of a run's log. */
export const eventShape = z
  .object({
    slot: z.int().positive().meta({ description: "Its place in the log; dense from 1." }),
    type: z.string(),
    at: time,
    subject: z.string().nullable().meta({ description: "The step, hook or wait that it is about." }),
    data: z.record(z.string(), z.unknown()).meta({ description: "What it says beside its payload." }),
  })
  .meta({ id: "WorkflowEvent" });

/** Whether an object in this JSON has a field `__proto__`. How deep JSON goes is limited where bodies are read. */
function hasProto(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  return Object.hasOwn(value, "__proto__") || Object.values(value).some(hasProto);
}

/** JSON as workflows take it: their serialization has no place for a field of that name. */
export const payload = z.unknown().refine((value) => !hasProto(value), "no field may be called __proto__");

/** A whole number of a query that may stand behind a minus. */
export const signedNumber = z
  .string()
  .regex(/^-?\d{1,9}$/, "a whole number is needed")
  // to whoever calls it is a number
  .meta({ type: "integer", pattern: undefined })
  .transform(Number);

/** The id of a run in an address. */
export const runParams = z.object({ id: z.string().regex(/^wrun_[0-9A-Za-z]{1,64}$/) });

/** The name of a workflow by its id; of one that is no longer compiled what its id says. */
export function nameOf(workflowId: string): string {
  const { ids } = workflowSettings().workflows;
  const [known] = Object.entries(ids).find(([, id]) => id === workflowId) ?? [];
  return known ?? workflowId.split("//").at(-1)!;
}

/** A run from its row, as seen by the code that runs now, for whoever may act on it or only look. */
export function runBody(row: RunSummary, env: CloudflareEnv, mayAct: boolean): z.input<typeof runShape> {
  return {
    id: row.id,
    name: nameOf(row.name),
    workflow: row.name,
    status: row.status as (typeof STATUSES)[number],
    ownerId: row.owner_id,
    mayAct,
    deploymentId: row.deployment_id,
    otherCode: row.deployment_id !== deploymentId(env),
    attributes: JSON.parse(row.attributes),
    events: row.last_slot,
    errorCode: row.error_code,
    createdAt: row.created_at,
    startedAt: row.started_at,
    completedAt: row.completed_at,
    lastEventAt: row.last_event_at,
  };
}

/** Fields that are the runtime's own business, or long. */
const SILENT: ReadonlySet<string> = new Set(["executionContext", "encryptionPublicKey", "ownerMessageId"]);

/** Whoever has a hook's token may resume it, or call its webhook. */
const TOKEN = "token";

/** An event as the API tells it, to whoever may act on its run or only look. */
export function eventBody(event: Event, mayAct: boolean): z.input<typeof eventShape> {
  const { eventData = {}, correlationId } = event as Event & { eventData?: Record<string, unknown> };
  const told = Object.entries(eventData).filter(
    ([key, value]) => !SILENT.has(key) && (mayAct || key !== TOKEN) && value !== undefined,
  );
  return {
    slot: eventIdToSlot(event.eventId) ?? 0,
    type: event.eventType,
    at: event.createdAt.getTime(),
    subject: correlationId ?? null,
    data: Object.fromEntries(told.map(([key, value]) => [key, value instanceof Date ? value.getTime() : value])),
  };
}
