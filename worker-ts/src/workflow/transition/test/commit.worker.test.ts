// How writes travel: what folds into one batch, what a batch that fails does to its neighbours, what is counted and who is told.
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { d1Subject } from "../../../../../tests/worker/workflow/contract/d1.ts";
import {
  bytes,
  endRun,
  fresh,
  idsOf,
  logOf,
  openRun,
  put,
  refusal,
  request,
  slots,
  stepData,
} from "../../../../../tests/worker/workflow/contract/kit.ts";
import { GROUP_BYTES_MAX, GROUP_STATEMENTS_MAX, GROUP_TRANSITIONS_MAX, RETRIES_MAX } from "../../limits";
import type { StoragePorts } from "../../store/reader";
import { createStorage } from "../../store/storage";
import { fold, groupLength } from "../commit";

const subject = d1Subject();
const world = subject.scope();

/** D1 with somebody who looks at each batch, and may throw instead or after. */
function watched(look: (statements: number, send: () => Promise<D1Result[]>) => Promise<D1Result[]>): D1Database {
  return new Proxy(env.DB, {
    get: (db, name) => {
      if (name === "prepare") return (sql: string) => db.prepare(sql);
      if (name !== "batch") return Reflect.get(db, name);
      return (statements: D1PreparedStatement[]) => look(statements.length, () => db.batch(statements));
    },
  });
}

function storageOn(more: Partial<StoragePorts>) {
  return createStorage(subject.ports(more));
}

/** Step creations at once; their ids. */
const create = (storage: ReturnType<typeof createStorage>, runId: string, count: number, length = 6) =>
  Promise.all(
    Array.from({ length: count }, (_, index) =>
      refusal(
        put(storage, runId, "step_created", {
          id: `step_${index}`,
          data: { ...stepData, input: bytes(length, index) },
        }),
      ),
    ),
  );

