// What grows on the pages: a log, the text of a stream, a list of runs. Pure.
import type { LogEvent, Run } from "../api";

/** Letters that are shown of a stream; of a longer one its end. */
export const SHOWN_MAX = 200_000;

/** A log with the events behind it. The same list when there are none. */
export function extend(known: readonly LogEvent[], more: readonly LogEvent[]): readonly LogEvent[] {
  const last = known.at(-1)?.slot ?? 0;
  const fresh = more.filter(({ slot }) => slot > last);
  return fresh.length === 0 ? known : [...known, ...fresh];
}

/** A chunk as text: text as it is, whatever else was written as a line of JSON. */
export const textOf = (value: unknown): string => (typeof value === "string" ? value : `${JSON.stringify(value)}\n`);

/** The end of a text. */
export const tailOf = (text: string): string => (text.length > SHOWN_MAX ? text.slice(-SHOWN_MAX) : text);

/** Runs behind a fresh first page: what was known of older ones stays. */
export function mergeRuns(fresh: readonly Run[], known: readonly Run[]): readonly Run[] {
  const ids = new Set(fresh.map(({ id }) => id));
  const last = fresh.at(-1);
  if (last === undefined) return [];
  return [...fresh, ...known.filter(({ id, createdAt }) => !ids.has(id) && createdAt <= last.createdAt)];
}
