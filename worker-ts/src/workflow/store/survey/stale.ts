// Open runs that nobody works on any more, by the watchdog's rules. One query; what becomes of them is the queue's.
import { type ReadPorts, readRows, statement } from "../reader";

/** A run that was left lying. */
export interface StaleRun {
  readonly runId: string;
  readonly name: string;
  readonly lastSlot: number;
}

/** What is looked for; times in ms. */
export interface StaleQuery {
  readonly now: number;
  /** Since a wait was over; since the last event, with a step open; the same, with nothing open. */
  readonly ages: { readonly wait: number; readonly step: number; readonly idle: number };
  /** Every open run. */
  readonly all: boolean;
  readonly limit: number;
}

/** For how long (ms) a run is woken whose last event should have led to another: a hook that nobody awaits leads to none, ever. */
const UNANSWERED_MS = 60 * 60_000;

/**
 * A run that waits for a hook alone is not stale: somebody else has to do something. Nor is one whose step is not due for its retry. But
 * what was received, or has ended, and led to nothing, may have lost the message that would have told the run.
 */
const STALE =
  "SELECT run.id AS runId, run.name AS name, run.last_slot AS lastSlot FROM workflow_runs AS run WHERE run.status IN ('pending', 'running') AND (?5 = 1 OR EXISTS (SELECT 1 FROM workflow_waits AS wait WHERE wait.run_id = run.id AND wait.status = 'waiting' AND wait.resume_at <= ?1) OR (run.last_event_at <= ?2 AND EXISTS (SELECT 1 FROM workflow_steps AS step WHERE step.run_id = run.id AND step.status IN ('pending', 'running') AND (step.retry_after IS NULL OR step.retry_after <= ?1))) OR (run.last_event_at <= ?3 AND run.last_event_at > ?6 AND EXISTS (SELECT 1 FROM workflow_events AS event WHERE event.run_id = run.id AND event.slot = run.last_slot AND event.type IN ('hook_received', 'wait_completed', 'step_completed', 'step_failed'))) OR (run.last_event_at <= ?3 AND NOT EXISTS (SELECT 1 FROM workflow_steps AS step WHERE step.run_id = run.id AND step.status IN ('pending', 'running')) AND NOT EXISTS (SELECT 1 FROM workflow_waits AS wait WHERE wait.run_id = run.id AND wait.status = 'waiting') AND NOT EXISTS (SELECT 1 FROM workflow_hooks AS hook WHERE hook.run_id = run.id))) ORDER BY run.last_event_at LIMIT ?4";

/** The runs that have lain longest. */
export function findStaleRuns(ports: ReadPorts, { now, ages, all, limit }: StaleQuery): Promise<StaleRun[]> {
  return readRows<StaleRun>(
    ports,
    statement(
      STALE,
      now - ages.wait,
      now - ages.step,
      now - ages.idle,
      limit,
      all ? 1 : 0,
      now - ages.idle - UNANSWERED_MS,
    ),
  );
}

/** A message that began a step which has not ended. */
interface StepOwner {
  readonly runId: string;
  readonly messageId: string;
}

/** The start that counts is a step's last one; a step whose own message began it names nobody. */
const OWNERS =
  "SELECT DISTINCT step.run_id AS runId, event.meta ->> '$.d.ownerMessageId' AS messageId FROM workflow_steps AS step JOIN workflow_events AS event ON event.run_id = step.run_id AND event.slot = (SELECT max(slot) FROM workflow_events WHERE run_id = step.run_id AND correlation_id = step.id AND type = 'step_started') WHERE step.status = 'running' AND step.run_id IN (SELECT value FROM json_each(?1)) AND event.meta ->> '$.d.ownerMessageId' IS NOT NULL";

/** The messages under which steps of these runs are at work, as far as the log knows. */
export function findStepOwners(ports: ReadPorts, runIds: readonly string[]): Promise<StepOwner[]> {
  return readRows<StepOwner>(ports, statement(OWNERS, JSON.stringify(runIds)));
}