describe("group commit", () => {
  it("WE1 what arrives together leaves together, 24 transitions at most", async () => {
    const runId = await openRun(world);
    const batches: number[] = [];
    const storage = storageOn({
      db: watched((statements, send) => {
        batches.push(statements);
        return send();
      }),
    });
    expect(new Set(await create(storage, runId, 60))).toEqual(new Set(["done"]));
    expect(batches).toEqual([24 * 3, 24 * 3, 12 * 3]);
    expect(idsOf(await logOf(world, runId))).toHaveLength(62);
  });

  it("WE1 96 statements and 768 KiB at most, but one always goes", () => {
    const one = (statements: number, size = 0, transitions = 1) => ({
      statements: Array(statements).fill(0),
      transitions,
      bytes: size,
    });
    expect(groupLength(Array(100).fill(one(1)))).toBe(GROUP_TRANSITIONS_MAX);
    expect(groupLength(Array(100).fill(one(10)))).toBe(Math.floor(GROUP_STATEMENTS_MAX / 10));
    expect(groupLength([one(90), one(6), one(1)])).toBe(2);
    expect(groupLength([one(3, GROUP_BYTES_MAX), one(3, 1)])).toBe(1);
    expect(groupLength([one(3, GROUP_BYTES_MAX - 1), one(3, 1), one(3, 1)])).toBe(2);
    expect(groupLength([one(3, 2 * GROUP_BYTES_MAX), one(3)])).toBe(1);
    expect(groupLength([one(200, 0, 32), one(3)])).toBe(1);
    expect(groupLength([one(3), one(90, 0, 32)])).toBe(1);
    expect(groupLength([])).toBe(0);
  });

  it("WE1 large payloads spread over batches", async () => {
    const runId = await openRun(world);
    const batches: number[] = [];
    const storage = storageOn({
      db: watched((statements, send) => {
        batches.push(statements / 3);
        return send();
      }),
    });
    expect(new Set(await create(storage, runId, 5, 250_000))).toEqual(new Set(["done"]));
    expect(batches).toEqual([2, 2, 1]);
  });

  it("WE1 a refused neighbour disturbs nobody", async () => {
    const runId = await openRun(world);
    await put(world, runId, "step_created", { id: "step_3", data: stepData });
    const outcomes = await create(subject.scope(), runId, 6);
    expect(outcomes).toEqual(["done", "done", "done", "EntityConflictError", "done", "done"]);
    expect((await logOf(world, runId)).map((event) => event.correlationId).slice(2)).toEqual(
      [3, 0, 1, 2, 4, 5].map((index) => `step_${index}`),
    );
  });

  it("WE2 of equal reads the last is sent, and each answer has what its own event skipped, no more", async () => {
    const read = { sql: "SELECT", values: [1], shared: true } as const;
    const other = { ...read, values: [2] } as const;
    const write = { sql: "INSERT", values: [] } as const;
    const { sent, places } = fold([write, read, write, other, write, read]);
    expect(sent).toEqual([write, write, other, write, read]);
    expect(places).toEqual([0, 4, 1, 2, 3, 4]);

    const runId = await openRun(world);
    const batches: number[] = [];
    const storage = storageOn({
      db: watched((statements, send) => {
        batches.push(statements);
        return send();
      }),
    });
    const answers = await Promise.all(
      Array.from({ length: 30 }, (_, index) =>
        storage.events.create(runId, request("step_created", { id: `step_${index}`, data: stepData }), {
          eventCount: 2,
        }),
      ),
    );
    expect(batches).toEqual([24 * 3 + 1, 6 * 3 + 1]);
    answers.forEach((answer, index) => {
      expect(idsOf([answer.event!])).toEqual(slots(3 + index));
      const skipped = Array.from({ length: index }, (_, before) => 3 + before);
      expect(idsOf(answer.events)).toEqual(index === 0 ? undefined : slots(...skipped));
    });
    expect(answers[1]!.events![0]).not.toBe(answers[2]!.events![0]);
  });

  it("WE1 when a batch fails each goes alone once", async () => {
    const runId = await openRun(world);
    const batches: number[] = [];
    const storage = storageOn({
      db: watched((statements, send) => {
        batches.push(statements);
        if (statements > 3) throw new Error("D1 is busy");
        return send();
      }),
    });
    expect(new Set(await create(storage, runId, 4))).toEqual(new Set(["done"]));
    expect(batches).toEqual([12, 3, 3, 3, 3]);
    const down = storageOn({ db: watched(() => Promise.reject(new Error("D1 is down"))) });
    expect(new Set(await create(down, await openRun(world), 3))).toEqual(new Set(["WorkflowWorldError 503"]));
  });

  it("WE14 a batch that was written though its answer was lost writes nothing twice", async () => {
    const runId = await openRun(world);
    let lost = 0;
    const storage = storageOn({
      db: watched(async (_statements, send) => {
        const results = await send();
        if (lost++ === 0) throw new Error("the connection broke");
        return results;
      }),
    });
    const outcomes = await create(storage, runId, 3);
    expect(outcomes).toEqual(Array(3).fill("EntityConflictError"));
    expect(await logOf(world, runId)).toHaveLength(5);
  });

  it("WE14 nor a start of a step that is there, nor what a hook received: the second sending answers what the first wrote", async () => {
    const runId = await openRun(world);
    const hookId = fresh("hook");
    for (const id of ["step_a", "step_b", "step_c"]) await put(world, runId, "step_created", { id, data: stepData });
    await put(world, runId, "hook_created", { id: hookId, data: { token: fresh() } });
    const batches: number[] = [];
    const storage = storageOn({
      db: watched(async (statements, send) => {
        const results = await send();
        batches.push(statements);
        // what goes alone has 5 at most
        if (statements > 5) throw new Error("the connection broke");
        return results;
      }),
    });
    const payload = { payload: bytes(3) };
    const [a, b, received, again, batch] = await Promise.all([
      put(storage, runId, "step_started", { id: "step_a", params: { eventCount: 5 } }),
      put(storage, runId, "step_started", { id: "step_b", params: { eventCount: 5 } }),
      put(storage, runId, "hook_received", { id: hookId, data: payload }),
      // the same once more is another: nobody said that it is the same resume
      put(storage, runId, "hook_received", { id: hookId, data: payload }),
      storage.events.createBatch!(runId, [{ event: request("step_started", { id: "step_c" }) }]),
    ]);
    // two groups whose answers were lost, each followed by its own, one by one
    expect(batches).toEqual([4 + 4 + 1, 5, 5, 2 + 2 + 5, 2, 2, 5]);
    const log = (await logOf(world, runId)).slice(6);
    expect(log.map((event) => [event.eventType, event.correlationId])).toEqual([
      ["step_started", "step_a"],
      ["step_started", "step_b"],
      ["hook_received", hookId],
      ["hook_received", hookId],
      ["step_started", "step_c"],
    ]);
    const [item] = batch.results as { status: number; event?: typeof a.event; step?: typeof a.step }[];
    expect([a, b, received, again, item!].map(({ event }) => event)).toEqual(log);
    for (const { step } of [a, b, item!])
      expect(step).toMatchObject({ status: "running", attempt: 1, input: stepData.input });
    expect(idsOf(b.events)).toEqual(slots(6, 7));
    expect(JSON.stringify(log)).not.toContain("resumeId");
    expect((await world.steps.get(runId, "step_a")).attempt).toBe(1);
    // another delivery is another start
    expect((await put(world, runId, "step_started", { id: "step_a" })).step!.attempt).toBe(2);
  });

  it("WE14 no resume is called as sendings are", async () => {
    const runId = await openRun(world);
    const hookId = fresh("hook");
    await put(world, runId, "hook_created", { id: hookId, data: { token: fresh() } });
    const ask = { id: hookId, data: { payload: bytes(1) }, params: { resumeId: "\u0001mine" } };
    expect(await refusal(put(world, runId, "hook_received", ask))).toBe("WorkflowWorldError 400");
  });

  it("WE12 a claim whose answer was lost is nobody else's: the delivery has to come again", async () => {
    const runId = await openRun(world);
    await put(world, runId, "step_started", { id: "step_taken", data: stepData });
    let lost = 0;
    const storage = storageOn({
      db: watched(async (_statements, send) => {
        const results = await send();
        if (lost++ === 0) throw new Error("the connection broke");
        return results;
      }),
    });
    const claims = ["step_a", "step_b"].map((id) =>
      refusal(put(storage, runId, "step_started", { id, data: stepData })),
    );
    expect(await Promise.all(claims)).toEqual(Array(2).fill("WorkflowWorldError 503"));
    // where no answer was lost, it is somebody's
    expect(await refusal(put(storage, runId, "step_started", { id: "step_taken", data: stepData }))).toBe(
      "EntityConflictError",
    );
  });
});

