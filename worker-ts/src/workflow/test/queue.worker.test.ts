// WQ1–WQ8: what the queue owes core, with a handler that the test writes.
import { env } from "cloudflare:workers";
import type { QueuePayload } from "@workflow/world";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { brief } from "../../../../tests/worker/workflow/contract/kit.ts";
import { createWorld, handleQueueBatch, handleQueueMessage } from "..";
import { MESSAGE_PAYLOAD_BYTES_MAX } from "../limits";
import { deliver } from "../runtime/delivery";
import type { Envelope } from "../runtime/envelope";
import { background, batchOf, message, QUEUE, type Sent, scoped, script, testEnvironment, useScript } from "./harness";

useScript();
const world = createWorld();
const runId = () => `wrun_${crypto.randomUUID()}`;

beforeEach(() => {
  script.seen = [];
  script.handler = async () => undefined;
  vi.spyOn(console, "error").mockImplementation(() => undefined);
});

/** What waits until the test lets it pass. */
class Gate {
  open = (): void => undefined;
  readonly passed = new Promise<void>((resolve) => {
    this.open = resolve;
  });
}

/** Sends one message and hands back its envelope. */
async function sent(own: ReturnType<typeof testEnvironment>, payload: QueuePayload, options = {}): Promise<Envelope> {
  await scoped(own.env, () => world.queue(QUEUE, payload, options));
  return own.queue.take()[0]!.body;
}

