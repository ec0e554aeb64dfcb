// Why nothing was written: from the event and what a late look found, to an error of the contract or to an answer that needs no event.
// Pure. States only move forward, so what speaks against an event now spoke against it then; if nothing does, it is tried again.
import {
  EntityConflictError,
  HookNotFoundError,
  RunExpiredError,
  RunNotSupportedError,
  TooEarlyError,
  WorkflowRunNotFoundError,
  WorkflowWorldError,
} from "@workflow/errors";
import { ATTRIBUTE_MAX_PER_RUN } from "@workflow/world/attributes-validation";
import { SPEC_READ_MAX } from "../limits";
import type { Command } from "./command";

/** What the look of statements.ts gives. */
export interface Look {
  readonly run_status: string | null;
  readonly run_spec: number | null;
  readonly step_status: string | null;
  readonly retry_after: number | null;
  /** A live hook of this id, and whose it is. */
  readonly hook_id: string | null;
  readonly hook_run: string | null;
  readonly wait_status: string | null;
  /** Hook or step of an event with this resume id, where it stands and since when. */
  readonly resume_hook: string | null;
  readonly resume_digest: string | null;
  readonly resume_slot: number | null;
  readonly resume_at: number | null;
  readonly hook_logged: number;
  readonly attribute_logged: number;
  /** How many attributes the run would have. */
  readonly attributes: number;
}

/** What becomes of an event that was not written. */
export type Refusal =
  | { readonly kind: "error"; readonly error: Error }
  /** The run is so already: it answers, where the event is tried again. */
  | { readonly kind: "run" }
  /** The event of the same resume, or of the same sending, answers. */
  | { readonly kind: "resume" }
  /** Nothing speaks against it any more. */
  | { readonly kind: "again" };

const AGAIN: Refusal = { kind: "again" };
const ENDED = /^(?:completed|failed|cancelled)$/;

function refused(error: Error): Refusal {
  return { kind: "error", error };
}

function conflict(message: string): Refusal {
  return refused(new EntityConflictError(message));
}

function missing(what: string, code: string): Refusal {
  return refused(new WorkflowWorldError(`${what} not found`, { status: 404, code }));
}

/** Says why `command` was refused, `now` being the time of the look. */
export function refuse(command: Command, look: Look, now: number): Refusal {
  if (look.run_spec !== null && look.run_spec > SPEC_READ_MAX)
    return refused(new RunNotSupportedError(look.run_spec, SPEC_READ_MAX));
  switch (command.type) {
    case "run_created":
      return look.run_status === null ? AGAIN : conflict(`run ${command.runId} already exists`);
    case "run_started":
    case "run_completed":
    case "run_failed":
    case "run_cancelled":
      return refuseRun(command, look);
    case "attr_set":
      return refuseAttributes(command, look);
    case "step_created":
      return refuseCreation(command, look, look.step_status !== null);
    case "wait_created":
      return refuseCreation(command, look, look.wait_status !== null);
    case "hook_created":
      return refuseCreation(command, look, look.hook_logged === 1 || look.hook_id !== null);
    case "step_started":
      if (command.creates) return refuseCreation(command, look, look.step_status !== null);
      // sent before, and written, though the answer was lost
      if (command.resumeId !== null && look.resume_hook === command.correlationId) return { kind: "resume" };
      return refuseStep(command, look, now);
    case "step_completed":
    case "step_failed":
    case "step_retrying":
      return refuseStep(command, look, now);
    case "hook_received":
    case "hook_disposed":
      return refuseHook(command, look);
    case "wait_completed":
      if (look.wait_status === null) return missing(`wait ${command.correlationId}`, "WAIT_NOT_FOUND");
      return look.wait_status === "completed" ? conflict(`wait ${command.correlationId} is over`) : AGAIN;
  }
}

function refuseRun({ runId, type }: Command, { run_status: status }: Look): Refusal {
  if (status === null) return refused(new WorkflowRunNotFoundError(runId));
  if (type === "run_started") {
    if (status === "running") return { kind: "run" };
    return ENDED.test(status) ? refused(new RunExpiredError(`run ${runId} is ${status}`, runId, status)) : AGAIN;
  }
  if (type === "run_cancelled" && status === "cancelled") return { kind: "run" };
  return ENDED.test(status) ? conflict(`run ${runId} is ${status}`) : AGAIN;
}

function refuseAttributes({ runId, correlationId }: Command, look: Look): Refusal {
  if (look.run_status === null) return refused(new WorkflowRunNotFoundError(runId));
  if (ENDED.test(look.run_status)) return conflict(`run ${runId} is ${look.run_status}`);
  if (look.attribute_logged === 1) return conflict(`attributes of ${correlationId} are set`);
  if (look.attributes <= ATTRIBUTE_MAX_PER_RUN) return AGAIN;
  const message = `a run has at most ${ATTRIBUTE_MAX_PER_RUN} attributes`;
  return refused(new WorkflowWorldError(message, { status: 400, code: "BAD_ATTRIBUTES" }));
}

function refuseCreation({ runId, correlationId }: Command, { run_status: status }: Look, exists: boolean): Refusal {
  if (status === null) return refused(new WorkflowRunNotFoundError(runId));
  if (ENDED.test(status)) return conflict(`run ${runId} is ${status}`);
  return exists ? conflict(`${correlationId} already exists`) : AGAIN;
}

function refuseStep({ runId, type, correlationId }: Command, look: Look, now: number): Refusal {
  if (look.step_status === null) return missing(`step ${correlationId}`, "STEP_NOT_FOUND");
  if (ENDED.test(look.step_status)) return conflict(`step ${correlationId} is ${look.step_status}`);
  const over = look.run_status !== null && ENDED.test(look.run_status);
  if (over && (type === "step_started" || look.step_status !== "running"))
    return refused(new RunExpiredError(`run ${runId} is ${look.run_status}`, runId, look.run_status ?? undefined));
  if (type !== "step_started" || look.retry_after === null || look.retry_after <= now) return AGAIN;
  const retryAfter = Math.max(1, Math.ceil((look.retry_after - now) / 1000));
  return refused(new TooEarlyError(`step ${correlationId} waits for its retry`, { retryAfter }));
}

function refuseHook({ runId, type, correlationId, resumeId, resumeDigest }: Command, look: Look): Refusal {
  if (type === "hook_received" && resumeId !== null && look.resume_hook !== null) {
    if (look.resume_hook !== correlationId) return conflict(`resume ${resumeId} belongs to another hook`);
    const other = resumeDigest !== null && look.resume_digest !== null && resumeDigest !== look.resume_digest;
    return other ? conflict(`resume ${resumeId} had another payload`) : { kind: "resume" };
  }
  return look.hook_run === runId ? AGAIN : refused(new HookNotFoundError(correlationId ?? ""));
}
