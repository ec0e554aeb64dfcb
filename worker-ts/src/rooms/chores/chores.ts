// Work that outlives its request. The row in `chore` is the truth; a message in the queue only says that there is one, and the daily
// sweep says it again. So whatever is cut short is done later, and whatever comes twice finds it done.
import * as z from "zod";
import { type Bindings, logFailure, now } from "../../platform";
import { tellAdoption } from "./adopt-guest";
import { type AnyChore, choreId, dropChore, findChore, listChores, noteProgress } from "./chore-table";
import { eraseUser } from "./erase-user";
import { finishRoom } from "./remove-room";

/** A message of the queue `ferrule-chores`. */
const messageShape = z.object({ chore: z.string() });

/** What chores need of others. */
export interface ChorePorts {
  /** Other parts of the house forget a user whose account was deleted; it may be told more than once. */
  readonly forget: (env: Bindings, userId: string) => Promise<void>;
}

/** First wait before a chore is tried again, in seconds; each further one is three times as long. */
const RETRY_SECONDS = 10;
/** Chores that the daily sweep begins again. */
const SWEPT_MAX = 1_000;
/** A chore that is younger may be under way. */
const SWEPT_MS = 3_600_000;

/** Has a chore done soon. It stands in D1 already: should this be lost, the sweep finds it. */
export async function wakeChore(env: Bindings, chore: Pick<AnyChore, "kind" | "subject">): Promise<void> {
  await wake(env, choreId(chore));
}

/** Does a chore at once, for whoever has just put it down; what is left of it, or fails, is done soon. It rejects never. */
export async function beginChore(
  env: Bindings,
  chore: Pick<AnyChore, "kind" | "subject">,
  work: () => Promise<boolean>,
): Promise<void> {
  try {
    if (await work()) return;
  } catch (thrown) {
    logFailure("begin a chore", thrown);
  }
  await wakeChore(env, chore);
}

async function wake(env: Bindings, id: string): Promise<void> {
  try {
    await env.CHORES_QUEUE.send({ chore: id });
  } catch (thrown) {
    logFailure("put a chore into the queue", thrown);
  }
}

/** Consumes a batch of the queue. It rejects never: what fails is tried again, and its neighbours are acknowledged all the same. */
export async function choreConsumer(batch: MessageBatch, env: Bindings, ports: ChorePorts): Promise<void> {
  for (const message of batch.messages) {
    try {
      const told = messageShape.safeParse(message.body);
      if (told.success) await doChore(env, told.data.chore, ports);
      else logFailure("read a message of the queue of chores", told.error);
      message.ack();
    } catch (thrown) {
      logFailure("do a chore", thrown);
      message.retry({ delaySeconds: RETRY_SECONDS * 3 ** (message.attempts - 1) });
    }
  }
}

/** Begins again what was put down and not finished so long ago (ms). */
export async function sweepChores(env: Bindings, ageMs = SWEPT_MS): Promise<void> {
  for (const id of await listChores(env.DB, now() - ageMs, SWEPT_MAX)) await wake(env, id);
}

/** Does a chore, or a part of it: what is left is in the queue then. One that is not there is done. */
async function doChore(env: Bindings, id: string, ports: ChorePorts): Promise<void> {
  const chore = await findChore(env.DB, id);
  if (chore === undefined) return;
  if (await run(env, id, chore, ports)) await dropChore(env.DB, id, chore.body);
  else await wake(env, id);
}

/** Whether it is all done. */
async function run(env: Bindings, id: string, chore: AnyChore, { forget }: ChorePorts): Promise<boolean> {
  if (chore.kind === "remove-room") return finishRoom(env, chore.subject, chore.body.purge);
  if (chore.kind === "adopt-guest") return tellAdoption(env, chore.subject);
  await forget(env, chore.subject);
  const { messages, ...begun } = chore.body;
  const progress = await eraseUser(env, chore.subject, messages, begun);
  if (progress === null) return true;
  const { after, missed } = progress;
  // from the beginning again, for the room that failed: after a while, so by way of a refusal
  const again = after === "" && missed !== "";
  await noteProgress(env.DB, id, after, again ? "" : missed);
  if (again) throw new Error(`the room ${missed} failed`);
  return false;
}
