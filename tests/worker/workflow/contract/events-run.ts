// Rules WE1–WE10, WE22–WE24 and WE27 of the contract: the log and the run, over any storage.
import { describe, expect, it } from "vitest";
import {
  bytes,
  dataOf,
  endedRun,
  endRun,
  fresh,
  idsOf,
  logOf,
  openRun,
  pendingRun,
  put,
  refusal,
  runData,
  type Subject,
  slots,
  stepData,
  typesOf,
} from "./kit.ts";

const ENDS = ["run_completed", "run_failed", "run_cancelled"];

export function describeRuns(subject: Subject): void {
  const world = subject.scope();
  const { clock } = subject;

  describe(`WE events of runs: ${subject.name}`, () => {
    it("WE1 slots are dense from 1, whoever writes at once", async () => {
      const runId = await openRun(world);
      const scopes = [world, subject.scope(), subject.scope()];
      await Promise.all(
        Array.from({ length: 30 }, (_, index) =>
          put(scopes[index % 3]!, runId, "step_created", { id: `step_${index}`, data: stepData }),
        ),
      );
      const log = await logOf(world, runId);
      expect(idsOf(log)).toEqual(slots(...Array.from({ length: 32 }, (_, index) => index + 1)));
    });

    it("WE2 a stale count never refuses, and the answer carries what was skipped", async () => {
      const runId = await openRun(world);
      await put(world, runId, "step_created", { id: "step_a", data: stepData });
      const fit = await put(world, runId, "step_created", { id: "step_b", data: stepData, params: { eventCount: 3 } });
      expect(fit.events).toBeUndefined();
      const stale = await put(world, runId, "step_created", {
        id: "step_c",
        data: stepData,
        params: { eventCount: 2 },
      });
      expect(stale.event?.eventId).toBe(slots(5)[0]);
      expect(idsOf(stale.events)).toEqual(slots(3, 4));
      expect(dataOf(stale.events?.[0])?.["input"]).toEqual(stepData.input);
      expect(stale.hasMore).toBe(false);
      const behind = await world.events.list({ runId, pagination: { cursor: stale.cursor! } });
      expect(idsOf(behind.data)).toEqual(slots(5));
    });

    it("WE2 a lazy start reports neither of its own two events as skipped", async () => {
      const runId = await openRun(world);
      const lazy = (id: string, eventCount: number) =>
        put(world, runId, "step_started", { id, data: stepData, params: { eventCount } });
      expect((await lazy("step_a", 2)).events).toBeUndefined();
      const stale = await lazy("step_b", 2);
      expect(idsOf(stale.events)).toEqual(slots(3, 4));
      expect(stale.event?.eventId).toBe(slots(6)[0]);
    });

    it("WE3 createdAt never goes back, not even when the clock does", async () => {
      const runId = await openRun(world);
      clock.advance(5_000);
      await put(world, runId, "step_created", { id: "step_a", data: stepData });
      clock.advance(-3_000);
      await put(world, runId, "step_created", { id: "step_b", data: stepData });
      await put(world, runId, "step_started", { id: "step_b" });
      await endRun(world, runId);
      clock.advance(3_000);
      const times = (await logOf(world, runId)).map((event) => event.createdAt.getTime());
      expect(times).toEqual(times.toSorted((a, b) => a - b));
      const run = await world.runs.get(runId);
      expect(run.completedAt!.getTime()).toBe(times.at(-1));
    });

    it("WE3 in a batch occurredAt is the source of createdAt", async () => {
      const runId = await openRun(world);
      const at = new Date(clock.now() + 1_234);
      const { results } = await world.events.createBatch!(runId, [
        {
          event: { eventType: "step_created", specVersion: 7, correlationId: "step_a", eventData: stepData },
          occurredAt: at,
        },
      ]);
      expect(results[0]!.event!.createdAt).toEqual(at);
    });

    it("WE4 run_created makes a pending run, once; without an id it gets one", async () => {
      const runId = fresh();
      const answer = await put(world, runId, "run_created", { data: runData({ executionContext: { a: [1] } }) });
      expect(answer.run).toMatchObject({
        runId,
        status: "pending",
        deploymentId: "dpl_test",
        workflowName: "workflow//./test//kit",
        specVersion: 7,
        executionContext: { a: [1] },
        input: bytes(8),
        attributes: {},
      });
      expect(answer.event).toMatchObject({ eventId: slots(1)[0], eventType: "run_created", runId });
      expect(answer.run!.createdAt).toBeInstanceOf(Date);
      expect(await refusal(put(world, runId, "run_created", { data: runData() }))).toBe("EntityConflictError");
      const minted = await world.events.create(null, {
        eventType: "run_created",
        specVersion: 7,
        eventData: runData() as { deploymentId: string; workflowName: string; input: Uint8Array },
      });
      expect(minted.run.runId).toMatch(/^wrun_[0-9A-HJKMNP-TV-Z]{26}$/);
      expect((await world.runs.get(minted.run.runId)).status).toBe("pending");
    });

    it("WE5 run_started: running, no eventData, the log comes along unless it is not wanted", async () => {
      const runId = await pendingRun(world);
      const answer = await put(world, runId, "run_started", { data: {} });
      expect(answer.run).toMatchObject({ status: "running", input: bytes(8) });
      expect(answer.run!.startedAt).toBeInstanceOf(Date);
      expect(idsOf(answer.events)).toEqual(slots(1, 2));
      expect(answer.hasMore).toBe(false);
      expect(answer.cursor).toEqual(expect.any(String));
      expect(Object.hasOwn((await logOf(world, runId))[1]!, "eventData")).toBe(false);
      const other = await put(world, await pendingRun(world), "run_started", { params: { skipPreload: true } });
      expect(other.run!.status).toBe("running");
      expect(other.events).toBeUndefined();
    });

    it("WE6 run_started makes a run that is not there, if it brings all of it", async () => {
      const runId = fresh();
      const attributes = { $parentRunId: "wrun_parent", mine: "1" };
      const answer = await put(world, runId, "run_started", {
        data: runData({ attributes, allowReservedAttributes: true, encryptionPublicKey: "key" }),
      });
      expect(answer.run).toMatchObject({ status: "running", input: bytes(8), attributes, encryptionPublicKey: "key" });
      const log = await logOf(world, runId);
      expect(log.map((event) => event.eventType)).toEqual(["run_created", "run_started"]);
      expect(dataOf(log[0])?.["input"]).toEqual(bytes(8));
      expect(dataOf(log[1])).toBeUndefined();
      const { input: _input, ...rest } = runData();
      expect(await refusal(put(world, fresh(), "run_started", { data: rest }))).toBe("WorkflowRunNotFoundError");
      expect(await refusal(put(world, fresh(), "run_started"))).toBe("WorkflowRunNotFoundError");
    });

    it("WE6 eight of them at once make one run and start it once", async () => {
      const runId = fresh();
      const scopes = Array.from({ length: 8 }, () => subject.scope());
      const answers = await Promise.all(scopes.map((scope) => put(scope, runId, "run_started", { data: runData() })));
      expect(answers.map(({ run }) => run?.status)).toEqual(Array(8).fill("running"));
      expect(await typesOf(world, runId)).toEqual(["run_created", "run_started"]);
    });

    it("WE7 run_started on a running run answers it without an event, on one that is over RunExpired", async () => {
      const runId = await openRun(world);
      const answer = await put(world, runId, "run_started", { data: runData() });
      expect(answer.run).toMatchObject({ runId, status: "running", input: bytes(8) });
      expect(answer.event).toBeUndefined();
      expect(await typesOf(world, runId)).toEqual(["run_created", "run_started"]);
      for (const how of ENDS)
        expect(await refusal(put(world, await endedRun(world, how), "run_started"))).toBe("RunExpiredError");
    });

    it("WE8 an open run ends once, with its payload", async () => {
      const done = await openRun(world);
      const answer = await endRun(world, done);
      expect(answer.run).toMatchObject({ status: "completed", output: bytes(4) });
      expect(await world.runs.get(done)).toMatchObject({ status: "completed", output: bytes(4), input: bytes(8) });
      const failed = await openRun(world);
      await endRun(world, failed, "run_failed");
      expect(await world.runs.get(failed)).toMatchObject({
        status: "failed",
        error: bytes(5),
        errorCode: "USER_ERROR",
      });
      const early = await pendingRun(world);
      await put(world, early, "run_cancelled", { data: { cancelReason: "late" } });
      expect((await world.runs.get(early)).completedAt).toBeInstanceOf(Date);
      expect(dataOf((await logOf(world, early))[1])).toEqual({ cancelReason: "late" });
      for (const first of ENDS)
        for (const second of ENDS) {
          const runId = await endedRun(world, first);
          const again = first === "run_cancelled" && second === first ? "done" : "EntityConflictError";
          expect(await refusal(endRun(world, runId, second))).toBe(again);
          expect(await typesOf(world, runId)).toHaveLength(3);
        }
    });

    it("WE8 of eight who end a run at once one does", async () => {
      const runId = await openRun(world);
      const names = ["run_completed", "run_failed"];
      const outcomes = await Promise.all(
        Array.from({ length: 8 }, (_, index) => refusal(endRun(subject.scope(), runId, names[index % 2]!))),
      );
      expect(outcomes.filter((outcome) => outcome === "done")).toHaveLength(1);
      expect(await typesOf(world, runId)).toHaveLength(3);
    });

    it("WE9 a run that is over takes nothing new, only the end of a step at work", async () => {
      const runId = await openRun(world);
      for (const id of ["step_idle", "step_busy", "step_late"])
        await put(world, runId, "step_created", { id, data: stepData });
      for (const id of ["step_busy", "step_late"]) await put(world, runId, "step_started", { id });
      await put(world, runId, "hook_created", { id: fresh("hook"), data: { token: fresh("token") } });
      const hookId = fresh("hook");
      await put(world, runId, "hook_created", { id: hookId, data: { token: fresh("token") } });
      await endRun(world, runId);
      const ask = (type: string, id: string, data?: Record<string, unknown>) =>
        refusal(put(world, runId, type, data ? { id, data } : { id }));
      expect(await ask("step_created", "step_new", stepData)).toBe("EntityConflictError");
      expect(await ask("step_started", "step_new", stepData)).toBe("EntityConflictError");
      expect(await ask("hook_created", fresh("hook"), { token: fresh("token") })).toBe("EntityConflictError");
      expect(await ask("wait_created", "wait_new", { resumeAt: new Date(clock.now()) })).toBe("EntityConflictError");
      expect(await ask("attr_set", "attr_new", { changes: [], writer: { type: "workflow" } })).toBe(
        "EntityConflictError",
      );
      expect(await ask("hook_received", hookId, { payload: bytes(1) })).toBe("HookNotFoundError");
      expect(await ask("step_started", "step_idle")).toBe("RunExpiredError");
      expect(await ask("step_started", "step_busy")).toBe("RunExpiredError");
      expect(await ask("step_completed", "step_idle", { result: bytes(1) })).toBe("RunExpiredError");
      expect(await ask("step_failed", "step_idle", { error: bytes(1) })).toBe("RunExpiredError");
      expect(await ask("step_retrying", "step_idle", { error: bytes(1) })).toBe("RunExpiredError");
      expect(await ask("step_completed", "step_busy", { result: bytes(1) })).toBe("done");
      expect(await ask("step_failed", "step_late", { error: bytes(1) })).toBe("done");
      expect((await world.hooks.list({ runId })).data).toEqual([]);
    });

    it("WE10 without a run, its events and every creation are WorkflowRunNotFound", async () => {
      const ask = (type: string, id?: string, data?: Record<string, unknown>) =>
        refusal(put(world, fresh(), type, { ...(id && { id }), ...(data && { data }) }));
      for (const type of ["run_started", ...ENDS]) expect(await ask(type)).toBe("WorkflowRunNotFoundError");
      expect(await ask("attr_set", "attr_a", { changes: [], writer: { type: "workflow" } })).toBe(
        "WorkflowRunNotFoundError",
      );
      expect(await ask("step_created", "step_a", stepData)).toBe("WorkflowRunNotFoundError");
      expect(await ask("step_started", "step_a", stepData)).toBe("WorkflowRunNotFoundError");
      expect(await ask("hook_created", fresh("hook"), { token: fresh() })).toBe("WorkflowRunNotFoundError");
      expect(await ask("wait_created", "wait_a", { resumeAt: new Date() })).toBe("WorkflowRunNotFoundError");
    });

    it("WE22 attributes merge, null removes, a workflow's own write counts once", async () => {
      const runId = await openRun(world, { attributes: { kept: "1", gone: "2", $rootRunId: "wrun_root" } });
      const set = (
        changes: { key: string; value: string | null }[],
        more: Record<string, unknown> = {},
        id?: string,
        writer: unknown = { type: "workflow" },
      ) => put(world, runId, "attr_set", { ...(id && { id }), data: { changes, writer, ...more } });
      const changes = [
        { key: "gone", value: null },
        { key: "new", value: "3" },
      ];
      await set(changes, {}, "attr_a");
      expect((await world.runs.get(runId)).attributes).toEqual({ kept: "1", new: "3", $rootRunId: "wrun_root" });
      expect(await refusal(set([{ key: "new", value: "4" }], {}, "attr_a"))).toBe("EntityConflictError");
      const step = { type: "step", stepId: "step_a", attempt: 1 };
      await set([{ key: "new", value: "5" }], {}, undefined, step);
      await set([{ key: "new", value: "6" }], {}, undefined, step);
      expect((await world.runs.get(runId)).attributes["new"]).toBe("6");
      const wrong = /^(?:WorkflowWorldError 400|AttributeValidationError)$/;
      expect(await refusal(set([{ key: "$mine", value: "1" }]))).toMatch(wrong);
      await set([{ key: "$mine", value: "1" }], { allowReservedAttributes: true });
      const twice = { key: "twice", value: "1" };
      expect(await refusal(set([twice, twice]))).toMatch(wrong);
      expect(await refusal(set([{ key: "long", value: "x".repeat(257) }]))).toMatch(wrong);
      const many = Array.from({ length: 61 }, (_, index) => ({ key: `k${index}`, value: "v" }));
      expect(await refusal(set(many, {}, "attr_many"))).toMatch(wrong);
      // what was refused has not been counted
      expect(await refusal(set(many.slice(1), {}, "attr_many"))).toBe("done");
      expect(Object.keys((await world.runs.get(runId)).attributes)).toHaveLength(64);
    });

    it("WE23 with sinceCursor the answer carries what a list would give right after it", async () => {
      const runId = await openRun(world);
      const first = await world.events.list({ runId });
      const since = first.cursor!;
      await put(subject.scope(), runId, "step_created", { id: "step_a", data: stepData });
      const check = async (type: string, id: string, data: Record<string, unknown>) => {
        const answer = await put(world, runId, type, { id, data, params: { sinceCursor: since } });
        const list = await world.events.list({ runId, pagination: { cursor: since, sortOrder: "asc" } });
        expect({ events: answer.events, cursor: answer.cursor, hasMore: answer.hasMore }).toEqual({
          events: list.data,
          cursor: list.cursor,
          hasMore: false,
        });
        return answer;
      };
      expect((await check("step_started", "step_b", stepData)).events).toHaveLength(3);
      await check("step_completed", "step_b", { result: bytes(9) });
      await check("wait_created", "wait_a", { resumeAt: new Date(clock.now() + 1000) });
      const token = fresh("token");
      await check("hook_created", fresh("hook"), { token, metadata: bytes(3) });
      const conflict = await check("hook_created", fresh("hook"), { token });
      expect(conflict.events?.at(-1)?.eventType).toBe("hook_conflict");
      expect(await refusal(put(world, runId, "run_cancelled", { params: { sinceCursor: "nonsense" } }))).toBe(
        "WorkflowWorldError 400",
      );
    });

    it("WE23 what needs no event carries the log too", async () => {
      const runId = await openRun(world);
      const since = (await world.events.list({ runId })).cursor!;
      const hookId = fresh("hook");
      await put(world, runId, "hook_created", { id: hookId, data: { token: fresh("token") } });
      const resume = { resumeId: "resume_1", resumePayloadDigest: "digest", sinceCursor: since };
      const ask = { id: hookId, data: { payload: bytes(2) }, params: resume };
      await put(world, runId, "hook_received", ask);
      expect(idsOf((await put(world, runId, "hook_received", ask)).events)).toEqual(slots(3, 4));
      await endRun(world, runId, "run_cancelled");
      const again = await put(world, runId, "run_cancelled", { params: { sinceCursor: since } });
      expect([again.event, idsOf(again.events), again.hasMore]).toEqual([undefined, slots(3, 4, 5), false]);
    });

    it("WE24 answers about a run say how many events it may have", async () => {
      const runId = fresh();
      const created = await put(world, runId, "run_created", { data: runData() });
      const started = await put(world, runId, "run_started");
      const again = await put(world, runId, "run_started");
      const ended = await endRun(world, runId);
      expect([created, started, again, ended].map(({ maxEvents }) => maxEvents)).toEqual(Array(4).fill(25_000));
    });

    it("WE27 a run of a spec we do not read takes no event", async () => {
      const runId = fresh();
      await put(world, runId, "run_created", { data: runData(), spec: 99 });
      const ask = (type: string, id?: string, data?: Record<string, unknown>) =>
        refusal(put(world, runId, type, { ...(id && { id }), ...(data && { data }) }));
      expect(await ask("run_started")).toBe("RunNotSupportedError");
      expect(await ask("run_cancelled")).toBe("RunNotSupportedError");
      expect(await ask("step_created", "step_a", stepData)).toBe("RunNotSupportedError");
      expect(await ask("step_started", "step_a", stepData)).toBe("RunNotSupportedError");
      expect(await ask("wait_created", "wait_a", { resumeAt: new Date() })).toBe("RunNotSupportedError");
      expect(await ask("hook_created", fresh("hook"), { token: fresh() })).toBe("RunNotSupportedError");
      expect(await typesOf(world, runId)).toEqual(["run_created"]);
    });
  });
}
