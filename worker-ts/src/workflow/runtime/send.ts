// Sending: messages of one tick leave in one batch, those with a key after they have claimed it. What is returned was durable in the queue
// by then. Consuming is queue.ts.
import { WorkflowWorldError } from "@workflow/errors";
import type { QueueBatchResult, QueueOptions, QueuePayload, World } from "@workflow/world";
import { MessageId } from "@workflow/world";
import { logFailure } from "../../platform/log";
import { MESSAGE_PAYLOAD_BYTES_MAX } from "../limits";
import type { Claim, IdempotencyTable } from "../store/idempotency";
import { orOutage } from "../store/payload";
import { cloneBytes, type Envelope, MESSAGE_BYTES_MAX, pack } from "./envelope";

/** What a sender works with. */
export interface SenderPorts {
  readonly queue: Queue;
  readonly bucket: R2Bucket;
  readonly keys: IdempotencyTable;
  now(): number;
  waitUntil(work: Promise<unknown>): void;
}

/** Who sends. */
export interface SendIdentity {
  /** The message being handled: what it sends under its own key is not swallowed. */
  readonly held?: string;
  /** Asked where the message creates a run. */
  readonly owner?: (() => Promise<string | undefined>) | undefined;
}

/** Sends messages for one invocation. */
export interface Sender {
  /** Resolves to the message's id when it is in the queue, or to that of the message in flight under the same key. */
  send(queueName: string, message: QueuePayload, options: QueueOptions, identity: SendIdentity): Promise<string>;
  /** Sends an envelope as it is, again or anew. */
  sendEnvelope(envelope: Envelope, delaySeconds?: number): Promise<void>;
}

/** The longest delay; what is longer is core's chain of continuations. */
export const DELAY_SECONDS_MAX = 82_800;
/** Limits of `sendBatch`. */
const BATCH_MESSAGES_MAX = 100;
const BATCH_BYTES_MAX = 250_000;
/** How long a key outlives the time its message is due. */
const KEY_MS = 15 * 60_000;

interface Waiting {
  readonly envelope: Envelope;
  readonly bytes: number;
  readonly delaySeconds: number;
  readonly held?: string;
  /** Its key is to be claimed first. */
  readonly claims: boolean;
  readonly done: (messageId: string) => void;
  readonly failed: (error: unknown) => void;
}

/** The run a message is about. */
export function runIdOf(message: QueuePayload): string | undefined {
  return "runId" in message && typeof message.runId === "string" ? message.runId : undefined;
}

/** Makes the sender of one invocation. */
export function makeSender(ports: SenderPorts): Sender {
  let waiting: Waiting[] = [];

  const enqueue = (one: Omit<Waiting, "done" | "failed">): Promise<string> =>
    new Promise((done, failed) => {
      if (waiting.length === 0) queueMicrotask(flush);
      waiting.push({ ...one, done, failed });
    });

  const flush = (): void => {
    const all = waiting;
    waiting = [];
    claimAll(all, ports).then(
      (mine) => Promise.all(batches(mine).map((batch) => sendOut(batch, ports))),
      (error: unknown) => {
        for (const { failed } of all) failed(error);
      },
    );
  };

  return {
    async send(queueName, message, { idempotencyKey, delaySeconds = 0, headers }, { held, owner }) {
      const bytes = cloneBytes(message) + cloneBytes(headers);
      if (bytes > MESSAGE_PAYLOAD_BYTES_MAX) throw tooLarge(bytes);
      const runId = runIdOf(message);
      const messageId = `msg_${crypto.randomUUID()}`;
      const ownerId = "runInput" in message ? await owner?.() : undefined;
      const head: Envelope = {
        v: 1,
        messageId,
        queueName,
        base: 0,
        fresh: 0,
        ...(runId === undefined ? {} : { runId }),
        ...(idempotencyKey === undefined ? {} : { idem: `${runId ?? ""}|${idempotencyKey}` }),
        ...(ownerId === undefined ? {} : { ownerId }),
        ...(headers === undefined ? {} : { headers }),
      };
      const delay = Math.min(Math.max(Math.ceil(delaySeconds), 0), DELAY_SECONDS_MAX);
      const rest = {
        delaySeconds: delay,
        claims: idempotencyKey !== undefined,
        ...(held === undefined ? {} : { held }),
      };
      if (bytes <= MESSAGE_BYTES_MAX) return enqueue({ ...rest, envelope: { ...head, message }, bytes });
      const ref = parcelOf(messageId);
      await orOutage("the bucket", ports.bucket.put(ref, pack(message)));
      const sent = await enqueue({ ...rest, envelope: { ...head, ref }, bytes: cloneBytes(head) });
      // swallowed: nobody will ever open it
      if (sent !== messageId)
        ports.waitUntil(ports.bucket.delete(ref).catch((error) => logFailure("remove a parcel", error)));
      return sent;
    },
    async sendEnvelope(envelope, delaySeconds = 0) {
      // its key, where it has one, is held by this very message
      const bytes = cloneBytes(envelope);
      await enqueue({ envelope, bytes, delaySeconds: Math.ceil(delaySeconds), claims: false });
    },
  };
}

