// Runs that ended long ago: with `retentionDays` nothing of them is left, in D1, R2 or objects; without it, and of all others, everything.
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { configureWorkflows, createWorld, handleScheduled } from "..";
import { rowsOf, untilArchived } from "../streamer/test/world";
import { background, scoped, testEnvironment, useScript } from "./harness";

useScript();
const world = createWorld();
const own = testEnvironment();
const DAY_MS = 86_400_000;
const TABLES = ["runs", "events", "steps", "hooks", "waits", "streams"];

beforeEach(() => vi.spyOn(console, "error").mockImplementation(() => undefined));
afterEach(() => configureWorkflows({ retentionDays: undefined as never }));

const of = (runId: string, type: string, id: string | undefined, eventData: object | undefined) =>
  world.events.create(runId, {
    eventType: type,
    specVersion: 7,
    ...(id === undefined ? {} : { correlationId: id }),
    ...(eventData === undefined ? {} : { eventData }),
  } as never);

/** A run with a row in every table, payloads in R2 and two streams, one of them closed. */
async function newRun(ends = true, name = `wrun_${crypto.randomUUID()}`): Promise<string> {
  const large = new Uint8Array(300_000);
  await scoped(own.env, async () => {
    const data = { deploymentId: "d", workflowName: "w", input: large };
    await of(name, "run_created", undefined, data);
    await of(name, "run_started", undefined, undefined);
    await of(name, "step_started", "step_a", { stepName: "s", input: large.with(0, 1) });
    await of(name, "step_completed", "step_a", { result: large.with(0, 2) });
    await of(name, "wait_created", "wait_a", { resumeAt: new Date(Date.now() + 1e9) });
    await of(name, "hook_created", `hook_${name}`, { token: crypto.randomUUID() });
    if (!name.includes("/"))
      for (const stream of ["open", "closed"]) {
        await world.streams.write(name, stream, "a");
        if (stream === "closed") await world.streams.close(name, stream);
      }
    if (ends) await of(name, "run_completed", undefined, { output: large.with(0, 3) });
  });
  return name;
}

const age = (runId: string, days: number) =>
  env.WORKFLOW_DB.prepare("UPDATE workflow_runs SET last_event_at = last_event_at - ?2 WHERE id = ?1")
    .bind(runId, days * DAY_MS)
    .run();

/** How much there is of a run. */
async function restOf(runId: string) {
  const rows = await Promise.all(
    TABLES.map((table) =>
      env.WORKFLOW_DB.prepare(
        `SELECT count(*) AS n FROM workflow_${table} WHERE ${table === "runs" ? "id" : "run_id"} = ?1`,
      )
        .bind(runId)
        .first<number>("n"),
    ),
  );
  const list = async (prefix: string) =>
    (await env.WORKFLOW_BUCKET.list({ prefix })).objects.map(({ key }) => key.slice(prefix.length));
  const payloads = (await list(`payloads/${runId}/`)).filter((key) => !key.includes("/")).length;
  const streams = (await list(`streams/${runId}/`)).length;
  const tables = await Promise.all(["open", "closed"].map((name) => rowsOf(runId, name, "meta")));
  return { rows, payloads, streams, tables };
}
const NOTHING = { rows: [0, 0, 0, 0, 0, 0], payloads: 0, streams: 0, tables: [-1, -1] };

it("WQ7 the watchdog removes runs that ended before the days they are kept, and all that is theirs", async () => {
  const [old, young, open] = [await newRun(), await newRun(), await newRun(false)];
  const deeper = await newRun(true, `${old}/deeper`);
  await age(old, 8);
  await age(open, 8);
  // the closed streams are sealed: R2 has them
  for (const runId of [old, young, open]) {
    await untilArchived(runId, "closed");
    expect((await restOf(runId)).streams).toBe(2);
  }
  const before = await Promise.all([young, open, deeper].map(restOf));
  await handleScheduled(own.env, background());
  expect((await restOf(old)).rows[0]).toBe(1);

  configureWorkflows({ retentionDays: 7 });
  await handleScheduled(own.env, background());
  expect(await restOf(old)).toEqual(NOTHING);
  expect(await Promise.all([young, open, deeper].map(restOf))).toEqual(before);
  await scoped(own.env, async () => {
    await expect(world.runs.get(old)).rejects.toMatchObject({ name: "WorkflowRunNotFoundError" });
    expect(await world.streams.list(old)).toEqual([]);
  });
});

it("WQ7 who reads a stream that is removed is at its end, and nothing of it comes back", async () => {
  const run = await newRun();
  const reader = await scoped(own.env, () => world.streams.get(run, "open"));
  const chunks: string[] = [];
  const end = (async () => {
    for await (const chunk of reader) chunks.push(new TextDecoder().decode(chunk));
  })();
  await expect.poll(() => chunks).toEqual(["a"]);
  await age(run, 8);
  configureWorkflows({ retentionDays: 7 });
  await handleScheduled(own.env, background());
  await end;
  expect(chunks).toEqual(["a"]);
  await scheduler.wait(50);
  expect(await restOf(run)).toEqual(NOTHING);
});

it("WQ7 a removal that breaks off is done again, and keeps no other", async () => {
  const run = await newRun();
  await age(run, 8);
  configureWorkflows({ retentionDays: 7 });
  const told = vi.spyOn(console, "error").mockImplementation(() => undefined);
  for (const [broken, folder] of [
    ["list", "streams/"],
    ["list", "payloads/"],
    ["delete", "payloads/"],
  ] as const) {
    const bucket = new Proxy(env.WORKFLOW_BUCKET, {
      get: (target, name) => {
        const call = Reflect.get(target, name).bind(target);
        if (name !== broken) return call;
        return (asked: { prefix: string } | string[]) =>
          (Array.isArray(asked) ? asked[0]! : asked.prefix).startsWith(`${folder}${run}`)
            ? Promise.reject(new Error("no R2"))
            : call(asked);
      },
    });
    const other = await newRun();
    await age(other, 7.5);
    await handleScheduled({ ...own.env, WORKFLOW_BUCKET: bucket }, background());
    expect(told.mock.calls.flat().join()).toMatch(/remove an old run.*Error: no R2/);
    told.mockClear();
    expect(await restOf(other)).toEqual(NOTHING);
    expect((await restOf(run)).rows[0]).toBe(1);
  }
  await handleScheduled(own.env, background());
  expect(await restOf(run)).toEqual(NOTHING);
});
