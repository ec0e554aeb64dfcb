// Fields of requests that hold a line for people to read: the rules are those of text.ts, the lengths are the caller's to name.
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
