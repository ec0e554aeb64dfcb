// Behind the queue: yielding at the budget, dead letters, the watchdog's round.
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { configureWorkflows, createWorld, handleDeadLetterBatch, handleQueueBatch, handleScheduled } from "..";
import type { Envelope } from "../runtime/envelope";
import { runAs } from "../runtime/scope";
import { background, batchOf, message, QUEUE, scoped, script, testEnvironment, useScript } from "./harness";

useScript();
const world = createWorld();

beforeEach(() => {
  script.seen = [];
  script.handler = async () => undefined;
  configureWorkflows({ statementsMax: 800, stale: {} });
  vi.spyOn(console, "error").mockImplementation(() => undefined);
});

/** A run at work. */
async function openRun(own: ReturnType<typeof testEnvironment>): Promise<string> {
  return scoped(own.env, async ({ storage }) => {
    const eventData = { deploymentId: "dpl_test", workflowName: "workflow//./one//one", input: new Uint8Array(2) };
    const { run } = await storage.events.create(null, { eventType: "run_created", specVersion: 7, eventData });
    await storage.events.create(run.runId, { eventType: "run_started", specVersion: 7 });
    return run.runId;
  });
}

const startStep = (runId: string, id: string) =>
  world.events.create(runId, {
    eventType: "step_started",
    specVersion: 7,
    correlationId: id,
    eventData: { stepName: "step//./one//one", input: new Uint8Array(1) },
  });
const endStep = (runId: string, id: string) =>
  world.events.create(runId, {
    eventType: "step_completed",
    specVersion: 7,
    correlationId: id,
    eventData: { result: new Uint8Array(1) },
  });

describe("the budget", () => {
  it("WQ3 near its end no step begins, the run goes on in a fresh message, and no attempt is spent", async () => {
    const own = testEnvironment();
    const runId = await openRun(own);
    configureWorkflows({ statementsMax: 20 });
    let steps = 0;
    script.handler = async () => {
      for (; steps < 100; steps += 1) {
        await startStep(runId, `step_${steps}`);
        await endStep(runId, `step_${steps}`);
      }
    };
    const body: Envelope = { v: 1, messageId: "msg_a", queueName: QUEUE, runId, base: 0, fresh: 0, message: { runId } };
    const one = message(body, 7);
    await handleQueueBatch(batchOf(one), own.env, background());
    expect(one.outcome).toBe("acked");
    expect(steps).toBeGreaterThan(0);
    expect(steps).toBeLessThan(10);
    const [fresh, ...more] = own.queue.take();
    expect(more).toEqual([]);
    expect(fresh).toMatchObject({ body: { runId, base: 0, message: { runId } }, delaySeconds: 0 });
    expect(fresh!.body.messageId).not.toBe("msg_a");
  });

  it("WQ3 who gives way frees its key before the run goes on, and covers no other's failure", async () => {
    const own = testEnvironment();
    const runId = await openRun(own);
    await scoped(own.env, ({ keys }) => keys.claim(`${runId}|k`, "msg_y", { expiresAt: Date.now() + 60_000 }));
    configureWorkflows({ statementsMax: 1 });
    let gaveWay = (): void => undefined;
    const gone = new Promise<void>((resolve) => {
      gaveWay = resolve;
    });
    script.handler = async (_, { messageId }) => {
      if (messageId !== "msg_y") {
        await gone;
        throw new Error("of its own");
      }
      await startStep(runId, "step_a");
      await endStep(runId, "step_a");
      await startStep(runId, "step_b").finally(gaveWay);
    };
    const head = { v: 1, queueName: QUEUE, runId, base: 0, fresh: 0, message: { runId } } as const;
    const [yields, fails] = [
      message({ ...head, messageId: "msg_y", idem: `${runId}|k` }),
      message({ ...head, messageId: "msg_f" }),
    ];
    const free: boolean[] = [];
    const send = own.queue.sendBatch.bind(own.queue);
    own.queue.sendBatch = async (messages) => {
      const row = env.WORKFLOW_DB.prepare("SELECT 1 FROM workflow_idempotency WHERE key = ?1").bind(`${runId}|k`);
      free.push((await row.first()) === null);
      await send(messages);
    };
    await handleQueueBatch(batchOf(yields, fails), own.env, background());
    expect([yields.outcome, fails.outcome, free]).toEqual(["acked", { retryAfter: 1 }, [true]]);
  });

  it("WQ3 a step that somebody else has ended is not under way here", async () => {
    const own = testEnvironment();
    const runId = await openRun(own);
    await scoped(own.env, async ({ begun }) => {
      await startStep(runId, "step_a");
      expect(begun.size).toBe(1);
      await scoped(own.env, () => endStep(runId, "step_a"));
      await expect(endStep(runId, "step_a")).rejects.toMatchObject({ name: "EntityConflictError" });
      expect(begun.size).toBe(0);
    });
  });

  it("WQ3 while a step begun here is unfinished, another may begin", async () => {
    const own = testEnvironment();
    const runId = await openRun(own);
    configureWorkflows({ statementsMax: 1 });
    const outcomes: string[] = [];
    const ask = (id: string) =>
      startStep(runId, id).then(
        () => "begun",
        ({ code }) => code as string,
      );
    script.handler = async () => {
      outcomes.push(await ask("step_a"));
      configureWorkflows({ statementsMax: 1 });
      outcomes.push(await ask("step_b"));
      await endStep(runId, "step_a");
      await endStep(runId, "step_b");
      outcomes.push(await ask("step_c"));
    };
    const body: Envelope = { v: 1, messageId: "msg_b", queueName: QUEUE, runId, base: 0, fresh: 0, message: { runId } };
    await handleQueueBatch(batchOf(message(body)), own.env, background());
    expect(outcomes).toEqual(["begun", "begun", "INVOCATION_BUDGET"]);
  });
});

