// A database or a bucket that is away for a moment: what the runtime is told must be a 503, after which it delivers again. Any other error
// it takes for the workflow's own, and the run has failed for good.
import { expect, it } from "vitest";
import { d1Subject } from "../../../../../tests/worker/workflow/contract/d1.ts";
import { bytes, fresh, openRun, put, refusal, stepData } from "../../../../../tests/worker/workflow/contract/kit.ts";
import { INLINE_BYTES_MAX } from "../../limits";
import { makeIdempotency } from "../idempotency";
import { createStorage } from "../storage";

const AWAY = "WorkflowWorldError 503";
const subject = d1Subject();
const away = () => Promise.reject(new Error("away"));
const statement = { bind: () => statement, all: away };
const db = { prepare: () => statement, batch: away } as unknown as D1Database;

it("WQ3 where the database is away, reads, writes and keys are refused with 503", async () => {
  const runId = await openRun(subject.scope());
  const ports = subject.ports({ db });
  const storage = createStorage(ports);
  const calls = [
    storage.runs.get(runId),
    storage.runs.list(),
    storage.events.list({ runId }),
    storage.steps.get(runId, "step_a"),
    put(storage, runId, "step_started", { id: "step_a", data: stepData }),
    put(storage, runId, "run_completed"),
    makeIdempotency(ports).claim(fresh("key"), "msg_a", { expiresAt: 1 }),
  ];
  expect(await Promise.all(calls.map(refusal))).toEqual(calls.map(() => AWAY));
});

it("WQ3 where the bucket is away, what lies in it is neither read nor written, with 503", async () => {
  const runId = await openRun(subject.scope());
  const large = { ...stepData, input: bytes(INLINE_BYTES_MAX + 1) };
  await put(subject.scope(), runId, "step_created", { id: "step_a", data: large });
  const bucket = { get: away, put: away } as unknown as R2Bucket;
  const storage = createStorage(subject.ports({ bucket }));
  expect(await refusal(storage.events.list({ runId }))).toBe(AWAY);
  expect(await refusal(put(storage, runId, "step_created", { id: "step_b", data: large }))).toBe(AWAY);
});
