// Finding emoji by words, by what was used last, or by being typed. Pure.
import { GROUPS } from "./table";

export interface Emoji {
  readonly emoji: string;
  /** What it is called: its first words. */
  readonly name: string;
}
export interface EmojiGroup {
  readonly title: string;
  readonly list: readonly Emoji[];
}

/** All of the table. */
export const ALL: readonly EmojiGroup[] = GROUPS.map(([title, lines]) => ({
  title,
  list: lines.split("\n").map((line) => {
    const at = line.indexOf(" ");
    return { emoji: line.slice(0, at), name: line.slice(at + 1) };
  }),
}));

/** Offered first to whoever has used none yet. */
export const FAVOURITES: readonly string[] = ["👍", "❤️", "😂", "🎉", "😮", "🙏", "✅", "👀"];

/** So many are remembered. */
const RECENT_MAX = 16;

/** Most bytes of a reaction (PROTOCOL.md 13, EMOJI_BYTES_MAX). */
const BYTES_MAX = 64;

/** Emoji whose words begin with every word asked for. */
export function findEmoji(words: string): readonly Emoji[] {
  const asked = words
    .toLowerCase()
    .replaceAll(":", " ")
    .split(/[\s_]+/u)
    .filter((word) => word !== "");
  if (asked.length === 0) return [];
  const all = ALL.flatMap(({ list }) => list);
  return all.filter(({ name }) => {
    const own = name.split(" ");
    return asked.every((word) => own.some((one) => one.startsWith(word)));
  });
}

/** One emoji as people see it, however many characters it is made of; for regular expressions with the flag `v`. */
export const EMOJI_PATTERN = "\\p{RGI_Emoji}";
const EMOJI = new RegExp(`^${EMOJI_PATTERN}$`, "v");
const NAME = /^:[a-z0-9_+-]{1,40}:$/u;

/** The text as a reaction, when it is one: a single emoji of whatever sort, or a `:name:`. */
export function asReaction(text: string): string | undefined {
  const one = text.trim();
  if (new TextEncoder().encode(one).length > BYTES_MAX) return undefined;
  return EMOJI.test(one) || NAME.test(one) ? one : undefined;
}

/** What an emoji is called; itself when the table has none for it. */
export const emojiName = (emoji: string): string =>
  ALL.flatMap(({ list }) => list).find((one) => one.emoji === emoji)?.name ?? emoji;

/** The recent ones with one more in front. */
export const withRecent = (recent: readonly string[], emoji: string): readonly string[] =>
  [emoji, ...recent.filter((one) => one !== emoji)].slice(0, RECENT_MAX);