describe("the last delivery", () => {
  it("WQ4 is acknowledged once the run has ended, since core says nothing where it could not end it", async () => {
    const own = testEnvironment();
    const runId = await openRun(own);
    const body: Envelope = { v: 1, messageId: "msg_l", queueName: QUEUE, runId, base: 0, fresh: 0, message: { runId } };
    const outcomeOf = async (attempts: number, about = body) => {
      const one = message(about, attempts);
      await handleQueueBatch(batchOf(one), own.env, background());
      return one.outcome;
    };
    expect(await outcomeOf(48)).toBe("acked");
    expect(await outcomeOf(49)).toEqual({ retryAfter: 900 });
    // a run that was never made: the message is the only one that knows of it
    expect(await outcomeOf(49, { ...body, runId: "wrun_never" })).toEqual({ retryAfter: 900 });
    await scoped(own.env, () => world.events.create(runId, { eventType: "run_cancelled", specVersion: 7 }));
    expect(await outcomeOf(49)).toBe("acked");
  });
});

describe("whose a run is", () => {
  const eventData = { deploymentId: "dpl_test", workflowName: "workflow//./one//one", input: new Uint8Array(2) };
  const created = { eventType: "run_created", specVersion: 7, eventData } as const;
  const ownerOf = (runId: string) =>
    env.WORKFLOW_DB.prepare("SELECT owner_id FROM workflow_runs WHERE id = ?1").bind(runId).first("owner_id");

  it("WQ2 what a delivery starts belongs to the run's owner, whoever woke the run", async () => {
    const own = testEnvironment();
    const as = <T>(user: string | undefined, work: () => Promise<T>) =>
      scoped(own.env, () => runAs({ owner: async () => user }, work));
    let child = "";
    script.handler = async () => {
      child = (await world.events.create(null, created)).run.runId;
      await world.queue(QUEUE, { runId: child, runInput: { ...eventData, specVersion: 7 } });
    };
    for (const owner of ["user_owner", undefined]) {
      const parent = await as(owner, async () => (await world.events.create(null, created)).run.runId);
      await as("user_who_resumes", () => world.queue(QUEUE, { runId: parent }));
      const { body } = own.queue.take()[0]!;
      await handleQueueBatch(batchOf(message(body)), own.env, background());
      expect(body.ownerId).toBeUndefined();
      expect(await ownerOf(child)).toBe(owner ?? null);
      expect(own.queue.take()[0]!.body.ownerId).toBe(owner);
    }
  });

  it("WE6 a run that its first message creates belongs to who started it", async () => {
    const own = testEnvironment();
    const runId = `wrun_${crypto.randomUUID()}`;
    await scoped(own.env, () =>
      runAs({ owner: async () => "user_owner" }, () =>
        world.queue(QUEUE, { runId, runInput: { ...eventData, specVersion: 7 } }),
      ),
    );
    script.handler = () => world.events.create(runId, { eventType: "run_started", specVersion: 7, eventData });
    await handleQueueBatch(batchOf(message(own.queue.take()[0]!.body)), own.env, background());
    expect(await ownerOf(runId)).toBe("user_owner");
  });
});