describe("tries", () => {
  /** A step that is due between the write and the look. */
  async function almostDue(times: (due: number) => number[]) {
    const runId = await openRun(world);
    await put(world, runId, "step_started", { id: "step_a", data: stepData });
    const due = subject.clock.now() + 1000;
    await put(world, runId, "step_retrying", {
      id: "step_a",
      data: { error: bytes(1), retryAfter: new Date(due) },
    });
    const queue = times(due);
    const storage = storageOn({ now: () => queue.shift()! });
    const outcome = await refusal(put(storage, runId, "step_started", { id: "step_a" }));
    return { outcome, left: queue.length };
  }

  it("WE13 what nothing speaks against any more is tried again", async () => {
    expect(await almostDue((due) => [due - 1, due, due])).toEqual({ outcome: "done", left: 0 });
  });

  it("WE13 three times, then it is ThrottleError", async () => {
    const tries = RETRIES_MAX + 1;
    expect(
      await almostDue((due) =>
        Array(tries)
          .fill([due - 1, due])
          .flat(),
      ),
    ).toEqual({
      outcome: "ThrottleError",
      left: 0,
    });
  });
});

describe("what happens between a write and its look", () => {
  /** A storage after whose first batch somebody else acts. */
  const overtaken = (act: () => Promise<unknown>) => {
    let first = true;
    return storageOn({
      db: watched(async (_statements, send) => {
        const results = await send();
        if (first) await act();
        first = false;
        return results;
      }),
    });
  };

  it("WE26 a batch tells its refusals as they were when it was written", async () => {
    const runId = await openRun(world);
    const storage = overtaken(() => put(world, runId, "step_created", { id: "step_a", data: stepData }));
    const { results } = await storage.events.createBatch!(runId, [
      { event: request("step_completed", { id: "step_a", data: { result: bytes(1) } }) },
      { event: request("step_created", { id: "step_b", data: stepData }) },
    ]);
    expect(results.map(({ status }) => status)).toEqual([404, 200]);
    expect((await logOf(world, runId)).map((event) => event.correlationId).slice(2)).toEqual(["step_b", "step_a"]);
  });

  it("WE7 a run that others make and start meanwhile answers with its log", async () => {
    const runId = fresh();
    const data = { deploymentId: "d", workflowName: "w", input: bytes(1) };
    const answer = await put(
      overtaken(() => put(world, runId, "run_started", { data })),
      runId,
      "run_started",
    );
    expect(answer.run).toMatchObject({ status: "running", input: bytes(1) });
    expect(idsOf(answer.events)).toHaveLength(2);
    expect(answer.event).toBeUndefined();
  });

  it("WE8 a run that others make and cancel meanwhile is cancelled, once", async () => {
    const runId = fresh();
    const data = { deploymentId: "d", workflowName: "w", input: bytes(1) };
    const others = async () => {
      await put(world, runId, "run_created", { data });
      return put(world, runId, "run_cancelled");
    };
    const answer = await put(overtaken(others), runId, "run_cancelled");
    expect(answer.run).toMatchObject({ status: "cancelled" });
    expect(answer.event).toBeUndefined();
    expect(await logOf(world, runId)).toHaveLength(2);
  });
});

