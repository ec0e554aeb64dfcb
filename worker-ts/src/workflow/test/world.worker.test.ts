// WW1–WW6, and WQ7 with the real runtime: whatever is delivered twice, late or in pieces, a run has one log and one result.
import { env } from "cloudflare:workers";
import "../../index";
import { describe, expect, it } from "vitest";
import { workflows as testWorkflows } from "../../../workflows/test/generated/index.mjs";
import { configureWorkflows, createWorld, deploymentId, handleQueueBatch, withWorkflows } from "..";
import { assertSeeded, CORE_PIN, QuickjsNotSeededError, seedQuickjs } from "../runtime/quickjs-assets";
import { makeScope } from "../runtime/scope";
import { background, batchOf, message, scoped, testEnvironment } from "./harness";

configureWorkflows({ workflows: testWorkflows, versionId: () => undefined, url: () => "https://chat.example" });
const world = createWorld();

describe("the World", () => {
  it("WW1 WW2 WW6 spec 7, one capability, and nothing that is left out", () => {
    expect(world.specVersion).toBe(7);
    expect(world.capabilities).toEqual({ hookResumeDedup: true });
    for (const name of [
      "invoke",
      "createRunId",
      "describeRun",
      "analytics",
      "resolveLatestDeploymentId",
      "getEnvironment",
    ])
      expect(name in world).toBe(false);
  });

  it("WW3 an answer is the caller's own", async () => {
    const own = testEnvironment();
    await scoped(own.env, async () => {
      const eventData = { deploymentId: "d", workflowName: "w", input: new Uint8Array([1, 2]) };
      const { run } = await world.events.create(null, { eventType: "run_created", specVersion: 7, eventData });
      const read = await world.runs.get(run.runId);
      (read.input as Uint8Array).fill(9);
      read.attributes["x"] = "y";
      expect(await world.runs.get(run.runId)).toMatchObject({ input: new Uint8Array([1, 2]), attributes: {} });
      expect(read.createdAt).toBeInstanceOf(Date);
    });
  });

  it("WW4 a run has one key for ever, another run another, and without a secret none", async () => {
    const secret = { WORKFLOW_ENCRYPTION_SECRET: "0123456789abcdef0123456789abcdef" };
    const keyOf = (run: string | { runId: string }, more: object = secret) =>
      scoped(testEnvironment(more).env, () => world.getEncryptionKeyForRun!(run as string));
    const key = await keyOf("wrun_a");
    expect(key).toHaveLength(32);
    expect(await keyOf({ runId: "wrun_a" })).toEqual(key);
    expect(await keyOf("wrun_b")).not.toEqual(key);
    expect(await keyOf("wrun_a", {})).toBeUndefined();
    await expect(keyOf("wrun_a", { WORKFLOW_ENCRYPTION_SECRET: "short" })).rejects.toThrow("at least 32");
    // HKDF-SHA-256 of another implementation (Node's hkdfSync), so that it stays what it is
    expect(Buffer.from(key!).toString("hex")).toBe(KEY_OF_WRUN_A);
  });

  it("WW4 a run whose payloads are encrypted runs, and D1 holds none of them", async () => {
    const own = testEnvironment({ WORKFLOW_ENCRYPTION_SECRET: "0123456789abcdef0123456789abcdef" });
    const runId = await started(own, "addition", [20_202, 1]);
    await pump(own, 1);
    expect(await resultOf(own, runId)).toBe(20_213);
    const { results } = await env.WORKFLOW_DB.prepare(
      "SELECT payload FROM workflow_events WHERE run_id = ?1 AND payload <> ''",
    )
      .bind(runId)
      .all<{ payload: string }>();
    expect(results.length).toBeGreaterThan(3);
    for (const { payload } of results) expect(atob(payload)).not.toContain("202");
  });

  it("WW5 the label is the Worker's version, or what was compiled", async () => {
    const own = testEnvironment();
    const label = () => scoped(own.env, () => world.getDeploymentId());
    expect(await label()).toBe(`dpl_local_${testWorkflows.sha256.slice(0, 16)}`);
    configureWorkflows({ versionId: ({ WORKFLOW_QUEUE_HOLD_MS }) => `v-${WORKFLOW_QUEUE_HOLD_MS}` });
    expect([await label(), deploymentId(own.env)]).toEqual(["dpl_v-0", "dpl_v-0"]);
    configureWorkflows({ versionId: () => undefined });
  });

  it("WW6 outside of a request it says what to do", async () => {
    await expect((async () => world.runs.get("wrun_a"))()).rejects.toThrow("withWorkflows");
    await expect(createWorld(testEnvironment().env).runs.get("wrun_a")).rejects.toMatchObject({
      name: "WorkflowRunNotFoundError",
    });
  });

  it("WL7 waiting for the end of a run ends with it, or with the patience", async () => {
    const told: unknown[] = [];
    const getByName = (name: string) => {
      const stub = env.WORKFLOW_RUN.getByName(name);
      const wait = async (ms: number) => {
        const status = await stub.wait(ms);
        told.push(status);
        return status;
      };
      return { wait, notify: (status: string) => stub.notify(status as never) };
    };
    const own = testEnvironment({ WORKFLOW_RUN: { getByName } as never });
    const runId = await started(own, "addition", [1, 2]);
    await scoped(own.env, async () => {
      expect((await world.runs.waitForTerminalStatus!(runId, { timeoutMs: 200 })).status).toBe("pending");
      const waiting = world.runs.waitForTerminalStatus!(runId, { timeoutMs: 60_000 });
      await pump(own, 1);
      expect((await waiting).status).toBe("completed");
    });
    // it was told: nobody looked after a slice of silence
    expect(told.at(-1)).toBe("completed");
  });
});

