// A queue that does its worst under two Workers on one database (tests/worker/workflow/app/chaos.ts): every message two or three times, in
// any order, deliveries that fail before, within and after, and of which some never come again. Logs stay dense, each step has one result,
// streams no hole, tokens one holder; what the queue forgot the watchdog finds.
import { afterAll, beforeAll, expect, test } from "vitest";
import { isOpen, Runs } from "../harness/workflow/runs.ts";
import { startWorkflowServer, type WorkflowServer } from "../harness/workflow/server.ts";

const RUNS = 20;
/** Writers on one stream, and the lines of each. */
const WRITERS = 50;
const LINES = 10;
const END_MS_MAX = 120_000;
const WATCH_MS = 1000;
const APP = "ferrule-workflow-tests";
const OTHER = `${APP}-other`;

let server: WorkflowServer;
let watchdog: NodeJS.Timeout | undefined;
beforeAll(async () => {
  server = await startWorkflowServer({
    // a step whose delivery was forgotten is anybody's after as many seconds, not after 860
    vars: { CHAOS: "1", WORKFLOW_INLINE_OWNERSHIP_LEASE_SECONDS: "5" },
    workers(app) {
      const { queues, migrations, durable_objects: objects, ...rest } = app;
      const { producers } = queues as { producers: object[] };
      const { bindings } = objects as { bindings: object[] };
      const service = { binding: "OTHER", service: OTHER, entrypoint: "Deliveries" };
      const elsewhere = { bindings: bindings.map((one) => ({ ...one, script_name: APP })) };
      return [
        { ...app, services: [service] },
        { ...rest, name: OTHER, queues: { producers }, durable_objects: elsewhere },
      ];
    },
  });
  // a round that fails is followed by the next
  watchdog = setInterval(() => void new Runs(server).ask("/_watch", {}).catch(() => undefined), WATCH_MS);
});
afterAll(async () => {
  clearInterval(watchdog);
  await server?.[Symbol.asyncDispose]();
});

test(`WQ7 ${RUNS} runs end as they should when every message comes two or three times, to two Workers`, {
  timeout: 2 * END_MS_MAX,
}, async () => {
  const all = new Runs(server);
  const runs = await all.begin(RUNS);
  const deadline = performance.now() + END_MS_MAX;
  await all.attend(runs, () => performance.now() > deadline);
  const where = await Promise.all(runs.filter(isOpen).map((run) => all.whereIs(run)));
  expect(where).toEqual([]);
  let repeats = 0;
  for (const run of runs) {
    const checked = await all.check(run);
    expect(checked.wrong).toEqual([]);
    repeats += checked.repeats;
  }
  console.log(`${repeats} bodies ran again`);
});

test(`WS1 ${WRITERS} writers at once on one stream: no line is lost, and those of one writer stand in their order`, {
  timeout: 2 * END_MS_MAX,
}, async () => {
  const all = new Runs(server);
  const { runId } = await all.ask<{ runId: string }>("/invoke", { workflow: "scribes", args: [WRITERS, LINES] });
  const status = async () => (await all.ask<{ status: string }>(`/runs/${runId}`)).status;
  await expect.poll(status, { timeout: END_MS_MAX }).toBe("completed");
  const written = await all.linesOf(runId);
  for (let writer = 0; writer < WRITERS; writer++) {
    const own = written.filter((line) => line.startsWith(`${writer} `));
    // a body that ran again wrote again, from its first line on
    expect([...new Set(own)]).toEqual(Array.from({ length: LINES }, (_, line) => `${writer} ${line}`));
  }
  expect(written.every((line) => /^\d+ \d$/.test(line))).toBe(true);
  console.log(`${written.length - WRITERS * LINES} lines stand twice`);
});

test("WE16 of two runs that ask for one token one gets it, and the other is told", {
  timeout: END_MS_MAX,
}, async () => {
  const all = new Runs(server);
  const args = (id: number) => ({ workflow: "journey", args: [id, "shared"] });
  const started = await Promise.all([1, 2].map((id) => all.ask<{ runId: string }>("/invoke", args(id))));
  const statuses = async () =>
    Promise.all(started.map(async ({ runId }) => (await all.ask<{ status: string }>(`/runs/${runId}`)).status));
  await expect.poll(statuses, { timeout: END_MS_MAX / 2 }).toContain("failed");
  await all.ask("/hooks/shared", { value: 7 });
  await expect
    .poll(async () => (await statuses()).sort(), { timeout: END_MS_MAX / 2 })
    .toEqual(["completed", "failed"]);
});
