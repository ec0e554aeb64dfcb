// The consumers: messages of the workflow queue and its dead letters. They own acknowledgement, retries, yielding;
// what a message means is core's. A message is settled (its key freed) before it is acknowledged, unless it is held too long for that.
import type { QueuePayload } from "@workflow/world";
import { logFailure } from "../platform/log";
import { isTerminal } from "./run-object";
import type { CloudflareEnv } from "./runtime/bindings";
import { deliver } from "./runtime/delivery";
import { type Envelope, freshEnvelope, isEnvelope, unpack } from "./runtime/envelope";
import { getScope, makeScope, NOWHERE, runAs, runInScope, type ScopeContext } from "./runtime/scope";
import { DELAY_SECONDS_MAX, parcelOf } from "./runtime/send";
import { workflowSettings } from "./runtime/settings";
import { ownerOfRun } from "./store/survey/open-runs";
import { getRuntime } from "./world";

/** The longest wait before a failed delivery comes again, in seconds; so 48 of them outlast an outage of ten hours. */
const BACK_OFF_SECONDS_MAX = 900;
/** After so many deliveries core ends the run; where it cannot, it says nothing. */
const DELIVERIES_MAX = 48;
/** How often a run is woken from the dead letters before it is given up. */
const FRESH_MAX = 3;

/** How a delivery ended. */
type Outcome =
  | { readonly kind: "done" }
  | { readonly kind: "again"; readonly delaySeconds: number }
  | { readonly kind: "yielded" }
  | { readonly kind: "failed"; readonly error: unknown };

/**
 * Consumes a batch: all messages at once, each acknowledged or retried alone, one scope for all. It rejects never. With
 * WORKFLOW_QUEUE_HOLD_MS a message that takes longer is acknowledged, and its delivery goes on behind it.
 */
export async function handleQueueBatch(
  batch: MessageBatch,
  env: CloudflareEnv,
  ctx: ScopeContext = NOWHERE,
): Promise<void> {
  await runInScope(makeScope(env, ctx), async () => {
    await Promise.all(batch.messages.map((message) => consume(message)));
  });
}

/** Consumes one message and resolves when it may be acknowledged; it rejects when it is to be retried. The caller does either. */
export async function handleQueueMessage(
  env: CloudflareEnv,
  message: Pick<Message, "body" | "attempts" | "id">,
  ctx: ScopeContext = NOWHERE,
): Promise<void> {
  await runInScope(makeScope(env, ctx), async () => {
    const envelope = await understand(message);
    if (envelope === undefined) return;
    const attempt = envelope.base + message.attempts;
    const outcome = await attemptDelivery(envelope, attempt);
    if (outcome.kind === "failed") throw outcome.error;
    if (outcome.kind === "again")
      await getScope().sender.sendEnvelope({ ...envelope, base: attempt }, outcome.delaySeconds);
    else await finish(envelope, outcome);
  });
}

async function consume(message: Message): Promise<void> {
  try {
    const envelope = await understand(message);
    if (envelope === undefined) return message.ack();
    const attempt = envelope.base + message.attempts;
    const work = attemptDelivery(envelope, attempt);
    const outcome = await orHoldEnds(work);
    if (outcome === undefined) {
      message.ack();
      getScope().ctx.waitUntil(work.then((late) => finishDetached(envelope, attempt, late)));
    } else if (outcome.kind === "again") message.retry({ delaySeconds: outcome.delaySeconds });
    else if (outcome.kind === "failed") message.retry({ delaySeconds: backOff(attempt, outcome.error) });
    else {
      await finish(envelope, outcome);
      message.ack();
    }
  } catch (error) {
    message.retry({ delaySeconds: backOff(message.attempts, error) });
  }
}

/** The envelope of a message. Undefined for what is none: then it has been put where it stays visible. */
async function understand({ id, body }: Pick<Message, "body" | "id">): Promise<Envelope | undefined> {
  if (isEnvelope(body)) return body;
  if (isProbe(body)) console.log(JSON.stringify({ workflow: "probe", id }));
  else {
    console.error(JSON.stringify({ workflow: "unknown message", id }));
    await getScope().env.WORKFLOW_DEAD_QUEUE.send(body, { contentType: "v8" });
  }
  return undefined;
}

/** `{"test":"message"}`, which people send to see whether the queue works. */
const isProbe = (body: unknown): boolean =>
  typeof body === "object" && body !== null && (body as { test?: unknown }).test === "message";

/** The outcome, or undefined when the time for which a message is held is over first. */
async function orHoldEnds(work: Promise<Outcome>): Promise<Outcome | undefined> {
  const holdMs = Number(getScope().env.WORKFLOW_QUEUE_HOLD_MS ?? 0);
  if (!(holdMs > 0)) return work;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const over = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, holdMs, undefined);
  });
  return Promise.race([work, over]).finally(() => clearTimeout(timer));
}

/** Gives a message to core, once. It rejects never. */
async function attemptDelivery(envelope: Envelope, attempt: number): Promise<Outcome> {
  const { messageId, queueName, runId } = envelope;
  const yielded = new Set<string>();
  try {
    return await runAs({ messageId, owner: ownerBehind(envelope), yielded }, async () => {
      const message = await messageOf(envelope);
      // its parcel is gone: it was settled by another delivery
      if (message === undefined) return { kind: "done" };
      const { POST } = await getRuntime(getScope().env);
      const { timeoutSeconds } = await deliver(POST, { messageId, queueName, attempt, message });
      if (timeoutSeconds === undefined) {
        if (attempt > DELIVERIES_MAX && runId !== undefined) await assertEnded(runId);
        return { kind: "done" };
      }
      return { kind: "again", delaySeconds: Math.min(Math.ceil(timeoutSeconds), DELAY_SECONDS_MAX) };
    });
  } catch (error) {
    return runId !== undefined && yielded.has(runId) ? { kind: "yielded" } : { kind: "failed", error };
  }
}

