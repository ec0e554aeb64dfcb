// Each named limit of the storage is crossed once, on the real local D1 and R2.
import { env } from "cloudflare:workers";
import { SPEC_VERSION_MAX_SUPPORTED } from "@workflow/world/spec-version";
import { describe, expect, it } from "vitest";
import { d1Subject } from "../../../../../tests/worker/workflow/contract/d1.ts";
import {
  brief,
  bytes,
  dataOf,
  fresh,
  idsOf,
  openRun,
  put,
  refusal,
  runData,
  stepData,
} from "../../../../../tests/worker/workflow/contract/kit.ts";
import * as limits from "../../limits";
import * as sql from "../../transition/statements";

const subject = d1Subject();
const world = subject.scope();

/** Answers the code of a refusal too. */
async function code(promise: Promise<unknown>): Promise<string> {
  const error = await promise.catch((cause: unknown) => cause);
  const { status, code } = error as { status?: number; code?: string };
  return `${status} ${code}`;
}

function rowOf(runId: string, slot: number) {
  return env.DB.prepare("SELECT * FROM workflow_events WHERE run_id = ? AND slot = ?")
    .bind(runId, slot)
    .first<{ payload: string | null; payload_ref: string | null; payload_bytes: number }>();
}

describe("limits of payloads", () => {
  it("WE25 a payload of 256 KiB stands in its row, one byte more in R2", async () => {
    const runId = await openRun(world);
    const sizes = [limits.INLINE_BYTES_MAX, limits.INLINE_BYTES_MAX + 1];
    for (const [index, size] of sizes.entries()) {
      const input = bytes(size, index);
      await put(world, runId, "step_created", { id: `step_${index}`, data: { ...stepData, input } });
      expect(brief((await world.steps.get(runId, `step_${index}`)).input)).toBe(brief(input));
      expect(brief(dataOf((await world.events.list({ runId })).data[2 + index])!["input"])).toBe(brief(input));
    }
    const [inline, outside] = [await rowOf(runId, 3), await rowOf(runId, 4)];
    expect([inline!.payload_ref, inline!.payload_bytes]).toEqual([null, sizes[0]]);
    expect([outside!.payload, outside!.payload_bytes]).toEqual([null, sizes[1]]);
    expect(outside!.payload_ref).toMatch(new RegExp(`^payloads/${runId}/[0-9a-f]{64}$`));
    expect((await env.FILES.head(outside!.payload_ref!))!.size).toBe(sizes[1]);
  });

  it("WE25 the same for JSON and for all that holds a payload", async () => {
    const large = "x".repeat(limits.INLINE_BYTES_MAX);
    const runId = await openRun(world, { input: large });
    await put(world, runId, "step_started", { id: "step_a", data: { ...stepData, input: [large] } });
    await put(world, runId, "step_retrying", { id: "step_a", data: { error: { large } } });
    const hookId = fresh("hook");
    await put(world, runId, "hook_created", { id: hookId, data: { token: fresh(), metadata: bytes(300_000) } });
    await put(world, runId, "step_completed", { id: "step_a", data: { result: bytes(300_000, 1) } });
    expect(brief(await world.steps.get(runId, "step_a"))).toMatchObject({
      input: [brief(large)],
      output: brief(bytes(300_000, 1)),
      error: { large: brief(large) },
    });
    expect(brief((await world.hooks.get(hookId)).metadata)).toBe(brief(bytes(300_000)));
    const { run } = await put(world, runId, "run_completed", { data: { output: bytes(300_000, 2) } });
    expect(brief(run)).toMatchObject({ input: brief(large), output: brief(bytes(300_000, 2)) });
    const { data: ended } = await world.runs.list({ status: "completed", pagination: { limit: 1 } });
    expect(brief(ended[0])).toEqual(brief(run));
  });

  it("WE25 a payload above 32 MiB is 413", async () => {
    const runId = await openRun(world);
    const data = { ...stepData, input: new Uint8Array(limits.PAYLOAD_BYTES_MAX + 1) };
    expect(await code(put(world, runId, "step_created", { id: "step_a", data }))).toBe("413 PAYLOAD_TOO_LARGE");
    expect(await refusal(world.steps.get(runId, "step_a"))).toBe("WorkflowWorldError 404");
  });

  it("WE25 a payload that R2 has lost is 500", async () => {
    const runId = await openRun(world, { input: bytes(limits.INLINE_BYTES_MAX + 1) });
    await env.FILES.delete((await rowOf(runId, 1))!.payload_ref!);
    expect(await code(world.runs.get(runId))).toBe("500 PAYLOAD_GONE");
    expect((await world.runs.get(runId, { resolveData: "none" })).status).toBe("running");
  });

  it("WE25 what is neither bytes nor JSON is 400", async () => {
    const runId = await openRun(world);
    expect(await code(put(world, runId, "step_created", { id: "step_a", data: { ...stepData, input: 1n } }))).toBe(
      "400 BAD_PAYLOAD",
    );
  });
});

