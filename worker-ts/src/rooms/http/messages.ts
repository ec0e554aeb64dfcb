// /api/rooms/:id/messages and the seed's aliases under /api/messages: one set of functions, two spellings.
import * as z from "zod";
import { ApiError, type Bindings, type Caller, type Route, route } from "../../platform";
import { completePage } from "../archive/history";
import { messageIdBytes, randomMessageId } from "../message-id";
import type { PageQuery } from "../operation";
import { actorOf, joinedRoom, readableRoom } from "./access";
import { type MessageShape, messageShape, roomId, roomPath, seq, text, toMessage, wholeNumber } from "./shapes";

const PAGE_MAX = 200;
const PAGE_DEFAULT = 50;
const LOBBY = "lobby";
const KEY_HEADER = { "idempotency-key": "A UUID: the client's message id. A repeat with it stores nothing twice." };

const pageQuery = z.object({
  before: wholeNumber.optional(),
  after: wholeNumber.optional(),
  limit: wholeNumber.pipe(z.int().min(1).max(PAGE_MAX)).default(PAGE_DEFAULT),
});
const pageOf = <T extends z.ZodType>(message: T) =>
  z.object({
    messages: z.array(message),
    before: seq.nullable().meta({ description: "For the page before this one; null when there is none." }),
    after: seq.nullable().meta({ description: "For the page after this one; null when there is none." }),
    head: z.int(),
  });
const post = z.object({ text, replyTo: seq.nullish(), files: z.array(z.never()).optional() });

/** The seed's spelling: `content` for the text, and a room that may be left out. */
const seedPost = post
  .extend({ room: roomId.default(LOBBY), text: text.optional(), content: text.optional() })
  .transform(({ text, content, ...rest }, context) => {
    const given = text ?? content;
    if (given !== undefined) return { ...rest, text: given };
    context.addIssue({ code: "custom", path: ["text"], message: "a message needs text" });
    return z.NEVER;
  });

/** What the seed called the same things. `updated_at` is the time of the last edit. */
const seedShape = messageShape
  .extend({ content: z.string(), room_id: z.string(), user_id: z.string(), created_at: z.int(), updated_at: z.int() })
  .meta({ id: "SeedMessage" });
const repeated = { duplicate: z.literal(true) };

const READ_ERRORS = ["bad_request", "not_found", "banned"] as const;
const WRITE_ERRORS = ["forbidden", "banned", "room_closed", "not_found", "conflict", "rate_limited"] as const;

const read = route(
  {
    method: "GET",
    path: "/api/rooms/:id/messages",
    summary: "A page of messages by rising seq: the newest, or those before or after a seq.",
    access: "anyone",
    params: roomPath,
    query: pageQuery,
    answers: { 200: pageOf(messageShape) },
    errors: READ_ERRORS,
  },
  async ({ env, caller, params, query }) => ({ status: 200, body: await readPage(env, caller, params.id, query) }),
);

const write = route(
  {
    method: "POST",
    path: "/api/rooms/:id/messages",
    summary: "Writes a message.",
    access: "user",
    params: roomPath,
    headers: KEY_HEADER,
    body: post,
    answers: { 201: messageShape, 200: messageShape.extend(repeated) },
    errors: WRITE_ERRORS,
  },
  async ({ env, caller, params, body, request }) => {
    const { message, duplicate } = await writeMessage(env, caller, params.id, request, body);
    return duplicate ? { status: 200, body: { ...message, duplicate: true } } : { status: 201, body: message };
  },
);

const show = route(
  {
    method: "GET",
    path: "/api/rooms/:id/messages/:seq",
    summary: "One message.",
    access: "anyone",
    params: roomPath.extend({ seq: wholeNumber.pipe(seq) }),
    answers: { 200: messageShape },
    errors: ["not_found", "banned"],
  },
  async ({ env, caller, params }) => {
    const { stub } = await readableRoom(env, params.id, caller);
    const page = await stub.page({ before: params.seq + 1, limit: 1 });
    const found = (await completePage(env.DB, params.id, page)).find((message) => message.seq === params.seq);
    if (found === undefined) throw new ApiError("not_found", "there is no such message");
    return { status: 200, body: toMessage(params.id, found) };
  },
);

