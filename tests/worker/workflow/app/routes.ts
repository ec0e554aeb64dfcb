// What drives the compiled workflows of this folder over HTTP: the routes that the server of @workflow/world-testing has, and those that the
// crash and chaos suites ask. They show what the World holds and change nothing by themselves.
import {
  type CloudflareEnv,
  createCloudflareWorld,
  handleScheduled,
  type Workflows,
  withWorkflows,
} from "../../../../worker-ts/src/workflow";
import { workflows } from "./workflows/generated/index.mjs";
import manifest from "./workflows/generated/manifest.json";

const world = createCloudflareWorld();
/** Deliveries of each run in this isolate. */
const deliveries = new Map<string, number>();

/** What a handler is given. */
interface Call {
  readonly request: Request;
  readonly runtime: Workflows;
  readonly env: CloudflareEnv;
  readonly ctx: ExecutionContext;
  /** What stands in the path where the pattern has a group. */
  readonly id: string;
}
type Handler = (call: Call) => Promise<Response>;

const ROUTES: readonly (readonly [string, RegExp, Handler])[] = [
  ["GET", /^\/_manifest$/, async () => Response.json(manifest)],
  ["GET", /^\/_flow-invocations\/([^/]+)$/, async ({ id }) => Response.json({ count: deliveries.get(id) ?? 0 })],
  ["POST", /^\/_watch$/, watch],
  ["POST", /^\/invoke$/, invoke],
  ["POST", /^\/hooks\/([^/]+)$/, resume],
  ["POST", /^\/statuses$/, statuses],
  ["GET", /^\/kept$/, kept],
  ["GET", /^\/runs$/, async () => json((await world.runs.list({ resolveData: "none" })).data)],
  ["GET", /^\/runs\/([^/]+)$/, run],
  ["GET", /^\/runs\/([^/]+)\/readable$/, readable],
  ["GET", /^\/runs\/([^/]+)\/events$/, events],
  ["GET", /^\/runs\/([^/]+)\/steps$/, async ({ id }) => json((await world.steps.list({ runId: id })).data)],
  ["GET", /^\/runs\/([^/]+)\/result$/, result],
];

/** The watchdog's round; `all` as at the start of a machine whose queue lives in memory. */
async function watch({ request, env, ctx }: Call): Promise<Response> {
  const all = new URL(request.url).searchParams.has("all");
  return Response.json({ woken: await handleScheduled(env, ctx, { all }) });
}

/** Starts a run: under a key, which gives the same run again, or under an id of the caller's. */
async function invoke({ request, runtime }: Call): Promise<Response> {
  const { workflow, args = [], key, id } = (await request.json()) as Invocation;
  if (id === undefined)
    return Response.json({ runId: await runtime.startByName(workflow, args, key === undefined ? {} : { key }) });
  const named = { ...world, createRunId: () => id };
  const ids: Readonly<Record<string, string>> = workflows.ids;
  const run = await runtime.start({ workflowId: ids[workflow]! }, args, { world: named });
  return Response.json({ runId: run.runId });
}
interface Invocation {
  readonly workflow: string;
  readonly args?: unknown[];
  readonly key?: string;
  readonly id?: string;
}

/** What is to come of payloads: all, or nothing unless asked. */
const resolveData = (request: Request): "all" | "none" =>
  new URL(request.url).searchParams.get("resolveData") === "none" ? "none" : "all";

async function resume({ request, runtime, id }: Call): Promise<Response> {
  const hook = await runtime.getHookByToken(id);
  const payload = (await request.json()) as object;
  const { runId, hookId } = await runtime.resumeHook(hook, { ...payload, metadata: await hook.metadata });
  return Response.json({ runId, hookId });
}

/** wrangler's proxy compresses, and so holds back, what may be compressed. */
async function readable({ runtime, id }: Call): Promise<Response> {
  const headers = { "content-type": "application/octet-stream", "content-encoding": "identity" };
  return new Response(runtime.getRun(id).getReadable<Uint8Array>(), { headers });
}

async function run({ request, id }: Call): Promise<Response> {
  if (resolveData(request) === "none") return json(await world.runs.get(id, { resolveData: "none" }));
  return json(await world.runs.get(id));
}

/** The statuses of runs, by their ids. */
async function statuses({ request }: Call): Promise<Response> {
  const runIds: string[] = await request.json();
  const runs = await world.runs.getMany!(runIds, { resolveData: "none" });
  return json(Object.fromEntries(runIds.map((runId, at) => [runId, runs[at]?.status])));
}

/** Payloads and parcels that lie in R2. */
async function kept({ env }: Call): Promise<Response> {
  const lists = await Promise.all(["payloads/", "queue/"].map((prefix) => env.WORKFLOW_BUCKET.list({ prefix })));
  return json(lists.flatMap(({ objects }) => objects.map(({ key }) => key)));
}

async function events({ request, id }: Call): Promise<Response> {
  const all = [];
  let cursor: string | undefined;
  do {
    const page = await world.events.list({
      runId: id,
      resolveData: resolveData(request),
      pagination: { sortOrder: "asc", ...(cursor === undefined ? {} : { cursor }) },
    });
    all.push(...page.data);
    cursor = page.hasMore ? (page.cursor ?? undefined) : undefined;
  } while (cursor !== undefined);
  return json({ events: all });
}

/** What a run returned, or with which error it ended. */
async function result({ runtime, id }: Call): Promise<Response> {
  try {
    return json({ value: await runtime.getRun(id).returnValue });
  } catch (error) {
    const { name, message } = error as Error;
    return json({ error: { name, message } });
  }
}

/** JSON in which bytes are `{ __type: "Uint8Array", data }`, as the suite reads them. */
function json(value: unknown, status = 200): Response {
  const text = JSON.stringify(value, (_, member: unknown) =>
    member instanceof Uint8Array ? { __type: "Uint8Array", data: Buffer.from(member).toString("base64") } : member,
  );
  return new Response(text, { status, headers: { "content-type": "application/json" } });
}

/** The errors of @workflow/errors by their name, so that a test sees them. */
function refusal(error: unknown): Response {
  const { name, message, status } = error as Error & { status?: unknown };
  return json({ name, message, ...(typeof status === "number" ? { status } : {}) }, 500);
}

/** Serves a request at this path, which need not be the one in its address. */
export async function serveWorkflows(
  request: Request,
  pathname: string,
  env: CloudflareEnv,
  ctx: ExecutionContext,
): Promise<Response> {
  for (const [method, pattern, handler] of ROUTES) {
    const match = request.method === method ? pattern.exec(pathname) : null;
    if (match === null) continue;
    const id = decodeURIComponent(match[1] ?? "");
    return withWorkflows(env, ctx, (runtime) => handler({ request, runtime, env, ctx, id })).catch(refusal);
  }
  return new Response(null, { status: 404 });
}

/** Counts the runs that a batch is about. */
export function countDeliveries(batch: MessageBatch): void {
  for (const { body } of batch.messages) {
    const { runId } = body as { runId?: string };
    if (runId !== undefined) deliveries.set(runId, (deliveries.get(runId) ?? 0) + 1);
  }
}
