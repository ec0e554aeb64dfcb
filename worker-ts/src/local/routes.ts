// /api/local: breaking the Worker on purpose. Only for a page or a program on this very machine, and only in the local Worker.
import * as z from "zod";
import { ApiError, type Bindings, originOf, type Route, requestId, route } from "../platform";
import { archivedMessages } from "./archive-table";
import { coreFigures } from "./core";
import { evict } from "./evict";
import { deliveredSoFar, misbehave, misbehaviour } from "./queue";
import { askForDeath, isSupervised } from "./supervisor";

const LOOPBACK = ["localhost", "127.0.0.1", "[::1]"];

const queueShape = z.object({ twice: z.boolean(), shuffle: z.boolean(), lost: z.boolean().default(false) });
const roomPath = z.object({ id: z.string().min(3).max(48) });
const count = z.number().int();
const statusShape = z
  .object({
    /** Another process, another name. */
    process: z.string(),
    /** Whether it can be killed and comes back. */
    supervised: z.boolean(),
    queue: queueShape,
    delivered: z.object({ messages: count, again: count, overtaken: count }),
    /** Bytes of the core's memory, and handles that nobody has given back. */
    core: z.object({ memoryBytes: count, liveHandles: count }),
  })
  .meta({ id: "LocalStatus" });

/** This process's name, given at its first request: there is no randomness before. */
let name: string | undefined;

/**
 * Refuses everything but this machine talking to itself: a name that leads here (another one may be a stranger's, pointed at this
 * machine), no other page (not even a trusted one), no request that a browser marks as coming from elsewhere.
 */
function onlyHere(request: Request): void {
  const origin = request.headers.get("origin");
  const site = request.headers.get("sec-fetch-site") ?? "none";
  if (!LOOPBACK.includes(new URL(request.url).hostname) || (origin !== null && origin !== originOf(request)))
    throw new ApiError("origin_refused", "only this machine may ask for this");
  if (site !== "same-origin" && site !== "none")
    throw new ApiError("origin_refused", "this request came from a page that may not send it");
}

const statusOf = (env: Bindings) => {
  name ??= requestId();
  const queue = misbehaviour(env);
  return { process: name, supervised: isSupervised(env), queue, delivered: deliveredSoFar(), core: coreFigures() };
};

const status = route(
  {
    method: "GET",
    path: "/api/local/status",
    summary: "Which process answers, whether it can be killed, how the queue behaves.",
    access: "public",
    answers: { 200: statusShape },
    errors: ["origin_refused"],
  },
  async ({ env, request }) => {
    onlyHere(request);
    return { status: 200, body: statusOf(env) };
  },
);

const setQueue = route(
  {
    method: "POST",
    path: "/api/local/queue",
    summary: "Lets the queues deliver twice, or out of order, or not at all, or as they should.",
    access: "public",
    body: queueShape,
    answers: { 200: statusShape },
    errors: ["origin_refused"],
  },
  async ({ env, request, body }) => {
    onlyHere(request);
    misbehave(body);
    return { status: 200, body: statusOf(env) };
  },
);

const evictRoom = route(
  {
    method: "POST",
    path: "/api/local/rooms/:id/evict",
    summary: "Takes the room's memory away, or that of one of its relays; its sockets and its storage stay.",
    access: "public",
    params: roomPath,
    query: z.object({ relay: z.coerce.number().int().min(1).optional() }),
    answers: { 200: z.object({ evicted: z.boolean() }) },
    errors: ["origin_refused"],
  },
  async ({ env, request, params, query }) => {
    onlyHere(request);
    const stub =
      query.relay === undefined ? env.ROOM.getByName(params.id) : env.RELAY.getByName(`${params.id}/${query.relay}`);
    return { status: 200, body: { evicted: await evict(stub) } };
  },
);

const readArchive = route(
  {
    method: "GET",
    path: "/api/local/rooms/:id/archive",
    summary: "The messages that the archive holds of a room behind a seq, a thousand at most.",
    access: "public",
    params: roomPath,
    query: z.object({ after: z.coerce.number().int().min(0).default(0) }),
    answers: { 200: z.object({ messages: z.array(z.object({ id: z.string(), seq: count, text: z.string() })) }) },
    errors: ["origin_refused"],
  },
  async ({ env, request, params, query }) => {
    onlyHere(request);
    return { status: 200, body: { messages: await archivedMessages(env.DB, params.id, query.after) } };
  },
);

const kill = route(
  {
    method: "POST",
    path: "/api/local/kill",
    summary: "Kills the server (SIGKILL) and starts it again on the same state.",
    access: "public",
    answers: { 202: z.object({ process: z.string() }) },
    errors: ["origin_refused", "not_found"],
  },
  async ({ env, request }) => {
    onlyHere(request);
    const { process } = statusOf(env);
    await askForDeath(env);
    return { status: 202, body: { process } };
  },
);

/** Every route of local. */
export const localRoutes: readonly Route[] = [status, setQueue, evictRoom, readArchive, kill];
