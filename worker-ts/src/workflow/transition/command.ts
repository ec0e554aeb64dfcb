// What a caller asks, checked and made ready: an event request becomes a command, its payload lies where its row will say. Limits of
// what comes from outside are here; whether the event may happen is decided by the guards.
import { WorkflowWorldError } from "@workflow/errors";
import type { CreateEventParams, ResolveData } from "@workflow/world";
import { validateAttributeChanges, validateAttributeEventDataSize } from "@workflow/world/attributes-validation";
import { getEventDataPayloadField } from "@workflow/world/event-metadata";
import { ID_BYTES_MAX, NAME_BYTES_MAX, SPEC_READ_MAX, TOKEN_BYTES_MAX } from "../limits";
import { decodeCursor } from "../store/cursor";
import { isSentId, sentId } from "../store/events";
import { encodePayload, NO_PAYLOAD, type Payload, type PayloadPorts } from "../store/payload";

/** Events that may be asked for. */
export type CommandType = (typeof TYPES)[number];

const TYPES = [
  "run_created",
  "run_started",
  "run_completed",
  "run_failed",
  "run_cancelled",
  "attr_set",
  "step_created",
  "step_started",
  "step_completed",
  "step_failed",
  "step_retrying",
  "hook_created",
  "hook_received",
  "hook_disposed",
  "wait_created",
  "wait_completed",
] as const;

/** An event that may be on its way into a log. */
export interface Command {
  readonly runId: string;
  readonly type: CommandType;
  readonly correlationId: string | null;
  /** The event's data without its payload; undefined: it has none. */
  readonly data: Readonly<Record<string, unknown>> | undefined;
  readonly payload: Payload;
  readonly specVersion: number;
  /** A `step_started` that brings its step along, or a `run_started` its run. */
  readonly creates: boolean;
  readonly ownerId: string | null;
  /** What counts once: the caller's resume, or else this very command, where nothing but an id tells a second sending of it. */
  readonly resumeId: string | null;
  readonly resumeDigest: string | null;
  readonly read: ReadBack;
}

/** What the answer is to carry beside the event. */
export interface ReadBack {
  readonly resolve: ResolveData;
  /** Slot behind which the log is read, and the cursor an empty page gives back. */
  readonly behind?: { readonly slot: number; readonly cursor: string | null };
  /** Only what the writer had not seen: of what is behind, what is before the event, and only if there is some. */
  readonly skippedOnly: boolean;
  /** The whole log, to replay from. */
  readonly whole: boolean;
}

/** An event as it is asked for, seen without its many types. */
export interface EventRequest {
  readonly eventType: string;
  readonly correlationId?: string | undefined;
  readonly specVersion?: number | undefined;
  readonly eventData?: unknown;
}

/** What making a command needs of the world. */
export type CommandPorts = PayloadPorts & { newRunId(): string; owner?(): Promise<string | undefined> };

const encoder = new TextEncoder();

/** A request that is wrong whatever the log holds. */
export function badRequest(message: string, code = "BAD_REQUEST"): WorkflowWorldError {
  return new WorkflowWorldError(message, { status: 400, code });
}

function text(value: unknown, what: string, bytesMax: number): string {
  if (typeof value !== "string" || value.length === 0) throw badRequest(`${what} is missing`);
  if (value.length > bytesMax || encoder.encode(value).length > bytesMax)
    throw badRequest(`${what} has more than ${bytesMax} bytes`, "TOO_LONG");
  return value;
}

/** Makes a command of a request. A payload that is too large for its row lies in R2 when this returns. */
export async function commandOf(
  ports: CommandPorts,
  runId: string | null,
  request: EventRequest,
  params: CreateEventParams = {},
): Promise<Command> {
  const type = TYPES.find((name) => name === request.eventType);
  if (type === undefined) throw badRequest(`${request.eventType} is no event that may be created`);
  const id = runId || (type === "run_created" ? ports.newRunId() : "");
  const data = request.eventData as Readonly<Record<string, unknown>> | undefined;
  text(id, "the run's id", ID_BYTES_MAX);
  const creates = createsOnTheWay(type, data);
  check(type, request, data, creates);
  const resumeId = type === "hook_received" && params.resumeId ? params.resumeId : null;
  if (resumeId !== null && isSentId(text(resumeId, "the resume id", ID_BYTES_MAX)))
    throw badRequest("the resume id begins as ours do");
  const again = type === "hook_received" || (type === "step_started" && !creates);
  const field = getEventDataPayloadField(type);
  const value = field === undefined ? undefined : data?.[field];
  // `run_started` and `step_started` hold no payload of their own, it goes with the event that creates
  const wanted = (type === "run_started" || type === "step_started") && !creates ? undefined : value;
  return {
    runId: id,
    type,
    correlationId: request.correlationId ?? null,
    data: data === undefined || field === undefined ? data : without(data, field),
    payload: wanted === undefined ? NO_PAYLOAD : await encodePayload(ports, id, wanted),
    specVersion: request.specVersion ?? SPEC_READ_MAX,
    creates,
    ownerId: type === "run_created" || (type === "run_started" && creates) ? ((await ports.owner?.()) ?? null) : null,
    resumeId: resumeId ?? (again ? sentId(ports.newRunId()) : null),
    resumeDigest: (resumeId && params.resumePayloadDigest) || null,
    read: readBack(type, params),
  };
}