describe("sending", () => {
  it("WQ1 it resolves when the queue has the message, and not before; the id is in the envelope", async () => {
    const own = testEnvironment();
    const { messageId } = await scoped(own.env, () => world.queue(QUEUE, { runId: runId() }));
    expect(own.queue.sent.map(({ body }) => body.messageId)).toEqual([messageId]);
    expect(messageId).toMatch(/^msg_/);
    own.queue.fail = true;
    // a 503 is what the runtime delivers again after, any other error would end the run
    await expect(scoped(own.env, () => world.queue(QUEUE, { runId: runId() }))).rejects.toMatchObject({
      name: "WorkflowWorldError",
      status: 503,
      message: expect.stringContaining("the queue is away"),
    });
  });

  it("WQ1 the id is the same on every delivery, also behind an acknowledgement", async () => {
    const own = testEnvironment({ WORKFLOW_QUEUE_HOLD_MS: "20" });
    const envelope = await sent(own, { runId: runId() });
    const ctx = background();
    const gate = new Gate();
    script.handler = async (_, { attempt }) => {
      if (attempt === 1) await gate.passed;
      if (attempt < 3) throw new Error("again");
      return undefined;
    };
    const first = message(envelope);
    await handleQueueBatch(batchOf(first), own.env, ctx);
    expect(first.outcome).toBe("acked");
    gate.open();
    await ctx.settled();
    const [second] = own.queue.take();
    expect(second).toMatchObject({ body: { base: 1, messageId: envelope.messageId }, delaySeconds: 1 });
    const retried = message(second!.body);
    await handleQueueBatch(batchOf(retried), own.env, ctx);
    expect(retried.outcome).toEqual({ retryAfter: 2 });
    await handleQueueBatch(batchOf(message(second!.body, 2)), own.env, ctx);
    expect(script.seen.map(({ meta }) => [meta.messageId, meta.attempt])).toEqual([
      [envelope.messageId, 1],
      [envelope.messageId, 2],
      [envelope.messageId, 3],
    ]);
  });

  it("WQ1 sends of one tick leave in one batch, cut by the queue's limits", async () => {
    const own = testEnvironment();
    await scoped(own.env, () => Promise.all(Array.from({ length: 150 }, () => world.queue(QUEUE, { runId: runId() }))));
    expect([own.queue.sent.length, own.queue.batches]).toEqual([150, 2]);
    const input = new Uint8Array(90_000);
    await scoped(own.env, () =>
      Promise.all(Array.from({ length: 5 }, () => world.queue(QUEUE, { runId: runId(), stepInput: { input } }))),
    );
    expect([own.queue.sent.length, own.queue.batches]).toEqual([155, 5]);
  });

  it("WQ2 a payload arrives unharmed, small and large", async () => {
    const own = testEnvironment();
    for (const size of [3, 300_000]) {
      const input = Uint8Array.from({ length: size }, (_, at) => at % 256);
      const payload = {
        runId: runId(),
        requestedAt: new Date(1234),
        input: { $: "x", many: [undefined, 1n] },
        stepInput: { input },
        requestId: undefined,
      };
      const envelope = await sent(own, payload as unknown as QueuePayload);
      expect(envelope.ref !== undefined).toBe(size > 100_000);
      await handleQueueBatch(batchOf(message(envelope)), own.env, background());
      const { message: got } = script.seen.pop()!;
      expect(brief(got)).toEqual(brief(payload));
      expect(Object.hasOwn(got as object, "requestId")).toBe(true);
      if (envelope.ref !== undefined) {
        expect(await env.WORKFLOW_BUCKET.head(envelope.ref)).toBeNull();
        // a second delivery of what is done: nothing happens
        const again = message(envelope);
        await handleQueueBatch(batchOf(again), own.env, background());
        expect([again.outcome, script.seen.length]).toEqual(["acked", 0]);
      }
    }
  });

  it("WQ2 a message with a payload over the limit is refused with 413, and no parcel is left", async () => {
    const own = testEnvironment();
    const put = vi.spyOn(own.env.WORKFLOW_BUCKET, "put");
    const payload = { runId: runId(), stepInput: { input: new Uint8Array(MESSAGE_PAYLOAD_BYTES_MAX) } };
    await expect(scoped(own.env, () => world.queue(QUEUE, payload))).rejects.toMatchObject({ status: 413 });
    expect([put.mock.calls, own.queue.sent]).toEqual([[], []]);
  });

  it("WQ2 a health check arrives as one, though it names a run", async () => {
    const own = testEnvironment();
    const payload = { __healthCheck: true as const, correlationId: "abc", runId: runId() };
    await handleQueueBatch(batchOf(message(await sent(own, payload))), own.env, background());
    expect(script.seen[0]!.message).toEqual(payload);
  });

  it("WQ5 a delay is whole seconds, never less than asked, and at most 82 800", async () => {
    const own = testEnvironment();
    for (const delaySeconds of [0, 0.2, 2, 82_800, 100_000])
      await scoped(own.env, () => world.queue(QUEUE, { runId: runId() }, { delaySeconds }));
    expect(own.queue.sent.map(({ delaySeconds }) => delaySeconds)).toEqual([0, 1, 2, 82_800, 82_800]);
  });

  it("WQ8 a batch has one result for each message, in order, and throws for none", async () => {
    const own = testEnvironment();
    const bucket = { put: () => Promise.reject(new Error("no room")) };
    const broken = { ...own.env, WORKFLOW_BUCKET: bucket as unknown as R2Bucket };
    const input = new Uint8Array(200_000);
    const results = await scoped(broken, () =>
      world.queueBatch!(QUEUE, [
        { message: { runId: "wrun_a" } },
        { message: { runId: "wrun_b", stepInput: { input } } },
        { message: { runId: "wrun_c" } },
      ]),
    );
    expect(results).toEqual([
      { messageId: expect.stringMatching(/^msg_/) },
      { messageId: null, error: "the bucket failed: no room", retryable: true },
      { messageId: expect.stringMatching(/^msg_/) },
    ]);
    expect(own.queue.sent.map(({ body }) => body.runId)).toEqual(["wrun_a", "wrun_c"]);
  });
});

