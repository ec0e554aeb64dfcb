// Composition: which parts there are, how they are mounted, and what every request goes through. No logic of any part.
import { status } from "@ferrule/core";
import { HookNotFoundError } from "@workflow/errors";
import { type Context, Hono } from "hono";
import { version } from "../package.json";
import "../vats";
import { workflows } from "../workflows/generated/index.mjs";
import { setRoomPort } from "../workflows/room-port";
import { type Identity, identify, type OnLink, requireAdmin, requireUser, sweep } from "./auth";
import { authRoutes } from "./auth/routes";
import {
  type BackupPorts,
  type CopyAnswer,
  type CopyCall,
  copyStorage,
  makeBackupRoutes,
  noteKernel,
  refusalWhile,
  refuseWhileRestoring,
  standsStill,
  sweepBackups,
} from "./backup/routes";
import { handleMessage, isChosen, mayBeCommand } from "./bots";
import { botPages, botRoutes, type ChoicePorts } from "./bots/routes";
import { defineKernelObject } from "./kernel";
import { kernelApiRoutes } from "./kernel/routes";
import { escapeHtml, htmlPage, pageRoutes } from "./pages/routes";
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
  logFailure,
  logRequest,
  type Mounted,
  now,
  openApiDocument,
  preflight,
  type Route,
  requestId,
} from "./platform";
import { platformRoutes } from "./platform/routes";
import { archiveConsumer, deadLetterConsumer, defineRelayObject, defineRoomObject, type HeardEntry } from "./rooms";
import {
  adoptGuest,
  askerName,
  choreConsumer,
  closeSession,
  eraseAgain,
  forgetUsers,
  isMember,
  memberName,
  noteAdmin,
  noteDoing,
  postAs,
  provideLobby,
  ROOM_SCHEMA,
  readFor,
  recordDeadLetter,
  refreshAdmission,
  refreshListing,
  retireEpoch,
  roomRoutes,
  sweepChores,
  sweepRooms,
} from "./rooms/routes";
import {
  adoptRuns,
  configureWorkflows,
  forgetOwners,
  getScope,
  handleDeadLetterBatch,
  handleQueueBatch,
  handleScheduled,
  ownerOfRun,
  reserveRun,
  StreamObject as WorkflowStream,
  withWorkflows,
} from "./workflow";
import { workflowPages, workflowRoutes } from "./workflow/routes";

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
  heeds: mayBeCommand,
  onEntry: (env, entry) => hearMessage(env as Bindings, entry),
}) {
  /** What a backup asks of it. */
  copy(call: CopyCall): CopyAnswer {
    return copyStorage(this.ctx.storage, call);
  }
}

/** Those that hold sockets of a room that outgrows one object. */
export class RelayObject extends defineRelayObject() {}

/** The kernels' Durable Object. */
export class KernelObject extends defineKernelObject({
  started: (env, name, store) => noteKernel(env as Bindings, name, store),
}) {
  /** What a backup asks of it. */
  copy(call: CopyCall): CopyAnswer {
    return copyStorage(this.ctx.storage, call);
  }
}

/** The streams' Durable Object. */
export class StreamObject extends WorkflowStream {
  /** What a backup asks of it. */
  copy(call: CopyCall): CopyAnswer {
    return copyStorage(this.ctx.storage, call);
  }
}

configureWorkflows({
  workflows,
  // whoever sees a run's card in a room may follow its link
  maySee: async (env, { attributes: { room } }, userId) =>
    room !== undefined && (await isMember(env as Bindings, room, userId)),
  versionId: (env) => (env as Bindings).CF_VERSION_METADATA.id,
  url: (env) => (env as Bindings).BETTER_AUTH_URL,
  note: (env, actorId, runId) => noteDoing(env as Bindings, actorId, "wake_run", { runId }),
  record: (env, letter) => recordDeadLetter((env as Bindings).DB, { ...letter, queue: "ferrule-workflow" }),
});

/** Work behind a call that has no place for it. */
const DETACHED = {
  waitUntil(work: Promise<unknown>) {
    work.catch((thrown: unknown) => logFailure("go on behind a call", thrown));
  },
};

/** For reads of workflows that are no invocation of theirs. */
const outsidePorts = ({ WORKFLOW_DB: db }: Bindings) => ({ db, spend: () => undefined });

/** A message of a room may start a workflow; a room tells of it until this resolves. */
function hearMessage(env: Bindings, message: HeardEntry): Promise<void> {
  return handleMessage(
    {
      answer: (post) => postAs(env, post),
      reserve: (ownerId, max) => reserveRun(outsidePorts(env), ownerId, max),
      async start({ name, args, ownerId, key }, before) {
        await withWorkflows(env, DETACHED, ({ startByName }) => startByName(name, args, { key, before }), { ownerId });
      },
    },
    message,
  );
}

/** A guest became a user, who has the guest's rooms, words and runs from then on. */
const adoptAll: OnLink = async (env, guestId, user) => {
  await adoptGuest(env, guestId, user);
  await adoptRuns(outsidePorts(env), guestId, user.id);
};

