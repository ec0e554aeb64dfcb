// The watchdog's round: wakes runs that were left lying, forgets keys whose time is over, and removes runs that were kept long enough, or
// whose owner is gone.
import { getQueueTopicPrefix, SPEC_VERSION_CURRENT } from "@workflow/world";
import { logFailure } from "../platform/log";
import type { CloudflareEnv } from "./runtime/bindings";
import { freshEnvelope } from "./runtime/envelope";
import { getScope, makeScope, NOWHERE, runInScope, type ScopeContext } from "./runtime/scope";
import { STALE, workflowSettings } from "./runtime/settings";
import type { ReadPorts } from "./store/reader";
import { findEndedRuns, findEndedRunsOf, removeRun } from "./store/survey/ended";
import { disownRuns, findOpenRuns, GONE_OWNER } from "./store/survey/open-runs";
import { findStaleRuns, findStepOwners, type StaleRun } from "./store/survey/stale";
import { removeStreams } from "./streamer/streamer";

/** Runs of one round of the watchdog. */
const RUNS_MAX = 100;
/** The same after a restart, when all of them may have lost their messages. */
const RESTART_RUNS_MAX = 1000;
/** Ended runs that one round removes, so that it stays within the statements of an invocation. */
const OLD_RUNS_MAX = 20;
const DAY_MS = 24 * 60 * 60_000;
/** After so long no message of an ended run comes any more, which would be tried again and again where there is no run. */
const SETTLED_MS = 25 * 60 * 60_000;
/** Open runs that are looked for at once. */
const OPEN_RUNS_AT_ONCE = 100;

/** How the watchdog looks. */
export interface WatchdogOptions {
  /** Every open run counts as left lying: after a restart of a machine whose queue lives in memory. */
  readonly all?: boolean;
}

/** The watchdog's round: wakes up to a hundred runs that were left lying, and forgets keys and runs whose time is over; how many were woken. */
export async function handleScheduled(
  env: CloudflareEnv,
  ctx: ScopeContext = NOWHERE,
  { all = false }: WatchdogOptions = {},
): Promise<number> {
  return runInScope(makeScope(env, ctx), async () => {
    const { budget, keys } = getScope();
    const now = Date.now();
    const ages = { ...STALE, ...workflowSettings().stale };
    const ports = { db: env.WORKFLOW_DB, spend: budget.spend };
    const runs = await findStaleRuns(ports, { now, ages, all, limit: all ? RESTART_RUNS_MAX : RUNS_MAX });
    await Promise.all(all ? await revive(runs, ports) : runs.map(wake));
    await keys.sweep(now);
    await removeOldRuns(now);
    return runs.length;
  });
}

/** Wakes a run, once for each state in which its log is found. */
function wake({ runId, name, lastSlot }: StaleRun): Promise<unknown> {
  return getScope().sender.send(queueOf(name), { runId }, { idempotencyKey: `watchdog:${lastSlot}` }, {});
}

/**
 * Wakes runs of which it is known that their messages are gone with the queue's memory. What they held is free: their keys, else what a
 * run sends again would be swallowed, and the steps that they had begun. Those are owned by the message, and whoever else comes waits a
 * quarter of an hour for it; so the message itself comes again, as a queue that forgets nothing would have sent it.
 */
async function revive(runs: readonly StaleRun[], ports: ReadPorts): Promise<Promise<unknown>[]> {
  const { keys, sender } = getScope();
  const runIds = runs.map(({ runId }) => runId);
  const [owners] = await Promise.all([findStepOwners(ports, runIds), keys.forget(runIds)]);
  const names = new Map(runs.map(({ runId, name }) => [runId, name]));
  const owned = new Set(owners.map(({ runId }) => runId));
  return [
    ...runs.filter(({ runId }) => !owned.has(runId)).map(wake),
    ...owners.map(({ runId, messageId }) =>
      sender.sendEnvelope(freshEnvelope({ messageId, runId, queueName: queueOf(names.get(runId)!) })),
    ),
  ];
}

const queueOf = (workflowName: string): string => `${getQueueTopicPrefix("workflow")}${workflowName}`;

/**
 * Owners are gone for good: what is open of theirs is cancelled, and all their runs are removed by rounds of the watchdog, a day later.
 * Should it break off it may be done again.
 */
export async function forgetOwners(env: CloudflareEnv, ownerIds: readonly string[]): Promise<void> {
  await runInScope(makeScope(env, NOWHERE), async () => {
    const { budget } = getScope();
    const ports = { db: env.WORKFLOW_DB, spend: budget.spend };
    for (;;) {
      const open = await findOpenRuns(ports, ownerIds, OPEN_RUNS_AT_ONCE);
      if (open.length === 0) break;
      await Promise.all(open.map(cancelRun));
    }
    await disownRuns(ports, ownerIds);
  });
}

async function cancelRun(runId: string): Promise<void> {
  try {
    await getScope().storage.events.create(runId, { eventType: "run_cancelled", specVersion: SPEC_VERSION_CURRENT });
  } catch (error) {
    // it has ended meanwhile
    if ((error as Error).name !== "EntityConflictError") throw error;
  }
}

/** Removes some of the runs that ended before the days for which they are kept, or whose owners are gone. */
async function removeOldRuns(now: number): Promise<void> {
  const { retentionDays } = workflowSettings();
  const { env, budget, keys } = getScope();
  const ports = { db: env.WORKFLOW_DB, bucket: env.WORKFLOW_BUCKET, spend: budget.spend };
  const ofNobody = await findEndedRunsOf(ports, GONE_OWNER, now - SETTLED_MS, OLD_RUNS_MAX);
  const left = retentionDays === undefined ? 0 : OLD_RUNS_MAX - ofNobody.length;
  const old = left === 0 ? [] : await findEndedRuns(ports, now - retentionDays! * DAY_MS, left);
  for (const run of [...ofNobody, ...old]) {
    try {
      await removeStreams(env, run.runId);
      await removeRun(ports, run);
      await keys.forget([run.runId]);
    } catch (error) {
      // the others are not kept because of this one
      logFailure("remove an old run", error);
    }
  }
}
