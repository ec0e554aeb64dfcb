// What the archive's consumer gave up on: written down in D1, so that somebody can look at it and send it again. The room that
// sent it still has it in its log, and sends it again by itself.
import { countDeadLetter } from "../directory/metric-table";
import { flawOf } from "./message";

/** A table of its own is all that dead letters need. */
interface DeadLetterBindings {
  readonly DB: D1Database;
}

/** The wait before a dead letter that could not be written down is tried again, in seconds. */
const RETRY_SECONDS = 60;

const ADD = `INSERT INTO dead_letter(id, queue, body, error, at) VALUES(?1, ?2, ?3, ?4, ?5) ON CONFLICT(id) DO NOTHING`;

/** Makes the consumer of a dead-letter queue; `queue` names the one that its messages were meant for. It rejects never. */
export function deadLetterConsumer(queue: string): (batch: MessageBatch, env: DeadLetterBindings) => Promise<void> {
  return async (batch, env) => {
    await Promise.all(batch.messages.map((message) => writeDown(message, queue, env.DB)));
  };
}

/** Forgets dead letters that were written down before `time` (ms): they hold texts, which may have been erased since. */
export async function sweepDeadLetters(db: D1Database, time: number): Promise<void> {
  await db.prepare("DELETE FROM dead_letter WHERE at < ?1").bind(time).run();
}

async function writeDown(message: Message, queue: string, db: D1Database): Promise<void> {
  try {
    const { id, body } = message;
    const error =
      flawOf(body) ?? "it was understood, but failed each time it was tried; the log of the Worker tells why";
    await db.batch([
      countDeadLetter(db, id),
      db.prepare(ADD).bind(id, queue, JSON.stringify(body) ?? "null", error, Date.now()),
    ]);
    message.ack();
  } catch (error) {
    console.error(error);
    message.retry({ delaySeconds: RETRY_SECONDS });
  }
}
