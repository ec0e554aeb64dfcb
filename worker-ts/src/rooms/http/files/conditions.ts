// What a reader may ask of bytes besides having them: only a part (RFC 9110, 14), or only if they are others than before (13).

/** A part of a file, in bytes. */
export interface Range {
  readonly offset: number;
  readonly length: number;
}

/**
 * What `Range` asks of a file of `size` bytes: a part, something `outside` of it, or null for all of it (no range, several, another
 * unit, no such spelling).
 */
export function parseRange(header: string | null, size: number): Range | "outside" | null {
  const [, first, last] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header?.trim() ?? "") ?? [];
  if (first === undefined || last === undefined || (first === "" && last === "")) return null;
  if (first === "") {
    const length = Math.min(Number(last), size);
    return length === 0 ? "outside" : { offset: size - length, length };
  }
  const offset = Number(first);
  const end = last === "" ? size - 1 : Math.min(Number(last), size - 1);
  if (last !== "" && Number(last) < offset) return null;
  return offset >= size ? "outside" : { offset, length: end - offset + 1 };
}

/** Whether `If-None-Match` names this tag, weakly compared, or all. */
export function namesTag(header: string | null, etag: string): boolean {
  return (header ?? "").split(",").some((tag) => ["*", etag, `W/${etag}`].includes(tag.trim()));
}