/** The environment of the step that runs here. */
const stepsEnv = (): Bindings => getScope().env as Bindings;

/** Whose a run is, by its row: whoever resumed it is not. What belongs to nobody may do nothing in rooms. */
async function ownerOf(runId: string): Promise<string> {
  const spend = (statements: number) => getScope().budget.spend(statements);
  return (await ownerOfRun({ db: stepsEnv().WORKFLOW_DB, spend }, runId)) ?? "";
}

/** Where people find the Worker; nothing when nobody has said, and the page finds the paths by itself. */
const siteOf = ({ BETTER_AUTH_URL: url }: Bindings): string => (url ? new URL(url).origin : "");

setRoomPort({
  asker: async ({ runId, room }) => askerName(stepsEnv(), room, await ownerOf(runId)),
  post: async ({ runId, replyTo, edit, ...post }) =>
    postAs(stepsEnv(), {
      ...post,
      for: await ownerOf(runId),
      ...(replyTo !== undefined && { replyTo }),
      ...(edit !== undefined && { edit }),
    }),
  async read({ runId, room, before }) {
    const page = await readFor(stepsEnv(), { room, before, for: await ownerOf(runId), limit: 200 });
    if (!page.ok) return page;
    const messages = page.messages.map(({ seq, ts, author: { userId, name, bot = false }, text }) => {
      return { seq, ts, userId, name, bot, text };
    });
    return { ok: true, messages, more: page.more };
  },
  runLink: (runId) => `${siteOf(stepsEnv())}/runs/${runId}`,
  choiceLink: (room, runId, choice) => `${siteOf(stepsEnv())}/choices/${room}/${runId}/${choice}`,
  isChosen: (token, chosen) => isChosen(stepsEnv(), token, chosen),
});

const choicePorts: ChoicePorts = {
  htmlPage,
  escapeHtml,
  memberName,
  resume: ({ env, waitUntil }, token, chosen) =>
    withWorkflows(env, { waitUntil }, async ({ resumeHook }) => {
      try {
        await resumeHook(token, chosen);
        return true;
      } catch (thrown) {
        if (HookNotFoundError.is(thrown)) return false;
        throw thrown;
      }
    }),
};

/** What backups need of the house. */
const backupPorts: BackupPorts = {
  room: (env, id) => {
    const stub = env.ROOM.getByName(id);
    return {
      copy: async (call) => stub.copy(call),
      async emptied(turn) {
        // first: what it has told the archive must not come behind what is told anew
        const epoch = await stub.ending(turn);
        if (epoch !== null) await retireEpoch(env.DB, id, epoch, now());
        await stub.emptied(turn);
      },
      restored: async (erased) => stub.restored([...erased]),
      clear: () => stub.clear(),
      headSeq: async () => (await stub.stats()).headSeq,
    };
  },
  kernel: (env, name) => {
    const stub = env.KERNEL.getByName(name);
    return {
      copy: async (call) => stub.copy(call),
      emptied: (turn) => stub.emptied(turn),
      restored: () => stub.restored(),
      clear: () => stub.clear(),
    };
  },
  stream: (env, name) => {
    const stub = env.WORKFLOW_STREAM.getByName(name);
    return {
      copy: async (call) => stub.copy(call),
      emptied: (turn) => stub.emptied(turn),
      restored: () => stub.restored(),
      clear: () => stub.clear(),
    };
  },
  roomSchema: ROOM_SCHEMA,
  note: (env, caller, action, detail) => noteAdmin(env, caller, action, { ...detail }),
  erase: eraseAgain,
  relist: async (env) => {
    await provideLobby(env);
    await refreshListing(env);
  },
  revive: async (env) => {
    await handleScheduled(env, DETACHED, { all: true });
    await sweepChores(env, 0);
  },
};

const backupApi = makeBackupRoutes(backupPorts);

/** Every route of the API. */
export const routes: readonly Route[] = [
  ...platformRoutes({ version, core: () => status().version, routes: () => routes }),
  ...authRoutes({ onLink: adoptAll, onSessionEnd: closeSession }),
  ...roomRoutes,
  ...botRoutes(choicePorts),
  ...kernelApiRoutes,
  ...workflowRoutes,
  ...backupApi,
];

