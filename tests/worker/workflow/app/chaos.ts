// A queue that does its worst: each message is delivered two or three times, in any order, by either of two Workers on one database, and
// some deliveries fail: before they begin, where the database refuses a write or loses its answer, or after they have ended. Where the first
// copy fails the message comes again; where another does, it is forgotten. Only where CHAOS is set.
import { WorkerEntrypoint } from "cloudflare:workers";
import { type CloudflareEnv, handleQueueMessage, type StaleAges } from "../../../../worker-ts/src/workflow";
import { badBindings, setFaults } from "../../crash/faults";

/** The Worker's bindings. */
export interface TestEnv extends CloudflareEnv {
  readonly CHAOS?: string;
  /** The other Worker. */
  readonly OTHER?: { deliver(body: unknown, attempts: number, id: string): Promise<void> };
}

/** How long (ms) a copy may be held back. */
const HELD_MS_MAX = 300;
/** Of a hundred deliveries, so many fail before, and so many after. */
const FAIL_PERCENT = 10;
/** Of a hundred writes, of which a delivery has dozens, so many are refused, and of so many the answer is lost. */
const REFUSE_PERCENT = 3;

/**
 * When the watchdog wakes a run: soon, for the sake of the test. It has to: a copy that came last may hold a step and fail, and this queue,
 * which has seen the first one acknowledged, forgets it.
 */
export const CHAOS_STALE: StaleAges = { wait: 2000, step: 2000, idle: 2000 };

/** The bindings, with a database that breaks now and then. */
function withBadDatabase(env: TestEnv): TestEnv {
  setFaults({ d1Percent: REFUSE_PERCENT, d1Ms: 0, queueOut: false, r2Ms: 0, diskPercent: 0 });
  return badBindings(env);
}

/** The way in for the other Worker. */
export class Deliveries extends WorkerEntrypoint<TestEnv> {
  async deliver(body: unknown, attempts: number, id: string): Promise<void> {
    await handleQueueMessage(withBadDatabase(this.env), { body, attempts, id }, this.ctx);
  }
}

const chance = (percent: number): boolean => Math.random() * 100 < percent;

async function deliverOnce({ body, attempts, id }: Message, env: TestEnv, ctx: ExecutionContext): Promise<void> {
  await scheduler.wait(Math.random() * HELD_MS_MAX);
  if (chance(FAIL_PERCENT)) throw new Error("chaos: before");
  if (env.OTHER !== undefined && chance(50)) await env.OTHER.deliver(body, attempts, id);
  else await handleQueueMessage(withBadDatabase(env), { body, attempts, id }, ctx);
  if (chance(FAIL_PERCENT)) throw new Error("chaos: after");
}

/** Delivers a batch so; a message of which the first copy failed comes again. */
export function deliverBadly(batch: MessageBatch, env: TestEnv, ctx: ExecutionContext): void {
  for (const message of batch.messages) {
    const copies = Array.from({ length: chance(50) ? 2 : 3 }, () => deliverOnce(message, env, ctx));
    const again = (): Promise<unknown> => {
      const envelope = message.body as { base: number };
      const body = { ...envelope, base: envelope.base + message.attempts };
      return env.WORKFLOW_QUEUE.send(body, { contentType: "v8", delaySeconds: 1 });
    };
    // a copy more or less: what it has failed with is the business of nobody
    ctx.waitUntil(
      Promise.all([copies[0]!.catch(again), ...copies.slice(1).map((copy) => copy.catch(() => undefined))]),
    );
  }
  batch.ackAll();
}
