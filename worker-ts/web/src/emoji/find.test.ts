// Emoji by words, by use, and typed ones.
import { expect, it } from "vitest";
import { ALL, asReaction, emojiName, FAVOURITES, findEmoji, withRecent } from "./find";

it("finds by the beginning of every word, in any order, as shortcodes too", () => {
  const found = (words: string) => findEmoji(words).map(({ emoji }) => emoji);
  expect(found("thumbs up")).toEqual(["👍"]);
  expect(found("up thu")).toEqual(["👍"]);
  expect(found(":rocket:")).toEqual(["🚀"]);
  expect(found("fire_eng")).toEqual(["🚒"]);
  expect(found("no such thing")).toEqual([]);
  expect(found("  ")).toEqual([]);
});

it("holds every emoji once, each one a reaction that the room takes", () => {
  const all = ALL.flatMap(({ list }) => list.map(({ emoji }) => emoji));
  expect(new Set(all).size).toBe(all.length);
  expect([...all, ...FAVOURITES].filter((emoji) => asReaction(emoji) !== emoji)).toEqual([]);
  expect(FAVOURITES.map(emojiName)).not.toContain(expect.stringMatching(/^\P{L}/u));
});

it("takes any emoji that is typed, however it is made up, and names between colons; no text", () => {
  for (const emoji of ["👍🏽", "👨‍👩‍👧‍👦", "🏴󠁧󠁢󠁳󠁣󠁴󠁿", "1️⃣", ":shipit:", " 🎉 "]) expect(asReaction(emoji)).toBe(emoji.trim());
  for (const text of ["", "a", "🎉🎉", "ok 👍", ":two words:", ":", "::", `:${"x".repeat(41)}:`, "\u202e"])
    expect(asReaction(text)).toBeUndefined();
});

it("remembers the last 16, the newest first, each once", () => {
  const many = Array.from({ length: 16 }, (_, at) => `:${at}:`);
  expect(withRecent(many, "🎉")).toEqual(["🎉", ...many.slice(0, 15)]);
  expect(withRecent(["a", "b", "c"], "c")).toEqual(["c", "a", "b"]);
});
