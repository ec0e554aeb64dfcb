// Cutting a page out of entries that come nearest first.

/** A part of the log. */
export interface Slice<T> {
  /** By rising seq. */
  readonly entries: readonly T[];
  /** Whether there are more in the direction asked. */
  readonly more: boolean;
}

/** Up to `limit` of the entries, which come nearest first, as many as `fits` lets in; the first always does. */
export function slice<T>(
  nearest: Iterable<T>,
  direction: "before" | "after",
  limit: number,
  fits: (entry: T) => boolean,
): Slice<T> {
  const entries: T[] = [];
  let more = false;
  for (const entry of nearest) {
    if (entries.length === limit || (!fits(entry) && entries.length > 0)) {
      more = true;
      break;
    }
    entries.push(entry);
  }
  return { entries: direction === "before" ? entries.reverse() : entries, more };
}