function createsOnTheWay(type: CommandType, data: Readonly<Record<string, unknown>> | undefined): boolean {
  if (data?.["input"] === undefined) return false;
  if (type === "step_started") return typeof data["stepName"] === "string";
  return type === "run_started" && typeof data["deploymentId"] === "string" && typeof data["workflowName"] === "string";
}

function check(
  type: CommandType,
  { correlationId }: EventRequest,
  data: Readonly<Record<string, unknown>> | undefined,
  creates: boolean,
): void {
  if (/^(?:step|hook|wait)_/.test(type) || correlationId !== undefined)
    text(correlationId, "the correlation id", ID_BYTES_MAX);
  if (type === "run_created" || (type === "run_started" && creates)) {
    text(data?.["workflowName"], "the workflow's name", NAME_BYTES_MAX);
    text(data?.["deploymentId"], "the deployment's id", ID_BYTES_MAX);
    const attributes = (data?.["attributes"] ?? {}) as Record<string, string>;
    // lineage stands under reserved keys, and nobody but the runtime creates runs
    checkAttributes(
      Object.entries(attributes).map(([key, value]) => ({ key, value })),
      true,
    );
  }
  if (type === "step_created" || (type === "step_started" && creates))
    text(data?.["stepName"], "the step's name", NAME_BYTES_MAX);
  if (type === "hook_created") text(data?.["token"], "the token", TOKEN_BYTES_MAX);
  if (type === "wait_created") time(data?.["resumeAt"]);
  if (type === "step_retrying" && data?.["retryAfter"] !== undefined) time(data["retryAfter"]);
  if (type === "attr_set") {
    const set = data as Parameters<typeof validateAttributeEventDataSize>[0] | undefined;
    if (!Array.isArray(set?.changes) || !set.writer) throw badRequest("changes or writer are missing");
    checkAttributes(set.changes, set.allowReservedAttributes === true, () => validateAttributeEventDataSize(set));
  }
}

function checkAttributes(
  changes: { key: string; value: string | null }[],
  allowReservedAttributes: boolean,
  also?: () => void,
): void {
  try {
    also?.();
    validateAttributeChanges(changes, { allowReservedAttributes });
  } catch (cause) {
    throw new WorkflowWorldError((cause as Error).message, { status: 400, code: "BAD_ATTRIBUTES", cause });
  }
}

/** ms of a time that came as Date, text or number. */
export function time(value: unknown): number {
  const ms = new Date(value as Date).getTime();
  if (Number.isNaN(ms)) throw badRequest("a time is none");
  return ms;
}

function without(data: Readonly<Record<string, unknown>>, field: string): Record<string, unknown> {
  const { [field]: _payload, ...rest } = data;
  return rest;
}

function readBack(type: CommandType, params: CreateEventParams): ReadBack {
  const resolve = params.resolveData ?? "all";
  const whole = { resolve, behind: { slot: 0, cursor: null }, skippedOnly: false, whole: true };
  if (type === "run_started" && params.skipPreload !== true) return whole;
  if (type === "hook_received" && params.preloadEvents === true) return whole;
  if (typeof params.sinceCursor === "string") {
    const slot = decodeCursor("events", params.sinceCursor).at;
    return { resolve, behind: { slot, cursor: params.sinceCursor }, skippedOnly: false, whole: false };
  }
  if (params.eventCount !== undefined && Number.isSafeInteger(params.eventCount))
    return { resolve, behind: { slot: Math.max(0, params.eventCount), cursor: null }, skippedOnly: true, whole: false };
  return { resolve, skippedOnly: false, whole: false };
}
