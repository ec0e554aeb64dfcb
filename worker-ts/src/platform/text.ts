// Text that comes from outside: its length in bytes, whether it survives UTF-8, whether it is JSON.

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