describe("keys", () => {
  it("WQ6 a key in flight swallows a second send; of eight at once one is sent", async () => {
    const own = testEnvironment();
    const payload = { runId: runId() };
    const options = { idempotencyKey: "step_1" };
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => scoped(own.env, () => world.queue(QUEUE, payload, options))),
    );
    const [{ body }, ...more] = own.queue.take() as [Sent, ...Sent[]];
    expect(more).toEqual([]);
    expect(new Set(answers.map(({ messageId }) => messageId))).toEqual(new Set([body.messageId]));
    // another run's key is another key
    expect((await sent(own, { runId: runId() }, options)).messageId).not.toBe(body.messageId);
  });

  it("WQ6 once the message is done the key is free, before it is acknowledged", async () => {
    const own = testEnvironment();
    const payload = { runId: runId() };
    const options = { idempotencyKey: "step_1" };
    const envelope = await sent(own, payload, options);
    const held = message(envelope);
    let rows: unknown;
    held.ack = () => {
      rows = env.WORKFLOW_DB.prepare("SELECT count(*) AS n FROM workflow_idempotency WHERE message_id = ?1")
        .bind(envelope.messageId)
        .first("n");
    };
    await handleQueueBatch(batchOf(held), own.env, background());
    expect(await rows).toBe(0);
    expect((await sent(own, payload, options)).messageId).not.toBe(envelope.messageId);
  });

  it("WQ6 a message that fails keeps its key", async () => {
    const own = testEnvironment();
    const payload = { runId: runId() };
    const options = { idempotencyKey: "step_1" };
    const envelope = await sent(own, payload, options);
    script.handler = () => Promise.reject(new Error("no"));
    await handleQueueBatch(batchOf(message(envelope)), own.env, background());
    expect((await scoped(own.env, () => world.queue(QUEUE, payload, options))).messageId).toBe(envelope.messageId);
    expect(own.queue.take()).toEqual([]);
  });

  it("WQ6 what a message sends under its own key is not swallowed", async () => {
    const own = testEnvironment();
    const payload = { runId: runId() };
    const options = { idempotencyKey: "wait_1" };
    const envelope = await sent(own, payload, options);
    script.handler = async () => {
      await world.queue(QUEUE, payload, options);
    };
    await handleQueueBatch(batchOf(message(envelope)), own.env, background());
    const [{ body }, ...more] = own.queue.take() as [Sent, ...Sent[]];
    expect(more).toEqual([]);
    expect(body.messageId).not.toBe(envelope.messageId);
    // and the key is the new message's now, settling the old one did not free it
    expect((await scoped(own.env, () => world.queue(QUEUE, payload, options))).messageId).toBe(body.messageId);
  });
});

