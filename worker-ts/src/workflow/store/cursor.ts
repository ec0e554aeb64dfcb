// Cursors and pages: what is asked of a list, how it is cut, and how its next page is found. A cursor is opaque: base64url of
// `v1|kind|…`, the key of the last row. Which rows there are is said by the tables' own files.
import { Buffer } from "node:buffer";
import { WorkflowWorldError } from "@workflow/errors";
import type { PaginatedResponse, PaginationOptions } from "@workflow/world";
import { PAGE_BYTES_MAX, PAGE_ROWS_MAX } from "../limits";

/** Which list a cursor belongs to. */
export type CursorKind = "events" | "steps" | "runs" | "hooks";

/** The cursor behind a row. A text key stands last, it may hold anything. */
export function encodeCursor(kind: CursorKind, key: readonly (number | string)[]): string {
  return Buffer.from(["v1", kind, ...key].join("|")).toString("base64url");
}

/** The key of a cursor; WorkflowWorldError 400 for what is none of this list. */
export function decodeCursor(kind: CursorKind, cursor: string): { readonly at: number; readonly id: string } {
  const [, at, id = ""] =
    new RegExp(`^v1\\|${kind}\\|(\\d{1,16})(?:\\|(.*))?$`, "s").exec(Buffer.from(cursor, "base64url").toString()) ?? [];
  const named = kind === "runs" || kind === "hooks";
  if (at === undefined || !Number.isSafeInteger(Number(at)) || named !== id.length > 0)
    throw new WorkflowWorldError("this is no cursor of this list", { status: 400, code: "BAD_CURSOR" });
  return { at: Number(at), id };
}

/** What a page was asked to be. */
export interface PageRequest {
  /** Rows at most; -1: all. */
  readonly limit: number;
  readonly desc: boolean;
  readonly cursor: string | null;
}

/** Checks what a list is asked; `rows` and `order` where it does not say. */
export function pageRequest(
  pagination: PaginationOptions | undefined,
  rows: number,
  order: "asc" | "desc" = "asc",
): PageRequest {
  const limit = pagination?.limit ?? rows;
  if (pagination?.limit !== undefined && !(Number.isInteger(limit) && limit >= 1 && limit <= PAGE_ROWS_MAX))
    throw new WorkflowWorldError(`a page has 1 to ${PAGE_ROWS_MAX} rows`, { status: 400, code: "BAD_LIMIT" });
  return {
    limit,
    desc: (pagination?.sortOrder ?? order) === "desc",
    cursor: pagination?.cursor ?? null,
  };
}

/** Where a read begins when there is no cursor: before or behind all keys. */
export function startOf(kind: CursorKind, { cursor, desc }: PageRequest): { readonly at: number; readonly id: string } {
  if (cursor !== null) return decodeCursor(kind, cursor);
  return { at: desc ? Number.MAX_SAFE_INTEGER : -1, id: "" };
}

/**
 * The SQL of one page. `keys` selects the rows' key columns, order columns and `size` in bytes, with its own WHERE, ORDER BY and LIMIT
 * (one more than the page); `rows` joins the rest to `p`. Rows behind the byte limit are left out, but for the first, which says that
 * there is more; its `fits` is 0 and its payloads are not read.
 */
export function pageSql(parts: { keys: string; order: string; columns: string; from: string; by: string }): string {
  const sum = (until: number) =>
    `coalesce(sum(size) OVER (ORDER BY ${parts.order} ROWS BETWEEN UNBOUNDED PRECEDING AND ${until} PRECEDING), 0)`;
  return `SELECT ${parts.columns}, p.used < ${PAGE_BYTES_MAX} AS fits FROM (SELECT *, ${sum(1)} AS used, ${sum(2)} AS used_before FROM (${parts.keys})) p ${parts.from} WHERE p.used_before < ${PAGE_BYTES_MAX} ORDER BY ${parts.by}`;
}

/** Cuts the rows that a page's SQL gave. */
export function cutPage<T extends { fits: number }>(
  rows: readonly T[],
  limit: number,
): { rows: T[]; hasMore: boolean } {
  const fitting = rows.filter((row) => row.fits === 1);
  const kept = limit < 0 ? fitting : fitting.slice(0, limit);
  return { rows: kept, hasMore: rows.length > kept.length };
}

/** A page as the World gives it: the cursor is valid on the last page too, and an empty page gives back the one it got. */
export function pageOf<T>(data: T[], hasMore: boolean, last: string | null, got: string | null): PaginatedResponse<T> {
  return { data, cursor: last ?? got, hasMore };
}
