// Pages of `getChunks`: what may be asked, and what a page says. Pure.

import { WorkflowWorldError } from "@workflow/errors";
import type { GetChunksOptions, StreamChunksResponse } from "@workflow/world";
import type { ChunkPage } from "./answer";
import { PAGE_CHUNKS_DEFAULT, PAGE_CHUNKS_MAX } from "./limits";

/** Before base64url; the version, what it is a place in, the index of the next chunk. */
const CURSOR = /^v1\|chunks\|(\d{1,15})$/;

/** Where a page begins and how many chunks it may have. */
export interface PageQuery {
  readonly from: number;
  readonly limit: number;
}

const bad = (message: string) => new WorkflowWorldError(message, { status: 400 });

/** What is asked for. Throws WorkflowWorldError 400. */
export function readQuery({ limit = PAGE_CHUNKS_DEFAULT, cursor }: GetChunksOptions = {}): PageQuery {
  if (!Number.isInteger(limit) || limit < 1 || limit > PAGE_CHUNKS_MAX)
    throw bad(`a page has 1 to ${PAGE_CHUNKS_MAX} chunks, not ${limit}`);
  return { from: cursor === undefined ? 0 : readCursor(cursor), limit };
}

function readCursor(cursor: string): number {
  let text = "";
  try {
    text = atob(cursor.replaceAll("-", "+").replaceAll("_", "/"));
  } catch {
    // no base64 is no cursor of ours either
  }
  const match = CURSOR.exec(text);
  if (match === null) throw bad("this cursor is of no page of chunks");
  return Number(match[1]);
}

const writeCursor = (next: number): string =>
  btoa(`v1|chunks|${next}`).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

/** The answer that a page makes. */
export function pageOf({ from }: PageQuery, { chunks, next, done }: ChunkPage): StreamChunksResponse {
  const behind = from + chunks.length;
  const hasMore = behind < next;
  const data = chunks.map((chunk, place) => ({ index: from + place, data: chunk }));
  return { data, cursor: hasMore ? writeCursor(behind) : null, hasMore, done };
}
