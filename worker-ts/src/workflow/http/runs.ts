// Routes of runs: what can be started, starting it, lists, one run, its result, ending it.
import { SPEC_VERSION_CURRENT } from "@workflow/world";
import * as z from "zod";
import { ApiError, pageLimit, type Route, route, wholeNumber } from "../../platform";
import { getScope } from "../runtime/scope";
import { workflowSettings } from "../runtime/settings";
import { listRunSummaries } from "../store/survey/summary";
import { createCloudflareWorld, deploymentId, reserveRun, withWorkflows } from "../world";
import { type Asked, getOwnRun, getVisibleRun, identityOf, noSuch, ownerSeen, portsOf, scopeOf } from "./access";
import { isUnreadable, refusing, UNREADABLE } from "./errors";
import {
  ARGUMENTS_MAX,
  CURSOR_MAX,
  OPEN_RUNS_MAX,
  PAGE_DEFAULT,
  PAGE_MAX,
  START_BYTES_MAX,
  WAIT_MS_MAX,
} from "./limits";
import { plain } from "./plain";
import { payload, runBody, runParams, runShape, STATUSES } from "./shapes";

const KEY = /^[\x21-\x7e]{1,255}$/;

const workflows = route(
  {
    method: "GET",
    path: "/api/workflow",
    summary: "The workflows that can be started, and the code that runs now.",
    access: "user or admin",
    answers: {
      200: z
        .object({ workflows: z.array(z.object({ name: z.string(), id: z.string() })), deploymentId: z.string() })
        .meta({ id: "Workflows" }),
    },
  },
  async ({ env }) => {
    const { ids } = workflowSettings().workflows;
    const named = Object.entries(ids).map(([name, id]) => ({ name, id }));
    return { status: 200, body: { workflows: named, deploymentId: deploymentId(env) } };
  },
);

const start = route(
  {
    method: "POST",
    path: "/api/workflow/:name/runs",
    summary: "Starts a workflow, the caller's own from then on.",
    access: "user or admin",
    params: z.object({ name: z.string().max(256) }),
    body: z.object({ args: z.array(payload).max(ARGUMENTS_MAX).default([]) }),
    bodyBytesMax: START_BYTES_MAX,
    headers: { "idempotency-key": "For a day the same key of the same caller gives the same run." },
    answers: { 201: z.object({ runId: z.string() }).meta({ id: "WorkflowStarted" }) },
    errors: ["rate_limited", "too_many_runs"],
  },
  async ({ env, caller, params: { name }, body: { args }, request, waitUntil }) => {
    if (!Object.hasOwn(workflowSettings().workflows.ids, name)) throw noSuch("workflow");
    const key = request.headers.get("idempotency-key");
    if (key !== null && !KEY.test(key))
      throw new ApiError("bad_request", "a key has 1 to 255 characters of ASCII", { field: "idempotency-key" });
    const before = () => placeFor({ env, caller, waitUntil });
    const options = key === null ? { before } : { before, key: `${caller?.userId ?? ""}|${name}|${key}` };
    const runId = await refusing(() =>
      withWorkflows(env, { waitUntil }, ({ startByName }) => startByName(name, args, options), identityOf({ caller })),
    );
    return { status: 201, body: { runId }, headers: { location: `/api/workflow/runs/${runId}` } };
  },
);

/** The place of one more run of the caller's; the owner of the Worker, who comes by token, needs none. */
async function placeFor(asked: Asked): Promise<() => Promise<void>> {
  const { ownerId } = identityOf(asked);
  if (ownerId === undefined) return async () => undefined;
  const release = await reserveRun(portsOf(getScope()), ownerId, OPEN_RUNS_MAX);
  if (release !== null) return release;
  throw new ApiError("too_many_runs", `you have ${OPEN_RUNS_MAX} runs open already: wait for one, or cancel one`);
}

const runs = route(
  {
    method: "GET",
    path: "/api/workflow/runs",
    summary: "The caller's runs, the newest first; for admins everybody's.",
    access: "user or admin",
    query: z.object({
      status: z
        .string()
        .transform((text) => text.split(","))
        .pipe(z.array(z.enum(STATUSES)).max(STATUSES.length))
        .optional()
        .meta({ description: "One of the statuses, or some with commas between them." }),
      name: z.string().max(512).optional().meta({ description: "A workflow's name or id." }),
      cursor: z.string().max(CURSOR_MAX).optional(),
      limit: pageLimit(PAGE_MAX, PAGE_DEFAULT),
    }),
    answers: {
      200: z.object({ runs: z.array(runShape), next: z.string().nullable() }).meta({ id: "WorkflowRuns" }),
    },
  },
  async ({ env, caller, query: { status, name, cursor = null, limit }, waitUntil }) => {
    const { ids } = workflowSettings().workflows;
    const owner = ownerSeen({ caller });
    const filter = {
      ...(owner === undefined ? {} : { ownerId: owner }),
      ...(name === undefined ? {} : { name: Object.hasOwn(ids, name) ? ids[name]! : name }),
      ...(status === undefined ? {} : { statuses: status }),
    };
    const scope = scopeOf({ env, caller, waitUntil });
    const page = await refusing(() => listRunSummaries(portsOf(scope), filter, { limit, cursor }));
    return { status: 200, body: { runs: page.runs.map((row) => runBody(row, env, true)), next: page.next } };
  },
);