describe("dead letters", () => {
  const bury = async (own: ReturnType<typeof testEnvironment>, body: unknown) => {
    const one = message(body);
    await handleDeadLetterBatch(batchOf(one), own.env, background());
    return one.outcome;
  };

  it("WQ7 a run is woken twice and cancelled at the third", async () => {
    const own = testEnvironment();
    const record = vi.fn(async () => undefined);
    configureWorkflows({ record });
    const runId = await openRun(own);
    let body: Envelope = { v: 1, messageId: "msg_c", queueName: QUEUE, runId, base: 9, fresh: 0, message: { runId } };
    for (const fresh of [1, 2]) {
      expect(await bury(own, body)).toBe("acked");
      const [next] = own.queue.take();
      // the steps that it had begun are its own, so it keeps its id
      expect(next!.body).toMatchObject({ messageId: "msg_c", runId, base: 0, fresh, message: { runId } });
      body = next!.body;
    }
    expect(record).not.toHaveBeenCalled();
    expect(await bury(own, body)).toBe("acked");
    expect(own.queue.take()).toEqual([]);
    expect(record).toHaveBeenCalledExactlyOnceWith(own.env, {
      id: expect.any(String),
      body,
      error: expect.stringContaining("given up"),
    });
    const log = await scoped(own.env, ({ storage }) => storage.events.list({ runId }));
    expect(log.data.at(-1)).toMatchObject({ eventType: "run_cancelled", eventData: { cancelReason: "dead_letter" } });
    // once more: it has ended
    expect(await bury(own, body)).toBe("acked");
  });

  it("WQ7 what names no run is recorded, and told", async () => {
    const own = testEnvironment();
    const record = vi.fn(async () => undefined);
    const error = vi.spyOn(console, "error").mockImplementation(() => undefined);
    configureWorkflows({ record });
    expect(await bury(own, { hello: 1 })).toBe("acked");
    expect(record).toHaveBeenCalledWith(own.env, {
      id: expect.any(String),
      body: { hello: 1 },
      error: "no message of ours",
    });
    expect(error.mock.calls.flat().join()).toContain("dead letter");
    record.mockRejectedValueOnce(new Error("D1 is away"));
    expect(await bury(own, { hello: 1 })).toEqual({ retryAfter: 1 });
  });
});

