// The HTTP side of the Worker: what every request goes through, whatever its route. Which routes there are, and what holds requests off, is
// handed in by the composition.
import { type Context, Hono } from "hono";
import { type Identity, identify, requireAdmin, requireUser } from "../auth";
import {
  ApiError,
  asApiError,
  type Bindings,
  type Caller,
  checkOrigin,
  corsHeaders,
  countRequest,
  errorResponse,
  finish,
  logRequest,
  type Mounted,
  now,
  preflight,
  requestId,
} from "../platform";

/** What a request's handling leaves for its log line. */
interface Trace {
  readonly requestId: string;
  route: string;
  userId: string | null;
  error?: ApiError;
}

/** What a handler finds in its context; named in the declarations of the app. */
export interface Environment {
  Bindings: Bindings;
  Variables: { trace: Trace };
}

/** What the composition adds to every request. */
export interface Gates {
  /** Throws what a request is refused with beside the access that its route asks for. */
  readonly holdOff: (env: Bindings, request: Request, route: Mounted) => Promise<void>;
  /** What a refusal is to be called. */
  readonly told: (env: Bindings, request: Request, route: Mounted, thrown: unknown) => Promise<unknown>;
}

/** The Worker's HTTP side: what is mounted, and around each of it log line, headers, CORS and error envelope. */
export function makeHttp(mounted: readonly Mounted[], gates: Gates): Hono<Environment> {
  const app = new Hono<Environment>();
  app.use(async (c, next) => {
    const began = now();
    const trace: Trace = { requestId: requestId(), route: "-", userId: null };
    c.set("trace", trace);
    await next();
    const finished = finish(c.res, c.req.raw, [...corsHeaders(c.env, c.req.raw), ["x-request-id", trace.requestId]]);
    // Hono would put the headers of the answer that stands there over those of the new one
    c.res = undefined;
    c.res = finished;
    const line = { method: c.req.method, ...trace, status: c.res.status, ms: now() - began };
    logRequest(line);
    countRequest(c.env, line);
  });
  for (const route of mounted)
    app.on(route.method, route.path, (c) =>
      serve(c, route, gates).catch(async (thrown) => Promise.reject(await gates.told(c.env, c.req.raw, route, thrown))),
    );
  app.options("*", (c) => preflight(c.env, c.req.raw));
  for (const [path, allow] of methodsByPath(mounted)) {
    app.all(path, (c) => {
      c.var.trace.route = path;
      return refuse(c, new ApiError("method_not_allowed", "this address has other methods", { allow }));
    });
  }
  app.notFound((c) => refuse(c, new ApiError("not_found", "there is nothing at this address")));
  app.onError((thrown, c) => refuse(c, asApiError(thrown)));
  return app;
}

/** What `Allow` says at each address: where there is GET there is HEAD, which Hono answers from it. */
function methodsByPath(mounted: readonly Mounted[]): ReadonlyMap<string, readonly string[]> {
  const methods = new Map<string, readonly string[]>();
  for (const { path, method } of mounted) {
    if (method === "ALL") continue;
    const own = method === "GET" ? ["GET", "HEAD"] : [method];
    methods.set(path, [...(methods.get(path) ?? []), ...own]);
  }
  return methods;
}

/** Runs a route for a caller it allows. */
async function serve(c: Context<Environment>, route: Mounted, { holdOff }: Gates): Promise<Response> {
  const { trace } = c.var;
  trace.route = route.path;
  const request = c.req.raw;
  if (route.guarded) checkOrigin(c.env, request);
  const identified = ({ userId }: Caller) => {
    trace.userId = userId;
  };
  const [{ caller }] = await Promise.all([admit(c.env, request, route), holdOff(c.env, request, route)]);
  if (caller !== null) identified(caller);
  return route.serve({
    env: c.env,
    request,
    requestId: trace.requestId,
    caller,
    params: c.req.param(),
    query: c.req.query(),
    identified,
    waitUntil: (work) => c.executionCtx.waitUntil(work),
  });
}

async function admit(env: Bindings, request: Request, { access }: Mounted): Promise<Identity> {
  if (access === "public") return { caller: null, admin: false };
  const identity = await identify(env, request);
  if (access === "user" || (access === "user or admin" && !identity.admin)) requireUser(identity);
  if (access === "admin") requireAdmin(identity);
  return identity;
}

function refuse(c: Context<Environment>, error: ApiError): Response {
  const { trace } = c.var;
  trace.error = error;
  return errorResponse(error, trace.requestId);
}
