// What the log tells of workflows: ids, patterns and reasons; never what runs are given, keep, answer, or are called by.
import { afterEach, expect, it, vi } from "vitest";
import { call, guest } from "../../../../../tests/worker/support/http-client";
import { workflows as testWorkflows } from "../../../../workflows/test/generated/index.mjs";
import { configureWorkflows, handleDeadLetterBatch, handleQueueBatch } from "../..";
import { background, batchOf, message, QUEUE, testEnvironment } from "../../test/harness";

configureWorkflows({ workflows: testWorkflows });
afterEach(() => vi.restoreAllMocks());

const SECRET = "hunter2";
const WAIT = { timeout: 60_000 };

/** The lines that were logged since. */
function listen(): () => string {
  const spies = (["log", "error", "warn", "info", "debug"] as const).map((name) =>
    vi.spyOn(console, name).mockImplementation(() => undefined),
  );
  const told = (value: unknown) => (value instanceof Error ? `${value.stack} ${String(value.cause)}` : String(value));
  return () => spies.flatMap((spy) => spy.mock.calls.flat().map(told)).join("\n");
}

it("WH13 no line of the log tells what runs are given, keep or are called by", { timeout: 60_000 }, async () => {
  const log = listen();
  const { token: me } = await guest();
  const api = async (method: string, path: string, body?: unknown) => {
    const answer = await call(method, `/api/workflow${path}`, { token: me, ...(body === undefined ? {} : { body }) });
    return answer.body as unknown as Record<string, never>;
  };
  const start = async (name: string, args: readonly unknown[]) =>
    (await api("POST", `/${name}/runs`, { args }))["runId"] as unknown as string;
  const outputOf = async (id: string) => (await api("GET", `/runs/${id}/result?waitMs=20000`))["output"];
  const hookOf = (id: string) => async () => {
    const events: unknown = (await api("GET", `/runs/${id}/events`))["events"];
    return (events as { type: string; data: { token: string } }[]).find(({ type }) => type === "hook_created")?.data
      .token;
  };

  expect(await outputOf(await start("addition", [`${SECRET}-a`, 1]))).toBe(`${SECRET}-a110`);
  const hook = `${SECRET}-token`;
  const asking = await start("approval", [hook]);
  await expect.poll(hookOf(asking), WAIT).toBe(hook);
  await api("POST", `/hooks/${hook}`, { value: `${SECRET}-answer` });
  expect(await outputOf(asking)).toBe(`${SECRET}-answer`);
  const calling = await start("hooked", []);
  await expect.poll(hookOf(calling), WAIT).toBeDefined();
  const webhook = (token: string) => `/.well-known/workflow/v1/webhook/${token}`;
  const token = String(await hookOf(calling)());
  await call("POST", webhook(token), { body: `${SECRET}-body` });
  expect(await outputOf(calling)).toBe(`POST ${SECRET}-body`);
  await call("POST", webhook(`${SECRET}-missing`), { body: "x" });
  await api("POST", `/hooks/${SECRET}-missing`, {});

  // what is given up, and a delivery that the database does not take
  const input = new TextEncoder().encode(`${SECRET}-input`);
  const envelope = {
    ...{ v: 1, messageId: "msg_s", queueName: QUEUE, runId: "wrun_s", base: 0, fresh: 0 },
    message: { runId: "wrun_s", runInput: { input, deploymentId: "d", workflowName: "w", specVersion: 7 } },
  };
  const own = testEnvironment();
  for (const body of [envelope, { ...envelope, fresh: 2 }, { hello: SECRET }, SECRET])
    await handleDeadLetterBatch(batchOf(message(body)), own.env, background());
  const broken = () => {
    throw new Error("D1_ERROR: the disk is full");
  };
  const away = testEnvironment({ WORKFLOW_DB: { batch: broken, prepare: broken } as unknown as D1Database });
  const failing = message(envelope);
  await handleQueueBatch(batchOf(failing), away.env, background());
  expect(failing.outcome).toEqual({ retryAfter: 1 });

  const lines = log();
  for (const part of ["/.well-known/workflow/v1/webhook/:token", "dead letter", "disk is full"])
    expect(lines).toContain(part);
  expect(lines).not.toContain(SECRET);
  expect(lines).not.toContain(token);
  expect(lines).not.toContain(btoa(String.fromCharCode(...input)));
});