describe("the watchdog", () => {
  const woken = (own: ReturnType<typeof testEnvironment>) => own.queue.take().map(({ body }) => body.runId);
  const age = (runId: string, ms: number) =>
    env.WORKFLOW_DB.prepare("UPDATE workflow_runs SET last_event_at = last_event_at - ?2 WHERE id = ?1")
      .bind(runId, ms)
      .run();
  const MINUTE = 60_000;

  it("WQ7 wakes what was left lying, once, and nothing else", async () => {
    const own = testEnvironment();
    const [idle, busy, waiting, hooked, fresh] = await Promise.all(Array.from({ length: 5 }, () => openRun(own)));
    await scoped(own.env, async () => {
      await startStep(busy!, "step_a");
      const create = world.events.create;
      const resumeAt = new Date(Date.now() - 2 * MINUTE);
      await create(waiting!, {
        eventType: "wait_created",
        specVersion: 7,
        correlationId: "wait_a",
        eventData: { resumeAt },
      });
      const eventData = { token: crypto.randomUUID() };
      await create(hooked!, { eventType: "hook_created", specVersion: 7, correlationId: `hook_${hooked}`, eventData });
    });
    await age(idle!, 3 * MINUTE);
    await age(busy!, 9 * MINUTE);
    await age(hooked!, 999 * MINUTE);
    expect(await handleScheduled(own.env, background())).toBe(2);
    expect(woken(own).sort()).toEqual([idle!, waiting!].sort());
    // its key is taken as long as the log has not grown
    await handleScheduled(own.env, background());
    expect(woken(own)).toEqual([]);
    await age(busy!, 2 * MINUTE);
    await handleScheduled(own.env, background());
    expect(woken(own)).toEqual([busy]);
    expect(fresh).toBeDefined();
  });

  it("WQ7 wakes the run of a delivery that failed behind its acknowledgement and could not be sent again", async () => {
    const own = testEnvironment({ WORKFLOW_QUEUE_HOLD_MS: "1" });
    const runId = await openRun(own);
    script.handler = async () => {
      await scheduler.wait(20);
      throw new Error("no");
    };
    const body: Envelope = { v: 1, messageId: "msg_d", queueName: QUEUE, runId, base: 0, fresh: 0, message: { runId } };
    const [one, ctx] = [message(body), background()];
    own.queue.fail = true;
    await handleQueueBatch(batchOf(one), own.env, ctx);
    expect(one.outcome).toBe("acked");
    await ctx.settled();
    own.queue.fail = false;
    expect(own.queue.sent).toEqual([]);
    await age(runId, 3 * MINUTE);
    await handleScheduled(own.env, background());
    expect(woken(own)).toContain(runId);
  });

  it("WQ7 a run that sleeps is left alone, until a minute after it should have woken", async () => {
    const own = testEnvironment();
    const [sleeping, due, over] = await Promise.all(
      [-60, 0.5, 1.5].map(async (minutes) => {
        const runId = await openRun(own);
        const eventData = { resumeAt: new Date(Date.now() - minutes * MINUTE) };
        await scoped(own.env, () =>
          world.events.create(runId, { eventType: "wait_created", specVersion: 7, correlationId: "wait_a", eventData }),
        );
        await age(runId, 999 * MINUTE);
        return runId;
      }),
    );
    await handleScheduled(own.env, background());
    const ids = woken(own);
    expect([sleeping, due, over].map((runId) => ids.includes(runId!))).toEqual([false, false, true]);
  });

  it("WQ7 a hook that was received, and whose run was not told, is not left lying; after an hour nobody awaits it", async () => {
    const own = testEnvironment();
    const [told, hooked] = [await openRun(own), await openRun(own)];
    await scoped(own.env, async () => {
      const create = world.events.create;
      for (const runId of [told, hooked])
        await create(runId, {
          eventType: "hook_created",
          specVersion: 7,
          correlationId: `hook_${runId}`,
          eventData: { token: crypto.randomUUID() },
        });
      await create(told, {
        eventType: "hook_received",
        specVersion: 7,
        correlationId: `hook_${told}`,
        eventData: { payload: new Uint8Array(1) },
      } as never);
    });
    const lying = async () => {
      await env.WORKFLOW_DB.prepare("DELETE FROM workflow_idempotency").run();
      await handleScheduled(own.env, background());
      const ids = woken(own);
      return [ids.includes(told), ids.includes(hooked)];
    };
    await age(hooked, 3 * MINUTE);
    expect(await lying()).toEqual([false, false]);
    await age(told, 3 * MINUTE);
    expect(await lying()).toEqual([true, false]);
    await age(told, 60 * MINUTE);
    expect(await lying()).toEqual([false, false]);
  });

  it("WQ7 a step that is not due for its retry is not left lying; once it is, it may be", async () => {
    const own = testEnvironment();
    const runId = await openRun(own);
    const retryAfter = new Date(Date.now() + 60 * MINUTE);
    await scoped(own.env, async () => {
      await startStep(runId, "step_a");
      const eventData = { error: new Uint8Array(1), retryAfter };
      await world.events.create(runId, {
        eventType: "step_retrying",
        specVersion: 7,
        correlationId: "step_a",
        eventData,
      } as never);
    });
    await age(runId, 20 * MINUTE);
    await handleScheduled(own.env, background());
    expect(woken(own)).not.toContain(runId);
    await env.WORKFLOW_DB.prepare("UPDATE workflow_steps SET retry_after = ?2 WHERE run_id = ?1")
      .bind(runId, Date.now() - 2 * MINUTE)
      .run();
    await handleScheduled(own.env, background());
    expect(woken(own)).toContain(runId);
  });

  it("WQ7 after a restart every open run is woken, but none that has ended", async () => {
    const own = testEnvironment();
    const [open, ended] = [await openRun(own), await openRun(own)];
    await scoped(own.env, () => world.events.create(ended, { eventType: "run_cancelled", specVersion: 7 }));
    await handleScheduled(own.env, background(), { all: true });
    const ids = woken(own);
    expect(ids).toContain(open);
    expect(ids).not.toContain(ended);
  });

  it("WQ7 after a restart the messages that had begun steps come again themselves, and the keys are free", async () => {
    const own = testEnvironment();
    const runId = await openRun(own);
    await scoped(own.env, async ({ keys }) => {
      const create = world.events.create;
      const lazily = (step: string, ownerMessageId: string) =>
        create(runId, {
          eventType: "step_started",
          specVersion: 7,
          correlationId: step,
          eventData: { stepName: "step//one", input: new Uint8Array(1), ownerMessageId },
        });
      await lazily("step_a", "msg_begun");
      await lazily("step_b", "msg_begun");
      await lazily("step_c", "msg_ended");
      await create(runId, {
        eventType: "step_completed",
        specVersion: 7,
        correlationId: "step_c",
        eventData: { stepName: "step//one", result: new Uint8Array(1) },
      });
      await lazily("step_d", "msg_before");
      // begun a second time, by a message of its own
      await create(runId, { eventType: "step_started", specVersion: 7, correlationId: "step_d", eventData: {} });
      await keys.claim(`${runId}|step_e`, "msg_lost", { expiresAt: Date.now() + MINUTE });
    });
    await handleScheduled(own.env, background(), { all: true });
    const bodies = own.queue.take().flatMap(({ body }) => (body.runId === runId ? [body] : []));
    expect(bodies).toEqual([
      { v: 1, messageId: "msg_begun", queueName: QUEUE, runId, base: 0, fresh: 0, message: { runId } },
    ]);
    expect(
      await scoped(own.env, ({ keys }) => keys.claim(`${runId}|step_e`, "msg_new", { expiresAt: 1 })),
    ).toMatchObject({
      messageId: "msg_new",
      mine: true,
    });
  });

  it("WQ7 after a restart what an open run sends again is not swallowed by a message that is gone", async () => {
    const own = testEnvironment();
    const runId = await openRun(own);
    const send = () => scoped(own.env, () => world.queue(QUEUE, { runId }, { idempotencyKey: "step_a" }), background());
    const first = await send();
    own.queue.take();
    await handleScheduled(own.env, background(), { all: true });
    expect(woken(own)).toContain(runId);
    const second = await send();
    expect(second).not.toEqual(first);
    expect(own.queue.take().map(({ body }) => body.messageId)).toEqual([second.messageId]);
  });

  it("WQ7 forgets keys whose time is over", async () => {
    const own = testEnvironment();
    const insert =
      "INSERT INTO workflow_idempotency (key, message_id, state, created_at, expires_at) VALUES (?1, 'm', 'sent', 0, ?2)";
    await env.WORKFLOW_DB.prepare(insert)
      .bind("wrun|old", Date.now() - 1)
      .run();
    await env.WORKFLOW_DB.prepare(insert)
      .bind("wrun|new", Date.now() + MINUTE)
      .run();
    await handleScheduled(own.env, background());
    const { results } = await env.WORKFLOW_DB.prepare(
      "SELECT key FROM workflow_idempotency WHERE message_id = 'm'",
    ).all();
    expect(results).toEqual([{ key: "wrun|new" }]);
  });
});
