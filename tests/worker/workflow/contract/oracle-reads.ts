// How the oracle cuts pages and leaves out payloads. Its cursors are its own: kind and position, nothing that the storage would give.
import { WorkflowWorldError } from "@workflow/errors";
import type { Event, PaginatedResponse, PaginationOptions, ResolveData } from "@workflow/world";
import { getEventDataRefFields } from "@workflow/world/event-metadata";

/** A request that is wrong. */
export function wrong(message: string): WorkflowWorldError {
  return new WorkflowWorldError(message, { status: 400 });
}

/** The position of a cursor. */
export function sliced(cursor: string, kind: string): number {
  const at = new RegExp(`^${kind}@(\\d+)$`).exec(cursor)?.[1];
  if (at === undefined) throw wrong("a foreign cursor");
  return Number(at);
}

/** One page of rows that stand in ascending order; `position` is what their cursors say. */
export function page<T>(
  rows: readonly T[],
  {
    limit,
    cursor,
    sortOrder = "asc",
  }: PaginationOptions | { cursor?: string | undefined; limit?: undefined; sortOrder?: undefined } = {},
  kind: string,
  position: (row: T, index: number) => number,
  all = -1,
  cut = false,
): PaginatedResponse<T> {
  if (limit !== undefined && !(Number.isInteger(limit) && limit >= 1 && limit <= 1000)) throw wrong("1 to 1000 rows");
  const keyed = rows.map((row, index) => ({ row, at: position(row, index) }));
  if (sortOrder === "desc") keyed.reverse();
  const after = cursor === undefined || cut ? undefined : sliced(cursor, kind);
  const rest = keyed.filter(({ at }) => after === undefined || (sortOrder === "desc" ? at < after : at > after));
  const length = limit ?? all;
  const kept = length < 0 ? rest : rest.slice(0, length);
  const last = kept.at(-1);
  return {
    data: kept.map(({ row }) => row),
    cursor: last ? `${kind}@${last.at}` : (cursor ?? null),
    hasMore: kept.length < rest.length,
  };
}

/** An event without its payload, where it is not wanted. */
export function bare(event: Event, resolve: ResolveData): Event {
  const { eventData, ...rest } = event as Event & { eventData?: Record<string, unknown> };
  if (resolve === "all" || eventData === undefined) return event;
  const fields: readonly string[] = getEventDataRefFields(event.eventType);
  if (fields.length === 0) return event;
  const kept = Object.fromEntries(Object.entries(eventData).filter(([key]) => !fields.includes(key)));
  return (Object.keys(kept).length > 0 ? { ...rest, eventData: kept } : rest) as Event;
}
