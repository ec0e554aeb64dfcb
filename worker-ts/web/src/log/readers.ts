// Under which message each reader's mark stands. Pure.
import type { Gap, Reader } from "../../../src/client";
import type { Row } from "./rows";

/** A mark in an unread stretch would stand under a message that was read long ago, so it stands nowhere. */
const inside = (seq: number, gaps: readonly Gap[]): boolean => gaps.some((gap) => gap.from <= seq && seq <= gap.to);

/**
 * Puts every reader under the last message that they have read.
 * @param rows the log as laid out, by rising seq.
 * @returns readers by the key of the message; those who have read nothing of what is on the page are left out.
 */
export function placeReaders(rows: readonly Row[], readers: readonly Reader[]): ReadonlyMap<string, readonly Reader[]> {
  const stored = rows.flatMap((row) =>
    row.kind === "message" && row.message.status === "stored" ? [{ key: row.key, seq: row.message.seq }] : [],
  );
  const gaps = rows.flatMap((row) => (row.kind === "gap" ? [row.gap] : []));
  const placed = new Map<string, Reader[]>();
  for (const reader of readers) {
    const last = stored.findLast(({ seq }) => seq <= reader.seq);
    if (last === undefined || inside(reader.seq, gaps)) continue;
    placed.set(last.key, [...(placed.get(last.key) ?? []), reader]);
  }
  return placed;
}
