// How files read: their size, their name without tricks, and the text of a message that has nothing else to say. Pure.

const UNITS = ["bytes", "kB", "MB", "GB"] as const;

/** "1 byte", "820 bytes", "1.5 kB", "10 MB": powers of 1024. */
export function sizeLabel(bytes: number): string {
  let size = bytes;
  let unit = 0;
  for (; size >= 1024 && unit < UNITS.length - 1; unit += 1) size /= 1024;
  if (unit === 0) return bytes === 1 ? "1 byte" : `${bytes} bytes`;
  return `${size < 10 ? Math.round(size * 10) / 10 : Math.round(size)} ${UNITS[unit]}`;
}

/** What no screen shows, and marks that turn the direction of writing: with them "gnp.exe" reads as a picture. Joiners make emoji. */
const HIDDEN = /(?!\u200d)[\p{Cc}\p{Cf}]/gu;

/** A file's name as it is, letter by letter. */
export const plainName = (name: string): string => name.replace(HIDDEN, "\ufffd");

/** Whether a text says no more than the names of its files: the room writes those where nobody wrote anything. */
export function onlyNames(text: string, files: readonly { readonly name: string }[]): boolean {
  if (files.length === 0) return false;
  let left = text;
  for (const { name } of files) {
    if (!left.startsWith(name)) return false;
    left = left.slice(name.length).replace(/^(?:,\s*|\s+)/u, "");
  }
  return left === "";
}
