// What the contract kit works with: a storage under test with a clock of its own, short ways to say an event, and what a refusal is
// called. No rule is tested here, and nothing here knows which storage it is.
import { crc32 } from "node:zlib";
import type { CreateEventParams, CreateEventRequest, Event, EventResult, Storage } from "@workflow/world";
import { slotToEventId } from "@workflow/world/slot-identity.js";

/** A storage under test. */
export interface Subject {
  readonly name: string;
  /** A scope of its own over the same data: another writer. */
  scope(): Storage;
  readonly clock: { now(): number; advance(ms: number): void };
}

/** What an event may be asked with. */
export interface Ask {
  readonly id?: string;
  readonly data?: Record<string, unknown>;
  readonly spec?: number;
  readonly params?: CreateEventParams;
}

let count = 0;
const base = crypto
  .randomUUID()
  .replaceAll("-", "")
  .slice(0, 12)
  .toUpperCase()
  .replace(/[ILOU]/g, "Z");

/** An id nobody has; `wrun_` is followed by 26 characters of Crockford's alphabet. */
export function fresh(prefix = "wrun"): string {
  count += 1;
  return `${prefix}_01K${base.slice(0, 11)}${String(count).padStart(12, "0")}`;
}

/** A request as core makes it. */
export function request(eventType: string, { id, data, spec = 7 }: Ask = {}): CreateEventRequest {
  return {
    eventType,
    specVersion: spec,
    ...(id === undefined ? {} : { correlationId: id }),
    ...(data === undefined ? {} : { eventData: data }),
  } as CreateEventRequest;
}

/** Creates an event. */
export function put(storage: Storage, runId: string, eventType: string, ask: Ask = {}): Promise<EventResult> {
  return storage.events.create(runId, request(eventType, ask), ask.params);
}

/** Some bytes; all 256 values, so that NUL is among them. */
export function bytes(length: number, seed = 0): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (index * 7 + seed) & 255);
}

/** What a run is created with. */
export function runData(data: Record<string, unknown> = {}): Record<string, unknown> {
  return { deploymentId: "dpl_test", workflowName: "workflow//./test//kit", input: bytes(8), ...data };
}

/** A run that waits to be started. */
export async function pendingRun(storage: Storage, data: Record<string, unknown> = {}): Promise<string> {
  const runId = fresh();
  await put(storage, runId, "run_created", { data: runData(data) });
  return runId;
}

/** A run at work: two events in its log. */
export async function openRun(storage: Storage, data: Record<string, unknown> = {}): Promise<string> {
  const runId = await pendingRun(storage, data);
  await put(storage, runId, "run_started", { params: { skipPreload: true } });
  return runId;
}

/** A run that is over. */
export async function endedRun(storage: Storage, how = "run_completed"): Promise<string> {
  const runId = await openRun(storage);
  await endRun(storage, runId, how);
  return runId;
}

/** Ends a run. */
export function endRun(storage: Storage, runId: string, how = "run_completed"): Promise<EventResult> {
  const data: Record<string, Record<string, unknown>> = {
    run_completed: { output: bytes(4) },
    run_failed: { error: bytes(5), errorCode: "USER_ERROR" },
  };
  const known = data[how];
  return put(storage, runId, how, known ? { data: known } : {});
}

/** What a step is created with. */
export const stepData = { stepName: "step//./test//one", input: bytes(6, 3) };

/** The refusal's name, with its status where it is a WorkflowWorldError; "done" when there was none. */
export async function refusal(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return "done";
  } catch (error) {
    const { name, status } = error as { name: string; status?: number };
    return name === "WorkflowWorldError" ? `${name} ${status}` : name;
  }
}

/** The log of a run. */
export async function logOf(storage: Storage, runId: string): Promise<Event[]> {
  return (await storage.events.list({ runId })).data;
}

/** The types in the log, in order. */
export async function typesOf(storage: Storage, runId: string): Promise<string[]> {
  return (await logOf(storage, runId)).map((event) => event.eventType);
}

/** `evnt_…` of slots. */
export function slots(...numbers: number[]): string[] {
  return numbers.map(slotToEventId);
}

/** Ids of events. */
export function idsOf(events: readonly Event[] | undefined): string[] | undefined {
  return events?.map((event) => event.eventId);
}

/** Data of an event, seen without its many types. */
export function dataOf(event: Event | undefined): Record<string, unknown> | undefined {
  return (event as { eventData?: Record<string, unknown> } | undefined)?.eventData;
}

/** A value whose large parts are told by length and checksum: a difference in 300 000 bytes takes minutes to be printed. */
export function brief(value: unknown): unknown {
  if (value instanceof Uint8Array) return `${value.length} bytes ${crc32(value)}`;
  if (typeof value === "string" && value.length > 1000) return `${value.length} letters ${crc32(value)}`;
  if (Array.isArray(value)) return value.map(brief);
  if (typeof value !== "object" || value === null || value instanceof Date) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, brief(part)]));
}
