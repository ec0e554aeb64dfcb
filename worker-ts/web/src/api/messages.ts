// Messages that are looked for instead of scrolled to: search, and what is pinned.
import type { Author } from "../../../src/client";
import type { CardChoice } from "../text/card";
import { call } from "./call";

/** A message as an answer tells it, as far as a list shows it. */
export interface Found {
  readonly roomId: string;
  readonly seq: number;
  readonly author: Author;
  readonly text: string;
  /** ms since 1970. */
  readonly ts: number;
}

/** A message that was found; the pieces of its text say which of them were looked for. */
export interface Hit {
  readonly message: Found;
  readonly snippet: readonly (readonly [text: string, hit: boolean])[];
}

export interface Hits {
  readonly hits: readonly Hit[];
  /** What to ask with for older ones; null: there are none. */
  readonly next: string | number | null;
}

/** Looks for words in one room, or in all of the caller's rooms; newest first. */
export function search(room: string | undefined, words: string, before?: Hits["next"]): Promise<Hits> {
  const query = new URLSearchParams({ q: words, limit: "20" });
  if (before != null) query.set("before", String(before));
  const path = room === undefined ? "/api/search" : `/api/rooms/${room}/search`;
  return call("GET", `${path}?${query}`) as Promise<Hits>;
}

/** A room has no more pins than this. */
const PINS_MAX = 50;

/** What is pinned in a room, the newest message first. */
export async function listPins(room: string): Promise<readonly Found[]> {
  const path = `/api/rooms/${room}/messages?pinned=1&limit=${PINS_MAX}`;
  const { messages } = (await call("GET", path)) as { readonly messages: readonly Found[] };
  return [...messages].reverse();
}

/** Answers a bot's card. */
export const answerCard = ({ room, run, choice }: CardChoice): Promise<unknown> =>
  call("POST", `/api/rooms/${room}/choices/${run}`, { choice });
