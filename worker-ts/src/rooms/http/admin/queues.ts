// /api/admin/queues: what waits, and putting something in by hand.
import * as z from "zod";
import { ApiError, type Bindings, logFailure, type Route, route, utf8Length } from "../../../platform";
import { addAudit } from "../../directory/audit-table";
import { noted } from "./noted";

/** A queue takes no more bytes in one message. */
const QUEUE_BYTES_MAX = 128_000;

/** The bindings by the names that wrangler.jsonc gives the queues. */
export const QUEUES = {
  "ferrule-archive": "ARCHIVE_QUEUE",
  "ferrule-archive-dead": "ARCHIVE_DEAD_QUEUE",
  "ferrule-chores": "CHORES_QUEUE",
  "ferrule-workflow": "WORKFLOW_QUEUE",
  "ferrule-workflow-dead": "WORKFLOW_DEAD_QUEUE",
} as const satisfies Readonly<Record<string, keyof Bindings>>;

type QueueName = keyof typeof QUEUES;
/** Those names. */
export const queueNames = Object.keys(QUEUES) as QueueName[];
/** Whether a queue has this name. */
export const isQueue = (name: string): name is QueueName => Object.hasOwn(QUEUES, name);

const count = z.int().nonnegative();
/** How a queue stands. */
export const queueShape = z
  .object({
    name: z.enum(queueNames),
    messages: count.nullable().meta({ description: "Messages that wait; null when the queue does not tell." }),
    bytes: count.nullable(),
    oldestAt: count.nullable().meta({ description: "Since when the oldest one waits; null when none does." }),
  })
  .meta({ id: "Queue" });
const queues = route(
  {
    method: "GET",
    path: "/api/admin/queues",
    summary: "The queues and what waits in them.",
    access: "admin",
    answers: { 200: z.object({ queues: z.array(queueShape) }) },
  },
  async ({ env }) => ({ status: 200, body: { queues: await queueStandings(env) } }),
);

const send = route(
  {
    method: "POST",
    path: "/api/admin/queues/:queue",
    summary: "Puts the body, which is any JSON, into a queue. Its consumer says what it takes.",
    access: "admin",
    params: z.object({ queue: z.enum(queueNames) }),
    body: z.unknown(),
    answers: { 202: z.object({ queue: z.enum(queueNames), bytes: count }) },
    errors: ["not_found"],
  },
  async ({ env, caller, params: { queue }, body }) => {
    const bytes = utf8Length(JSON.stringify(body));
    if (bytes > QUEUE_BYTES_MAX)
      throw new ApiError("too_large", `a message may have ${QUEUE_BYTES_MAX} bytes`, { field: "body" });
    // first the note: what is in the queue must not be there without one
    await addAudit(env.DB, {
      ...noted(caller),
      action: "send_message",
      subject: null,
      detail: { queue, bytes },
    }).run();
    await env[QUEUES[queue]].send(body);
    return { status: 202, body: { queue, bytes } };
  },
);

/** The routes of this file. */
export const queuesRoutes: readonly Route[] = [queues, send];

/** How all queues stand. */
export function queueStandings(env: Bindings): Promise<z.infer<typeof queueShape>[]> {
  return Promise.all(queueNames.map((name) => standing(env, name)));
}

/** How a queue stands; one that does not tell is shown all the same. */
async function standing(env: Bindings, name: QueueName): Promise<z.infer<typeof queueShape>> {
  try {
    const { backlogCount, backlogBytes, oldestMessageTimestamp } = await env[QUEUES[name]].metrics();
    return { name, messages: backlogCount, bytes: backlogBytes, oldestAt: oldestMessageTimestamp?.getTime() ?? null };
  } catch (thrown) {
    logFailure(`ask how the queue ${name} stands`, thrown);
    return { name, messages: null, bytes: null, oldestAt: null };
  }
}
