// Finds web addresses in plain text. Pure: gives parts, draws nothing, and lets http and https through alone, none that names
// somebody to sign in as (what stands before the @ looks like a host), none with marks that turn the direction of writing.

/** A run of text; `href` is set when it is an address. */
export interface Part {
  readonly text: string;
  readonly href?: string;
}

const ADDRESS = /\bhttps?:\/\/[^\s<>"`\p{Bidi_Control}\p{Cc}]+/giu;
const CLOSERS: Readonly<Record<string, string>> = { ")": "(", "]": "[", "}": "{" };
const PUNCTUATION = ".,!?:;'*_~…”’»";

/** How many more of `closer` than of its opener there are in an address. */
function surplus(address: string, closer: string): number {
  const count = (bracket: string) => address.split(bracket).length - 1;
  return count(closer) - count(CLOSERS[closer]!);
}

/** The address without the sentence's punctuation behind it; a bracket stays when it was opened inside. */
function trimEnd(address: string): string {
  // Counted once and kept up: a text may end in brackets by the thousand.
  const loose = new Map(Object.keys(CLOSERS).map((closer) => [closer, surplus(address, closer)]));
  let end = address.length;
  for (; end > 0; end -= 1) {
    const last = address[end - 1]!;
    const more = loose.get(last);
    if (more === undefined ? !PUNCTUATION.includes(last) : more <= 0) break;
    if (more !== undefined) loose.set(last, more - 1);
  }
  return address.slice(0, end);
}

/** Splits a text into plain runs and links; joined again, the parts' texts are the text that came in. */
export function linkify(text: string): Part[] {
  const parts: Part[] = [];
  let from = 0;
  for (const match of text.matchAll(ADDRESS)) {
    const address = trimEnd(match[0]);
    if (!URL.canParse(address)) continue;
    const { href, username, password } = new URL(address);
    if (username !== "" || password !== "") continue;
    if (match.index > from) parts.push({ text: text.slice(from, match.index) });
    parts.push({ text: address, href });
    from = match.index + address.length;
  }
  if (from < text.length) parts.push({ text: text.slice(from) });
  return parts;
}
