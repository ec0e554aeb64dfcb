// Text that comes from outside: its length in bytes, whether it survives UTF-8, whether it is JSON; and what a line that people
// read may be made of: nothing that is not seen, nothing that reorders what stands around it.

/** Length of a string in UTF-8. */
export function utf8Length(text: string): number {
  return new TextEncoder().encode(text).length;
}

/** Whether the text survives UTF-8: a lone half of a surrogate pair does not. */
export function isWellFormed(text: string): boolean {
  return !/\p{Surrogate}/u.test(text);
}

/** The value that a text is the JSON of; undefined when it is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A text as it may be kept, or why it may not. */
export type Line =
  | { readonly text: string; readonly refused?: undefined }
  | { readonly text?: undefined; readonly refused: string };

/** Most marks on one character (UTS 39, 5.4): more of them cover the lines above and below. */
export const MARKS_MAX = 4;

/**
 * What nobody sees, or what only moves other characters: controls, marks of direction (U+202A-E, U+2066-9), separators of lines, what
 * Unicode lets be ignored (joiners, fillers, tags, selectors), private use, halves of characters, and the empty Braille cell.
 */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}\p{Cn}\p{Default_Ignorable_Code_Point}\u2800]/u;

/**
 * The uses that a joiner or a selector has: parts of one emoji, the signs that follow a virama, and forms of Arabic letters. They are
 * looked for first; one that is left over is unseen.
 */
const JOINED =
  /(?<=\p{Extended_Pictographic}|\p{Emoji_Modifier}|\ufe0f)\u200d(?=\p{Extended_Pictographic})|(?<=\p{Emoji})\ufe0f|(?<=[\u094d\u09cd\u0a4d\u0acd\u0b4d\u0bcd\u0c4d\u0ccd\u0d4d\u0dca\u1039\u103a\u17d2])[\u200c\u200d]|(?<=\p{Script=Arabic}\p{M}*)[\u200c\u200d](?=\p{Script=Arabic})/gu;

const MARKS = new RegExp(`[\\p{Mn}\\p{Me}]{${MARKS_MAX + 1}}`, "u");
const SHOWN = /[\p{L}\p{N}\p{P}\p{S}]/u;

/**
 * One line that people read, as a room's title or a topic: NFC, blanks made one, none at its ends. Refused are characters that are not
 * seen or that reorder others, piles of marks, and a line of nothing but blanks and marks. An empty one stays empty.
 */
export function plainLine(sent: string): Line {
  const text = sent.normalize("NFC").trim();
  if (UNSEEN.test(text.replaceAll(JOINED, ""))) return { refused: "characters that are not seen may not stand there" };
  if (MARKS.test(text)) return { refused: `more than ${MARKS_MAX} marks on one character may not stand there` };
  if (text !== "" && (!SHOWN.test(text) || /^\p{M}/u.test(text))) return { refused: "there is nothing to be seen" };
  return { text: text.replaceAll(/\s+/g, " ") };
}

/** Letters in another dress (mathematical, full-width, in circles and squares), which read as the plain ones. */
const DRESSED = /[\u{1d400}-\u{1d7ff}\uff01-\uff9f\u2460-\u24ff\u{1f130}-\u{1f149}]/gu;

/** Scripts whose letters may stand in one word together: Japanese, Chinese and Korean are written with Latin letters among theirs. */
const TOGETHER: readonly (readonly string[])[] = [
  ["Latin", "Han", "Hiragana", "Katakana"],
  ["Latin", "Han", "Bopomofo"],
  ["Latin", "Han", "Hangul"],
];

/** Scripts by letter; letters of any other script count as one more. */
const SCRIPTS = [
  ...[
    "Latin",
    "Greek",
    "Cyrillic",
    "Armenian",
    "Coptic",
    "Cherokee",
    "Georgian",
    "Lisu",
    "Tifinagh",
    "Canadian_Aboriginal",
  ],
  ...[
    "Hebrew",
    "Arabic",
    "Syriac",
    "Thaana",
    "Nko",
    "Ethiopic",
    "Devanagari",
    "Bengali",
    "Gurmukhi",
    "Gujarati",
    "Oriya",
    "Tamil",
  ],
  ...["Telugu", "Kannada", "Malayalam", "Sinhala", "Thai", "Lao", "Tibetan", "Myanmar", "Khmer", "Mongolian"],
  ...["Han", "Hiragana", "Katakana", "Bopomofo", "Hangul"],
].map((name) => [name, new RegExp(`\\p{Script=${name}}`, "u")] as const);

/** Letters of every script. */
const COMMON = /[\p{Script=Common}\p{Script=Inherited}]/u;

/** Names that the house itself gives: to whoever is gone, and to what it says in rooms. */
const TAKEN = ["deleted user", "system"];

/**
 * The rule of people's names: a `plainLine`, its letters plain ones, each word of one script (or of scripts that are written together),
 * so that no word is what it does not look like: with a Cyrillic а in it, "Anna" is refused. A whole word of look-alikes is a word of
 * its own script and passes, and two people may have one name: who somebody is says the user id.
 */
export function displayName(sent: string): Line {
  const line = plainLine(sent.replaceAll(DRESSED, (letter) => letter.normalize("NFKC")));
  if (line.refused !== undefined) return line;
  if (line.text === "") return { refused: "a name is needed" };
  if (TAKEN.includes(line.text.toLowerCase())) return { refused: "this name is taken" };
  const mixed = line.text.split(/[^\p{L}\p{M}\p{N}'’]+/u).some((word) => !isOfOneScript(word));
  return mixed ? { refused: "letters of several scripts may not stand in one word" } : line;
}

function isOfOneScript(word: string): boolean {
  const found = new Set<string>();
  for (const [letter] of word.matchAll(/\p{L}/gu)) {
    if (!COMMON.test(letter)) found.add(SCRIPTS.find(([, script]) => script.test(letter))?.[0] ?? "other");
  }
  return found.size < 2 || TOGETHER.some((scripts) => [...found].every((name) => scripts.includes(name)));
}
