// Rules WE11–WE15, WE21, WE25 and WE26 of the contract: steps, waits, payloads and batches, over any storage.
import type { BatchEventRequest } from "@workflow/world";
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
  request,
  type Subject,
  slots,
  stepData,
  typesOf,
} from "./kit.ts";

const DONE = { result: bytes(7, 1) };
const FAILED = { error: bytes(7, 2) };

export function describeSteps(subject: Subject): void {
  const world = subject.scope();
  const { clock } = subject;
  const step = (runId: string, type: string, id: string, data?: Record<string, unknown>) =>
    put(world, runId, type, data ? { id, data } : { id });

  describe(`WE events of steps and waits: ${subject.name}`, () => {
    it("WE11 step_created makes a pending step, once", async () => {
      const runId = await openRun(world);
      const answer = await step(runId, "step_created", "step_a", stepData);
      const made = { runId, stepId: "step_a", stepName: stepData.stepName, status: "pending", attempt: 0 };
      expect(answer.step).toMatchObject({ ...made, input: stepData.input });
      expect(answer.stepCreated).toBeUndefined();
      expect(await world.steps.get(runId, "step_a")).toMatchObject({ ...made, input: stepData.input });
      expect(await refusal(step(runId, "step_created", "step_a", stepData))).toBe("EntityConflictError");
      expect(await typesOf(world, runId)).toHaveLength(3);
    });

    it("WE11 step ids are per run", async () => {
      const [one, two] = [await openRun(world), await openRun(world)];
      await step(one, "step_created", "step_a", stepData);
      expect(await refusal(step(two, "step_created", "step_a", stepData))).toBe("done");
    });

    it("WE12 a lazy start makes the step and starts it in one write", async () => {
      const runId = await openRun(world);
      const data = { ...stepData, ownerMessageId: "msg_1" };
      const answer = await step(runId, "step_started", "step_a", data);
      expect(answer.stepCreated).toBe(true);
      expect(answer.step).toMatchObject({ status: "running", attempt: 1, input: stepData.input });
      expect(answer.step!.startedAt).toBeInstanceOf(Date);
      const log = (await logOf(world, runId)).slice(2);
      expect(log.map((event) => event.eventType)).toEqual(["step_created", "step_started"]);
      expect(dataOf(log[0])).toMatchObject(stepData);
      expect(dataOf(log[1])).toEqual({ stepName: stepData.stepName, ownerMessageId: "msg_1" });
      expect(answer.event).toEqual(log[1]);
      expect(await refusal(step(runId, "step_started", "step_a", data))).toBe("EntityConflictError");
      expect(await typesOf(world, runId)).toHaveLength(4);
    });

    it("WE12 of eight who claim a step at once one wins", async () => {
      const runId = await openRun(world);
      const claims = await Promise.all(
        Array.from({ length: 8 }, () =>
          refusal(put(subject.scope(), runId, "step_started", { id: "step_a", data: stepData })),
        ),
      );
      expect(claims.toSorted()).toEqual([...Array(7).fill("EntityConflictError"), "done"]);
      expect((await world.steps.get(runId, "step_a")).attempt).toBe(1);
      expect(await typesOf(world, runId)).toHaveLength(4);
    });

    it("WE13 a bare start takes an open step that is due", async () => {
      const runId = await openRun(world);
      expect(await refusal(step(runId, "step_started", "step_a"))).toBe("WorkflowWorldError 404");
      await step(runId, "step_created", "step_a", stepData);
      const first = await step(runId, "step_started", "step_a", { ownerMessageId: "msg_1" });
      expect(first.step).toMatchObject({ status: "running", attempt: 1, input: stepData.input });
      expect(first.stepCreated).toBeUndefined();
      expect(dataOf((await logOf(world, runId)).at(-1))).toEqual({ ownerMessageId: "msg_1" });
      clock.advance(10);
      const second = await step(runId, "step_started", "step_a");
      expect(second.step).toMatchObject({ attempt: 2, startedAt: first.step!.startedAt });
      await step(runId, "step_completed", "step_a", DONE);
      expect(await refusal(step(runId, "step_started", "step_a"))).toBe("EntityConflictError");
    });

    it("WE13 before its retry a step is TooEarly, in whole seconds", async () => {
      const runId = await openRun(world);
      await step(runId, "step_started", "step_a", stepData);
      await step(runId, "step_retrying", "step_a", { ...FAILED, retryAfter: new Date(clock.now() + 1_500) });
      const early = async () => {
        const error = await step(runId, "step_started", "step_a").catch((cause: unknown) => cause);
        const { name, retryAfter } = error as { name: string; retryAfter: number };
        return [name, retryAfter];
      };
      expect(await early()).toEqual(["TooEarlyError", 2]);
      clock.advance(1_499);
      expect(await early()).toEqual(["TooEarlyError", 1]);
      clock.advance(1);
      const { step: started } = await step(runId, "step_started", "step_a");
      expect(started).toMatchObject({ status: "running", attempt: 2 });
      expect(started!.retryAfter).toBeUndefined();
      expect((await world.steps.get(runId, "step_a")).retryAfter).toBeUndefined();
    });

    it("WE14 a step ends once, with its result or its error", async () => {
      const runId = await openRun(world);
      for (const type of ["step_completed", "step_failed", "step_retrying"])
        expect(await refusal(step(runId, type, "step_none", type === "step_completed" ? DONE : FAILED))).toBe(
          "WorkflowWorldError 404",
        );
      await step(runId, "step_started", "step_a", stepData);
      const { step: done } = await step(runId, "step_completed", "step_a", DONE);
      expect(done).toMatchObject({ status: "completed", output: DONE.result, attempt: 1 });
      await step(runId, "step_created", "step_b", stepData);
      await step(runId, "step_failed", "step_b", FAILED);
      expect(await world.steps.get(runId, "step_a")).toMatchObject({ status: "completed", output: DONE.result });
      expect(await world.steps.get(runId, "step_b")).toMatchObject({ status: "failed", error: FAILED.error });
      expect((await world.steps.get(runId, "step_b")).completedAt).toBeInstanceOf(Date);
      for (const id of ["step_a", "step_b"])
        for (const type of ["step_completed", "step_failed", "step_retrying"])
          expect(await refusal(step(runId, type, id, type === "step_completed" ? DONE : FAILED))).toBe(
            "EntityConflictError",
          );
      expect(await typesOf(world, runId)).toHaveLength(7);
    });

    it("WE14 of eight who end a step at once one does", async () => {
      const runId = await openRun(world);
      await step(runId, "step_started", "step_a", stepData);
      const outcomes = await Promise.all(
        Array.from({ length: 8 }, (_, index) =>
          refusal(
            put(subject.scope(), runId, index % 2 ? "step_completed" : "step_failed", {
              id: "step_a",
              data: index % 2 ? DONE : FAILED,
            }),
          ),
        ),
      );
      expect(outcomes.filter((outcome) => outcome === "done")).toHaveLength(1);
      const log = await logOf(world, runId);
      expect(log).toHaveLength(5);
      const { status } = await world.steps.get(runId, "step_a");
      expect(log[4]!.eventType).toBe(`step_${status}`);
    });

    it("WE15 step_retrying: pending again, error and time kept", async () => {
      const runId = await openRun(world);
      await step(runId, "step_started", "step_a", stepData);
      const retryAfter = new Date(clock.now() + 60_000);
      const { step: answer } = await step(runId, "step_retrying", "step_a", { ...FAILED, retryAfter });
      expect(answer).toMatchObject({ status: "pending", attempt: 1, retryAfter, error: FAILED.error });
      expect(await world.steps.get(runId, "step_a")).toMatchObject({
        status: "pending",
        attempt: 1,
        retryAfter,
        error: FAILED.error,
      });
      expect(dataOf((await logOf(world, runId)).at(-1))).toEqual({ ...FAILED, retryAfter });
    });

    it("WE21 a wait is made once and over once", async () => {
      const runId = await openRun(world);
      const resumeAt = new Date(clock.now() + 5_000);
      const { wait } = await step(runId, "wait_created", "wait_a", { resumeAt });
      expect(wait).toMatchObject({ runId, status: "waiting", resumeAt });
      expect(await refusal(step(runId, "wait_created", "wait_a", { resumeAt }))).toBe("EntityConflictError");
      expect(await refusal(step(runId, "wait_completed", "wait_b"))).toBe("WorkflowWorldError 404");
      const done = await step(runId, "wait_completed", "wait_a", { resumeAt });
      expect(done.wait).toMatchObject({ status: "completed", resumeAt });
      expect(done.wait!.completedAt).toBeInstanceOf(Date);
      expect(await refusal(step(runId, "wait_completed", "wait_a"))).toBe("EntityConflictError");
      const log = (await logOf(world, runId)).slice(2);
      expect(log.map(dataOf)).toEqual([{ resumeAt }, { resumeAt }]);
    });

    it("WE21 of eight who end a wait at once one does", async () => {
      const runId = await openRun(world);
      await step(runId, "wait_created", "wait_a", { resumeAt: new Date(clock.now()) });
      const outcomes = await Promise.all(
        Array.from({ length: 8 }, () => refusal(put(subject.scope(), runId, "wait_completed", { id: "wait_a" }))),
      );
      expect(outcomes.filter((outcome) => outcome === "done")).toHaveLength(1);
    });

    it("WE25 payloads come back bit for bit, and stay away when they are not wanted", async () => {
      const sizes = [0, 1, 2, 3, 255, 256, 70_000];
      const runId = await openRun(world, { input: bytes(513) });
      for (const size of sizes) {
        const data = { stepName: "step//./test//size", input: bytes(size, size) };
        const answer = await step(runId, "step_started", `step_${size}`, data);
        expect(answer.step!.input).toEqual(bytes(size, size));
        expect(answer.step!.input).not.toBe(data.input);
        await step(runId, "step_completed", `step_${size}`, { result: bytes(size, 1) });
        const read = await world.steps.get(runId, `step_${size}`);
        expect(read.input).toEqual(bytes(size, size));
        expect(read.output).toEqual(bytes(size, 1));
        expect(Object.getPrototypeOf(read.input)).toBe(Uint8Array.prototype);
      }
      const log = await logOf(world, runId);
      expect(dataOf(log[0])!["input"]).toEqual(bytes(513));
      expect(dataOf(log[2 + 3 * sizes.indexOf(70_000)])!["input"]).toEqual(bytes(70_000, 70_000));
      const bare = (await world.events.list({ runId, resolveData: "none" })).data;
      expect(dataOf(bare[0])).toEqual({ deploymentId: "dpl_test", workflowName: "workflow//./test//kit" });
      expect(dataOf(bare[2])).toMatchObject({ stepName: "step//./test//size" });
      expect(dataOf(bare[4])?.["result"]).toBeUndefined();
      expect(idsOf(bare)).toEqual(idsOf(log));
      const none = { resolveData: "none" as const };
      expect((await world.runs.get(runId, none)).input).toBeUndefined();
      const slim = await world.steps.get(runId, "step_255", none);
      expect([slim.input, slim.output, slim.stepName]).toEqual([undefined, undefined, "step//./test//size"]);
      const one = await world.events.get(runId, slots(5)[0]!, none);
      expect(dataOf(one)?.["result"]).toBeUndefined();
    });

    it("WE25 a payload that is no bytes comes back as it was", async () => {
      const runId = await openRun(world, { input: [1, { two: "three" }] });
      await step(runId, "step_started", "step_a", { stepName: "s", input: { a: null } });
      await step(runId, "step_completed", "step_a", { result: "text" });
      expect((await world.runs.get(runId)).input).toEqual([1, { two: "three" }]);
      expect(await world.steps.get(runId, "step_a")).toMatchObject({ input: { a: null }, output: "text" });
    });

    it("WE25 an event is answered as it is read", async () => {
      const runId = await openRun(world);
      const answers = [
        await step(runId, "step_created", "step_a", { ...stepData, workflowName: "w" }),
        await step(runId, "step_started", "step_a", { attempt: 1 }),
        await step(runId, "step_retrying", "step_a", { ...FAILED, stepName: "s", retryAfter: new Date(clock.now()) }),
        await step(runId, "step_completed", "step_a", { ...DONE, ttfs: 1.5, optimizations: ["turbo"] }),
        await step(runId, "wait_created", "wait_a", { resumeAt: new Date(clock.now()) }),
        await step(runId, "wait_completed", "wait_a"),
        await put(world, runId, "run_cancelled"),
      ];
      expect(answers.map(({ event }) => event)).toEqual((await logOf(world, runId)).slice(2));
    });
  });

  describe(`WE batches: ${subject.name}`, () => {
    const batch = (runId: string, ...events: ReturnType<typeof request>[]) =>
      world.events.createBatch!(
        runId,
        events.map((event): BatchEventRequest => ({ event })),
      );
    const created = (id: string) => request("step_created", { id, data: stepData });
    const started = (id: string) => request("step_started", { id, data: { ownerMessageId: "msg_1" } });
    const waits = (id: string) => request("wait_created", { id, data: { resumeAt: new Date(clock.now()) } });

    it("WE26 survivors stand on consecutive slots in order, each outcome is that of its single create", async () => {
      const runId = await openRun(world);
      await step(runId, "step_created", "step_b", stepData);
      const { results } = await batch(
        runId,
        created("step_a"),
        created("step_b"),
        waits("wait_a"),
        request("step_completed", { id: "step_none", data: DONE }),
        request("wait_completed", { id: "wait_none" }),
        created("step_c"),
      );
      expect(results.map(({ status }) => status)).toEqual([200, 409, 200, 404, 404, 200]);
      expect(results.map(({ event }) => event?.eventId)).toEqual([
        slots(4)[0],
        undefined,
        slots(5)[0],
        undefined,
        undefined,
        slots(6)[0],
      ]);
      expect(results[0]!.step).toMatchObject({ stepId: "step_a", status: "pending", input: stepData.input });
      expect(results[2]!.wait).toMatchObject({ status: "waiting" });
      expect(results[1]).toMatchObject({ error: expect.any(String), message: expect.any(String) });
      expect((await logOf(world, runId)).slice(3).map((event) => event.correlationId)).toEqual([
        "step_a",
        "wait_a",
        "step_c",
      ]);
    });

    it("WE26 step_created and bare step_started of one step are born running", async () => {
      const runId = await openRun(world);
      const { results } = await batch(runId, created("step_a"), started("step_a"), created("step_b"));
      expect(results.map(({ status }) => status)).toEqual([200, 200, 200]);
      expect(results[1]!.step).toMatchObject({ status: "running", attempt: 1 });
      expect(await world.steps.get(runId, "step_a")).toMatchObject({ status: "running", attempt: 1 });
      const log = (await logOf(world, runId)).slice(2);
      expect(log.map((event) => event.eventType)).toEqual(["step_created", "step_started", "step_created"]);
      expect(dataOf(log[0])).toEqual(stepData);
      expect(dataOf(log[1])).toEqual({ ownerMessageId: "msg_1" });
      const again = await batch(runId, created("step_a"), started("step_a"));
      expect(again.results.map(({ status }) => status)).toEqual([409, 409]);
      expect((await world.steps.get(runId, "step_a")).attempt).toBe(1);
    });

    it("WE26 a batch may start, end and retry steps, and end the run", async () => {
      const runId = await openRun(world);
      for (const id of ["step_a", "step_b", "step_c"]) await step(runId, "step_created", id, stepData);
      const { results } = await batch(
        runId,
        request("step_completed", { id: "step_a", data: DONE }),
        request("step_retrying", { id: "step_b", data: FAILED }),
        started("step_c"),
        request("run_completed", { data: { output: bytes(2) } }),
      );
      expect(results.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
      expect(results[3]!.run).toMatchObject({ status: "completed" });
      const after = await batch(runId, created("step_d"), started("step_b"));
      expect(after.results.map(({ status }) => status)).toEqual([409, 410]);
    });

    it("WE26 on a run that is not there each creation says so", async () => {
      const { results } = await batch(fresh(), created("step_a"), waits("wait_a"));
      expect(results.map(({ status }) => status)).toEqual([404, 404]);
    });

    it("WE26 refused as a whole: what a batch cannot say", async () => {
      const runId = await openRun(world);
      const whole = (...events: ReturnType<typeof request>[]) => refusal(batch(runId, ...events));
      const hook = { id: fresh("hook") };
      for (const event of [
        request("run_created", {}),
        request("run_started"),
        request("run_cancelled"),
        request("hook_created", { ...hook, data: { token: fresh() } }),
        request("hook_disposed", hook),
        request("hook_received", { ...hook, data: { payload: bytes(1) } }),
        request("attr_set", { data: { changes: [], writer: { type: "workflow" } } }),
        request("step_started", { id: "step_a", data: stepData }),
      ])
        expect(await whole(created("step_z"), event)).toBe("WorkflowWorldError 400");
      expect(await whole()).toBe("WorkflowWorldError 400");
      expect(await whole(...Array.from({ length: 33 }, (_, index) => created(`step_${index}`)))).toBe(
        "WorkflowWorldError 400",
      );
      expect(await whole(started("step_a"), created("step_a"))).toBe("WorkflowWorldError 400");
      expect(await typesOf(world, runId)).toHaveLength(2);
      expect(await whole(...Array.from({ length: 32 }, (_, index) => created(`step_${index}`)))).toBe("done");
    });

    it("WE26 two batches at once stay whole", async () => {
      const runId = await openRun(world);
      const ids = (name: string) => Array.from({ length: 10 }, (_, index) => `step_${name}${index}`);
      await Promise.all(
        ["a", "b", "c"].map((name) =>
          subject.scope().events.createBatch!(
            runId,
            ids(name).map((id) => ({ event: created(id) })),
          ),
        ),
      );
      const order = (await logOf(world, runId)).slice(2).map((event) => event.correlationId);
      for (const name of ["a", "b", "c"]) {
        const at = order.indexOf(`step_${name}0`);
        expect(order.slice(at, at + 10)).toEqual(ids(name));
      }
    });

    it("WE26 a batch for a run that is over leaves nothing behind", async () => {
      const runId = await endedRun(world);
      const { results } = await batch(runId, created("step_a"), started("step_a"), waits("wait_a"));
      expect(results.map(({ status }) => status)).toEqual([409, 409, 409]);
      expect(await typesOf(world, runId)).toHaveLength(3);
      const pending = await pendingRun(world);
      expect((await batch(pending, created("step_a"))).results[0]!.status).toBe(200);
      await endRun(world, pending, "run_cancelled");
    });
  });
}
