// `events.createBatch`: several events of one run as one write, each with the outcome its single create would have had. What cannot be
// said in a batch is refused as a whole before anything is sent.
import { ThrottleError, WorkflowWorldError } from "@workflow/errors";
import type {
  BatchEventItemResult,
  BatchEventRequest,
  CreateEventBatchParams,
  EventBatchResult,
  EventResult,
} from "@workflow/world";
import { BATCH_EVENTS_MAX } from "../limits";
import { PayloadLoader } from "../store/payload";
import type { StoragePorts } from "../store/reader";
import { eventOfCommand, newStep, readAnswer, type Written } from "./answer";
import { badRequest, type Command, commandOf, type EventRequest } from "./command";
import type { GroupCommit, Results } from "./commit";
import { admit, asWritten, lookAt, tellEnd } from "./create";
import { type Look, refuse } from "./refusal";
import { bornRunning, type Plan, planOf } from "./rules";

/** What only a single create may do. */
const ALONE = /^(?:run_created|run_started|run_cancelled|hook_created|hook_disposed|hook_received|attr_set)$/;

/** One transition of a batch: an event, or a step that is born running, which is two. */
interface Part {
  readonly commands: readonly [Command, Command?];
  readonly plan: Plan;
  /** Where its statements begin; behind them stands a look, so that a refusal is told as it was then. */
  readonly at: number;
  readonly time: number;
}

/** Writes events on consecutive slots, in order; those that are refused are left out. */
export async function createBatch(
  ports: StoragePorts,
  group: GroupCommit,
  runId: string,
  requests: readonly BatchEventRequest[],
  params?: CreateEventBatchParams,
): Promise<EventBatchResult> {
  checkBatch(requests);
  for (const { event } of requests) admit(ports, runId, event);
  const read = params?.resolveData === undefined ? {} : { resolveData: params.resolveData };
  const commands = await Promise.all(requests.map(({ event }) => commandOf(ports, runId, event as EventRequest, read)));
  const parts = partsOf(commands, requests, ports.now());
  const results = await group.commit(
    parts.flatMap(({ commands: [command], plan }) => [...plan.statements, lookAt(command)]),
    commands.length,
  );
  const outcomes = await Promise.all(
    parts.map((part) => outcomeOf(ports, part, results.slice(part.at, part.at + part.plan.statements.length + 1))),
  );
  return { results: outcomes.flat() };
}

function checkBatch(requests: readonly BatchEventRequest[]): void {
  if (requests.length === 0 || requests.length > BATCH_EVENTS_MAX)
    throw badRequest(`a batch has 1 to ${BATCH_EVENTS_MAX} events`, "BAD_BATCH");
  const seen = new Set<string>();
  for (const [index, { event }] of requests.entries()) {
    const { eventType: type, correlationId: id, eventData } = event as EventRequest;
    if (ALONE.test(type)) throw badRequest(`${type} does not go into a batch`, "BAD_BATCH");
    if (type === "step_started" && (eventData as { input?: unknown } | undefined)?.input !== undefined)
      throw badRequest("in a batch a step's input goes with its step_created", "BAD_BATCH");
    // `step_` and `wait_` ids never meet; the run itself is one entity
    const entity = id ?? "";
    if (seen.has(entity) && !isPair(requests, index)) throw badRequest("a batch has one event per entity", "BAD_BATCH");
    seen.add(entity);
  }
}

/** The event at `index` starts the step that the one before creates. */
function isPair(requests: readonly { event: unknown }[], index: number): boolean {
  const started = requests[index]?.event as EventRequest | undefined;
  const created = requests[index - 1]?.event as EventRequest | undefined;
  return (
    started?.eventType === "step_started" &&
    created?.eventType === "step_created" &&
    started.correlationId === created.correlationId
  );
}

function partsOf(commands: readonly Command[], requests: readonly BatchEventRequest[], now: number): Part[] {
  const parts: Part[] = [];
  let at = 0;
  for (let index = 0; index < commands.length; index += 1) {
    const command = commands[index]!;
    const pair = isPair(requests, index + 1);
    const time = requests[index]?.occurredAt?.getTime() ?? now;
    const plan = pair ? bornRunning(command, commands[index + 1]!, time) : planOf(command, time);
    parts.push({ commands: pair ? [command, commands[++index]!] : [command], plan, at, time });
    at += plan.statements.length + 1;
  }
  return parts;
}

async function outcomeOf(ports: StoragePorts, part: Part, results: Results): Promise<BatchEventItemResult[]> {
  const [command, started] = part.commands;
  const written = results[part.plan.event]?.[0] as Written | undefined;
  if (started && written) return bornOutcome(command, started, written);
  const answer = await readAnswer(command, part.plan, results, new PayloadLoader(ports.bucket));
  if (answer) {
    tellEnd(ports, command);
    return [itemOf(answer)];
  }
  const look = results.at(-1)?.[0] as unknown as Look;
  const refusal = refuse(command, look, part.time);
  if (refusal.kind === "resume") {
    const before = await readAnswer(
      command,
      part.plan,
      asWritten(part.plan, results, look),
      new PayloadLoader(ports.bucket),
    );
    return [itemOf(before!)];
  }
  const error = refusal.kind === "error" ? refusal.error : new ThrottleError(`${command.type} was overtaken`);
  return part.commands.map(() => rejectionOf(error));
}

function bornOutcome(created: Command, started: Command, written: Written): BatchEventItemResult[] {
  const step = () => newStep(created, written.slot - 1, written.created_at, "running");
  return [
    { status: 200, event: eventOfCommand(created, { ...written, slot: written.slot - 1 }), step: step() },
    { status: 200, event: eventOfCommand(started, written), step: step() },
  ];
}

function itemOf({ event, run, step, wait }: EventResult): BatchEventItemResult {
  return { status: 200, event: event!, ...(run && { run }), ...(step && { step }), ...(wait && { wait }) };
}

/** Statuses of the errors that carry none. */
const STATUSES: Readonly<Record<string, readonly [status: number, error: string]>> = {
  EntityConflictError: [409, "conflict"],
  RunExpiredError: [410, "run-expired"],
  TooEarlyError: [425, "too-early"],
  ThrottleError: [429, "throttled"],
  WorkflowRunNotFoundError: [404, "run-not-found"],
  HookNotFoundError: [404, "hook-not-found"],
  RunNotSupportedError: [422, "run-not-supported"],
};

/** The outcome of an event whose single create would have thrown; what is no answer of the contract fails the whole batch. */
function rejectionOf(error: unknown): { status: number; error: string; message: string } {
  const { name, message } = error as Error;
  const known = STATUSES[name];
  if (known) return { status: known[0], error: known[1], message };
  if (error instanceof WorkflowWorldError && error.status !== undefined && error.status < 500)
    return { status: error.status, error: error.code ?? "refused", message };
  throw error;
}
