// The piece of a text that a hit is shown by: what FTS5 has cut out and marked, as parts that say whether they were hit. Pure.

/** Most characters (code points) of a snippet; words may be as long as a whole message. */
export const SNIPPET_CHARS_MAX = 240;
/** So many of them stand before the first hit, where there are more. */
const LEAD_CHARS = 80;

/** A part of a snippet, and whether it is what was looked for. */
export type SnippetPart = readonly [text: string, hit: boolean];

/** Two marks for `snippet()`: nobody who writes a message knows them. `secret` differs for every search. */
export function snippetMarks(secret: string): readonly [open: string, close: string] {
  return [`\u0002${secret}`, `\u0003${secret}`];
}

/** The parts of a marked text, none of them empty, together no longer than SNIPPET_CHARS_MAX. */
export function snippetParts(marked: string, [open, close]: readonly [string, string]): SnippetPart[] {
  const [lead = "", ...rest] = marked.split(open);
  const parts: SnippetPart[] = [[tail(lead), false]];
  for (const piece of rest) {
    const [hit = "", after = ""] = piece.split(close);
    parts.push([hit, true], [after, false]);
  }
  let left = SNIPPET_CHARS_MAX;
  return parts.flatMap(([text, hit]): SnippetPart[] => {
    const shown = [...text].slice(0, left);
    left -= shown.length;
    return shown.length === 0 ? [] : [[shown.join(""), hit]];
  });
}

function tail(text: string): string {
  const characters = [...text];
  return characters.length > LEAD_CHARS ? `…${characters.slice(-LEAD_CHARS).join("")}` : text;
}