describe("limits of what stands beside a payload", () => {
  it("WE4 an event's other fields have at most 64 KiB", async () => {
    const context = (length: number) => ({ executionContext: { a: "x".repeat(length) } });
    const ask = (length: number) =>
      code(put(world, fresh(), "run_created", { data: runData({ input: undefined, ...context(length) }) }));
    const rest = JSON.stringify({ d: runData({ input: undefined, ...context(0) }) }).length;
    expect(await ask(limits.META_BYTES_MAX - rest)).toBe("undefined undefined");
    expect(await ask(limits.META_BYTES_MAX - rest + 1)).toBe("413 META_TOO_LARGE");
  });

  it("WE16 a token has at most 1 KiB", async () => {
    const runId = await openRun(world);
    const ask = (token: string) => code(put(world, runId, "hook_created", { id: fresh("hook"), data: { token } }));
    const prefix = fresh();
    expect(await ask(prefix + "é".repeat((limits.TOKEN_BYTES_MAX - prefix.length) / 2))).toBe("undefined undefined");
    expect(await ask("é".repeat(limits.TOKEN_BYTES_MAX / 2 + 1))).toBe("400 TOO_LONG");
    expect(await ask("")).toBe("400 BAD_REQUEST");
  });

  it("WE11 names have at most 512 bytes, ids too", async () => {
    const runId = await openRun(world);
    const step = (id: string, stepName: string) =>
      code(put(world, runId, "step_created", { id, data: { ...stepData, stepName } }));
    expect(await step("i".repeat(512), "n".repeat(512))).toBe("undefined undefined");
    expect(await step("a", "n".repeat(513))).toBe("400 TOO_LONG");
    expect(await step("i".repeat(513), "n")).toBe("400 TOO_LONG");
    const run = (id: string, workflowName: string) =>
      code(put(world, id, "run_created", { data: runData({ workflowName }) }));
    expect(await run(fresh(), "n".repeat(513))).toBe("400 TOO_LONG");
    expect(await run("i".repeat(513), "n")).toBe("400 TOO_LONG");
  });

  it("WE1 only events that the contract names are created", async () => {
    const runId = await openRun(world);
    for (const type of ["hook_conflict", "noop", "nonsense"])
      expect(await code(put(world, runId, type, { id: "a", data: { token: "a" } }))).toBe("400 BAD_REQUEST");
    expect(await code(put(world, runId, "step_created", { data: stepData }))).toBe("400 BAD_REQUEST");
    expect(await code(put(world, runId, "wait_created", { id: "a", data: { resumeAt: "never" } }))).toBe(
      "400 BAD_REQUEST",
    );
  });
});