const KEY_OF_WRUN_A = "7c4e74ae8545ebf9d8ba50450378ac808971cdc2c81c071f49e6d516625541f8";

describe("QuickJS", () => {
  it("WW1 a core that looks elsewhere, or another version, is an error that names the pin", () => {
    expect(() => assertSeeded(CORE_PIN)).not.toThrow();
    const slot = Symbol.for("@workflow/core//quickjsCompiledAssets/v1");
    for (const broken of [
      () => assertSeeded("5.0.0-beta.56"),
      () => {
        Reflect.set(globalThis, slot, { promise: undefined });
        assertSeeded(CORE_PIN);
      },
      () => {
        seedQuickjs();
        Reflect.set(globalThis, Symbol.for("@workflow/core//quickjsCompiledAssets/v2"), {});
        assertSeeded(CORE_PIN);
      },
    ])
      expect(broken).toThrow(
        expect.objectContaining({ code: "QUICKJS_NOT_SEEDED", message: expect.stringContaining(CORE_PIN) }),
      );
    Reflect.deleteProperty(globalThis, Symbol.for("@workflow/core//quickjsCompiledAssets/v2"));
    expect(new QuickjsNotSeededError("why")).toBeInstanceOf(Error);
  });
});

type Own = ReturnType<typeof testEnvironment>;

const started = (own: Own, name: string, args: unknown[]) =>
  withWorkflows(own.env, background(), (workflows) => workflows.startByName(name, args));

const resultOf = (own: Own, runId: string) =>
  withWorkflows(own.env, background(), (workflows) => workflows.getRun(runId).returnValue);

/** Delivers what was sent until nothing is; each message `times` times, the last sent first. Answers how many deliveries there were. */
async function pump(own: Own, times: number): Promise<number> {
  let deliveries = 0;
  for (let sent = own.queue.take(); sent.length > 0; sent = own.queue.take()) {
    const messages = Array.from({ length: times }, () => sent.map(({ body }) => message(body)))
      .flat()
      .reverse();
    deliveries += messages.length;
    const ctx = background();
    await handleQueueBatch(batchOf(...messages), own.env, ctx);
    await ctx.settled();
    for (const { outcome, body, attempts } of messages)
      if (typeof outcome === "object") {
        await scheduler.wait(Math.min(outcome.retryAfter, 2) * 1000);
        await handleQueueBatch(batchOf(message(body, attempts + 1)), own.env, ctx);
      }
    await ctx.settled();
  }
  return deliveries;
}

