// Work without a request: by the clock and from queues, dispatched by name. What the names stand for is handed in by the composition.
import { type Bindings, countQueue, logFailure } from "../platform";

/** Where work goes on behind a handler, when its caller has such a place. */
export type Background = Pick<ExecutionContext, "waitUntil">;

/** Work by the clock, by its cron string in wrangler.jsonc. */
export type Scheduled = Readonly<Record<string, (env: Bindings, ctx?: Background) => Promise<unknown>>>;

/** What takes a batch of a queue. */
export type Consumer = (batch: MessageBatch, env: Bindings, ctx?: Background) => Promise<void>;

/** While this is true nothing stored may change but by whoever made it so. */
type StandsStill = (env: Bindings) => Promise<boolean>;

/** Where D1 does not answer, a batch comes again after so long. */
const UNKNOWN_SECONDS = 10;

/** Runs what a cron string stands for. An unknown one is an error, so that it shows. */
export const makeScheduled =
  (works: Scheduled, standsStill: StandsStill) =>
  async ({ cron }: Pick<ScheduledController, "cron">, env: Bindings, ctx?: Background): Promise<void> => {
    const work = works[cron];
    if (work === undefined) throw new Error(`no work is known for the cron string ${cron}`);
    // it would wake runs whose events have not come, and sweep what nothing names yet
    if (!(await standsStill(env))) await work(env, ctx);
  };

/** The name of the queue in `names`. Beside production the environment's name stands behind it: `ferrule-archive-dev`. */
function knownName(queue: string, names: readonly string[]): string {
  const fitting = names.filter((name) => queue === name || queue.startsWith(`${name}-`));
  // of two that fit the longer: ferrule-archive-dead-dev begins with ferrule-archive, too
  return fitting.reduce((longest, name) => (name.length > longest.length ? name : longest), "");
}

/**
 * Hands a batch to its queue's consumer. An unknown queue is an error, so its messages are retried and not lost. `saidAgain`: queues whose
 * messages are dropped while the Worker stands still, for all that they tell is told again afterwards.
 */
export const makeQueue =
  (consumers: Readonly<Record<string, Consumer>>, saidAgain: readonly string[], standsStill: StandsStill) =>
  async (batch: MessageBatch, env: Bindings, ctx?: Background): Promise<void> => {
    const name = knownName(batch.queue, Object.keys(consumers));
    const consume = consumers[name];
    if (consume === undefined) throw new Error(`no consumer is known for the queue ${batch.queue}`);
    countQueue(env, batch);
    try {
      if (saidAgain.includes(name) && (await standsStill(env))) return batch.ackAll();
    } catch (thrown) {
      logFailure("ask whether a restore is under way", thrown);
      return batch.retryAll({ delaySeconds: UNKNOWN_SECONDS });
    }
    await consume(batch, env, ctx);
  };
