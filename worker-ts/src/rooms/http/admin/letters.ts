// /api/admin/dead-letters: what consumers gave up on, whole, back into its queue, or away.
import * as z from "zod";
import {
  ApiError,
  type Bindings,
  type Caller,
  logFailure,
  now,
  parseJson,
  type Route,
  route,
  wholeNumber,
} from "../../../platform";
import {
  claimLetter,
  type DeadLetter,
  discardLetter,
  findDeadLetter,
  listDeadLetters,
  unclaimLetter,
  waitingLetters,
} from "../../archive/dead-letters";
import { addAudit } from "../../directory/audit-table";
import { roomId } from "../shapes";
import { next, pageQuery, toNext } from "./list";
import { noted } from "./noted";
import { isQueue, QUEUES, queueNames } from "./queues";

/** Letters that one call puts back. */
export const REPLAYED_MAX = 100;

const count = z.int().nonnegative();
const letterShape = z
  .object({
    id: z.string(),
    queue: z.string().meta({ description: "The queue that it was meant for." }),
    bytes: count,
    preview: z.string().meta({ description: "How the body begins." }),
    error: z.string(),
    at: count,
    replayedAt: count.nullable(),
    room: z.string().nullable().meta({ description: "The room that it names." }),
    runId: z.string().nullable().meta({ description: "The run that it names." }),
  })
  .meta({ id: "DeadLetter" });
const params = z.object({ id: z.string().min(1).max(128) });
const gone = () => new ApiError("not_found", "there is no such dead letter");

const letters = route(
  {
    method: "GET",
    path: "/api/admin/dead-letters",
    summary: "What consumers gave up on, the newest first.",
    access: "admin",
    query: pageQuery.extend({
      queue: z.enum(queueNames).nullable().default(null).meta({ description: "Only those of one queue." }),
      room: roomId.nullable().default(null).meta({ description: "Only those that name a room." }),
      waiting: z.enum(["0", "1"]).default("0").meta({ description: "`1`: only those that were not replayed." }),
    }),
    answers: { 200: z.object({ letters: z.array(letterShape), next }) },
  },
  async ({ env, query: { cursor, limit, waiting, ...query } }) => {
    const page = await listDeadLetters(env.DB, { ...query, waiting: waiting === "1", after: cursor, limit });
    return { status: 200, body: { letters: page.letters, next: toNext(page.next) } };
  },
);

const show = route(
  {
    method: "GET",
    path: "/api/admin/dead-letters/:id",
    summary: "A dead letter with all that it holds, as JSON in a text.",
    access: "admin",
    params,
    answers: { 200: letterShape.extend({ body: z.string() }).meta({ id: "WholeDeadLetter" }) },
    errors: ["not_found"],
  },
  async ({ env, params: { id } }) => {
    const letter = await findDeadLetter(env.DB, id);
    if (letter === null) throw gone();
    return { status: 200, body: letter };
  },
);

const replay = route(
  {
    method: "POST",
    path: "/api/admin/dead-letters/:id/replay",
    summary:
      "Puts a dead letter into its queue again. With `seen`, its `replayedAt` as it was seen (0 for never), nothing is done where somebody was quicker.",
    access: "admin",
    params,
    query: z.object({ seen: wholeNumber.nullable().default(null) }),
    answers: { 202: letterShape },
    errors: ["bad_request", "not_found"],
  },
  async ({ env, caller, params: { id }, query: { seen } }) => {
    const letter = await findDeadLetter(env.DB, id);
    if (letter === null) throw gone();
    const was = seen === null ? letter.replayedAt : seen || null;
    return { status: 202, body: (await putBack(env, caller, letter, was)) ?? withoutBody(letter) };
  },
);

const replayAll = route(
  {
    method: "POST",
    path: "/api/admin/queues/:queue/replay",
    summary: `Puts the dead letters of a queue that were not replayed into it again, the oldest first, ${REPLAYED_MAX} at most.`,
    access: "admin",
    params: z.object({ queue: z.enum(queueNames) }),
    answers: { 202: z.object({ replayed: count, left: z.boolean().meta({ description: "Whether there are more." }) }) },
    errors: ["not_found"],
  },
  async ({ env, caller, params: { queue } }) => {
    const waiting = await waitingLetters(env.DB, queue, REPLAYED_MAX + 1);
    let replayed = 0;
    for (const letter of waiting.slice(0, REPLAYED_MAX))
      if ((await putBack(env, caller, letter, null)) !== null) replayed++;
    return { status: 202, body: { replayed, left: waiting.length > REPLAYED_MAX } };
  },
);

const discard = route(
  {
    method: "DELETE",
    path: "/api/admin/dead-letters/:id",
    summary: "Throws a dead letter away, for good. What a room had sent with it the room sends again by itself.",
    access: "admin",
    params,
    answers: { 204: null },
    errors: ["not_found"],
  },
  async ({ env, caller, params: { id } }) => {
    const letter = await findDeadLetter(env.DB, id);
    if (letter === null) throw gone();
    const detail = { queue: letter.queue, letter: id };
    const entry = { ...noted(caller), roomId: letter.room, action: "discard_letter", subject: null, detail } as const;
    if (!(await discardLetter(env.DB, id, (guard, values) => addAudit(env.DB, entry, guard, values)))) throw gone();
    return { status: 204, body: null };
  },
);

/** The routes of this file. */
export const lettersRoutes: readonly Route[] = [letters, show, replay, replayAll, discard];

interface Whole extends DeadLetter {
  readonly body: string;
}

const withoutBody = ({ body: _, ...letter }: Whole): DeadLetter => letter;

/**
 * Puts a letter back, if it was replayed last when `was` says; null where somebody was quicker. First the claim and its note: of two who
 * press at once one sends. What cannot be sent is as it was; a claim whose sender died says when it was made, and is to be had again.
 */
async function putBack(
  env: Bindings,
  caller: Caller | null,
  letter: Pick<Whole, "id" | "queue" | "body">,
  was: number | null,
): Promise<DeadLetter | null> {
  const { id, queue, body } = letter;
  if (!isQueue(queue)) throw new ApiError("bad_request", "its queue is gone", { field: "id" });
  const at = Math.max(now(), (was ?? 0) + 1);
  const entry = { ...noted(caller), action: "replay_letter", subject: null, detail: { queue, letter: id } } as const;
  const note = (guard: string, values: readonly unknown[]) => addAudit(env.DB, entry, guard, values);
  const claimed = await claimLetter(env.DB, { id, was, at }, note);
  if (claimed === null) return null;
  try {
    await env[QUEUES[queue]].send(parseJson(body));
  } catch (thrown) {
    await unclaimLetter(env.DB, { id, was, at }).catch((late) => logFailure("let a dead letter go", late));
    throw thrown;
  }
  return claimed;
}
