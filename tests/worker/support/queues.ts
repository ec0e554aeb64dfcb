// The queues of the Worker as tests find them: what is in them outlives the file that sent it, for no reset empties a queue.
import { env } from "cloudflare:workers";

/** How long (ms) is waited at most: what comes again after a longer time comes to another file. */
const WAIT_MS = 5_000;
/** How often, one after another, nothing is to be found: a batch that was taken out is in nobody's count until it is done. */
const TIMES = 4;

/** Waits until what was sent has been taken, so that it still belongs to whoever sent it. */
export async function queuesEmpty(): Promise<void> {
  const queues = [
    env.ARCHIVE_QUEUE,
    env.ARCHIVE_DEAD_QUEUE,
    env.CHORES_QUEUE,
    env.WORKFLOW_QUEUE,
    env.WORKFLOW_DEAD_QUEUE,
  ];
  let empty = 0;
  for (const end = Date.now() + WAIT_MS; empty < TIMES && Date.now() < end; await scheduler.wait(20)) {
    const found = await Promise.all(queues.map((queue) => queue.metrics()));
    empty = found.every(({ backlogCount }) => backlogCount === 0) ? empty + 1 : 0;
  }
}
