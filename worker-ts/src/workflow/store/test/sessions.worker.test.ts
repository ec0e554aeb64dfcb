// Where reads and writes go: to the primary. Outside of a session every call does; in one only with `first-primary`, and only its first.
import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { d1Subject } from "../../../../../tests/worker/workflow/contract/d1.ts";
import { openRun, put, stepData } from "../../../../../tests/worker/workflow/contract/kit.ts";
import { addStream, isArchived, listStreams, markArchived } from "../../streamer/listing";
import { makeIdempotency } from "../idempotency";
import { createStorage } from "../storage";
import { findEndedRuns } from "../survey/ended";
import { findStaleRuns } from "../survey/stale";

it("WL6 whatever is asked, the primary answers", async () => {
  const asked: unknown[] = [];
  const db = new Proxy(env.DB, {
    get(target, name) {
      asked.push(name === "withSession" ? "a session" : "no session");
      const call = Reflect.get(target, name);
      if (name !== "withSession") return call.bind(target);
      return (constraint?: string) => {
        asked.push(constraint);
        return target.withSession(constraint);
      };
    },
  });
  const ports = d1Subject().ports({ db });
  const storage = createStorage(ports);
  const runId = await openRun(storage);
  await put(storage, runId, "step_started", { id: "step_a", data: stepData });
  await storage.events.createBatch!(runId, [
    {
      event: {
        eventType: "step_completed",
        correlationId: "step_a",
        eventData: { result: new Uint8Array(1) },
      } as never,
    },
  ]);
  await storage.events.list({ runId });
  await storage.events.listByCorrelationId({ runId, correlationId: "step_a" });
  await storage.steps.list({ runId });
  await storage.steps.get(runId, "step_a");
  await storage.runs.get(runId);
  await storage.runs.getMany!([runId]);
  await storage.runs.list();
  await storage.hooks.list({ runId });
  const keys = makeIdempotency(ports);
  await keys.claim("run|key", "msg_1", { expiresAt: 1 });
  await keys.markSent("run|key", "msg_1");
  await keys.settle(["msg_1"]);
  await findStaleRuns(ports, { now: 0, ages: { wait: 0, step: 0, idle: 0 }, all: false, limit: 1 });
  await findEndedRuns(ports, 0, 1);
  const stream = { runId, name: "s" };
  await addStream(db, stream, 0);
  await markArchived(db, stream, 0, 0);
  await isArchived(db, stream);
  await listStreams(db, runId);
  expect(asked.length).toBeGreaterThan(20);
  expect(asked.filter((how) => !["a session", "no session", "first-primary"].includes(String(how)))).toEqual([]);
});
