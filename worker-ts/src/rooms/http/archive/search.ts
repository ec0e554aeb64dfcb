// Searching: in one room for whoever may read it, and in all rooms that the caller is in.
import * as z from "zod";
import {
  ApiError,
  type Bindings,
  type Caller,
  isWellFormed,
  pageLimit,
  type Route,
  randomLetters,
  route,
  wholeNumber,
} from "../../../platform";
import { QUERY_CHARS_MAX, QUERY_WORDS_MAX, wordsOf } from "../../archive/read/match";
import { SEARCHED_ROOMS_MAX, type Search, searchMessages } from "../../archive/read/search";
import { readableRooms } from "../../directory/joined-rooms";
import { readableRoom } from "../access";
import { messageShape, roomPath, seq, toMessage } from "../shapes";

const HITS_MAX = 50;
const HITS_DEFAULT = 20;
const SECRET_LETTERS = 16;

/** What is asked, as its words. */
const words = z
  .string()
  .min(1, "say what to look for")
  .max(QUERY_CHARS_MAX, `a question may have ${QUERY_CHARS_MAX} characters`)
  .refine(isWellFormed, "the question holds half a character")
  .transform(wordsOf)
  .refine(({ length }) => length <= QUERY_WORDS_MAX, `a question may have ${QUERY_WORDS_MAX} words`);
const limit = pageLimit(HITS_MAX, HITS_DEFAULT);

/** A message's id: where a list over many rooms goes on. */
const messageId = z
  .string()
  .regex(/^[a-z0-9-]{3,48}\.[1-9]\d{0,14}$/, "`before` is the `next` of the page before")
  .transform((id) => ({ roomId: id.slice(0, id.lastIndexOf(".")), seq: Number(id.slice(id.lastIndexOf(".") + 1)) }));

const hits = <T extends z.ZodType>(next: T) =>
  z.object({
    hits: z.array(
      z.object({
        message: messageShape,
        snippet: z
          .array(z.tuple([z.string(), z.boolean()]))
          .meta({ description: "Pieces of the text around what was found; true with those that were." }),
      }),
    ),
    next: next.meta({ description: "`before` of the next page; null when there is none." }),
  });

const searchRoom = route(
  {
    method: "GET",
    path: "/api/rooms/:id/search",
    summary:
      "Messages that hold every word of `q`, the last one also as the beginning of a word; the newest first, some seconds late.",
    access: "anyone",
    params: roomPath,
    query: z.object({ q: words, before: wholeNumber.pipe(seq).optional(), limit }),
    answers: { 200: hits(seq.nullable()) },
    errors: ["not_found", "banned"],
  },
  async ({ env, caller, params, query: { q, before, limit } }) => {
    const { room } = await readableRoom(env, params.id, caller);
    const place = before === undefined ? null : { roomId: room.id, seq: before };
    const { found, last } = await search(env, caller, { rooms: [room.id], words: q, before: place, limit });
    return { status: 200, body: { hits: found, next: last?.seq ?? null } };
  },
);

const searchAll = route(
  {
    method: "GET",
    path: "/api/search",
    summary: `As a search in one room, in those the caller is in: the ${SEARCHED_ROOMS_MAX} where something was said last.`,
    access: "user",
    query: z.object({ q: words, before: messageId.optional(), limit }),
    answers: { 200: hits(z.string().nullable()) },
  },
  async ({ env, caller, query: { q, before = null, limit } }) => {
    const rooms = await readableRooms(env.DB, caller.userId, SEARCHED_ROOMS_MAX);
    if (before !== null && !rooms.includes(before.roomId))
      throw new ApiError("bad_request", "you are not in that room", { field: "before" });
    const { found, last } = await search(env, caller, { rooms, words: q, before, limit });
    return { status: 200, body: { hits: found, next: last?.id ?? null } };
  },
);

/** The routes of this file. */
export const searchRoutes: readonly Route[] = [searchRoom, searchAll];

/** A page of hits, and its last message where there are more. */
async function search(env: Bindings, caller: Caller | null, asked: Omit<Search, "reader" | "secret">) {
  const who = { reader: caller?.userId ?? null, secret: randomLetters(SECRET_LETTERS) };
  const all = await searchMessages(env.DB, { ...asked, ...who });
  const found = all.slice(0, asked.limit).map(({ roomId, message, snippet }) => ({
    message: toMessage(roomId, message),
    snippet: snippet.map(([text, hit]): [string, boolean] => [text, hit]),
  }));
  return { found, last: all.length > asked.limit ? (found.at(-1)?.message ?? null) : null };
}
