// Composition: which parts there are, how they are mounted, and what every request goes through. No logic of any part.
import { status } from "@ferrule/core";
import { type Context, Hono } from "hono";
import { version } from "../package.json";
import { type Identity, identify, requireAdmin, requireUser, sweep } from "./auth";
import { authRoutes } from "./auth/routes";
import { pageRoutes } from "./pages/routes";
import {
  ApiError,
  asApiError,
  type Bindings,
  type Caller,
  checkOrigin,
  corsHeaders,
  countQueue,
  countRequest,
  countRoom,
  errorResponse,
  finish,
  logRequest,
  type Mounted,
  now,
  preflight,
  type Route,
  requestId,
} from "./platform";
import { platformRoutes } from "./platform/routes";
import { archiveConsumer, deadLetterConsumer, defineRoomObject } from "./rooms";
import { adoptGuest, closeSession, forgetUsers, refreshAdmission, roomRoutes, sweepRooms } from "./rooms/routes";

/** What a request's handling leaves for its log line. */
interface Trace {
  readonly requestId: string;
  route: string;
  userId: string | null;
  error?: ApiError;
}

interface Environment {
  Bindings: Bindings;
  Variables: { trace: Trace };
}

/** The rooms' Durable Object. */
export class RoomObject extends defineRoomObject({
  refresh: (env, roomId, ticket) => refreshAdmission(env as Bindings, roomId, ticket),
  counted: (env, roomId, counts) => countRoom(env as Bindings, roomId, counts),
}) {}

/** Every route of the API. */
export const routes: readonly Route[] = [
  ...platformRoutes({ version, core: () => status().version, routes: () => routes }),
  ...authRoutes({ onLink: adoptGuest, onSessionEnd: closeSession }),
  ...roomRoutes,
];

/** Every page. */
export const pages: readonly Mounted[] = pageRoutes({
  links: [
    { group: "Ferrule", title: "Chat", href: "/", line: "Rooms in real time; open it in two windows." },
    { group: "For programs", title: "OpenAPI", href: "/openapi.json", line: "Every route of the API, described." },
    { group: "For programs", title: "Health", href: "/api/health", line: "Whether the Worker and its core run." },
  ],
});

/** The Worker's HTTP side: what is mounted, and around each of it log line, headers, CORS and error envelope. */
export function makeApp(mounted: readonly Mounted[]): Hono<Environment> {
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
  for (const route of mounted) app.on(route.method, route.path, (c) => serve(c, route));
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
async function serve(c: Context<Environment>, route: Mounted): Promise<Response> {
  const { trace } = c.var;
  trace.route = route.path;
  const request = c.req.raw;
  if (route.guarded) checkOrigin(c.env, request);
  const identified = ({ userId }: Caller) => {
    trace.userId = userId;
  };
  const { caller } = await admit(c.env, request, route);
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
  if (access === "user") requireUser(identity);
  if (access === "admin") requireAdmin(identity);
  return identity;
}

function refuse(c: Context<Environment>, error: ApiError): Response {
  const { trace } = c.var;
  trace.error = error;
  return errorResponse(error, trace.requestId);
}

/** The app that is served. */
export const app = makeApp([...routes, ...pages]);

/** Work by the clock, by its cron string in wrangler.jsonc. */
const SCHEDULED: Readonly<Record<string, (env: Bindings) => Promise<void>>> = {
  "17 3 * * *": async (env) => {
    await sweepRooms(env);
    await sweep(env, (userIds) => forgetUsers(env, userIds));
  },
};

/** Consumers by queue name; each awaits all its work before it acknowledges anything. */
const QUEUES: Readonly<Record<string, (batch: MessageBatch, env: Bindings) => Promise<void>>> = {
  "ferrule-archive": archiveConsumer,
  "ferrule-archive-dead": deadLetterConsumer("ferrule-archive"),
};

/** Runs what the cron string stands for. An unknown one is an error, so that it shows. */
export async function scheduled({ cron }: Pick<ScheduledController, "cron">, env: Bindings): Promise<void> {
  const work = SCHEDULED[cron];
  if (work === undefined) throw new Error(`no work is known for the cron string ${cron}`);
  await work(env);
}

/** Hands a batch to its queue's consumer. An unknown queue is an error, so its messages are retried and not lost. */
export async function queue(batch: MessageBatch, env: Bindings): Promise<void> {
  const consume = QUEUES[batch.queue];
  if (consume === undefined) throw new Error(`no consumer is known for the queue ${batch.queue}`);
  countQueue(env, batch);
  await consume(batch, env);
}