/** The log of a run: types by step, and whether its slots are dense. */
async function logOf(own: Own, runId: string) {
  const { data } = await scoped(own.env, ({ storage }) => storage.events.list({ runId }));
  const count = (type: string) => data.filter(({ eventType }) => eventType === type).length;
  const dense = data.every(({ eventId }, at) => Number(eventId.slice(5)) === at + 1);
  return { data, count, dense };
}

describe("the whole of it", () => {
  it("WQ7 every message three times, backwards: one log, one result", async () => {
    const own = testEnvironment();
    for (const [name, args, result] of [
      ["addition", [1, 2], 13],
      ["sequential", [12], 12],
      ["parallel", [20], 210],
    ] as const) {
      const runId = await started(own, name, [...args]);
      await pump(own, 3);
      expect(await resultOf(own, runId)).toBe(result);
      const { count, dense } = await logOf(own, runId);
      const steps = name === "addition" ? 2 : args[0];
      expect([count("run_completed"), count("step_created"), count("step_completed"), dense]).toEqual([
        1,
        steps,
        steps,
        true,
      ]);
    }
  });

  it("WQ3 steps at once, more than the budget allows: each has one result", async () => {
    const own = testEnvironment();
    configureWorkflows({ statementsMax: 40 });
    const runId = await started(own, "parallel", [24]);
    const deliveries = await pump(own, 1);
    configureWorkflows({ statementsMax: 800 });
    expect(await resultOf(own, runId)).toBe((24 * 25) / 2);
    expect(deliveries).toBeGreaterThan(1);
    const { count, dense } = await logOf(own, runId);
    expect([count("step_completed"), count("run_completed"), dense]).toEqual([24, 1, true]);
  });

  it("WW1 the address of a webhook begins with the Worker's own", async () => {
    const own = testEnvironment();
    const runId = await started(own, "address", []);
    await pump(own, 1);
    const { hostname, protocol, pathname } = new URL((await resultOf(own, runId)) as string);
    expect([protocol, hostname]).toEqual(["https:", "chat.example"]);
    expect(pathname).toMatch(/^\/\.well-known\/workflow\/v1\/webhook\/./);
  });

  it("WQ7 which steps are at work is noted for each invocation alone: nobody waits for a promise of another request", async () => {
    const own = testEnvironment();
    const runId = await started(own, "addition", [1, 2]);
    await pump(own, 1);
    expect(await resultOf(own, runId)).toBe(13);
    const { inFlight } = Reflect.get(globalThis, Symbol.for("@workflow/core//stepSingleFlight/v1"));
    const work = Promise.resolve();
    await scoped(own.env, async () => {
      inFlight.set("run:step", work);
      expect(inFlight.get("run:step")).toBe(work);
      await scoped(own.env, async () => expect(inFlight.get("run:step")).toBeUndefined());
      inFlight.delete("run:step");
      expect(inFlight.get("run:step")).toBeUndefined();
    });
  });

  it("WS2 streams go to R2 alone where the Worker says so", async () => {
    const own = testEnvironment({ WORKFLOW_STREAM: undefined as never });
    const { streams } = makeScope(own.env, background(), { streams: "r2" });
    await streams.write("wrun_r2", "out", "one");
    await streams.close("wrun_r2", "out");
    const bytes = await streams.get("wrun_r2", "out");
    expect(await new Response(bytes).text()).toBe("one");
  });

  it("WQ3 a run larger than its budget goes on in the next delivery", async () => {
    const own = testEnvironment();
    configureWorkflows({ statementsMax: 100 });
    const runId = await started(own, "sequential", [40]);
    const deliveries = await pump(own, 1);
    configureWorkflows({ statementsMax: 800 });
    expect(await resultOf(own, runId)).toBe(40);
    expect(deliveries).toBeGreaterThan(2);
    const { data, count, dense } = await logOf(own, runId);
    expect([count("step_completed"), count("step_started"), dense]).toEqual([40, 40, true]);
    expect(data.at(-1)!.eventType).toBe("run_completed");
  });
});
