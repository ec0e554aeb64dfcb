// Lists that come in pages while they grow and shrink. Pure.

interface Row {
  readonly id: string;
}

/**
 * Rows that stood on the first page of a list and were pushed off it by newer ones, in their order: they are on no page that was loaded. Rows
 * that are gone from the list are not among them. Null where the pages have nothing in common, so that nobody knows what stands between.
 *
 * @param more Whether the list goes on behind the page as it is now.
 */
export function pushedOff<T extends Row>(
  before: readonly T[],
  after: readonly T[],
  more: boolean,
): readonly T[] | null {
  if (!more || before.length === 0) return [];
  const places = new Map(before.map(({ id }, at) => [id, at]));
  const common = after.findLastIndex(({ id }) => places.has(id));
  if (common < 0) return null;
  // older ones stand on the page behind what is common: it has not been pushed anywhere
  return common < after.length - 1 ? [] : before.slice(places.get(after[common]!.id)! + 1);
}

/** Rows of several pages, each once: the first that was seen. */
export function each<T extends Row>(rows: readonly T[]): readonly T[] {
  const known = new Map<string, T>();
  for (const row of rows) if (!known.has(row.id)) known.set(row.id, row);
  return [...known.values()];
}