const readAlias = route(
  {
    method: "GET",
    path: "/api/messages",
    summary: "As GET /api/rooms/{room}/messages, with the seed's fields beside ours.",
    access: "anyone",
    query: pageQuery.extend({ room: roomId.default(LOBBY) }),
    answers: { 200: pageOf(seedShape) },
    errors: READ_ERRORS,
  },
  async ({ env, caller, query: { room, ...query } }) => {
    const page = await readPage(env, caller, room, query);
    return { status: 200, body: { ...page, messages: page.messages.map(withSeedFields) } };
  },
);

const writeAlias = route(
  {
    method: "POST",
    path: "/api/messages",
    summary: "As POST /api/rooms/{room}/messages; the text may be called `content`.",
    access: "user",
    headers: KEY_HEADER,
    body: seedPost,
    answers: { 201: seedShape, 200: seedShape.extend(repeated) },
    errors: WRITE_ERRORS,
  },
  async ({ env, caller, body, request }) => {
    const { message, duplicate } = await writeMessage(env, caller, body.room, request, body);
    const shown = withSeedFields(message);
    return duplicate ? { status: 200, body: { ...shown, duplicate: true } } : { status: 201, body: shown };
  },
);

/** The routes of this file. */
export const messagesRoutes: readonly Route[] = [read, write, show, readAlias, writeAlias];

async function readPage(env: Bindings, caller: Caller | null, id: string, query: z.output<typeof pageQuery>) {
  const { before, after, limit } = query;
  if (before !== undefined && after !== undefined)
    throw new ApiError("bad_request", "before and after exclude each other", { field: "after" });
  const { stub } = await readableRoom(env, id, caller);
  const page = await stub.page(toPageQuery(before, after, limit));
  const { trimmed, messages, head, more } = page;
  const first = (trimmed[0] ?? messages[0])?.seq ?? null;
  const last = (messages.at(-1) ?? trimmed.at(-1))?.seq ?? null;
  const forward = after !== undefined;
  return {
    messages: (await completePage(env.DB, id, page)).map((message) => toMessage(id, message)),
    // in the direction asked the room knows; in the other there is something if the query stood in its way
    before: (forward ? after > 0 : more) ? first : null,
    after: (forward ? more : before !== undefined && last !== null && last < head) ? last : null,
    head,
  };
}

function toPageQuery(before: number | undefined, after: number | undefined, limit: number): PageQuery {
  return { limit, ...(before !== undefined && { before }), ...(after !== undefined && { after }) };
}

async function writeMessage(env: Bindings, caller: Caller, id: string, request: Request, input: z.output<typeof post>) {
  const key = request.headers.get("idempotency-key");
  const messageId = key === null ? randomMessageId() : messageIdBytes(key);
  if (messageId === null)
    throw new ApiError("bad_request", "the idempotency key must be a UUID", { field: "idempotency-key" });
  const { stub, role } = await joinedRoom(env, id, caller);
  const { text, replyTo } = input;
  const outcome = await stub.apply(actorOf(caller, role), { type: "post", id: messageId, text, replyTo: replyTo ?? 0 });
  if (!outcome.ok) {
    const { code, message, retryAfterMs } = outcome;
    throw new ApiError(code, message, retryAfterMs === undefined ? {} : { retryAfterMs });
  }
  return { message: toMessage(id, outcome.message), duplicate: outcome.duplicate };
}

function withSeedFields(message: MessageShape): z.infer<typeof seedShape> {
  return {
    ...message,
    content: message.text,
    room_id: message.roomId,
    user_id: message.author.id,
    created_at: message.ts,
    updated_at: message.editedAt ?? message.ts,
  };
}
