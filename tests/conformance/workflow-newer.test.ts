// What the DevKit's suite for Worlds has come to ask since the last version that npm has, written by us: ids of events, payloads that are
// left out, ids of the caller's own, the limit of events, the flow route, limits of payloads. Against the Worker in a running workerd.
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startWorkflowServer, type WorkflowServer } from "../harness/workflow/server.ts";
import { revive } from "../harness/workflow/world-testing-util.ts";

const EVENTS_MAX = 60;
const MIB = 1024 * 1024;
const END_MS_MAX = 60_000;

interface LoggedEvent {
  readonly eventId: string;
  readonly eventType: string;
  readonly createdAt: string;
  readonly eventData?: Readonly<Record<string, unknown>>;
}
interface RunRow {
  readonly runId: string;
  readonly status: string;
  readonly input?: unknown;
  readonly output?: unknown;
  readonly errorCode?: string;
}
/** Keys of what lies in R2. */
type Kept = readonly string[];
interface Refusal {
  readonly name: string;
  readonly status?: number;
}

let server: WorkflowServer;
beforeAll(async () => {
  // what is compressed has another size than what it was
  const vars = { WORKFLOW_MAX_EVENTS_OVERRIDE: String(EVENTS_MAX), WORKFLOW_DISABLE_COMPRESSION: "1" };
  server = await startWorkflowServer({ vars });
});
afterAll(() => server?.[Symbol.asyncDispose]());

/** A route's answer, whatever its status. */
async function ask<T>(path: string, body?: unknown): Promise<T> {
  const init = body === undefined ? {} : { method: "POST", body: JSON.stringify(body) };
  const response = await fetch(`${server.url}${path}`, init);
  return revive(await response.text()) as T;
}

const invoke = async (workflow: string, args: unknown[], more: object = {}): Promise<string> => {
  const { runId } = await ask<{ runId?: string }>("/invoke", { workflow, args, ...more });
  if (runId === undefined) throw new Error(`${workflow} was not started`);
  return runId;
};

/** The run once it has ended. */
async function ended(runId: string): Promise<RunRow> {
  const deadline = performance.now() + END_MS_MAX;
  for (;;) {
    const run = await ask<RunRow>(`/runs/${runId}`);
    if (run.status !== "pending" && run.status !== "running") return run;
    if (performance.now() > deadline) throw new Error(`${runId} is ${run.status}`);
    await pause(100);
  }
}

/** Resolves when so many messages of the run were delivered. */
async function delivered(runId: string, count: number): Promise<void> {
  const deliveries = async () => (await ask<{ count: number }>(`/_flow-invocations/${runId}`)).count;
  await expect.poll(deliveries, { timeout: END_MS_MAX }).toBeGreaterThanOrEqual(count);
}

const eventsOf = async (runId: string, query = ""): Promise<LoggedEvent[]> =>
  (await ask<{ events: LoggedEvent[] }>(`/runs/${runId}/events${query}`)).events;

test("WE1 ids of events are slots, dense from 1 also where steps run at once, and times never go back", async () => {
  const runId = await invoke("parallelStepsWorkflow", []);
  expect((await ended(runId)).status).toBe("completed");
  const events = await eventsOf(runId);
  expect(events.map(({ eventId }) => eventId)).toEqual(
    events.map((_, at) => `evnt_${String(at + 1).padStart(26, "0")}`),
  );
  const times = events.map(({ createdAt }) => Date.parse(createdAt));
  expect(times).toEqual([...times].sort((a, b) => a - b));
});

test("WE25 without payloads the rest is there, with them they are bytes", async () => {
  const runId = await invoke("echo", ["a text"]);
  expect(await ended(runId)).toMatchObject({ output: expect.any(Uint8Array), input: expect.any(Uint8Array) });
  const bare = await ask<RunRow>(`/runs/${runId}?resolveData=none`);
  expect(bare.status).toBe("completed");
  expect(bare.input).toBeUndefined();
  expect(bare.output).toBeUndefined();
  const [whole, spare] = [await eventsOf(runId), await eventsOf(runId, "?resolveData=none")];
  expect(spare.map(({ eventType }) => eventType)).toEqual(whole.map(({ eventType }) => eventType));
  const of = (events: LoggedEvent[], type: string) => events.find(({ eventType }) => eventType === type)?.eventData;
  expect(of(whole, "step_completed")).toMatchObject({ result: expect.any(Uint8Array), stepName: expect.any(String) });
  expect(of(spare, "step_completed")).toMatchObject({ stepName: expect.any(String) });
  expect(of(spare, "step_completed")).not.toHaveProperty("result");
  expect(of(spare, "run_created")).not.toHaveProperty("input");
});

