// Workflows inside the whole Worker: real queue, real D1, real objects, the flow route in process. What each World operation does by itself
// is tested beside it; here runs begin and end.
import { env, exports } from "cloudflare:workers";
import { expect, it, vi } from "vitest";
import "../../index";
import { ask } from "../../../../tests/worker/support/admin";
import { workflows as testWorkflows } from "../../../workflows/test/generated/index.mjs";
import { queue } from "../../app";
import { configureWorkflows, type Workflows, withWorkflows } from "..";
import { batchOf, message } from "./harness";

// after the Worker has named its own
configureWorkflows({ workflows: testWorkflows });

const background = { waitUntil: (work: Promise<unknown>) => void work.catch((error) => console.error(error)) };
const inWorker = <T>(work: (workflows: Workflows) => Promise<T>) => withWorkflows(env, background, work);

/** Starts a workflow and waits for what it returns. */
const run = (name: string, ...args: unknown[]) =>
  inWorker(async (workflows) => {
    const runId = await workflows.startByName(name, args);
    return workflows.getRun(runId).returnValue;
  });

it("WW1 a workflow of two steps runs to its end", async () => {
  expect(await run("addition", 2, 3)).toBe(15);
});

it("WW1 ten steps, one after the other", async () => {
  expect(await run("sequential", 10)).toBe(10);
});

it("WW1 twenty steps at once", async () => {
  expect(await run("parallel", 20)).toBe(210);
});

it("WW1 a sleep", async () => {
  const since = Date.now();
  expect(await run("sleeper", 1500)).toBe(1500);
  expect(Date.now() - since).toBeGreaterThanOrEqual(1400);
});

it("WW1 a step that fails twice and then does not; one that fails for good", async () => {
  expect(await run("retried", 3)).toBe(3);
  await expect(run("refused", "no, never")).rejects.toThrow("no, never");
});

it("WW1 a stream is read while it is written", async () => {
  const text = await inWorker(async (workflows) => {
    const runId = await workflows.startByName("streaming", [5]);
    let read = "";
    for await (const part of workflows.getRun(runId).getReadable<string>()) read += part;
    return read;
  });
  expect(text).toBe("line 0\nline 1\nline 2\nline 3\nline 4\n");
});

it("WW1 a hook", async () => {
  const value = await inWorker(async (workflows) => {
    const token = `token-${crypto.randomUUID()}`;
    const runId = await workflows.startByName("approval", [token]);
    await expect
      .poll(() =>
        workflows.resumeHook(token, { value: 7 }).then(
          () => true,
          () => false,
        ),
      )
      .toBe(true);
    return workflows.getRun(runId).returnValue;
  });
  expect(value).toBe(7);
});

it("WW4 the flow route is nowhere on the network", async () => {
  const address = "http://localhost/.well-known/workflow/v1/flow";
  for (const method of ["GET", "POST"]) expect((await exports.default.fetch(address, { method })).status).toBe(404);
});

it("WQ7 what names no run stands among the app's dead letters, from where it can be sent again", async () => {
  vi.spyOn(console, "error").mockImplementation(() => undefined);
  const one = message({ hello: 1 });
  for (const _ of ["delivered", "and once more"])
    await queue({ ...batchOf(one), queue: "ferrule-workflow-dead" }, env, background);
  expect(one.outcome).toBe("acked");
  const { results } = await env.DB.prepare("SELECT queue, body, error FROM dead_letter WHERE id = ?1")
    .bind(one.id)
    .all();
  expect(results).toEqual([{ queue: "ferrule-workflow", body: '{"hello":1}', error: "no message of ours" }]);
  const send = vi.spyOn(env.WORKFLOW_QUEUE, "send");
  expect((await ask("POST", `dead-letters/${one.id}/replay`)).status).toBe(202);
  expect(send).toHaveBeenCalledWith({ hello: 1 });
});
