// OP17: a run whose message was lost is told as stuck, and an admin wakes it: once, however often that is pressed, and the audit tells.
import { env } from "cloudflare:workers";
import { beforeAll, expect, it } from "vitest";
import { ask, entries } from "../../../../../tests/worker/admin";
import { type Answer, call, guest, refusal } from "../../../../../tests/worker/http-client";
import { workflows as testWorkflows } from "../../../../workflows/test/generated/index.mjs";
import { configureWorkflows } from "../..";

const WAIT = { timeout: 20_000, interval: 50 };
beforeAll(() => configureWorkflows({ workflows: testWorkflows, versionId: () => undefined }));

const json = ({ body }: Answer) => body as unknown as Readonly<Record<string, unknown>>;
const ids = async () => entries(await ask("GET", "runs/stuck")).map(({ id }) => id);

it("OP17 a stuck run is told, woken once, and goes on to its end", async () => {
  const { token } = await guest();
  const lost = async () => ({ metadata: { metrics: { backlogCount: 0, backlogBytes: 0 } } });
  const vars = { WORKFLOW_QUEUE: { send: lost, sendBatch: lost } };
  const started = await call("POST", "/api/workflow/addition/runs", { token, body: { args: [1, 2] }, vars });
  const id = json(started)["runId"] as string;
  // a moment ago it began: nobody would call that stuck
  expect(await ids()).not.toContain(id);
  await env.WORKFLOW_DB.prepare("UPDATE workflow_runs SET last_event_at = last_event_at - 3600000 WHERE id = ?1")
    .bind(id)
    .run();
  expect(await ids()).toContain(id);
  const both = await Promise.all([ask("POST", `runs/${id}/wake`), ask("POST", `runs/${id}/wake`)]);
  expect(both.map(({ status }) => status)).toEqual([202, 202]);
  expect(both.map((answer) => json(answer)["woken"]).sort()).toEqual([false, true]);
  const result = async () => json(await call("GET", `/api/workflow/runs/${id}/result?waitMs=5000`, { token }));
  await expect.poll(result, WAIT).toMatchObject({ status: "completed", output: 13 });
  expect(await ids()).not.toContain(id);
  const told = entries(await ask("GET", "audit?limit=100")).filter(
    ({ action, detail }) => action === "wake_run" && (detail as { runId: string }).runId === id,
  );
  expect(told).toHaveLength(1);
  expect(refusal(await ask("POST", `runs/${id}/wake`))).toEqual([409, "conflict"]);
  expect(refusal(await ask("POST", "runs/wrun_none/wake"))).toEqual([404, "not_found"]);
  expect(refusal(await ask("GET", "runs/stuck", { token }))).toEqual([403, "forbidden"]);
});
