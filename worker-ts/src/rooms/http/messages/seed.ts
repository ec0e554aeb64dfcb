// The seed's older names under /api/messages: the same functions in another spelling, with its fields beside ours.
import * as z from "zod";
import { type Route, route } from "../../../platform";
import { emoji, type MessageShape, messageShape, newMessage, postText, roomId } from "../shapes";
import { pageOf, pageQuery, READ_ERRORS, readPage } from "./page";
import { applyIn, KEY_HEADER, keyOf, post, repeated, shown, WRITE_ERRORS } from "./write";

const LOBBY = "lobby";

/** The seed's spelling: `content` for the text, and a room that may be left out. */
const seedMessage = z
  .object({
    room: roomId.default(LOBBY),
    content: postText.optional(),
    ...newMessage.shape,
    text: postText.optional(),
  })
  .transform(({ text, content, ...rest }, context) => {
    const given = text ?? content ?? "";
    if (given !== "" || rest.files.length > 0) return { ...rest, text: given };
    context.addIssue({ code: "custom", path: ["text"], message: "a message needs text" });
    return z.NEVER;
  });

/** What the seed called the same things. `updated_at` is the time of the last edit. */
const seedShape = messageShape
  .extend({ content: z.string(), room_id: z.string(), user_id: z.string(), created_at: z.int(), updated_at: z.int() })
  .meta({ id: "SeedMessage" });

const read = route(
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

const write = route(
  {
    method: "POST",
    path: "/api/messages",
    summary: "As POST /api/rooms/{room}/messages; the text may be called `content`.",
    access: "user",
    headers: KEY_HEADER,
    body: seedMessage,
    answers: { 201: seedShape, 200: seedShape.extend(repeated).meta({ id: "RepeatedSeedMessage" }) },
    errors: WRITE_ERRORS,
  },
  async ({ env, caller, body: { room, ...input }, request }) => {
    const { message, duplicate } = await post(env, caller, room, request, input);
    const body = withSeedFields(message);
    return duplicate ? { status: 200, body: { ...body, duplicate: true } } : { status: 201, body };
  },
);

/** `room.seq` */
const messageId = z
  .string()
  .regex(/^[a-z0-9-]{3,48}\.[1-9]\d{0,14}$/)
  .transform((id) => {
    const [room, at] = id.split(".") as [string, string];
    return { room, seq: Number(at) };
  });

const react = route(
  {
    method: "PUT",
    path: "/api/messages/:id/react",
    summary: "Sets the caller's reaction to the message `room.seq`, or takes it away (`on: false`).",
    access: "user",
    params: z.object({ id: messageId }),
    headers: KEY_HEADER,
    body: z.object({ emoji, on: z.boolean().default(true) }),
    answers: { 200: seedShape },
    errors: WRITE_ERRORS,
  },
  async ({ env, caller, params, body, request }) => {
    const { room, seq: target } = params.id;
    const done = await applyIn(env, caller, room, { type: "react", id: keyOf(request).id, target, ...body });
    return { status: 200, body: withSeedFields(await shown(env, room, done)) };
  },
);

/** The routes of this file. */
export const seedRoutes: readonly Route[] = [read, write, react];

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
