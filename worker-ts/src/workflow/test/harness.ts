// For tests of the queue: a queue that keeps what is sent, messages whose end is noted, and a runtime whose handler is a function of the
// test. Storage, keys and R2 are the real ones.
import { env } from "cloudflare:workers";
import { getQueueTopicPrefix } from "@workflow/world";
import { type CloudflareEnv, configureWorkflows, type createWorld } from "..";
import type { Envelope } from "../runtime/envelope";
import { CORE_PIN } from "../runtime/quickjs-assets";
import { makeScope, runInScope, type Scope, type ScopeContext } from "../runtime/scope";

/** What core's handler is told of a message. */
export interface Meta {
  readonly attempt: number;
  readonly queueName: string;
  readonly messageId: string;
}
type Handler = (message: unknown, meta: Meta) => Promise<unknown>;

/** The handler of the runtime that does nothing by itself. */
export const script: { handler: Handler; seen: { message: unknown; meta: Meta }[] } = {
  handler: async () => undefined,
  seen: [],
};

/** Says that the workflows are the test's own. */
export function useScript(): void {
  let post: (request: Request) => Promise<Response>;
  const loaded = {
    POST: (request: Request) => post(request),
    setWorld(world: ReturnType<typeof createWorld>) {
      post = world.createQueueHandler(getQueueTopicPrefix("workflow"), async (message, meta) => {
        script.seen.push({ message, meta });
        return script.handler(message, meta);
      });
    },
  };
  configureWorkflows({
    workflows: {
      load: async () => loaded as never,
      ids: { one: "workflow//./one//one" },
      sha256: "0123456789abcdef00",
      core: CORE_PIN,
    },
  });
}

/** What was sent to a queue: a body, as structured clone left it, and after which delay. */
export interface Sent {
  readonly body: Envelope;
  readonly delaySeconds: number;
}

/** A queue that keeps what it is sent. `fail` makes it refuse. */
export class RecordingQueue {
  readonly sent: Sent[] = [];
  batches = 0;
  fail = false;

  async sendBatch(messages: Iterable<{ body: unknown; delaySeconds?: number }>): Promise<void> {
    if (this.fail) throw new Error("the queue is away");
    this.batches += 1;
    for (const { body, delaySeconds = 0 } of messages)
      this.sent.push({ body: structuredClone(body) as Envelope, delaySeconds });
  }
  send(body: unknown, options: { delaySeconds?: number } = {}): Promise<void> {
    return this.sendBatch([{ body, ...options }]);
  }
  /** What was sent since the last call. */
  take(): Sent[] {
    return this.sent.splice(0);
  }
}

/** An environment with recording queues. */
export function testEnvironment(more: Partial<CloudflareEnv> = {}) {
  const [queue, dead] = [new RecordingQueue(), new RecordingQueue()];
  const own: CloudflareEnv = {
    ...(env as CloudflareEnv),
    WORKFLOW_DB: env.WORKFLOW_DB,
    WORKFLOW_BUCKET: env.WORKFLOW_BUCKET,
    WORKFLOW_STREAM: env.WORKFLOW_STREAM,
    WORKFLOW_RUN: env.WORKFLOW_RUN,
    WORKFLOW_QUEUE: queue as unknown as Queue,
    WORKFLOW_DEAD_QUEUE: dead as unknown as Queue,
    WORKFLOW_QUEUE_HOLD_MS: "0",
    ...more,
  };
  return { env: own, queue, dead };
}

/** A background that can be awaited. */
export function background(): ScopeContext & { settled(): Promise<void> } {
  const works: Promise<unknown>[] = [];
  return {
    waitUntil: (work) => void works.push(work),
    async settled() {
      while (works.length > 0) await Promise.all(works.splice(0));
    },
  };
}

/** A message of a batch, and what became of it. */
export interface TestMessage extends Message {
  outcome: "none" | "acked" | { retryAfter: number };
}

/** A message with a body. */
export function message(body: unknown, attempts = 1): TestMessage {
  return {
    id: crypto.randomUUID(),
    timestamp: new Date(),
    body,
    attempts,
    outcome: "none",
    // the first word counts, as it does in the queue
    ack() {
      if (this.outcome === "none") this.outcome = "acked";
    },
    retry(options) {
      if (this.outcome === "none") this.outcome = { retryAfter: options?.delaySeconds ?? 0 };
    },
  };
}

/** Messages as a batch. */
export function batchOf(...messages: readonly Message[]): MessageBatch {
  const metadata = { metrics: { backlogCount: 0, backlogBytes: 0 } };
  return { queue: "ferrule-workflow", messages, metadata, ackAll: () => undefined, retryAll: () => undefined };
}

/** Runs `work` in a scope of its own. */
export const scoped = <T>(own: CloudflareEnv, work: (scope: Scope) => Promise<T>, ctx: ScopeContext = background()) => {
  const scope = makeScope(own, ctx);
  return runInScope(scope, () => work(scope));
};

/** A queue's name as core makes it. */
export const QUEUE = `${getQueueTopicPrefix("workflow")}workflow//./one//one` as const;