describe("limits of pages", () => {
  it("WL2 a page is short when its bytes pass 4 MiB, and the next begins behind it", async () => {
    const runId = await openRun(world);
    const large = (index: number) => bytes(250_000, index);
    for (let index = 0; index < 20; index += 1)
      await put(world, runId, "step_created", { id: `step_${index}`, data: { ...stepData, input: large(index) } });
    const lengths: number[] = [];
    const seen: (string[] | undefined)[] = [];
    for (let cursor: string | undefined, more = true; more; ) {
      const page = await world.events.list({ runId, pagination: cursor === undefined ? {} : { cursor } });
      lengths.push(page.data.length);
      seen.push(idsOf(page.data));
      cursor = page.cursor!;
      more = page.hasMore;
    }
    expect(lengths).toEqual([19, 3]);
    expect(new Set(seen.flat()).size).toBe(22);
    const bare = await world.events.list({ runId, resolveData: "none" });
    expect([bare.data.length, bare.hasMore]).toEqual([22, false]);
    const steps = await world.steps.list({ runId });
    expect([steps.data.length, steps.hasMore]).toEqual([17, true]);
    const back = await world.steps.list({ runId, pagination: { sortOrder: "desc", limit: 18 } });
    expect([back.data.length, back.hasMore, back.data[16]!.input]).toEqual([17, true, large(3)]);
    const delta = await put(world, runId, "run_cancelled", { params: { sinceCursor: cursorOf(0) } });
    expect([delta.events!.length, delta.hasMore]).toEqual([19, true]);
  });

  it("WL2 a row that is larger than a page comes alone", async () => {
    const runId = await openRun(world, { input: new Uint8Array(limits.PAGE_BYTES_MAX + 1) });
    const first = await world.events.list({ runId });
    expect([idsOf(first.data)!.length, first.hasMore]).toEqual([1, true]);
    const rest = await world.events.list({ runId, pagination: { cursor: first.cursor! } });
    expect([rest.data.length, rest.hasMore]).toEqual([1, false]);
  });

  it("WL4 getMany takes at most 1000 runs", async () => {
    const ids = Array.from({ length: limits.PAGE_ROWS_MAX + 1 }, () => "wrun_none");
    expect(await code(world.runs.getMany!(ids))).toBe("400 TOO_MANY_RUNS");
    expect(await world.runs.getMany!(ids.slice(1))).toHaveLength(limits.PAGE_ROWS_MAX);
  });

  it("WL4 getMany reads no more than a page's bytes, and says with how many runs to go on; a large one comes alone", async () => {
    const input = (index: number) => bytes(1_500_000, index);
    const ids = [await openRun(world, { input: input(0) }), await openRun(world, { input: input(1) })];
    const many = [ids[0]!, fresh(), ids[0]!, ids[1]!, await openRun(world, { input: input(2) })];
    expect(await code(world.runs.getMany!(many))).toBe("413 TOO_MANY_BYTES");
    await expect(world.runs.getMany!(many)).rejects.toThrow("ask for the first 4 and");
    const some = await world.runs.getMany!(many.slice(0, 4));
    expect(some.map((run) => run && brief(run.input))).toEqual([
      brief(input(0)),
      null,
      brief(input(0)),
      brief(input(1)),
    ]);
    const bare = await world.runs.getMany!(many, { resolveData: "none" });
    expect(bare.map((run) => run?.runId)).toEqual([many[0], undefined, many[2], many[3], many[4]]);
    const large = await openRun(world, { input: new Uint8Array(limits.PAGE_BYTES_MAX + 1) });
    const [alone] = await world.runs.getMany!([large, large]);
    expect((alone!.input as Uint8Array).length).toBe(limits.PAGE_BYTES_MAX + 1);
  });
});

describe("limits of D1", () => {
  it("WE1 every statement is far from 100 parameters and 100 kB, a row from 2 MB", () => {
    const texts = Object.values(sql);
    expect(texts.length).toBeGreaterThan(15);
    for (const text of texts) {
      const parameters = [...text.matchAll(/\?(\d+)/g)].map(([, number]) => Number(number));
      expect(Math.max(...parameters)).toBeLessThanOrEqual(limits.STATEMENT_PARAMETERS_MAX);
      expect(text.length).toBeLessThan(limits.STATEMENT_BYTES_MAX);
    }
    const widest = (limits.INLINE_BYTES_MAX / 3) * 4 + limits.META_BYTES_MAX + 4 * limits.ID_BYTES_MAX + 1000;
    expect(widest).toBeLessThan(limits.ROW_BYTES_MAX);
    // a payload of JSON stands as it is, at three bytes a character at most
    expect(limits.INLINE_BYTES_MAX + limits.META_BYTES_MAX).toBeLessThan(limits.ROW_BYTES_MAX);
  });

  it("WE27 the spec we read is the one that the pinned packages know", () => {
    expect(limits.SPEC_READ_MAX).toBe(SPEC_VERSION_MAX_SUPPORTED);
  });
});

/** The cursor behind a slot. */
function cursorOf(slot: number): string {
  return btoa(`v1|events|${slot}`);
}
