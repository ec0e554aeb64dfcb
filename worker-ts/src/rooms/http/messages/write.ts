// Writing by HTTP: what a request becomes of a room's operations, and what their outcomes become of answers.
import * as z from "zod";
import { ApiError, type Bindings, type Caller, now } from "../../../platform";
import { completePage } from "../../archive/history";
import { claimFiles, releaseFiles } from "../../files/file-table";
import type { Operation, Outcome } from "../../operation";
import { messageIdBytes, messageIdText, randomMessageId } from "../../wire/message-id";
import { type Joined, joinedRoom } from "../access";
import { type MessageShape, toMessage } from "../shapes";

/** The header that every write may have, for the document. */
export const KEY_HEADER = {
  "idempotency-key": "A UUID: the client's message id. A repeat with it changes nothing twice.",
};

/** Refusals of whoever writes. */
export const WRITE_ERRORS = ["forbidden", "banned", "room_closed", "not_found", "conflict", "rate_limited"] as const;

/** The id of a write. */
interface Key {
  readonly id: Uint8Array;
  /** Whether the caller named it and may send the same again. */
  readonly given: boolean;
}

/** The caller's key, or a new id when there is none. Throws `bad_request` for what is no UUID. */
export function keyOf(request: Request): Key {
  const key = request.headers.get("idempotency-key");
  if (key === null) return { id: randomMessageId(), given: false };
  const id = messageIdBytes(key);
  if (id === null)
    throw new ApiError("bad_request", "the idempotency key must be a UUID", { field: "idempotency-key" });
  return { id, given: true };
}

/** What went well. */
export type Done = Extract<Outcome, { readonly ok: true }>;

/** Has the room of a member do something; a refusal is thrown. */
export async function apply({ stub, actor }: Joined, operation: Operation): Promise<Done> {
  const outcome = await stub.apply(actor, operation);
  if (outcome.ok) return outcome;
  const { code, message, retryAfterMs } = outcome;
  throw new ApiError(code, message, retryAfterMs === undefined ? {} : { retryAfterMs });
}

/** Has the caller do something in a room. */
export async function applyIn(env: Bindings, caller: Caller, roomId: string, operation: Operation): Promise<Done> {
  return apply(await joinedRoom(env, roomId, caller), operation);
}

/** The message that was written or changed; the archive has the rest of one that the room has trimmed. */
export async function shown(env: Bindings, roomId: string, { message, trimmed }: Done): Promise<MessageShape> {
  if (message !== null) return toMessage(roomId, message);
  const page = { trimmed: trimmed === null ? [] : [trimmed], messages: [], head: 0, more: false };
  const [found] = await completePage(env.DB, roomId, page);
  if (found === undefined) throw new Error(`neither the room ${roomId} nor the archive has a message that was changed`);
  return toMessage(roomId, found);
}

/** A message that somebody wants to write. */
export interface NewMessage {
  /** May be empty where there are files. */
  readonly text: string;
  readonly replyTo?: number | null | undefined;
  /** Ids of files. */
  readonly files?: readonly string[] | undefined;
}

/** How a message was taken: written now, or there already. */
export interface Posted {
  readonly message: MessageShape;
  readonly duplicate: boolean;
}

/** Writes a message. */
export async function post(
  env: Bindings,
  caller: Caller,
  roomId: string,
  request: Request,
  input: NewMessage,
): Promise<Posted> {
  const { id, given } = keyOf(request);
  const room = await joinedRoom(env, roomId, caller);
  const { text, files: ids = [] } = input;
  const files = await claimFiles(env.DB, roomId, caller.userId, messageIdText(id), ids, now());
  const noFiles = () =>
    new ApiError("not_found", "a file is not there, not yours, or sent already", { field: "files" });
  if (files === null && !given) throw noFiles();
  try {
    // With files that are gone nothing can be written; a message that was, and erased since, is still known by its key.
    const known = files ?? [];
    const operation = { type: "post", id, text: files === null ? "" : text, replyTo: input.replyTo ?? 0 } as const;
    const done = await apply(room, known.length === 0 ? operation : { ...operation, files: known });
    return { message: await shown(env, roomId, done), duplicate: done.status === "duplicate" };
  } catch (thrown) {
    if (!(thrown instanceof ApiError)) throw thrown;
    // nobody else knows the id, so nobody will send this message again
    if (!given && ids.length > 0) await releaseFiles(env.DB, roomId, caller.userId, messageIdText(id));
    throw files === null ? noFiles() : thrown;
  }
}

/** What a repeat of a write is answered with, beside the message. */
export const repeated = { duplicate: z.literal(true) };