/** The payload in it is refused where it is written too; so no parcel of it is left behind. */
const tooLarge = (bytes: number): WorkflowWorldError =>
  new WorkflowWorldError(`a message has ${bytes} bytes, the limit is ${MESSAGE_PAYLOAD_BYTES_MAX}`, {
    status: 413,
    code: "PAYLOAD_TOO_LARGE",
  });

/** The R2 key of a message's parcel. */
export const parcelOf = (messageId: string): string => `queue/${messageId}`;

/** Claims the keys; answers those that are to be sent, and settles the others with the message that holds the key. */
async function claimAll(all: readonly Waiting[], ports: SenderPorts): Promise<Waiting[]> {
  const keyed = all.filter(({ claims }) => claims);
  if (keyed.length === 0) return [...all];
  const claimed = await ports.keys.claimMany(keyed.map((one) => claimOf(one, ports)));
  const swallowed = new Set<Waiting>();
  keyed.forEach((one, at) => {
    const { messageId, mine, sent } = claimed[at]!;
    if (mine) return;
    swallowed.add(one);
    if (sent) one.done(messageId);
    else awaitHolder(one, messageId, ports).catch(one.failed);
  });
  return all.filter((one) => !swallowed.has(one));
}

const claimOf = ({ envelope, delaySeconds, held }: Waiting, { now }: SenderPorts): Claim => ({
  key: envelope.idem!,
  messageId: envelope.messageId,
  expiresAt: now() + delaySeconds * 1000 + KEY_MS,
  ...(held === undefined ? {} : { held }),
});

/** First and longest wait between two looks at a key, in ms. */
const LOOK_MS = 20;
const LOOK_MS_MAX = 500;

/**
 * Settles a message whose key is held by one that is not known to be in the queue: once that one is, or is done; where its sender has died
 * or failed, this one goes in its place. To answer at once would acknowledge what nobody has sent.
 */
async function awaitHolder(one: Waiting, first: string, ports: SenderPorts): Promise<void> {
  let holder = first;
  for (let ms = LOOK_MS; ; ms = Math.min(2 * ms, LOOK_MS_MAX)) {
    await scheduler.wait(ms);
    const claimed = await ports.keys.reclaim(claimOf(one, ports));
    if (claimed?.mine) return sendOut([one], ports);
    holder = claimed?.messageId ?? holder;
    if (claimed === undefined || claimed.sent) return one.done(holder);
  }
}

/** Cuts what is to be sent by the limits of one batch. */
function batches(all: readonly Waiting[]): Waiting[][] {
  const cut: Waiting[][] = [];
  let bytes = 0;
  for (const one of all) {
    const last = cut.at(-1);
    if (last === undefined || last.length >= BATCH_MESSAGES_MAX || bytes + one.bytes > BATCH_BYTES_MAX) {
      cut.push([one]);
      bytes = one.bytes;
    } else {
      last.push(one);
      bytes += one.bytes;
    }
  }
  return cut;
}

/** Sends one batch and tells each sender. */
async function sendOut(batch: readonly Waiting[], { queue, keys, waitUntil }: SenderPorts): Promise<void> {
  try {
    const messages = batch.map(({ envelope, delaySeconds }) => ({
      body: envelope,
      contentType: "v8" as const,
      ...(delaySeconds > 0 ? { delaySeconds } : {}),
    }));
    await orOutage("the queue", queue.sendBatch(messages));
  } catch (error) {
    // who is told of it sends again, perhaps at once, and must not be swallowed by what was not sent
    await keys
      .release(batch.filter(({ claims }) => claims).map(({ envelope }) => envelope.messageId))
      .catch((cause: unknown) => logFailure("free the keys of what was not sent", cause));
    for (const { failed } of batch) failed(error);
    return;
  }
  for (const { envelope, claims, done } of batch) {
    // nobody waits for it: a key that stays pending lets at most one more message through, which is harmless
    if (claims)
      waitUntil(
        keys.markSent(envelope.idem!, envelope.messageId).catch((error) => logFailure("note what was sent", error)),
      );
    done(envelope.messageId);
  }
}

/** The sending half of a World. */
export type WorldQueue = Required<Pick<World, "queue" | "queueBatch">>;

/** The sending half of a World, on a sender that belongs to the invocation one is in. */
export function createQueue(inScope: () => { sender: Sender; identity: SendIdentity }): WorldQueue {
  const queue: WorldQueue["queue"] = async (queueName, message, options = {}) => {
    const { sender, identity } = inScope();
    return { messageId: MessageId.parse(await sender.send(queueName, message, options, identity)) };
  };
  return {
    queue,
    queueBatch: (queueName, messages) =>
      Promise.all(
        messages.map(({ message, opts }) =>
          queue(queueName, message, opts).catch(
            (error: unknown): QueueBatchResult => ({
              messageId: null,
              error: error instanceof Error ? error.message : String(error),
              retryable: true,
            }),
          ),
        ),
      ),
  };
}
