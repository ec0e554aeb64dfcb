// `events.create`: command, plan, commit, answer; and where nothing was written, one look and the reason. Three tries more where the
// reason has gone, then ThrottleError.
import { ThrottleError, WorkflowWorldError } from "@workflow/errors";
import type { CreateEventParams, EventResult } from "@workflow/world";
import { RETRIES_MAX, RUN_EVENTS_MAX, SPEC_READ_MAX } from "../limits";
import { eventsBehind, eventsPage, makeEventReads } from "../store/events";
import { PayloadLoader } from "../store/payload";
import { readRows, type Statement, type StoragePorts, statement } from "../store/reader";
import { makeRunReads, type RunRow } from "../store/runs";
import { readAnswer, readLog, readRun } from "./answer";
import { type Command, commandOf, type EventRequest } from "./command";
import type { GroupCommit, Results } from "./commit";
import { type Look, refuse } from "./refusal";
import { type Plan, patchOf, planOf } from "./rules";
import { LOOK } from "./statements";

/** The events that end a run. */
const ENDS: Readonly<Record<string, string>> = {
  run_completed: "completed",
  run_failed: "failed",
  run_cancelled: "cancelled",
};

/** Writes one event; the error is that of the contract. */
export async function createEvent(
  ports: StoragePorts,
  group: GroupCommit,
  runId: string | null,
  request: EventRequest,
  params?: CreateEventParams,
): Promise<EventResult> {
  admit(ports, runId ?? "", request);
  return write(ports, group, await commandOf(ports, runId, request, params));
}

/** No step begins where the budget of this invocation is nearly spent. */
export function admit(ports: StoragePorts, runId: string, request: EventRequest): void {
  if (request.eventType === "step_started" && !ports.mayStart(runId))
    throw new WorkflowWorldError("this invocation has no budget left for another step", {
      status: 503,
      code: "INVOCATION_BUDGET",
    });
}

/** Sends a command until it is written, refused or given up. */
async function write(ports: StoragePorts, group: GroupCommit, command: Command): Promise<EventResult> {
  for (let tries = 0; tries <= RETRIES_MAX; tries += 1) {
    const plan = planOf(command, ports.now());
    const results = await group.commit(plan.statements);
    const answer = await readAnswer(command, plan, results, new PayloadLoader(ports.bucket));
    if (answer) {
      tellEnd(ports, command);
      return answer;
    }
    if (command.type === "step_started" && command.creates && group.isUnsure(results)) throw perhapsOurs();
    const instead = await explain(ports, command, plan, results);
    if (instead) return instead;
  }
  throw new ThrottleError(`${command.type} of run ${command.runId} was overtaken ${RETRIES_MAX} times`, {
    retryAfter: 1,
  });
}

/**
 * The step is there, and it may be ourselves who began it: were that taken for somebody else's claim, nobody would run it. The delivery
 * comes again, and sees from the log whose it is.
 */
const perhapsOurs = (): WorkflowWorldError =>
  new WorkflowWorldError("the database lost its answer about the start of a step", {
    status: 503,
    code: "STORE_UNSURE",
  });

/** Tells that a run has ended. */
export function tellEnd(ports: StoragePorts, { runId, type }: Command): void {
  const status = ENDS[type];
  if (status !== undefined) ports.onTerminal(runId, status);
}

/** Throws why a command was refused, or answers what needs no event; undefined: nothing speaks against it any more. */
async function explain(
  ports: StoragePorts,
  command: Command,
  plan: Plan,
  results: Results,
): Promise<EventResult | undefined> {
  const standing = await answerOfRun(ports, command, plan, results);
  if (standing) return standing;
  const [look] = await readRows<Look>(ports, lookAt(command));
  const refusal = refuse(command, look!, ports.now());
  if (refusal.kind === "error") throw refusal.error;
  // a run that came to stand so after the batch is read by the next one
  if (refusal.kind !== "resume") return undefined;
  return command.type === "step_started"
    ? readAnswer(command, plan, asWritten(plan, results, look!), new PayloadLoader(ports.bucket))
    : resumed(ports, command);
}

/** The results of a second sending, with what the first has written. */
export function asWritten(plan: Plan, results: Results, { resume_slot: slot, resume_at }: Look): Results {
  return results.with(plan.event, [{ slot, created_at: resume_at }]);
}

/** The run is what the event would make it, and answers as the batch read it: every delivery after the first starts a run anew. */
async function answerOfRun(
  ports: StoragePorts,
  command: Command,
  plan: Plan,
  results: Results,
): Promise<EventResult | undefined> {
  const stands = { run_started: "running", run_cancelled: "cancelled" }[command.type as string];
  const row = plan.run === undefined ? undefined : (results[plan.run]?.[0] as RunRow | undefined);
  if (!row || row.status !== stands || row.spec_version > SPEC_READ_MAX) return undefined;
  const loader = new PayloadLoader(ports.bucket);
  const [run, log] = await Promise.all([
    readRun(command, plan, results, loader),
    readLog(command, plan, results, undefined, loader),
  ]);
  return { ...run, ...log } as EventResult;
}

/** The one late look; a batch takes it along. */
export function lookAt(command: Command): Statement {
  const { runId, correlationId, resumeId } = command;
  return statement(LOOK, runId, correlationId, resumeId, command.type === "attr_set" ? patchOf(command) : null);
}

/** The answer to a resume that is in the log already. */
async function resumed(ports: StoragePorts, command: Command): Promise<EventResult> {
  const { runId, resumeId, read } = command;
  const event = await makeEventReads(ports).getByResume(runId, resumeId ?? "", read.resolve);
  if (!read.behind || read.skippedOnly) return { event } as EventResult;
  const [run, rows] = await Promise.all([
    read.whole ? makeRunReads(ports).get(runId, { resolveData: read.resolve }) : undefined,
    readRows<Record<string, unknown>>(ports, eventsBehind(runId, read.behind.slot, read.resolve)),
  ]);
  const loader = new PayloadLoader(ports.bucket);
  const { data: events, cursor, hasMore } = await eventsPage(rows, -1, read.behind.cursor, read.resolve, loader);
  return { event, ...(run && { run, maxEvents: RUN_EVENTS_MAX }), events, cursor, hasMore } as EventResult;
}
