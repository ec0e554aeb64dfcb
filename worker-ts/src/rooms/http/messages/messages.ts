// /api/rooms/:id/messages: reading, writing, changing and erasing messages.
import * as z from "zod";
import { type Route, route } from "../../../platform";
import { messagePath, messageShape, newMessage, roomPath, text } from "../shapes";
import { pageOf, pageQuery, READ_ERRORS, readMessage, readPage } from "./page";
import { applyIn, KEY_HEADER, keyOf, post, repeated, shown, WRITE_ERRORS } from "./write";

const PATH = "/api/rooms/:id/messages";

const read = route(
  {
    method: "GET",
    path: PATH,
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
    path: PATH,
    summary: "Writes a message; with files, the text may be empty and becomes their names.",
    access: "user",
    params: roomPath,
    headers: KEY_HEADER,
    body: newMessage,
    answers: { 201: messageShape, 200: messageShape.extend(repeated).meta({ id: "RepeatedMessage" }) },
    errors: WRITE_ERRORS,
  },
  async ({ env, caller, params, body, request }) => {
    const { message, duplicate } = await post(env, caller, params.id, request, body);
    return duplicate ? { status: 200, body: { ...message, duplicate: true } } : { status: 201, body: message };
  },
);

const show = route(
  {
    method: "GET",
    path: `${PATH}/:seq`,
    summary: "One message.",
    access: "anyone",
    params: messagePath,
    answers: { 200: messageShape },
    errors: ["not_found", "banned"],
  },
  async ({ env, caller, params }) => ({ status: 200, body: await readMessage(env, caller, params.id, params.seq) }),
);

const edit = route(
  {
    method: "PATCH",
    path: `${PATH}/:seq`,
    summary: "Gives a message of the caller's a new text, for as long as the room lets it be edited.",
    access: "user",
    params: messagePath,
    headers: KEY_HEADER,
    body: z.strictObject({ text }),
    answers: { 200: messageShape },
    errors: WRITE_ERRORS,
  },
  async ({ env, caller, params: { id, seq: target }, body, request }) => {
    const operation = { type: "edit", id: keyOf(request).id, target, text: body.text } as const;
    const done = await applyIn(env, caller, id, operation);
    return { status: 200, body: await shown(env, id, done) };
  },
);

const erase = route(
  {
    method: "DELETE",
    path: `${PATH}/:seq`,
    summary: "Erases a message: its author's own, or anybody's for moderators. Also when it is erased already.",
    access: "user",
    params: messagePath,
    headers: KEY_HEADER,
    answers: { 204: null },
    errors: WRITE_ERRORS,
  },
  async ({ env, caller, params: { id, seq: target }, request }) => {
    await applyIn(env, caller, id, { type: "delete", id: keyOf(request).id, target });
    return { status: 204, body: null };
  },
);

/** The routes of this file. */
export const messagesRoutes: readonly Route[] = [read, write, show, edit, erase];