test("WE4 a run has the id that the caller gives; a second start under it changes nothing", async () => {
  const id = "01M7ZZZZZZZZZZZZZZZZZZZZZZ";
  const runId = await invoke("addition", [1, 2], { id });
  expect(runId).toBe(`wrun_${id}`);
  await ended(runId);
  const before = await eventsOf(runId);
  // core takes the World's EntityConflict for a start that was faster, and answers with the run that is there
  expect(await invoke("addition", [5, 6], { id })).toBe(runId);
  await delivered(runId, 2);
  expect(await eventsOf(runId)).toEqual(before);
  expect(await ask(`/runs/${runId}/result`)).toEqual({ value: 3 });
});

test("WE4 starts under one key are one run", async () => {
  const runIds = await Promise.all(Array.from({ length: 5 }, () => invoke("addition", [2, 2], { key: "once" })));
  expect(new Set(runIds).size).toBe(1);
  await ended(runIds[0]!);
  expect((await eventsOf(runIds[0]!)).filter(({ eventType }) => eventType === "step_completed").length).toBe(1);
});

test("WE24 a run with too many events fails and says so; one below the limit does not", async () => {
  const [long, short] = [await invoke("many", [EVENTS_MAX]), await invoke("many", [EVENTS_MAX / 4])];
  expect(await ended(short)).toMatchObject({ status: "completed" });
  expect(await ended(long)).toMatchObject({ status: "failed", errorCode: "MAX_EVENTS_EXCEEDED" });
  expect((await eventsOf(long)).length).toBeLessThan(EVENTS_MAX + 10);
});

test("WW4 the flow route and the step route are nowhere on the network", async () => {
  const runId = await invoke("addition", [1, 1]);
  await ended(runId);
  const before = await eventsOf(runId);
  for (const name of ["flow", "step", "webhook/none"])
    for (const method of ["GET", "HEAD", "OPTIONS", "POST"]) {
      const init = method === "POST" ? { method, body: JSON.stringify({ runId }) } : { method };
      const headers = { "x-delivery": "1", "content-type": "application/json" };
      const { status } = await fetch(`${server.url}/.well-known/workflow/v1/${name}`, { ...init, headers });
      expect([method, name, status]).toEqual([method, name, 404]);
    }
  expect(await eventsOf(runId)).toEqual(before);
});

test("WE25 an argument and a result of a megabyte come back as they were", async () => {
  const text = "äb\0c".repeat(MIB / 4);
  const runId = await invoke("echo", [text]);
  expect((await ended(runId)).status).toBe("completed");
  const { value } = await ask<{ value: string }>(`/runs/${runId}/result`);
  expect(value === text).toBe(true);
});

test("WE25 a result that is too large is an end of the run, not of the World", async () => {
  const runId = await invoke("large", ["0123456789abcdef", (33 * MIB) / 16]);
  expect((await ended(runId)).status).toBe("failed");
  const after = await invoke("addition", [3, 4]);
  expect((await ended(after)).status).toBe("completed");
});

test("WE25 an argument that is too large is refused with 413, and nothing is written", async () => {
  const before = await ask<RunRow[]>("/runs");
  const keptBefore = await ask<Kept>("/kept");
  const refused = await ask<Refusal>("/invoke", { workflow: "echo", args: ["x".repeat(33 * MIB)] });
  expect(refused).toMatchObject({ status: 413 });
  // the queue is first come, first served: what this start might have sent was delivered before the next one's end
  await ended(await invoke("addition", [3, 4]));
  expect((await ask<RunRow[]>("/runs")).length).toBe(before.length + 1);
  expect(await ask<Kept>("/kept")).toEqual(keptBefore);
});
