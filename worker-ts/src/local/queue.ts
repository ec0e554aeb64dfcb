// A queue as bad as its contract allows: at least once, in any order. It stands between the runtime and the real consumer, which
// cannot tell; what is not acknowledged stays with the real queue, so nothing is lost that a real queue would not lose. And worse than
// that where it is asked for: an outage in which all is lost, so that whoever watches has something to mend.
import { localVariables } from "./variables";

/** How the queue misbehaves. */
export interface Misbehaviour {
  /** Every message is delivered a second time. */
  readonly twice: boolean;
  /** Messages change places within a batch, and half of them are sent back once, so that younger ones overtake them. */
  readonly shuffle: boolean;
  /** Every message is acknowledged and given to nobody. */
  readonly lost: boolean;
}

/** What went through since the process started. */
export interface Delivered {
  /** Messages, each time they were handed to the consumer for the first time in a batch. */
  readonly messages: number;
  /** Second deliveries. */
  readonly again: number;
  /** Messages sent back to be overtaken. */
  readonly overtaken: number;
}

type Consume = (batch: MessageBatch, env: Env) => Promise<void>;

/** How long a message that is overtaken stays away. */
const OVERTAKEN_SECONDS = 1;

let chosen: Misbehaviour | undefined;
const delivered = { messages: 0, again: 0, overtaken: 0 };

/** How the queue behaves now: as chosen last, else as LOCAL_QUEUE says. */
export function misbehaviour(env: object): Misbehaviour {
  if (chosen !== undefined) return chosen;
  const words = (localVariables(env).LOCAL_QUEUE ?? "").split(",").map((word) => word.trim());
  return { twice: words.includes("twice"), shuffle: words.includes("shuffle"), lost: words.includes("lost") };
}

/** Changes it for as long as this process runs. */
export function misbehave(choice: Misbehaviour): void {
  chosen = choice;
}

/** What went through. */
export const deliveredSoFar = (): Delivered => ({ ...delivered });

/** Hands a batch to its consumer, as badly as was chosen. */
export async function deliver(batch: MessageBatch, env: Env, consume: Consume): Promise<void> {
  const { twice, shuffle, lost } = misbehaviour(env);
  if (lost) return batch.ackAll();
  const first = shuffle ? overtake(batch.messages) : [...batch.messages];
  const all = twice ? [...first, ...first.map(again)] : first;
  if (shuffle) mix(all);
  delivered.messages += first.length;
  delivered.again += all.length - first.length;
  if (all.length === 0) return;
  await consume(
    {
      queue: batch.queue,
      metadata: batch.metadata,
      messages: all,
      ackAll() {
        for (const message of all) message.ack();
      },
      retryAll(options) {
        for (const message of all) message.retry(options);
      },
    },
    env,
  );
}

/** Sends about half of those that come for the first time back to the queue; returns the rest. */
function overtake(messages: readonly Message[]): Message[] {
  return messages.filter((message) => {
    if (message.attempts > 1 || Math.random() < 0.5) return true;
    message.retry({ delaySeconds: OVERTAKEN_SECONDS });
    delivered.overtaken += 1;
    return false;
  });
}

/** The same message once more. What becomes of the copy is nobody's business: the first one is acknowledged or retried. */
function again({ id, timestamp, body, attempts }: Message): Message {
  return { id, timestamp, body, attempts, ack: () => undefined, retry: () => undefined };
}

/** Fisher and Yates. */
function mix(list: Message[]): void {
  for (let at = list.length - 1; at > 0; at--) {
    const other = Math.floor(Math.random() * (at + 1));
    [list[at], list[other]] = [list[other]!, list[at]!];
  }
}