/** Throws unless the run has ended: its last message must not be acknowledged where nobody else would speak of it again. */
async function assertEnded(runId: string): Promise<void> {
  const { status } = await getScope().storage.runs.get(runId, { resolveData: "none" });
  if (!isTerminal(status)) throw new Error(`after ${DELIVERIES_MAX} deliveries the run ${runId} is still ${status}`);
}

/**
 * Whom a delivery works for: what it starts is theirs. That stands in the run's row; a message that creates the run brings it along. It is
 * never who sent the message: the one who resumes a hook may be anybody.
 */
function ownerBehind({ runId, ownerId, message }: Envelope): () => Promise<string | undefined> {
  const creates = ownerId !== undefined || (message !== undefined && "runInput" in message);
  if (creates || runId === undefined) return async () => ownerId;
  const { env, budget } = getScope();
  let asked: Promise<string | undefined> | undefined;
  return () => {
    asked ??= ownerOfRun({ db: env.WORKFLOW_DB, spend: budget.spend }, runId);
    return asked;
  };
}

async function messageOf({ message, ref }: Envelope): Promise<QueuePayload | undefined> {
  if (ref === undefined) return message;
  const parcel = await getScope().env.WORKFLOW_BUCKET.get(ref);
  return parcel === null ? undefined : unpack(await parcel.text());
}

/** Settles a message that is done, or that gave way: then the run goes on with a fresh one, and no attempt is spent. */
async function finish(envelope: Envelope, outcome: Outcome): Promise<void> {
  const { messageId, runId, queueName } = envelope;
  if (outcome.kind === "yielded" && runId !== undefined) {
    // free first: what the run sends next under the same key would be swallowed
    await getScope().keys.settle([messageId]);
    await getScope().sender.send(queueName, { runId }, {}, {});
  }
  await forget(envelope);
}

/** Frees the key of a message that does not come again, and drops its parcel. */
async function forget({ messageId, ref, idem }: Envelope): Promise<void> {
  const { keys, env } = getScope();
  if (idem !== undefined) await keys.settle([messageId]);
  if (ref !== undefined) await env.WORKFLOW_BUCKET.delete(parcelOf(messageId));
}

/** The same behind a message that is acknowledged already: what is to come again is sent again. */
async function finishDetached(envelope: Envelope, attempt: number, outcome: Outcome): Promise<void> {
  const again = { ...envelope, base: attempt };
  try {
    if (outcome.kind === "again") await getScope().sender.sendEnvelope(again, outcome.delaySeconds);
    else if (outcome.kind === "failed") await getScope().sender.sendEnvelope(again, backOff(attempt, outcome.error));
    else await finish(envelope, outcome);
  } catch (error) {
    // the watchdog finds the run
    logFailure("finish a message behind its acknowledgement", error);
  }
}

/** Seconds until the next attempt: 1, 2, 4, … 900. The error is told here, since nobody else sees it. */
function backOff(attempt: number, error: unknown): number {
  logFailure("handle a message of workflows", error);
  return Math.min(BACK_OFF_SECONDS_MAX, 2 ** (attempt - 1));
}

/**
 * Consumes dead letters: the run is woken by a fresh message, and cancelled at the third; that one, and what names no run, is recorded.
 * Every one of them is an error line.
 */
export async function handleDeadLetterBatch(
  batch: MessageBatch,
  env: CloudflareEnv,
  ctx: ScopeContext = NOWHERE,
): Promise<void> {
  await runInScope(makeScope(env, ctx), async () => {
    await Promise.all(
      batch.messages.map(async (message) => {
        try {
          await bury(message);
          message.ack();
        } catch (error) {
          message.retry({ delaySeconds: backOff(message.attempts, error) });
        }
      }),
    );
  });
}

async function bury({ id, body }: Message): Promise<void> {
  const envelope = isEnvelope(body) ? body : undefined;
  const { runId, queueName, fresh = 0 } = envelope ?? {};
  console.error(JSON.stringify({ workflow: "dead letter", id, runId, fresh }));
  const { env, sender, storage } = getScope();
  const record = (error: string) => workflowSettings().record?.(env, { id, body, error });
  if (envelope === undefined) return record("no message of ours");
  if (runId === undefined) return record("names no run");
  if (fresh + 1 < FRESH_MAX) {
    // what nobody else knows goes along: how the run is created, what its hook was told
    if (isOnlyCarrier(await messageOf(envelope)))
      return sender.sendEnvelope({ ...envelope, base: 0, fresh: fresh + 1 });
    // under the same id: the steps that it had begun are its own; and first, since a run must not lie because a key cannot be freed
    const { messageId } = envelope;
    await sender.sendEnvelope(freshEnvelope({ messageId, runId, queueName: queueName!, fresh: fresh + 1 }));
    return forget(envelope);
  }
  let why = "its run was given up, since no delivery of it came to an end; the log of the Worker tells why";
  try {
    await storage.events.create(runId, { eventType: "run_cancelled", eventData: { cancelReason: "dead_letter" } });
  } catch (error) {
    const { name } = error as Error;
    if (name === "WorkflowRunNotFoundError") why = "its run never began; the log of the Worker tells why";
    // or it has ended meanwhile
    else if (name !== "EntityConflictError") throw error;
  }
  await record(why);
  await forget(envelope);
}

/** Whether a message of the runtime holds what no log has yet. */
function isOnlyCarrier(message: QueuePayload | undefined): boolean {
  const { runInput, hookInput } = (message ?? {}) as { runInput?: unknown; hookInput?: unknown };
  return runInput !== undefined || hookInput !== undefined;
}
