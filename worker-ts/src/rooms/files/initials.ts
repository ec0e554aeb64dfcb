// The drawn picture of who has none: initials on a colour of the user id. It says nothing that name and id do not say.

/** Degrees between two of the colours that ids are given. */
const HUE_STEP = 15;

/** A picture of the first letters of a name's first and last word, as SVG without script or reference. */
export function drawInitials(userId: string, name: string): string {
  const hue = (hash(userId) % (360 / HUE_STEP)) * HUE_STEP;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64" width="64" height="64" role="img">
<rect width="64" height="64" fill="hsl(${hue},45%,38%)"/>
<text x="32" y="32" dy=".35em" text-anchor="middle" font-family="system-ui,sans-serif" font-size="26" fill="#fff">${escapeText(initialsOf(name))}</text>
</svg>`;
}

/** One or two characters, as people count them; a question mark for a name without letters and digits. */
export function initialsOf(name: string): string {
  const words = name.split(/\s+/).flatMap((word) => firstLetter(word) ?? []);
  const shown = words.length > 1 ? [words[0], words.at(-1)] : words;
  return shown.length === 0 ? "?" : shown.join("").toLocaleUpperCase("en");
}

/** The first character that is a letter or a digit, with one mark at most: piles of marks would leave the picture. */
function firstLetter(word: string): string | null {
  return /[\p{L}\p{N}]\p{M}?/u.exec(word.normalize("NFC"))?.[0] ?? null;
}

function escapeText(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** FNV-1a, 32 bits: the same colour everywhere and always. */
function hash(text: string): number {
  let sum = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) sum = Math.imul(sum ^ text.charCodeAt(i), 0x01000193);
  return sum >>> 0;
}
