// What is lost or left behind when a send is swallowed, fails or comes to nobody: no message, no key, no parcel, no run.
import { env } from "cloudflare:workers";
import type { QueuePayload } from "@workflow/world";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { brief } from "../../../../tests/worker/workflow/contract/kit.ts";
import { configureWorkflows, createWorld, handleDeadLetterBatch, handleQueueBatch } from "..";
import { CLAIM_PENDING_MS } from "../limits";
import type { Envelope } from "../runtime/envelope";
import { background, batchOf, message, QUEUE, scoped, script, testEnvironment, useScript } from "./harness";

useScript();
const world = createWorld();
const newRunId = () => `wrun_${crypto.randomUUID()}`;
const OPTIONS = { idempotencyKey: "step_1" };
type Own = ReturnType<typeof testEnvironment>;

beforeEach(() => {
  script.seen = [];
  script.handler = async () => undefined;
  configureWorkflows({ statementsMax: 800, stale: {} });
  vi.spyOn(console, "error").mockImplementation(() => undefined);
});

const send = (own: Own, payload: QueuePayload, options: object = OPTIONS, ctx = background()) =>
  scoped(own.env, () => world.queue(QUEUE, payload, options), ctx);
const parcels = async () => (await env.WORKFLOW_BUCKET.list({ prefix: "queue/" })).objects.map(({ key }) => key);
const large = () => ({ runId: newRunId(), stepInput: { input: new Uint8Array(200_000) } });

describe("sending", () => {
  it("WQ1 what the queue refused is sent the next time, though its key was claimed", async () => {
    const own = testEnvironment();
    const payload = { runId: newRunId() };
    const since = Date.now();
    own.queue.fail = true;
    await expect(send(own, payload)).rejects.toThrow("the queue is away");
    own.queue.fail = false;
    const { messageId } = await send(own, payload);
    expect(own.queue.take().map(({ body }) => body.messageId)).toEqual([messageId]);
    // at once: the claim was given back, so nobody waited for it to grow old
    expect(Date.now() - since).toBeLessThan(CLAIM_PENDING_MS);
  });

  it("WQ1 who is swallowed is not told so before the other message is in the queue", async () => {
    const own = testEnvironment();
    const payload = { runId: newRunId() };
    let open = (): void => undefined;
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const held = testEnvironment();
    const sendBatch = held.queue.sendBatch.bind(held.queue);
    held.queue.sendBatch = async (messages) => {
      await gate;
      return sendBatch(messages);
    };
    const first = send(held, payload);
    await expect.poll(() => keysOf(payload.runId)).toBe(1);
    let told = false;
    const second = send(own, payload).finally(() => {
      told = true;
    });
    await scheduler.wait(150);
    expect(told).toBe(false);
    open();
    expect(await second).toEqual(await first);
    expect([held.queue.sent.length, own.queue.sent.length]).toEqual([1, 0]);
  });

  it("WQ1 whose claim was left by one that died takes it over, and is sent", async () => {
    const own = testEnvironment();
    const payload = { runId: newRunId() };
    await env.WORKFLOW_DB.prepare(
      "INSERT INTO workflow_idempotency (key, message_id, state, created_at, expires_at) VALUES (?1, 'msg_dead', 'pending', ?2, ?3)",
    )
      .bind(`${payload.runId}|step_1`, Date.now() - CLAIM_PENDING_MS + 300, Date.now() + 60_000)
      .run();
    const { messageId } = await send(own, payload);
    expect(own.queue.take().map(({ body }) => body.messageId)).toEqual([messageId]);
  });

  it("WQ6 a message that is done while a second one waits for its key has swallowed it", async () => {
    const own = testEnvironment();
    const payload = { runId: newRunId() };
    const row = "INSERT INTO workflow_idempotency VALUES (?1, 'msg_first', 'pending', ?2, ?3)";
    await env.WORKFLOW_DB.prepare(row)
      .bind(`${payload.runId}|step_1`, Date.now(), Date.now() + 60_000)
      .run();
    const second = send(own, payload);
    await scheduler.wait(30);
    await scoped(own.env, ({ keys }) => keys.settle(["msg_first"]));
    expect(await second).toEqual({ messageId: "msg_first" });
    expect(own.queue.sent).toEqual([]);
  });

  it("WQ6 a key is held as long as its message is under way, and a quarter of an hour", async () => {
    const own = testEnvironment();
    const payload = { runId: newRunId() };
    await send(own, payload, { ...OPTIONS, delaySeconds: 7200 });
    const expires = await env.WORKFLOW_DB.prepare("SELECT expires_at FROM workflow_idempotency WHERE key = ?1")
      .bind(`${payload.runId}|step_1`)
      .first<number>("expires_at");
    const minutes = (expires! - Date.now()) / 60_000;
    expect(minutes).toBeGreaterThan(134);
    expect(minutes).toBeLessThan(136);
  });

  it("WQ6 a large message that is swallowed leaves no parcel", async () => {
    const own = testEnvironment();
    const payload = large();
    const before = await parcels();
    const ctx = background();
    const { messageId } = await send(own, payload, OPTIONS, ctx);
    expect(await send(own, payload, OPTIONS, ctx)).toEqual({ messageId });
    await ctx.settled();
    expect((await parcels()).filter((key) => !before.includes(key))).toEqual([`queue/${messageId}`]);
  });
});

