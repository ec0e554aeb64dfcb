// What all lists for admins have in common: a text to look for, a place to go on at, a limit.
import * as z from "zod";
import { pageLimit, wholeNumber } from "../../../platform";

/** Most entries of a page. */
const LIST_MAX = 100;
const LIST_DEFAULT = 50;
/** Most characters of a text to look for. */
const Q_MAX = 100;

const page = {
  cursor: wholeNumber.nullable().default(null).meta({ description: "`next` of the page before." }),
  limit: pageLimit(LIST_MAX, LIST_DEFAULT),
};

/** A page of a list. */
export const pageQuery = z.object(page);

/** A page of a list that can be searched. */
export const searchQuery = z.object({
  ...page,
  q: z.string().trim().min(1).max(Q_MAX).nullable().default(null).meta({ description: "What to look for." }),
});

/** Where the list goes on. */
export const next = z.string().nullable();

/** A place in a list as answers show it. */
export const toNext = (place: number | null): string | null => (place === null ? null : String(place));
