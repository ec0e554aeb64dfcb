// The Worker of `npm run capacity -- --measure`: the house's own, with a counter at the platform's doors and workflows whose steps do nothing.
// Below /capacity it is driven past HTTP and sign-in, which are measured by themselves. With CAPACITY_COUNT=off it counts nothing.
import { env as bindings } from "cloudflare:workers";
import worker, { KernelObject, RelayObject, RoomObject, RunObject, StreamObject } from "../../../worker-ts/src/index";
import { configureWorkflows, withWorkflows } from "../../../worker-ts/src/workflow";
import { workflows } from "../../bench/peers/workflow-app/generated/index.mjs";
import { countEvent, told, watchBindings, watchObjects } from "./counter";

export { KernelObject, RelayObject, RoomObject, RunObject, StreamObject };

type CapacityEnv = Env & { readonly CAPACITY_COUNT?: string };

configureWorkflows({ workflows, versionId: () => undefined });
if ((bindings as CapacityEnv).CAPACITY_COUNT !== "off") {
  watchBindings(bindings);
  for (const type of [KernelObject, RelayObject, RoomObject, RunObject, StreamObject]) watchObjects(type);
}

/** What may be asked below /capacity, by the last part of the path. */
const ASKED: Readonly<Record<string, (env: CapacityEnv, ctx: ExecutionContext, body: never) => Promise<unknown>>> = {
  counts: async () => told(),
  databaseBytes: async (env) => (await env.DB.prepare("SELECT 1").run()).meta.size_after,
  kernel: (env, _, { name, text }: { name: string; text: string }) => env.KERNEL.getByName(name).rpc(text),
  start: (env, ctx, { workflow, args }: { workflow: string; args: unknown[] }) =>
    withWorkflows(env, ctx, ({ startByName }) => startByName(workflow, args)),
  hook: (env, ctx, { token, payload }: { token: string; payload: unknown }) =>
    withWorkflows(env, ctx, async ({ resumeHook }) => void (await resumeHook(token, payload))),
  status: async (env, _, { runId }: { runId: string }) =>
    env.WORKFLOW_DB.prepare("SELECT status FROM workflow_runs WHERE id = ?").bind(runId).first("status"),
  cron: (env, ctx, { cron }: { cron: string }) => {
    countEvent("cronRuns");
    return worker.scheduled({ cron }, env, ctx);
  },
};

const PREFIX = "/capacity/";

async function answer(request: Request, env: CapacityEnv, ctx: ExecutionContext, what: string): Promise<Response> {
  const ask = ASKED[what];
  if (ask === undefined) return new Response(null, { status: 404 });
  try {
    const body = (await request.json()) as never;
    return Response.json((await ask(env, ctx, body)) ?? null);
  } catch (error) {
    return new Response((error as Error).stack, { status: 500 });
  }
}

export default {
  async fetch(request, env, ctx) {
    const { pathname } = new URL(request.url);
    if (pathname.startsWith(PREFIX)) return answer(request, env, ctx, pathname.slice(PREFIX.length));
    countEvent("requests");
    return worker.fetch(request, env, ctx);
  },
  queue(batch, env, ctx) {
    countEvent("consumerRuns");
    return worker.queue(batch, env, ctx);
  },
} satisfies ExportedHandler<CapacityEnv>;
