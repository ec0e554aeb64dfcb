// OP17, OP33: a run whose message was lost is told as stuck, and an admin wakes it: once, however often that is pressed, and the audit tells.
import { env } from "cloudflare:workers";
import { beforeAll, expect, it } from "vitest";
import { ask, entries } from "../../../../../tests/worker/support/admin";
import { type Answer, call, guest, refusal } from "../../../../../tests/worker/support/http-client";
import { workflows as testWorkflows } from "../../../../workflows/test/generated/index.mjs";
import { configureWorkflows } from "../..";

const WAIT = { timeout: 60_000, interval: 50 };
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

it("OP33 of very many stuck runs those that have lain longest are told, and that there are more", async () => {
  const { token } = await guest();
  const lost = async () => ({ metadata: { metrics: { backlogCount: 0, backlogBytes: 0 } } });
  const vars = { WORKFLOW_QUEUE: { send: lost, sendBatch: lost } };
  const started = await call("POST", "/api/workflow/addition/runs", { token, body: { args: [1, 2] }, vars });
  const id = json(started)["runId"] as string;
  const { results } = await env.WORKFLOW_DB.prepare("SELECT * FROM workflow_runs WHERE id = ?1").bind(id).all();
  const row = results[0] as Record<string, string | number | null>;
  const names = Object.keys(row);
  const add = env.WORKFLOW_DB.prepare(
    `INSERT INTO workflow_runs(${names.join(", ")}) VALUES(${names.map((_, n) => `?${n + 1}`).join(", ")})`,
  );
  const copies = Array.from({ length: 51 }, (_, n) => ({ ...row, id: `wrun_many_${n}`, last_event_at: n + 1 }));
  const more = async () => json(await ask("GET", "runs/stuck"))["more"];
  expect(await more()).toBe(false);
  await env.WORKFLOW_DB.batch(copies.map((copy) => add.bind(...Object.values(copy))));
  expect(await ids()).toEqual(copies.slice(0, 50).map((copy) => copy.id));
  expect(await more()).toBe(true);
  await env.WORKFLOW_DB.prepare("DELETE FROM workflow_runs WHERE id = 'wrun_many_0'").run();
  expect([(await ids()).length, await more()]).toEqual([50, false]);
  await env.WORKFLOW_DB.prepare("DELETE FROM workflow_runs WHERE id LIKE 'wrun_many_%' OR id = ?1").bind(id).run();
});