describe("deliveries", () => {
  it("WQ3 a large message that fails, or comes again after a time, is whole when it does", async () => {
    const own = testEnvironment();
    const payload = large();
    await send(own, payload);
    const { body } = own.queue.take()[0]!;
    const outcomes: (() => Promise<unknown>)[] = [
      () => Promise.reject(new Error("no")),
      async () => ({ timeoutSeconds: 1 }),
      async () => undefined,
    ];
    for (const outcome of outcomes) {
      script.handler = outcome;
      await handleQueueBatch(batchOf(message(body)), own.env, background());
    }
    expect(script.seen.map(({ message: seen }) => brief(seen))).toEqual(outcomes.map(() => brief(payload)));
    expect(await env.WORKFLOW_BUCKET.head(body.ref!)).toBeNull();
  });

  it("WQ5 a timeout is cut at 82 800 s", async () => {
    const own = testEnvironment();
    await send(own, { runId: newRunId() }, {});
    script.handler = async () => ({ timeoutSeconds: 90_000 });
    const one = message(own.queue.take()[0]!.body);
    await handleQueueBatch(batchOf(one), own.env, background());
    expect(one.outcome).toEqual({ retryAfter: 82_800 });
  });
});

/** Keys of a run that are held. */
const keysOf = (runId: string): Promise<number | null> =>
  env.WORKFLOW_DB.prepare("SELECT count(*) AS n FROM workflow_idempotency WHERE key LIKE ?1")
    .bind(`${runId}|%`)
    .first<number>("n");

describe("dead letters", () => {
  const bury = async (own: Own, body: unknown) => {
    const one = message(body);
    await handleDeadLetterBatch(batchOf(one), own.env, background());
    expect(one.outcome).toBe("acked");
    return own.queue.take().map((sent) => sent.body);
  };

  it("WQ7 one holds no key and no parcel any more", async () => {
    const own = testEnvironment();
    const payload = large();
    await send(own, payload);
    const body = own.queue.take()[0]!.body;
    const [next] = await bury(own, body);
    expect(next).toMatchObject({ runId: payload.runId, fresh: 1, message: { runId: payload.runId } });
    expect(await keysOf(payload.runId)).toBe(0);
    expect(await env.WORKFLOW_BUCKET.head(body.ref!)).toBeNull();
  });

  const carried = (size: number) => ({
    runInput: { input: new Uint8Array(size), deploymentId: "d", workflowName: "w", specVersion: 7 },
    hookInput: { resumeId: "r", hookId: "h", token: "t", payload: new Uint8Array(size), payloadDigest: "x" },
  });
  const FIELDS = ["runInput", "hookInput"] as const;

  it.each(FIELDS)("WQ7 one that alone holds %s comes again whole, then is recorded", async (field) => {
    const own = testEnvironment();
    const record = vi.fn(async () => undefined);
    configureWorkflows({ record });
    const runId = newRunId();
    for (const size of [10, 200_000]) {
      const input = { [field]: carried(size)[field] };
      const head: Envelope = { v: 1, messageId: `msg_${size}`, queueName: QUEUE, runId, base: 9, fresh: 0 };
      let body: Envelope = { ...head, message: { runId, ...input } as unknown as QueuePayload };
      if (size > 100_000) {
        await send(own, body.message!, {});
        body = own.queue.take()[0]!.body;
        expect(body.ref).toBeDefined();
      }
      for (const fresh of [1, 2]) {
        const [next, ...more] = await bury(own, body);
        expect(more).toEqual([]);
        expect(next).toEqual({ ...body, base: 0, fresh });
        body = next!;
      }
      expect(await bury(own, body)).toEqual([]);
      expect(record).toHaveBeenLastCalledWith(own.env, {
        id: expect.any(String),
        body,
        error: expect.stringContaining("its run never began"),
      });
      if (body.ref !== undefined) expect(await env.WORKFLOW_BUCKET.head(body.ref)).toBeNull();
    }
  });
});