describe("consuming", () => {
  it("WQ3 done is acknowledged, a timeout comes again after it, a failure backs off to a quarter of an hour", async () => {
    const own = testEnvironment();
    const outcome = async (attempts: number) => {
      const one = message(await sent(own, { runId: runId() }), attempts);
      await handleQueueBatch(batchOf(one), own.env, background());
      return one.outcome;
    };
    expect(await outcome(1)).toBe("acked");
    script.handler = async () => ({ timeoutSeconds: 2.5 });
    expect(await outcome(1)).toEqual({ retryAfter: 3 });
    script.handler = () => Promise.reject(new Error("no"));
    const waits = [];
    for (const attempts of [1, 2, 3, 10, 11, 47]) waits.push(await outcome(attempts));
    expect(waits.map((wait) => (wait as { retryAfter: number }).retryAfter)).toEqual([1, 2, 4, 512, 900, 900]);
  });

  it("WQ3 one message of a batch does not harm the others", async () => {
    const own = testEnvironment();
    const [good, bad] = [
      message(await sent(own, { runId: "wrun_good" })),
      message(await sent(own, { runId: "wrun_bad" })),
    ];
    script.handler = async (payload) => {
      if ((payload as { runId: string }).runId === "wrun_bad") throw new Error("no");
    };
    await handleQueueBatch(batchOf(bad, good), own.env, background());
    expect([good.outcome, bad.outcome]).toEqual(["acked", { retryAfter: 1 }]);
  });

  it("WQ3 a slow message is acknowledged after the hold, and its timeout is sent again", async () => {
    const own = testEnvironment({ WORKFLOW_QUEUE_HOLD_MS: "20" });
    const ctx = background();
    const gate = new Gate();
    script.handler = async () => {
      await gate.passed;
      return { timeoutSeconds: 5 };
    };
    const slow = message(await sent(own, { runId: runId() }, { idempotencyKey: "k" }), 3);
    // it would not come back before the gate is open
    await handleQueueBatch(batchOf(slow), own.env, ctx);
    expect([slow.outcome, own.queue.sent]).toEqual(["acked", []]);
    gate.open();
    await ctx.settled();
    expect(own.queue.take()).toMatchObject([{ body: { base: 3 }, delaySeconds: 5 }]);
  });

  it("WQ4 attempts count from 1 and go on over every kind of return", async () => {
    const own = testEnvironment();
    const envelope = await sent(own, { runId: runId() });
    for (const attempts of [1, 2, 60])
      await handleQueueBatch(batchOf(message(envelope, attempts)), own.env, background());
    await handleQueueBatch(batchOf(message({ ...envelope, base: 60 }, 2)), own.env, background());
    expect(script.seen.map(({ meta }) => meta.attempt)).toEqual([1, 2, 60, 62]);
  });

  it("WQ3 the seed's consumer, as printed", async () => {
    const own = testEnvironment();
    const consumer = {
      async queue(batch: MessageBatch, bindings: typeof own.env) {
        for (const one of batch.messages) {
          try {
            await handleQueueMessage(bindings, one);
            one.ack();
          } catch {
            one.retry();
          }
        }
      },
    };
    const [first, second] = [
      message(await sent(own, { runId: runId() })),
      message(await sent(own, { runId: runId() })),
    ];
    script.handler = async (_, { messageId }) => {
      if (messageId === (second.body as Envelope).messageId) throw new Error("no");
      return { timeoutSeconds: 4 };
    };
    await consumer.queue(batchOf(first, second), own.env);
    expect([first.outcome, second.outcome]).toEqual(["acked", { retryAfter: 0 }]);
    expect(own.queue.take()).toMatchObject([{ body: { base: 1 }, delaySeconds: 4 }]);
  });

  it("WQ7 a delivery is taken once, by the route it is for, and by nobody without its token", async () => {
    const tokens: string[] = [];
    const route = world.createQueueHandler("__wkf_workflow_", async () => undefined);
    const post = async (request: Request) => {
      tokens.push(request.headers.get("x-delivery")!);
      const first = await route(request.clone() as Request);
      expect((await route(request)).status).toBe(404);
      return first;
    };
    const one = { messageId: "msg_a", queueName: QUEUE, attempt: 1, message: { runId: "wrun_a" } };
    expect(await deliver(post, one)).toEqual({});
    await expect(deliver(post, { ...one, queueName: "__other_wkf_workflow_x" })).rejects.toThrow("404");
    for (const token of [...tokens, "", "nobody"]) {
      const request = new Request("http://x/", { method: "POST", headers: { "x-delivery": token } });
      expect((await route(request)).status).toBe(404);
    }
    expect(new Set(tokens).size).toBe(2);
  });

  it("WQ3 what is no message of ours goes to the dead letters, the probe is acknowledged", async () => {
    const own = testEnvironment();
    vi.spyOn(console, "log").mockImplementation(() => undefined);
    const [odd, probe] = [message({ hello: 1 }), message({ test: "message" })];
    await handleQueueBatch(batchOf(odd, probe), own.env, background());
    expect([odd.outcome, probe.outcome, script.seen]).toEqual(["acked", "acked", []]);
    expect(own.dead.sent).toMatchObject([{ body: { hello: 1 } }]);
  });
});
