// Those who wait for a run's end: at once, when they are told, when nobody tells them, and never too long.
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { isTerminal, WAIT_MS_MAX } from "./run-object";
import { type RunWait, waitForRun } from "./run-wait";

const stubOf = (run: string) => env.WORKFLOW_RUN.getByName(run);
const newId = (): string => `wrun_${crypto.randomUUID()}`;

async function newRun(status: string): Promise<string> {
  const id = newId();
  await env.WORKFLOW_DB.prepare(
    `INSERT INTO workflow_runs(id, name, status, deployment_id, spec_version, last_slot, last_event_at, created_at)
     VALUES(?1, 'w', ?2, 'd', 7, 1, 0, 0)`,
  )
    .bind(id, status)
    .run();
  return id;
}

const end = (id: string, status: string): Promise<unknown> =>
  env.WORKFLOW_DB.prepare("UPDATE workflow_runs SET status = ?2 WHERE id = ?1").bind(id, status).run();

/** The status of a run as `runs.get` would read it. */
async function get(id: string): Promise<{ status: string }> {
  const run = await env.WORKFLOW_DB.prepare("SELECT status FROM workflow_runs WHERE id = ?1")
    .bind(id)
    .first<{ status: string }>();
  if (run === null) throw new Error("WorkflowRunNotFound");
  return run;
}

/** Well below the shortest wait of those who are to be woken from it: a machine that stalls for a second or two fails nothing. */
const WOKEN_MS_MAX = 3_900;

/** Waits as the World does. */
const waitFor = (id: string, options: RunWait, wait = (ms: number): Promise<unknown> => stubOf(id).wait(ms)) =>
  waitForRun({ now: Date.now, get: () => get(id), wait, isTerminal }, options);

/** What comes of a promise, and after how many ms. */
async function timed<T>(promise: Promise<T>): Promise<{ value: T; ms: number }> {
  const since = Date.now();
  const value = await promise;
  return { value, ms: Date.now() - since };
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe("the run's object", () => {
  test.each(["completed", "failed", "cancelled"])("WL7: a run that is %s is told at once", async (status) => {
    const id = await newRun(status);
    const { value, ms } = await timed(stubOf(id).wait(4_000));
    expect(value).toBe(status);
    expect(ms).toBeLessThan(WOKEN_MS_MAX);
  });

  test.each(["pending", "running"])("WL7: a run that is %s: null after the time, not before", async (status) => {
    const id = await newRun(status);
    const { value, ms } = await timed(stubOf(id).wait(200));
    expect(value).toBeNull();
    expect(ms).toBeGreaterThanOrEqual(190);
    expect(await stubOf(id).wait(0)).toBeNull();
    expect(await stubOf(id).wait(-5)).toBeNull();
  });

  test("WL7: a notice wakes everyone who waits, and nobody later", async () => {
    const id = await newRun("running");
    const waiting = Promise.all([0, 0, 0].map(() => timed(stubOf(id).wait(4_000))));
    await expect.poll(() => runInDurableObject(stubOf(id), (object) => object.waiting)).toBe(3);
    await pause(100);
    await stubOf(id).notify("running");
    await pause(100);
    await stubOf(id).notify("completed");
    for (const { value, ms } of await waiting) {
      expect(value).toBe("completed");
      expect(ms).toBeGreaterThanOrEqual(190);
    }
    // nothing is stored: who comes now is told what D1 says
    expect(await stubOf(id).wait(100)).toBeNull();
  });

  test("WL7: an end that comes while D1 is read is not missed", async () => {
    for (let round = 0; round < 20; round++) {
      const id = await newRun("running");
      const waiting = stubOf(id).wait(4_000);
      await end(id, "failed");
      await stubOf(id).notify("failed");
      // missed, it would be null
      expect(await waiting).toBe("failed");
    }
  });

  test("WL7: whoever was answered waits no more, however it came", async () => {
    const id = await newRun("running");
    const waiting = () => runInDurableObject(stubOf(id), (object) => object.waiting);
    const some = [stubOf(id).wait(50), stubOf(id).wait(4_000), stubOf(newId()).wait(4_000)];
    await expect.poll(waiting).toBeGreaterThan(0);
    await some[0];
    await expect.poll(waiting).toBe(1);
    await stubOf(id).notify("completed");
    await Promise.all(some);
    expect(await waiting()).toBe(0);
    await stubOf(id).wait(0);
    expect(await waiting()).toBe(0);
  });

  test("WL7: a run that is not there is not waited for", async () => {
    const { value, ms } = await timed(stubOf(newId()).wait(4_000));
    expect(value).toBeNull();
    expect(ms).toBeLessThan(WOKEN_MS_MAX);
  });

  test("WL7: one call waits five seconds at most", async () => {
    const id = await newRun("running");
    const { value, ms } = await timed(stubOf(id).wait(600_000));
    expect(value).toBeNull();
    expect(ms).toBeGreaterThanOrEqual(WAIT_MS_MAX - 10);
  });
});

describe("waiting for a run", () => {
  test("WL7: terminal at once, a timeout is an answer, a missing run is as get", async () => {
    const { value, ms } = await timed(waitFor(await newRun("completed"), { timeoutMs: 5_000 }));
    expect(value).toEqual({ status: "completed" });
    expect(ms).toBeLessThan(WOKEN_MS_MAX);
    const running = await timed(waitFor(await newRun("running"), { timeoutMs: 300 }));
    expect(running.value).toEqual({ status: "running" });
    expect(running.ms).toBeGreaterThanOrEqual(290);
    await expect(waitFor(newId(), { timeoutMs: 5_000 })).rejects.toThrow("WorkflowRunNotFound");
  });

  test("WL7: told, it answers long before the time; the object's sleep is no matter", async () => {
    const id = await newRun("running");
    const waiting = timed(waitFor(id, { timeoutMs: 8_000 }));
    await pause(100);
    await end(id, "completed");
    await stubOf(id).notify("completed");
    const { value, ms } = await waiting;
    expect(value).toEqual({ status: "completed" });
    expect(ms).toBeLessThan(WOKEN_MS_MAX);
    await evictDurableObject(stubOf(id));
    expect(await stubOf(id).wait(1_000)).toBe("completed");
  });

  test("WL7: a notice that is lost costs one slice, no more", async () => {
    const id = await newRun("running");
    const slices: number[] = [];
    const waiting = waitFor(id, { timeoutMs: 20_000 }, async (ms) => {
      slices.push(ms);
      // and nobody is told
      if (slices.length === 1) await end(id, "failed");
      await pause(100);
    });
    expect(await waiting).toEqual({ status: "failed" });
    expect(slices).toHaveLength(1);
  });

  test("WL7: an object that fails is as one that does not answer", async () => {
    const id = await newRun("running");
    const failing = async (): Promise<unknown> => {
      await pause(20);
      throw new Error("no object");
    };
    expect(await waitFor(id, { timeoutMs: 200 }, failing)).toEqual({ status: "running" });
  });

  test("WL7: an abort ends it, before and while it waits", async () => {
    const id = await newRun("running");
    const reason = new Error("enough");
    await expect(waitFor(id, { timeoutMs: 5_000, signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const controller = new AbortController();
    const waiting = timed(waitFor(id, { timeoutMs: 5_000, signal: controller.signal }).catch((error) => error));
    await pause(100);
    controller.abort(reason);
    const { value, ms } = await waiting;
    expect(value).toBe(reason);
    expect(ms).toBeLessThan(WOKEN_MS_MAX);
  });
});
