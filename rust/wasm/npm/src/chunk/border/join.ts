// Many chunks over the border in one call: joined bytes and their lengths. No formats.

/** Chunks side by side. */
export interface Joined {
  readonly bytes: Uint8Array;
  readonly lengths: Uint32Array;
}

/** Puts chunks side by side; a single one is not copied. */
export function join(chunks: readonly Uint8Array[]): Joined {
  const lengths = Uint32Array.from(chunks, (chunk) => chunk.length);
  const [only] = chunks;
  if (only !== undefined && chunks.length === 1) return { bytes: only, lengths };
  const bytes = new Uint8Array(lengths.reduce((sum, length) => sum + length, 0));
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return { bytes, lengths };
}

/** The chunks, each with a buffer of its own: whoever gets one may hand its buffer away. */
export function apart({ bytes, lengths }: Joined): Uint8Array[] {
  if (lengths.length === 1) return [bytes];
  const chunks: Uint8Array[] = [];
  let at = 0;
  for (const length of lengths) {
    chunks.push(bytes.slice(at, at + length));
    at += length;
  }
  return chunks;
}
