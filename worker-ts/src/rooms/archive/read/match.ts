// From what somebody types to what FTS5 is asked. Every word is quoted, so nothing in it is an operator. Pure: no SQL runs here.

/** Most UTF-16 units of a question, and most words of it. */
export const QUERY_CHARS_MAX = 200;
export const QUERY_WORDS_MAX = 16;

/** What the index takes for a part of a word (`unicode61`); all else parts words. */
const LETTER = /[\p{L}\p{N}\p{Co}]/u;
/** A last word of one letter stands for itself: as a beginning it would stand for half of all words. */
const BEGINS_WORD = /[\p{L}\p{N}\p{Co}\p{M}]{2}$/u;

/** The words of a question, as they stand in it: each is a word of the index, or several that must follow each other. */
export function wordsOf(query: string): string[] {
  return query.split(/[\s\p{Cc}]+/u).filter((word) => LETTER.test(word));
}

/**
 * The expression for messages of these rooms that hold every word, the last one also as the beginning of a word; null when
 * there is nothing to look for or nowhere to look.
 */
export function matchOf(rooms: readonly string[], words: readonly string[]): string | null {
  const last = words.at(-1);
  if (last === undefined || rooms.length === 0) return null;
  const prefix = BEGINS_WORD.test(last) ? " *" : "";
  return `room : (${rooms.map((id) => quoted(roomWord(id))).join(" OR ")}) AND text : (${words.map(quoted).join(" ")}${prefix})`;
}

/** A room's id as the one word that it is in the index (the view `message_searched`). */
function roomWord(id: string): string {
  return id.replaceAll("-", "ø");
}

function quoted(word: string): string {
  return `"${word.replaceAll('"', '""')}"`;
}
