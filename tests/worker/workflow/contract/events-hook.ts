// Rules WE16–WE20 of the contract: hooks, their tokens and their resumes, over any storage.
import type { EventResult } from "@workflow/world";
import { describe, expect, it } from "vitest";
import {
  bytes,
  dataOf,
  endRun,
  fresh,
  idsOf,
  logOf,
  openRun,
  put,
  refusal,
  type Subject,
  slots,
  typesOf,
} from "./kit.ts";

export function describeHooks(subject: Subject): void {
  const world = subject.scope();
  const create = (runId: string, id: string, token: string, data: Record<string, unknown> = {}) =>
    put(world, runId, "hook_created", { id, data: { token, ...data } });
  const receive = (runId: string, id: string, seed: number, params = {}): Promise<EventResult> =>
    put(world, runId, "hook_received", { id, data: { payload: bytes(4, seed) }, params });
  const dispose = (runId: string, id: string) => put(world, runId, "hook_disposed", { id });

  describe(`WE events of hooks: ${subject.name}`, () => {
    it("WE16 a free token makes a hook", async () => {
      const [runId, id, token] = [await openRun(world), fresh("hook"), fresh("token")];
      const { hook, event } = await create(runId, id, token, { metadata: bytes(5) });
      expect(event!.eventType).toBe("hook_created");
      expect(hook).toMatchObject({ runId, hookId: id, token, metadata: bytes(5) });
      expect(await world.hooks.get(id)).toMatchObject({ runId, hookId: id, token, metadata: bytes(5) });
      expect((await world.hooks.getByToken(token)).hookId).toBe(id);
    });

    it("WE16 a token that another live hook holds gives hook_conflict as success", async () => {
      const [one, two] = [await openRun(world), await openRun(world)];
      const [first, second, token] = [fresh("hook"), fresh("hook"), fresh("token")];
      await create(one, first, token);
      const answer = await create(two, second, token);
      expect(answer.hook).toBeUndefined();
      expect(answer.event).toMatchObject({ eventType: "hook_conflict", correlationId: second, eventId: slots(3)[0] });
      expect(dataOf(answer.event)).toEqual({ token, conflictingRunId: one });
      expect((await logOf(world, two))[2]).toEqual(answer.event);
      expect(await refusal(world.hooks.get(second))).toBe("HookNotFoundError");
      const own = await create(one, fresh("hook"), token);
      expect(own.event!.eventType).toBe("hook_conflict");
      expect(await refusal(create(two, second, token))).toBe("EntityConflictError");
      expect(await typesOf(world, two)).toHaveLength(3);
    });

    it("WE16 the same hook again is EntityConflict, live or not", async () => {
      const [runId, id, token] = [await openRun(world), fresh("hook"), fresh("token")];
      await create(runId, id, token);
      expect(await refusal(create(runId, id, token))).toBe("EntityConflictError");
      await dispose(runId, id);
      expect(await refusal(create(runId, id, token))).toBe("EntityConflictError");
      expect(await typesOf(world, runId)).toHaveLength(4);
    });

    it("WE16 a hook id that lives in another run is EntityConflict, even where its token is held", async () => {
      const [one, two] = [await openRun(world), await openRun(world)];
      const [id, held] = [fresh("hook"), fresh("token")];
      await create(one, id, fresh("token"));
      await create(one, fresh("hook"), held);
      expect(await refusal(create(two, id, held))).toBe("EntityConflictError");
      expect(await refusal(create(two, id, fresh("token")))).toBe("EntityConflictError");
      expect(await typesOf(world, two)).toHaveLength(2);
    });

    it("WE16 of eight runs that want one token at once one gets it", async () => {
      const token = fresh("token");
      const runs = await Promise.all(Array.from({ length: 8 }, () => openRun(world)));
      const answers = await Promise.all(
        runs.map((runId) => put(subject.scope(), runId, "hook_created", { id: fresh("hook"), data: { token } })),
      );
      const types = answers.map(({ event }) => event!.eventType).toSorted();
      expect(types).toEqual([...Array(7).fill("hook_conflict"), "hook_created"]);
      const holder = (await world.hooks.getByToken(token)).runId;
      for (const { event } of answers.filter((answer) => answer.event!.eventType === "hook_conflict"))
        expect(dataOf(event)).toEqual({ token, conflictingRunId: holder });
    });

    it("WE17 a hook keeps what a resume must know", async () => {
      const traceCarrier = { traceparent: "00-1-2-01" };
      const runId = await openRun(world, {
        executionContext: { traceCarrier, workflowCoreVersion: "5.0.0-beta.55", hookResumeInputVersion: 1, more: true },
        encryptionPublicKey: "public",
      });
      const id = fresh("hook");
      await create(runId, id, fresh("token"), { isWebhook: true, isSystem: true });
      const hook = await world.hooks.get(id);
      expect(hook).toMatchObject({ specVersion: 7, isWebhook: true, isSystem: true });
      expect(hook.resumeContext).toEqual({
        deploymentId: "dpl_test",
        workflowName: "workflow//./test//kit",
        runSpecVersion: 7,
        workflowCoreVersion: "5.0.0-beta.55",
        traceCarrier,
        encryptionPublicKey: "public",
        hookResumeInputVersion: 1,
      });
      expect([hook.ownerId, hook.projectId, hook.environment].map((owner) => typeof owner)).toEqual(
        Array(3).fill("string"),
      );
      const plain = fresh("hook");
      await create(await openRun(world), plain, fresh("token"));
      const { resumeContext, isWebhook } = await world.hooks.get(plain);
      expect(isWebhook ?? false).toBe(false);
      expect(resumeContext).toEqual({
        deploymentId: "dpl_test",
        workflowName: "workflow//./test//kit",
        runSpecVersion: 7,
      });
    });

    it("WE18 a live hook receives any number, one that is gone none", async () => {
      const [runId, id] = [await openRun(world), fresh("hook")];
      expect(await refusal(receive(runId, id, 0))).toBe("HookNotFoundError");
      await create(runId, id, fresh("token"));
      for (const seed of [1, 2, 3]) await receive(runId, id, seed);
      await dispose(runId, id);
      expect(await refusal(receive(runId, id, 4))).toBe("HookNotFoundError");
      const log = (await logOf(world, runId)).slice(3, 6);
      expect(log.map((event) => dataOf(event)?.["payload"])).toEqual([bytes(4, 1), bytes(4, 2), bytes(4, 3)]);
      expect(await typesOf(world, runId)).toHaveLength(7);
    });

    it("WE18 a hook of another run is none", async () => {
      const [runId, id] = [await openRun(world), fresh("hook")];
      await create(runId, id, fresh("token"));
      expect(await refusal(receive(await openRun(world), id, 1))).toBe("HookNotFoundError");
      expect(await refusal(dispose(await openRun(world), id))).toBe("HookNotFoundError");
    });

    it("WE18 whoever races, nothing is received behind the disposal", async () => {
      const [runId, id] = [await openRun(world), fresh("hook")];
      await create(runId, id, fresh("token"));
      const one = (index: number) => {
        const scope = subject.scope();
        const ask = index === 4 ? { id } : { id, data: { payload: bytes(1, index) } };
        return refusal(put(scope, runId, index === 4 ? "hook_disposed" : "hook_received", ask));
      };
      const outcomes = await Promise.all(Array.from({ length: 9 }, (_, index) => one(index)));
      expect(outcomes[4]).toBe("done");
      expect(await typesOf(world, runId).then((types) => types.at(-1))).toBe("hook_disposed");
      const received = outcomes.filter((outcome) => outcome === "done").length - 1;
      expect(await typesOf(world, runId)).toHaveLength(4 + received);
    });

    it("WE19 a resume counts once, also after disposal", async () => {
      const [runId, id, other] = [await openRun(world), fresh("hook"), fresh("hook")];
      await create(runId, id, fresh("token"));
      await create(runId, other, fresh("token"));
      const params = { resumeId: "resume_1", resumePayloadDigest: "digest" };
      const first = await receive(runId, id, 1, params);
      expect(first.event).toMatchObject({ eventId: slots(5)[0], resumeId: "resume_1" });
      expect((await receive(runId, id, 1, params)).event).toEqual(first.event);
      await receive(runId, id, 2, { resumeId: "resume_2", resumePayloadDigest: "digest" });
      expect(await refusal(receive(runId, other, 1, params))).toBe("EntityConflictError");
      expect(await refusal(receive(runId, id, 9, { ...params, resumePayloadDigest: "another" }))).toBe(
        "EntityConflictError",
      );
      await dispose(runId, id);
      expect((await receive(runId, id, 1, params)).event).toEqual(first.event);
      await endRun(world, runId);
      expect((await receive(runId, id, 1, params)).event).toEqual(first.event);
      const list = await world.events.listByCorrelationId({ runId, correlationId: id });
      expect(list.data.map((event) => event.resumeId)).toEqual([undefined, "resume_1", "resume_2", undefined]);
      expect(await typesOf(world, runId)).toHaveLength(8);
    });

    it("WE19 of eight with one resume id one is written, and all are answered with it", async () => {
      const [runId, id] = [await openRun(world), fresh("hook")];
      await create(runId, id, fresh("token"));
      const params = { resumeId: "resume_1", resumePayloadDigest: "digest" };
      const answers = await Promise.all(
        Array.from({ length: 8 }, () =>
          put(subject.scope(), runId, "hook_received", { id, data: { payload: bytes(3) }, params }),
        ),
      );
      expect(new Set(idsOf(answers.map(({ event }) => event!)))).toEqual(new Set(slots(4)));
      expect(await typesOf(world, runId)).toHaveLength(4);
    });

    it("WE20 disposal frees the token, a second one is HookNotFound", async () => {
      const [runId, id, token] = [await openRun(world), fresh("hook"), fresh("token")];
      await create(runId, id, token);
      await dispose(runId, id);
      expect(await refusal(dispose(runId, id))).toBe("HookNotFoundError");
      expect(await refusal(world.hooks.getByToken(token))).toBe("HookNotFoundError");
      const next = await create(await openRun(world), fresh("hook"), token);
      expect(next.event!.eventType).toBe("hook_created");
    });

    it("WE20 the end of a run frees all its tokens in the same write", async () => {
      for (const how of ["run_completed", "run_failed", "run_cancelled"]) {
        const runId = await openRun(world);
        const tokens = [fresh("token"), fresh("token"), fresh("token")];
        for (const token of tokens) await create(runId, fresh("hook"), token);
        const other = await openRun(world);
        const kept = fresh("hook");
        await create(other, kept, fresh("token"));
        await endRun(world, runId, how);
        for (const token of tokens) {
          expect(await refusal(world.hooks.getByToken(token))).toBe("HookNotFoundError");
          expect((await create(other, fresh("hook"), token)).event!.eventType).toBe("hook_created");
        }
        expect((await world.hooks.get(kept)).runId).toBe(other);
      }
    });
  });
}