/** Every page. */
export const pages: readonly Mounted[] = [
  ...botPages(choicePorts),
  ...pageRoutes({
    links: [
      { group: "Ferrule", title: "Chat", href: "/", line: "Rooms in real time; open it in two windows." },
      { group: "Ferrule", title: "Kernel", href: "/kernel", line: "Vats, objects and references, live; for admins." },
      { group: "Ferrule", title: "Operations", href: "/operations", line: "What goes on, and mending it; for admins." },
      { group: "Ferrule", title: "Workflows", href: "/workflows", line: "Durable runs: start one and watch it." },
      {
        group: "For programs",
        title: "Documentation",
        href: "/docs/",
        line: "Tutorial, how-tos, reference, explanations.",
      },
      { group: "For programs", title: "API", href: "/docs/api", line: "Every route of the API, to be read." },
      {
        group: "For programs",
        title: "OpenAPI",
        href: "/openapi.json",
        line: "The same for programs, as OpenAPI 3.1.",
      },
      { group: "For programs", title: "Health", href: "/api/health", line: "Whether the Worker and its core run." },
      {
        group: "For programs",
        title: "Kernel demo",
        href: "/kernel/demo",
        line: "A kernel on D1 that counts requests.",
      },
    ],
    api: (origin) => openApiDocument(routes, { title: "Ferrule", version }, origin),
  }),
  ...workflowPages,
];

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
  for (const route of mounted)
    app.on(route.method, route.path, (c) =>
      serve(c, route).catch(async (thrown) => Promise.reject(await told(c, route, thrown))),
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
async function serve(c: Context<Environment>, route: Mounted): Promise<Response> {
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

/** A restore holds off everything but itself, what admins look at, and what is read without signing in. */
async function holdOff(env: Bindings, { method }: Request, route: Mounted): Promise<void> {
  const isReading = method === "GET" || method === "HEAD";
  if (isReading && (route.access === "admin" || route.access === "public")) return;
  if (!backupApi.some((own) => own === route)) await refuseWhileRestoring(env);
}

/** What a refusal is to be called: admins see it as it is. */
async function told(c: Context<Environment>, { access }: Mounted, thrown: unknown): Promise<unknown> {
  return access === "admin" ? thrown : refusalWhile(c.env, c.req.raw, thrown);
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

/** The app that is served. */
export const app = makeApp([...routes, ...pages]);

/** Where work goes on behind a handler, when its caller has such a place. */
type Background = Pick<ExecutionContext, "waitUntil">;

/** Work by the clock, by its cron string in wrangler.jsonc. */
const SCHEDULED: Readonly<Record<string, (env: Bindings, ctx?: Background) => Promise<unknown>>> = {
  "* * * * *": async (env, ctx) => {
    await Promise.all([handleScheduled(env, ctx), sweepBackups(env, backupPorts)]);
  },
  "17 3 * * *": async (env) => {
    await sweepRooms(env);
    await sweep(env, async (userIds) => {
      await forgetUsers(env, userIds);
      await forgetOwners(env, userIds);
    });
  },
};

/** Consumers by queue name; each but the workflows' awaits all its work before it acknowledges anything. */
const QUEUES: Readonly<Record<string, (batch: MessageBatch, env: Bindings, ctx?: Background) => Promise<void>>> = {
  "ferrule-archive": archiveConsumer,
  "ferrule-archive-dead": deadLetterConsumer("ferrule-archive"),
  "ferrule-chores": (batch, env) => choreConsumer(batch, env, { forget: (_, userId) => forgetOwners(env, [userId]) }),
  "ferrule-workflow": handleQueueBatch,
  "ferrule-workflow-dead": handleDeadLetterBatch,
};

/**
 * What these are told during a restore is of the time before it, and D1 has not what they would look for; at its end every run and every
 * chore is woken. Messages of rooms say themselves which log they are of.
 */
const SAID_AGAIN = ["ferrule-chores", "ferrule-workflow", "ferrule-workflow-dead"].map((name) => QUEUES[name]);

/** Where D1 does not answer, a batch comes again after so long. */
const UNKNOWN_SECONDS = 10;

/** Runs what the cron string stands for. An unknown one is an error, so that it shows. */
export async function scheduled(
  { cron }: Pick<ScheduledController, "cron">,
  env: Bindings,
  ctx?: Background,
): Promise<void> {
  const work = SCHEDULED[cron];
  if (work === undefined) throw new Error(`no work is known for the cron string ${cron}`);
  // it would wake runs whose events have not come, and sweep what nothing names yet
  if (!(await standsStill(env))) await work(env, ctx);
}

/** The consumer of a queue. Beside production the environment's name stands behind the queue's: `ferrule-archive-dev`. */
function consumerOf(queue: string): (typeof QUEUES)[string] | undefined {
  const names = Object.keys(QUEUES).filter((name) => queue === name || queue.startsWith(`${name}-`));
  // of two that fit the longer: ferrule-archive-dead-dev begins with ferrule-archive, too
  return QUEUES[names.reduce((longest, name) => (name.length > longest.length ? name : longest), "")];
}

/** Hands a batch to its queue's consumer. An unknown queue is an error, so its messages are retried and not lost. */
export async function queue(batch: MessageBatch, env: Bindings, ctx?: Background): Promise<void> {
  const consume = consumerOf(batch.queue);
  if (consume === undefined) throw new Error(`no consumer is known for the queue ${batch.queue}`);
  countQueue(env, batch);
  try {
    if (SAID_AGAIN.includes(consume) && (await standsStill(env))) return batch.ackAll();
  } catch (thrown) {
    logFailure("ask whether a restore is under way", thrown);
    return batch.retryAll({ delaySeconds: UNKNOWN_SECONDS });
  }
  await consume(batch, env, ctx);
}