describe("what is told", () => {
  it("WE13 no step begins where the budget is nearly spent", async () => {
    const runId = await openRun(world);
    await put(world, runId, "step_created", { id: "step_a", data: stepData });
    const asked: string[] = [];
    const tight = storageOn({
      mayStart: (id) => {
        asked.push(id);
        return false;
      },
    });
    const start = put(tight, runId, "step_started", { id: "step_a" });
    expect(await start.catch((error: unknown) => error)).toMatchObject({ status: 503, code: "INVOCATION_BUDGET" });
    expect(await refusal(put(tight, runId, "step_started", { id: "step_b", data: stepData }))).toBe(
      "WorkflowWorldError 503",
    );
    const pair = [request("step_created", { id: "step_c", data: stepData }), request("step_started", { id: "step_c" })];
    expect(
      await refusal(
        tight.events.createBatch!(
          runId,
          pair.map((event) => ({ event })),
        ),
      ),
    ).toBe("WorkflowWorldError 503");
    expect(await refusal(put(tight, runId, "step_completed", { id: "step_a", data: { result: bytes(1) } }))).toBe(
      "done",
    );
    expect(asked).toEqual([runId, runId, runId]);
    expect(await logOf(world, runId)).toHaveLength(4);
  });

  it("WE8 the end of a run is told once, after it was written", async () => {
    const before = subject.ended.length;
    const [one, two] = [await openRun(world), await openRun(world)];
    await endRun(world, one, "run_failed");
    await refusal(endRun(world, one));
    await world.events.createBatch!(two, [{ event: request("run_completed", { data: { output: bytes(1) } }) }]);
    await endRun(world, await openRun(world), "run_cancelled").then(({ run }) =>
      endRun(world, run!.runId, "run_cancelled"),
    );
    expect(subject.ended.slice(before).map(([, status]) => status)).toEqual(["failed", "completed", "cancelled"]);
    expect(subject.ended[before]![0]).toBe(one);
  });

  it("WE12 every statement is counted: a sequential step costs eight", async () => {
    const runId = await openRun(world);
    const { cursor } = await world.events.list({ runId });
    const cost = async (write: () => Promise<unknown>) => {
      const before = subject.spent;
      await write();
      return subject.spent - before;
    };
    const lazy = await cost(() => put(world, runId, "step_started", { id: "step_a", data: stepData }));
    const params = { sinceCursor: cursor! };
    const done = await cost(() =>
      put(world, runId, "step_completed", { id: "step_a", data: { result: bytes(1) }, params }),
    );
    expect([lazy, done]).toEqual([4, 4]);
    expect(await cost(() => put(world, runId, "step_created", { id: "step_b", data: stepData }))).toBe(3);
    expect(await cost(() => world.events.list({ runId }))).toBe(1);
    expect(await cost(() => refusal(put(world, runId, "step_created", { id: "step_b", data: stepData })))).toBe(4);
    expect(await cost(() => put(world, runId, "run_started"))).toBe(4);
  });

  it("WE4 a run belongs to whom the invocation acts for", async () => {
    const [one, two] = [fresh(), fresh()];
    const mine = storageOn({ owner: async () => "user_1" });
    const data = { deploymentId: "d", workflowName: "w", input: bytes(1) };
    await put(mine, one, "run_created", { data });
    await put(mine, two, "run_started", { data });
    const rows = await env.DB.prepare("SELECT owner_id FROM workflow_runs WHERE id IN (?, ?)").bind(one, two).all();
    expect(rows.results).toEqual([{ owner_id: "user_1" }, { owner_id: "user_1" }]);
  });
});