describe("the budget", () => {
  const openRun = (own: Own) =>
    scoped(own.env, async ({ storage }) => {
      const eventData = { deploymentId: "dpl_test", workflowName: "workflow//./one//one", input: new Uint8Array(2) };
      const { run } = await storage.events.create(null, { eventType: "run_created", specVersion: 7, eventData });
      await storage.events.create(run.runId, { eventType: "run_started", specVersion: 7 });
      return run.runId;
    });
  const start = (runId: string, id: string) =>
    world.events
      .create(runId, {
        eventType: "step_started",
        specVersion: 7,
        correlationId: id,
        eventData: { stepName: "step//./one//one", input: new Uint8Array(1) },
      })
      .then(
        () => "begun",
        ({ code }) => code as string,
      );
  const end = (runId: string, id: string) =>
    world.events.create(runId, {
      eventType: "step_completed",
      specVersion: 7,
      correlationId: id,
      eventData: { result: new Uint8Array(1) },
    });

  it("WQ3 while a step is on its way to begin, another may begin", async () => {
    const own = testEnvironment();
    const runId = await openRun(own);
    configureWorkflows({ statementsMax: 4 });
    await scoped(own.env, async ({ budget, yielded }) => {
      const first = start(runId, "step_a");
      while (!budget.tight) await Promise.resolve();
      // D1 has the claim of the first, and nobody knows yet how it ended
      expect(await Promise.all([first, start(runId, "step_b")])).toEqual(["begun", "begun"]);
      expect(yielded.has(runId)).toBe(false);
    });
  });

  it("WQ3 where all is spent before a run's first step, that one begins: else the run would give way for ever", async () => {
    const own = testEnvironment();
    const [one, other] = [await openRun(own), await openRun(own)];
    await scoped(own.env, async ({ budget, yielded }) => {
      budget.spend(10_000);
      expect(await start(one, "step_a")).toBe("begun");
      await end(one, "step_a");
      expect(await start(one, "step_b")).toBe("INVOCATION_BUDGET");
      expect(await start(other, "step_a")).toBe("begun");
      expect([...yielded]).toEqual([one]);
    });
  });
});

describe("waiting for a run", () => {
  it("WL7 an object that fails at once is not asked without end", async () => {
    let asked = 0;
    const failing = {
      getByName: () => ({
        wait: () => {
          asked += 1;
          return Promise.reject(new Error("no object"));
        },
        notify: async () => undefined,
      }),
    };
    const own = testEnvironment({ WORKFLOW_RUN: failing });
    await scoped(own.env, async ({ budget }) => {
      const eventData = { deploymentId: "d", workflowName: "w", input: new Uint8Array(1) };
      const { run } = await world.events.create(null, { eventType: "run_created", specVersion: 7, eventData });
      const before = budget.spent;
      const { status } = await world.runs.waitForTerminalStatus!(run.runId, { timeoutMs: 1200 });
      expect(status).toBe("pending");
      expect(asked).toBeLessThan(6);
      expect(budget.spent - before).toBeLessThan(8);
    });
  });
});
