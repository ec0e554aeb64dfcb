// Randomness and the spelling of bytes. Nothing here decides anything.

const LETTERS = "abcdefghijklmnopqrstuvwxyz";

/** Bytes from the system's random source. */
export function randomBytes(count: number): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(count));
}

/** Lower-case letters, each equally likely. */
export function randomLetters(count: number): string {
  let text = "";
  while (text.length < count) {
    for (const byte of randomBytes(count)) {
      // 234 = 9 * 26: the bytes above it would make the first letters likelier
      if (byte < 234 && text.length < count) text += LETTERS[byte % 26];
    }
  }
  return text;
}

/** base64url without padding, as everywhere in this house. */
export function toBase64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
}

/** The bytes of base64url without padding; null for everything else, also for a spelling that toBase64url would not make. */
export function fromBase64url(text: string): Uint8Array<ArrayBuffer> | null {
  if (!/^[\w-]*$/.test(text)) return null;
  try {
    const bytes = Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
    return toBase64url(bytes) === text ? bytes : null;
  } catch {
    return null;
  }
}
