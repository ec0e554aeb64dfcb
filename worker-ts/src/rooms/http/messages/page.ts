// Pages of messages, as the room and the archive have them together: what the routes and the seed's aliases read.
import * as z from "zod";
import { ApiError, type Bindings, type Caller, pageLimit, wholeNumber } from "../../../platform";
import { completePage } from "../../archive/history";
import { readableRoom } from "../access";
import { seq, toMessage } from "../shapes";

const PAGE_MAX = 200;
const PAGE_DEFAULT = 50;

/** Which page: the newest messages, or those before or after a seq. */
export const pageQuery = z.object({
  before: wholeNumber.optional(),
  after: wholeNumber.optional(),
  limit: pageLimit(PAGE_MAX, PAGE_DEFAULT),
  pinned: z.enum(["0", "1"]).default("0").meta({ description: "1: only those that are pinned." }),
});

/** A page of messages of this shape. */
export const pageOf = <T extends z.ZodType>(message: T) =>
  z.object({
    messages: z.array(message),
    before: seq.nullable().meta({ description: "For the page before this one; null when there is none." }),
    after: seq.nullable().meta({ description: "For the page after this one; null when there is none." }),
    head: z.int(),
  });

/** Refusals of whoever reads pages. */
export const READ_ERRORS = ["bad_request", "not_found", "banned"] as const;

/** A page of a room that the caller may read. */
export async function readPage(env: Bindings, caller: Caller | null, id: string, query: z.output<typeof pageQuery>) {
  const { before, after, limit } = query;
  if (before !== undefined && after !== undefined)
    throw new ApiError("bad_request", "before and after exclude each other", { field: "after" });
  const { stub } = await readableRoom(env, id, caller);
  const page = await stub.page({
    limit,
    reader: caller?.userId ?? null,
    ...(before !== undefined && { before }),
    ...(after !== undefined && { after }),
    ...(query.pinned === "1" && { pinned: true }),
  });
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

/** One message of a room that the caller may read. */
export async function readMessage(env: Bindings, caller: Caller | null, id: string, wanted: number) {
  const { stub } = await readableRoom(env, id, caller);
  const page = await stub.page({ before: wanted + 1, limit: 1, reader: caller?.userId ?? null });
  const found = (await completePage(env.DB, id, page)).find((message) => message.seq === wanted);
  if (found === undefined) throw new ApiError("not_found", "there is no such message");
  return toMessage(id, found);
}
