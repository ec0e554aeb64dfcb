// The one place that loads the compiled workflows, and @workflow/core with them: inside a handler, because core draws random bytes at
// module scope, which workerd refuses, and once for an isolate. Loading is all.
import type { World } from "@workflow/world";
import { assertSeeded, seedQuickjs } from "./quickjs-assets";
import { findScope } from "./scope";
import type { CompiledWorkflows, LoadedWorkflows } from "./settings";

/** What of core the rest uses; `POST` is the flow route. */
export type Runtime = Omit<LoadedWorkflows, "setWorld">;

/** Where core looks for `waitUntil`; without it what runs behind an answer would end with the handler. */
const CONTEXT = Symbol.for("@vercel/request-context");

let loading: Promise<Runtime> | undefined;

/**
 * Where core notes which steps are at work, for the whole process: whoever comes second waits for the first one's promise. In workerd a
 * promise belongs to the request that made it; another one that waited for it would hang, and one that died would leave it there for ever.
 * So each invocation has notes of its own, and between them the claim in D1 decides, as it does between isolates.
 */
const SINGLE_FLIGHT = Symbol.for("@workflow/core//stepSingleFlight/v1");
const singleFlight = {
  inFlight: {
    get: (step: string) => findScope()?.inFlight.get(step),
    set: (step: string, work: Promise<unknown>) => findScope()?.inFlight.set(step, work),
    delete: (step: string) => findScope()?.inFlight.delete(step),
  },
};

/** The variable that core takes its own address from: a host, which it speaks https to. */
const HOST = "VERCEL_URL";

/** The runtime, loaded at the first call and given its World, and the Worker's origin where it is known, then. */
export function loadRuntime(workflows: CompiledWorkflows, world: World, origin?: string): Promise<Runtime> {
  loading ??= load(workflows, world, origin).catch((error: unknown) => {
    loading = undefined;
    throw error;
  });
  return loading;
}

async function load(workflows: CompiledWorkflows, world: World, origin?: string): Promise<Runtime> {
  if (process.env["WORKFLOW_VM"] !== "quickjs")
    throw new Error('workflows need the variable WORKFLOW_VM with the value "quickjs"');
  if (origin?.startsWith("https://")) process.env[HOST] = new URL(origin).host;
  seedQuickjs();
  Reflect.set(globalThis, SINGLE_FLIGHT, singleFlight);
  Reflect.set(globalThis, CONTEXT, {
    get: () => ({ waitUntil: (work: Promise<unknown>) => findScope()?.ctx.waitUntil(work) }),
  });
  const { setWorld, ...runtime } = await workflows.load();
  setWorld(world);
  assertSeeded(workflows.core);
  return runtime;
}
