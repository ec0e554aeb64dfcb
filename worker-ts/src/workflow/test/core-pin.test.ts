// What the World was built on and core does not promise. Each breaks on a core that does it otherwise: read what changed, then move the pin.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { getQueueTopicPrefix, QueuePayloadSchema } from "@workflow/world";
import { expect, it } from "vitest";
import { isEnvelope, QUEUE_PREFIX } from "../runtime/envelope";

const entry = createRequire(import.meta.url).resolve("@workflow/core");
const source = (name: string) =>
  readFileSync(join(dirname(entry), name), "utf8").replace(/\/\/# sourceMappingURL.*/g, "");

it("WW1 the packages are the pinned ones, in one place", () => {
  const version = JSON.parse(readFileSync(join(dirname(entry), "../package.json"), "utf8")).version;
  const assets = readFileSync(join(import.meta.dirname, "../runtime/quickjs-assets.ts"), "utf8");
  expect(assets).toContain(`export const CORE_PIN = "${version}"`);
  const { devDependencies } = JSON.parse(readFileSync(join(import.meta.dirname, "../../../package.json"), "utf8"));
  expect([devDependencies.workflow, devDependencies["@workflow/core"], devDependencies["@workflow/builders"]]).toEqual([
    version,
    version,
    version,
  ]);
});

it("WW1 queues are named as the DevKit names them, and what it takes for a message we take for one", () => {
  expect(getQueueTopicPrefix("workflow")).toBe(QUEUE_PREFIX);
  const envelope = (message: unknown) => ({ v: 1, messageId: "m", queueName: "q", base: 0, fresh: 0, message });
  const taken = [{ runId: "wrun_1" }, { __healthCheck: true, correlationId: "c" }];
  const refused = [undefined, null, "wrun_1", {}, { runId: 1 }, { __healthCheck: true }, { correlationId: "c" }];
  for (const [messages, is] of [
    [taken, true],
    [refused, false],
  ] as const)
    for (const message of messages)
      expect([QueuePayloadSchema.safeParse(message).success, isEnvelope(envelope(message))]).toEqual([is, is]);
});

it("WW1 core keeps its compiled modules in the slot that we fill, and reads them as we write them", () => {
  const text = source("runtime/quickjs-runtime.js");
  expect(text).toContain("globalSingleton('@workflow/core//quickjsCompiledAssets', 1,");
  expect(text).toMatch(/if \(!quickjsAssets\.promise\)/);
  expect(text).toMatch(/wasm: assets\.wasm/);
  expect(text).toMatch(/extensions: assets\.extensions/);
  const names = [...source("runtime/quickjs-assets.generated.js").matchAll(/name: ["']([\w-]+)["']/g)].map(
    ([, name]) => name,
  );
  expect(names.sort()).toEqual(["encoding", "headers", "structured-clone", "url"]);
});

it("WQ8 the QuickJS loop writes and sends one by one, so group commit folds them", () => {
  for (const name of ["runtime/quickjs-entrypoint.js", "runtime/quickjs-runtime.js"])
    expect(source(name)).not.toMatch(/\.(?:createBatch|queueBatch)\(/);
});

it("WQ5 no delay is longer than 82 800 s", () => {
  expect(source("runtime/wait-continuation.js")).toContain("WAIT_CONTINUATION_MAX_DELAY_SECONDS = 82_800");
});

it("WQ6 keys are made from the wait's id, the resume's and the hook's", () => {
  expect(source("runtime/wait-continuation.js")).toMatch(
    /hop === 1 \? waitCorrelationId : `\$\{waitCorrelationId\}:hop-\$/,
  );
  expect(source("runtime/resume-hook.js")).toMatch(/idempotencyKey: `hook-\$\{resumeId\}`/);
  expect(source("runtime/quickjs-entrypoint.js")).toMatch(/idempotencyKey: `hook_conflict_\$\{hook\.correlationId\}`/);
});

it("WQ4 core gives a run up after 48 deliveries", () => {
  expect(source("runtime/constants.js")).toMatch(/MAX_QUEUE_DELIVERIES\w* = 48/);
});

it("WW1 waitUntil is looked for where we put it", () => {
  expect(source("runtime/wait-until.js")).toContain("@vercel/functions");
  const functions = createRequire(entry).resolve("@vercel/functions");
  expect(readFileSync(join(dirname(functions), "get-context.js"), "utf8")).toContain(
    'Symbol.for("@vercel/request-context")',
  );
});

it("WW1 tokens of webhooks are drawn from run, workflow and label, and their address from VERCEL_URL, as the documentation says", () => {
  const text = source("runtime/quickjs-runtime.js");
  expect(text).toMatch(
    /const seed = \[\s*workflowRun\.runId,\s*workflowRun\.workflowName,\s*workflowRun\.deploymentId,\s*\]\.join/,
  );
  expect(text).toMatch(/nanoid\.customRandom\([^;]*rng\(\)/);
  expect(text).toMatch(/url: process\.env\.VERCEL_URL\s*\? `https:\/\/\$\{process\.env\.VERCEL_URL\}`/);
});

it("WQ7 core notes the steps at work in the slot that we fill, and asks no more of it than we answer", () => {
  const text = source("runtime/step-single-flight.js");
  expect(text).toContain("globalSingleton('@workflow/core//stepSingleFlight', 1,");
  const asked = [...text.matchAll(/singleFlight\.(\w+)\.(\w+)\(/g)].map(([, slot, method]) => `${slot}.${method}`);
  expect(asked).toEqual(["inFlight.get", "inFlight.set", "inFlight.delete"]);
  expect(source("runtime/step-single-flight.js").match(/singleFlight\b/g)!.length).toBe(4);
});
