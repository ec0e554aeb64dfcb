// Fields of requests that several subsystems have: lines for people to read, by the rules of text.ts, and numbers of a query. How much is
// allowed is the caller's to name.
import * as z from "zod";
import { displayName, type Line, plainLine, utf8Length } from "../text";

/** Longer than that, in units of UTF-16, is not even looked at: so many of a line of so many bytes may fall away (blanks, dress). */
const SENT_TIMES_MAX = 4;

/** A line by one of the rules; empty only where `least` is 0. */
function line(rule: (sent: string) => Line, what: string, bytesMax: number, least: 0 | 1) {
  const tooLong = `${what} may have ${bytesMax} bytes`;
  return z
    .string()
    .max(bytesMax * SENT_TIMES_MAX, { error: tooLong, abort: true })
    .transform((sent, context) => {
      const { text, refused } = rule(sent);
      const short = text !== undefined && text.length < least;
      const long = text !== undefined && utf8Length(text) > bytesMax;
      if (text !== undefined && !short && !long) return text;
      context.addIssue({ code: "custom", message: refused ?? (short ? `${what} is needed` : tooLong) });
      return z.NEVER;
    })
    .meta({ description: `At most ${bytesMax} bytes, without characters that are not seen.` });
}

/** The name of a person: `displayName`. */
export const nameField = (bytesMax: number) => line(displayName, "a name", bytesMax, 1);

/** A line that must not be empty, as a title: `plainLine`. */
export const titleField = (bytesMax: number) => line(plainLine, "a title", bytesMax, 1);

/** A line that may be empty, as a topic: `plainLine`. */
export const topicField = (bytesMax: number) => line(plainLine, "a topic", bytesMax, 0);

/** Whole numbers of a query, written as text. */
export const wholeNumber = z
  .string()
  .regex(/^\d{1,15}$/, "a whole number is needed")
  // to whoever calls it is a number
  .meta({ type: "integer", minimum: 0, pattern: undefined })
  .transform(Number);

/** How many entries of a list are wanted at once. */
export const pageLimit = (most: number, otherwise: number) =>
  wholeNumber
    .pipe(z.int().min(1).max(most))
    .default(otherwise)
    .meta({ description: `1 to ${most}; ${otherwise} when left out.` });
