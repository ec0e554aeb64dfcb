// Rules WL1–WL6 of the contract: pages, cursors, orders and single reads, over any storage.
import type { PaginatedResponse, PaginationOptions } from "@workflow/world";
import { describe, expect, it } from "vitest";
import {
  bytes,
  endRun,
  fresh,
  idsOf,
  openRun,
  pendingRun,
  put,
  refusal,
  type Subject,
  slots,
  stepData,
  typesOf,
} from "./kit.ts";

/** Reads a list page by page. */
async function walk<T>(list: (pagination: PaginationOptions) => Promise<PaginatedResponse<T>>, limit: number) {
  const pages: T[][] = [];
  let cursor: string | undefined;
  for (;;) {
    const page = await list({ limit, ...(cursor && { cursor }) });
    pages.push(page.data);
    cursor = page.cursor ?? undefined;
    if (!page.hasMore) return { pages, rows: pages.flat(), cursor };
  }
}

export function describeLists(subject: Subject): void {
  const world = subject.scope();
  const { clock } = subject;
  /** Runs of a name of their own, a ms apart. */
  const manyRuns = async (count: number) => {
    const workflowName = fresh("workflow//./test//many");
    const ids: string[] = [];
    for (let index = 0; index < count; index += 1) {
      ids.push(await pendingRun(world, { workflowName }));
      clock.advance(1);
    }
    return { workflowName, ids };
  };
  const manySteps = async (count: number) => {
    const runId = await openRun(world);
    for (let index = 0; index < count; index += 1)
      await put(world, runId, "step_created", { id: `step_${index}`, data: { ...stepData, input: bytes(3, index) } });
    return runId;
  };

  describe(`WL lists and reads: ${subject.name}`, () => {
    it("WL1 a cursor is valid on the last page too, an empty page gives back the one it got", async () => {
      const runId = await manySteps(3);
      const list = (pagination: PaginationOptions) => world.events.list({ runId, pagination });
      const { pages, cursor } = await walk(list, 2);
      expect(pages.map((page) => page.length)).toEqual([2, 2, 1]);
      const empty = await list({ cursor: cursor! });
      expect(empty).toEqual({ data: [], cursor, hasMore: false });
      await put(world, runId, "step_started", { id: "step_0" });
      expect(idsOf((await list({ cursor: cursor! })).data)).toEqual(slots(6));
      expect(await world.events.list({ runId: fresh() })).toEqual({ data: [], cursor: null, hasMore: false });
      const whole = await list({ limit: 6 });
      expect([whole.data.length, whole.hasMore]).toEqual([6, false]);
    });

    it("WL1 the same for steps, runs, hooks and correlated events", async () => {
      const runId = await manySteps(5);
      const steps = await walk((pagination) => world.steps.list({ runId, pagination }), 2);
      expect(steps.rows.map((step) => step.stepId)).toEqual([0, 1, 2, 3, 4].map((index) => `step_${index}`));
      expect(steps.rows.map((step) => step.input)).toEqual([0, 1, 2, 3, 4].map((index) => bytes(3, index)));
      const end = await world.steps.list({ runId, pagination: { cursor: steps.cursor! } });
      expect(end).toEqual({ data: [], cursor: steps.cursor, hasMore: false });
      const { workflowName, ids } = await manyRuns(5);
      const runs = await walk((pagination) => world.runs.list({ workflowName, pagination }), 2);
      expect(runs.rows.map((run) => run.runId)).toEqual(ids.toReversed());
      const hooks = [fresh("hook"), fresh("hook"), fresh("hook")];
      for (const id of hooks) {
        await put(world, runId, "hook_created", { id, data: { token: fresh("token") } });
        clock.advance(1);
      }
      const listed = await walk((pagination) => world.hooks.list({ runId, pagination }), 2);
      expect(listed.rows.map((hook) => hook.hookId)).toEqual(hooks);
      for (let index = 0; index < 4; index += 1)
        await put(world, runId, "hook_received", { id: hooks[0]!, data: { payload: bytes(1, index) } });
      const events = await walk(
        (pagination) => world.events.listByCorrelationId({ runId, correlationId: hooks[0]!, pagination }),
        2,
      );
      expect(idsOf(events.rows)).toEqual(slots(8, 11, 12, 13, 14));
    });

    it("WL1 a foreign cursor is refused", async () => {
      const runId = await manySteps(1);
      const { cursor } = await world.steps.list({ runId });
      expect(await refusal(world.events.list({ runId, pagination: { cursor: cursor! } }))).toBe(
        "WorkflowWorldError 400",
      );
      expect(await refusal(world.runs.list({ pagination: { cursor: "!" } }))).toBe("WorkflowWorldError 400");
    });

    it("WL2 limits are 1 to 1000, and without one events.list gives all", async () => {
      const runId = await openRun(world);
      for (let part = 0; part < 4; part += 1)
        await world.events.createBatch!(
          runId,
          Array.from({ length: 32 }, (_, index) => ({
            event: {
              eventType: "wait_created" as const,
              specVersion: 7,
              correlationId: `wait_${part}_${index}`,
              eventData: { resumeAt: new Date(clock.now()) },
            },
          })),
        );
      expect((await world.events.list({ runId })).data).toHaveLength(130);
      expect((await world.events.list({ runId, pagination: { limit: 1000 } })).data).toHaveLength(130);
      for (const limit of [0, -1, 1.5, 1001]) {
        const wrong = "WorkflowWorldError 400";
        expect(await refusal(world.events.list({ runId, pagination: { limit } }))).toBe(wrong);
        expect(await refusal(world.steps.list({ runId, pagination: { limit } }))).toBe(wrong);
        expect(await refusal(world.runs.list({ pagination: { limit } }))).toBe(wrong);
        expect(await refusal(world.hooks.list({ pagination: { limit } }))).toBe(wrong);
      }
    });

    it("WL3 sortOrder reverses, and pages neither repeat nor skip while others write", async () => {
      const runId = await manySteps(6);
      const list = (pagination: PaginationOptions) =>
        world.events.list({ runId, pagination: { sortOrder: "desc", ...pagination } });
      const first = await list({ limit: 3 });
      expect(idsOf(first.data)).toEqual(slots(8, 7, 6));
      await put(world, runId, "step_started", { id: "step_0" });
      const second = await list({ limit: 3, cursor: first.cursor! });
      expect(idsOf(second.data)).toEqual(slots(5, 4, 3));
      const third = await list({ limit: 3, cursor: second.cursor! });
      expect([idsOf(third.data), third.hasMore]).toEqual([slots(2, 1), false]);
      const steps = await world.steps.list({ runId, pagination: { sortOrder: "desc", limit: 2 } });
      expect(steps.data.map((step) => step.stepId)).toEqual(["step_5", "step_4"]);
      const { workflowName, ids } = await manyRuns(4);
      const runs = (pagination: PaginationOptions) => world.runs.list({ workflowName, pagination });
      const newest = await runs({ limit: 2 });
      await pendingRun(world, { workflowName });
      const older = await runs({ limit: 2, cursor: newest.cursor! });
      expect([...newest.data, ...older.data].map((run) => run.runId)).toEqual(ids.toReversed());
      const ascending = await runs({ sortOrder: "asc", limit: 4 });
      expect(ascending.data.map((run) => run.runId)).toEqual(ids);
    });

    it("WL3 rows of one moment are all listed, page by page", async () => {
      const workflowName = fresh("workflow//./test//moment");
      const ids = [];
      for (let index = 0; index < 5; index += 1) ids.push(await pendingRun(world, { workflowName }));
      const runId = await openRun(world);
      const hookIds = Array.from({ length: 5 }, () => fresh("hook"));
      for (const id of hookIds) await put(world, runId, "hook_created", { id, data: { token: fresh() } });
      for (const sortOrder of ["asc", "desc"] as const) {
        const runs = await walk(
          (pagination) => world.runs.list({ workflowName, pagination: { ...pagination, sortOrder } }),
          2,
        );
        expect(runs.rows.map((run) => run.runId).sort()).toEqual(ids.toSorted());
        const hooks = await walk(
          (pagination) => world.hooks.list({ runId, pagination: { ...pagination, sortOrder } }),
          2,
        );
        expect(hooks.rows.map((hook) => hook.hookId).sort()).toEqual(hookIds.toSorted());
      }
    });

    it("WL4 runs by status and name, many in the order asked", async () => {
      const { workflowName, ids } = await manyRuns(4);
      await put(world, ids[1]!, "run_started");
      await put(world, ids[2]!, "run_started");
      await endRun(world, ids[2]!);
      await endRun(world, ids[3]!, "run_cancelled");
      const by = async (status?: Parameters<typeof world.runs.list>[0] extends infer P | undefined ? P : never) =>
        (await world.runs.list({ workflowName, ...status })).data.map((run) => run.runId);
      expect(await by({ status: "pending" })).toEqual([ids[0]]);
      expect(await by({ status: ["running", "completed"] })).toEqual([ids[2], ids[1]]);
      expect(await by({ status: [] })).toEqual([]);
      expect(await by()).toEqual(ids.toReversed());
      expect((await world.runs.list({ workflowName: "workflow//none" })).data).toEqual([]);
      const many = await world.runs.getMany!([ids[3]!, fresh(), ids[0]!, ids[3]!]);
      expect(many.map((run) => run?.runId ?? null)).toEqual([ids[3], null, ids[0], ids[3]]);
      expect(many[0]!.input).toEqual(bytes(8));
      const [bare] = await world.runs.getMany!([ids[0]!], { resolveData: "none" });
      expect(bare!.input).toBeUndefined();
    });

    it("WL5 correlated events and steps are per run; what is missing says so", async () => {
      const [one, two] = [await manySteps(2), await manySteps(1)];
      await put(world, one, "step_started", { id: "step_0" });
      const events = await world.events.listByCorrelationId({ runId: one, correlationId: "step_0" });
      expect(idsOf(events.data)).toEqual(slots(3, 5));
      expect((await world.events.listByCorrelationId({ runId: two, correlationId: "step_1" })).data).toEqual([]);
      expect(await refusal(world.steps.get(two, "step_1"))).toBe("WorkflowWorldError 404");
      expect(await refusal(world.runs.get(fresh()))).toBe("WorkflowRunNotFoundError");
      expect(await refusal(world.hooks.get(fresh("hook")))).toBe("HookNotFoundError");
      expect(await refusal(world.hooks.getByToken(fresh("token")))).toBe("HookNotFoundError");
      expect(await refusal(world.events.get(one, slots(99)[0]!))).toBe("WorkflowWorldError 404");
      expect((await world.events.get(one, slots(5)[0]!)).eventType).toBe("step_started");
    });

    it("WL6 a read sees every write that was answered before it, whoever wrote", async () => {
      const runId = await openRun(world);
      for (let index = 0; index < 10; index += 1) {
        await put(subject.scope(), runId, "step_created", { id: `step_${index}`, data: stepData });
        expect(await typesOf(subject.scope(), runId)).toHaveLength(index + 3);
        expect((await subject.scope().steps.get(runId, `step_${index}`)).status).toBe("pending");
      }
    });

    it("WW3 every answer is a copy of its own", async () => {
      const [runId, id] = [await openRun(world, { attributes: { a: "1" } }), fresh("hook")];
      await put(world, runId, "hook_created", { id, data: { token: fresh("token"), metadata: bytes(3) } });
      const hook = await world.hooks.get(id);
      (hook.metadata as Uint8Array).fill(9);
      hook.resumeContext!.workflowName = "changed";
      const run = await world.runs.get(runId);
      run.attributes["a"] = "2";
      expect(await world.hooks.get(id)).toMatchObject({
        metadata: bytes(3),
        resumeContext: { workflowName: "workflow//./test//kit" },
      });
      expect((await world.runs.get(runId)).attributes).toEqual({ a: "1" });
    });
  });
}