const run = route(
  {
    method: "GET",
    path: "/api/workflow/runs/:id",
    summary: "One run, without what went in and came out.",
    access: "user or admin",
    params: runParams,
    answers: { 200: runShape },
  },
  async (asked) => {
    const { run, mayAct } = await getVisibleRun(asked, scopeOf(asked), asked.params.id);
    return { status: 200, body: runBody(run, asked.env, mayAct) };
  },
);

const resultShape = z
  .object({
    status: z.enum(STATUSES),
    output: z.unknown().meta({ description: "What it returned, as JSON; null while it is open." }),
    error: z
      .object({ name: z.string(), message: z.string(), code: z.string().nullable() })
      .nullable()
      .meta({ description: "Why it failed." }),
  })
  .meta({ id: "WorkflowResult" });

type Result = z.input<typeof resultShape>;

const result = route(
  {
    method: "GET",
    path: "/api/workflow/runs/:id/result",
    summary: "How a run ended; 202 while it is open.",
    access: "user or admin",
    params: runParams,
    query: z.object({
      waitMs: wholeNumber.pipe(z.int().max(WAIT_MS_MAX)).default(0).meta({ description: "How long to wait." }),
    }),
    answers: { 200: resultShape, 202: resultShape },
  },
  async (asked) => {
    await getVisibleRun(asked, scopeOf(asked), asked.params.id);
    const body = await refusing(() => resultOf(asked, asked.params.id, asked.query.waitMs));
    const open = body.status === "pending" || body.status === "running";
    return open ? { status: 202, body } : { status: 200, body };
  },
);

function resultOf({ env, waitUntil }: Asked, runId: string, waitMs: number): Promise<Result> {
  return withWorkflows(env, { waitUntil }, async ({ getRun }) => {
    const { waitForTerminalStatus } = createCloudflareWorld().runs;
    const { status, errorCode } = await waitForTerminalStatus!(runId, { timeoutMs: waitMs, resolveData: "none" });
    if (status !== "completed" && status !== "failed") return { status, output: null, error: null };
    try {
      return { status, output: plain(await getRun(runId).returnValue), error: null };
    } catch (error) {
      return { status, output: null, error: failureOf(error, status, errorCode ?? null) };
    }
  });
}

/** What core throws for a failed run whose error it cannot read, as `cause`; it keeps the reason to itself. */
const UNREAD = "Failed to hydrate workflow run error";

/** Why a run has no output. Throws what is no answer about the run, but a fault. */
function failureOf(error: unknown, status: "completed" | "failed", code: string | null): NonNullable<Result["error"]> {
  if (isUnreadable(error)) return UNREADABLE;
  if (status === "completed") throw error;
  const thrown = (error as Error).cause ?? error;
  if (isUnreadable(thrown) || (thrown instanceof Error && thrown.message === UNREAD)) return UNREADABLE;
  const { name, message } = thrown instanceof Error ? thrown : { name: "Error", message: sayThrown(thrown) };
  return { name, message, code };
}

/** What was thrown that is no error. */
const sayThrown = (thrown: unknown): string => (typeof thrown === "string" ? thrown : JSON.stringify(plain(thrown)));

const cancel = route(
  {
    method: "POST",
    path: "/api/workflow/runs/:id/cancel",
    summary: "Ends a run where it stands. One that is cancelled already stays so; any other end is a conflict.",
    access: "user or admin",
    params: runParams,
    answers: { 204: null },
    errors: ["conflict", "rate_limited"],
  },
  async (asked) => {
    const scope = scopeOf(asked);
    const { id } = await getOwnRun(asked, scope, asked.params.id);
    await refusing(() =>
      scope.storage.events.create(id, { eventType: "run_cancelled", specVersion: SPEC_VERSION_CURRENT }),
    );
    return { status: 204, body: null };
  },
);

/** Routes of runs. */
export const runsRoutes: readonly Route[] = [workflows, runs, run, result, cancel, start];
