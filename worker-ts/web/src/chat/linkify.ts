// Finds web addresses in plain text. Pure: gives parts, draws nothing, and lets http and https through alone.

/** A run of text; `href` is set when it is an address. */
export interface Part {
  readonly text: string;
  readonly href?: string;
}

const ADDRESS = /\bhttps?:\/\/[^\s<>"`]+/giu;
const CLOSERS: Readonly<Record<string, string>> = { ")": "(", "]": "[", "}": "{" };

function count(text: string, character: string): number {
  return text.split(character).length - 1;
}

/** The address without the sentence's punctuation behind it; a bracket stays when it was opened inside. */
function trimEnd(address: string): string {
  let end = address.length;
  for (; end > 0; end -= 1) {
    const last = address[end - 1]!;
    const opener = CLOSERS[last];
    const kept = address.slice(0, end);
    const loose = opener === undefined ? ".,!?:;'*_~…”’»".includes(last) : count(kept, last) > count(kept, opener);
    if (!loose) break;
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
    if (match.index > from) parts.push({ text: text.slice(from, match.index) });
    parts.push({ text: address, href: new URL(address).href });
    from = match.index + address.length;
  }
  if (from < text.length) parts.push({ text: text.slice(from) });
  return parts;
}
