// Resuming hooks: by whoever owns the run, with JSON; and by webhook, by whoever knows its token, with a whole request.
import * as z from "zod";
import { ApiError, type Mounted, type RawCall, type Route, readBytes, route } from "../../platform";
import { withWorkflows } from "../world";
import { getOwnRun, noSuch, scopeOf } from "./access";
import { refusalOf, refusing } from "./errors";
import { START_BYTES_MAX } from "./limits";
import { payload } from "./shapes";

const TOKEN_LENGTH_MAX = 1024;

const resume = route(
  {
    method: "POST",
    path: "/api/workflow/hooks/:token",
    summary: "Resumes the hook of this token, of one of the caller's runs, with the body as its payload.",
    access: "user or admin",
    params: z.object({ token: z.string().max(TOKEN_LENGTH_MAX) }),
    body: payload,
    bodyBytesMax: START_BYTES_MAX,
    answers: { 200: z.object({ runId: z.string() }).meta({ id: "WorkflowResumed" }) },
    errors: ["conflict", "rate_limited"],
  },
  async (asked) => {
    const { env, params, body, waitUntil } = asked;
    const scope = scopeOf(asked);
    const hook = await refusing(() => scope.storage.hooks.getByToken(params.token, { resolveData: "none" }));
    // a hook of somebody else's run is told apart from none by nobody
    await getOwnRun(asked, scope, hook.runId).catch((error: unknown) => {
      throw error instanceof ApiError ? noSuch("hook") : error;
    });
    if (hook.isSystem === true) throw noSuch("hook");
    await refusing(() => withWorkflows(env, { waitUntil }, ({ resumeHook }) => resumeHook(params.token, body)));
    return { status: 200, body: { runId: hook.runId } };
  },
);

/** Routes of hooks. */
export const hooksRoutes: readonly Route[] = [resume];

/** `ALL /.well-known/workflow/v1/webhook/:token`: the one address of workflows that asks nobody who they are. */
export const webhook: Mounted = {
  method: "ALL",
  path: "/.well-known/workflow/v1/webhook/:token",
  access: "public",
  guarded: false,
  serve: answerWebhook,
};

async function answerWebhook({ env, request, params, waitUntil }: RawCall): Promise<Response> {
  const token = params["token"] ?? "";
  if (token === "" || token.length > TOKEN_LENGTH_MAX) throw noSuch("hook");
  // read here, under the limit: core keeps all of it
  const body = request.body === null ? null : await readBytes(request, START_BYTES_MAX);
  try {
    return await withWorkflows(env, { waitUntil }, async ({ resumeWebhook }) => {
      const answer = await resumeWebhook(token, withoutCookies(request, body));
      return new Response(answer.body, answer);
    });
  } catch (error) {
    const refusal = refusalOf(error);
    throw refusal instanceof ApiError && refusal.code === "not_found" ? noSuch("hook") : refusal;
  }
}

/** The request as the run keeps it: without the cookies that a browser sends along, among them a session of ours. */
function withoutCookies(request: Request, body: Uint8Array<ArrayBuffer> | null): Request {
  const headers = new Headers(request.headers);
  headers.delete("cookie");
  return new Request(request, { headers, ...(body === null ? {} : { body }) });
}
