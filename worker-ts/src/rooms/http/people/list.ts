// What lists of people and of what they did have in common: a page's size, and a place to go on at that is opaque to callers.
import * as z from "zod";
import { ApiError, fromBase64url, pageLimit, parseJson, toBase64url } from "../../../platform";

/** Most entries of a page. */
const LIST_MAX = 100;
const LIST_DEFAULT = 50;
/** Longer than any cursor of ours. */
const CURSOR_MAX = 256;

/** Which page is wanted. */
export const pageQuery = z.object({
  cursor: z.string().max(CURSOR_MAX).optional().meta({ description: "`next` of the page before." }),
  limit: pageLimit(LIST_MAX, LIST_DEFAULT),
});

/** A place in a list as answers show it. */
export function toCursor(...parts: readonly (string | number)[]): string {
  return toBase64url(new TextEncoder().encode(JSON.stringify(parts)));
}

/** The place that a cursor names, by the shape of its parts; null where the list begins. */
export function fromCursor<T>(cursor: string | undefined, parts: z.ZodType<T>): T | null {
  if (cursor === undefined) return null;
  const bytes = fromBase64url(cursor);
  const known = parts.safeParse(bytes && parseJson(new TextDecoder().decode(bytes)));
  if (!known.success) throw new ApiError("bad_request", "the cursor is none of ours", { field: "cursor" });
  return known.data;
}
