// Orders that wait for an answer. POST /orders begins one, POST /answers/TOKEN answers it, GET /runs/ID tells how it stands and
// GET /runs/ID/log what it has told, as it goes on.
import {
  configureWorkflows,
  handleDeadLetterBatch,
  handleQueueBatch,
  handleScheduled,
  type Workflows,
  withWorkflows,
} from "@ferrule/worker/workflow";
import { HookNotFoundError, WorkflowRunNotFoundError } from "@workflow/errors";
import { workflows } from "../workflows/generated/index.mjs";

export { RunObject, StreamObject } from "@ferrule/worker/workflow";

configureWorkflows({ workflows });

async function begin({ startByName }: Workflows, { item }: { item: string }): Promise<Response> {
  const token = crypto.randomUUID();
  return Response.json({ runId: await startByName("order", [item, token]), token }, { status: 201 });
}

async function tell({ getRun }: Workflows, id: string): Promise<Response> {
  const run = getRun<{ sent: string | null }>(id);
  const status = await run.status;
  return Response.json({ status, ...(status === "completed" && (await run.returnValue)) });
}

/** `identity`, because the proxy of `wrangler dev` would compress the lines, and hold them back for it. */
const readAlong = ({ getRun }: Workflows, id: string) =>
  new Response(getRun(id).getReadable<string>().pipeThrough(new TextEncoderStream()), {
    headers: { "content-type": "text/plain; charset=utf-8", "content-encoding": "identity" },
  });

async function serve(request: Request, runtime: Workflows): Promise<Response> {
  const [, what, id = "", part] = new URL(request.url).pathname.split("/");
  const asked = `${request.method} ${what}`;
  if (asked === "POST orders") return begin(runtime, await request.json());
  if (asked === "POST answers")
    return Response.json({ runId: (await runtime.resumeHook(id, await request.json())).runId });
  if (asked === "GET runs") return part === "log" ? readAlong(runtime, id) : tell(runtime, id);
  return new Response("POST /orders, POST /answers/TOKEN, GET /runs/ID, GET /runs/ID/log\n", { status: 404 });
}

export default {
  fetch: (request, env, ctx) =>
    withWorkflows(env, ctx, (runtime) => serve(request, runtime)).catch((error: unknown) => {
      if (!HookNotFoundError.is(error) && !WorkflowRunNotFoundError.is(error)) throw error;
      return Response.json({ error: "there is none" }, { status: 404 });
    }),
  queue: (batch, env, ctx) =>
    batch.queue.endsWith("-dead") ? handleDeadLetterBatch(batch, env, ctx) : handleQueueBatch(batch, env, ctx),
  async scheduled(_, env, ctx) {
    await handleScheduled(env, ctx);
  },
} satisfies ExportedHandler<Env>;
