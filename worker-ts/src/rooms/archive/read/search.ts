// Searching the archive: the newest messages of some rooms that hold every word. It knows no rights: whoever calls names the rooms
// that may be read. How much is read follows from what those rooms hold, not from what all do.
import type { StoredMessage } from "../../operation";
import { matchOf } from "./match";
import { AUTHOR, MESSAGE_COLUMNS, type MessageRow, showMessages } from "./shown";
import { type SnippetPart, snippetMarks, snippetParts } from "./snippet";

/** Rooms that one search looks through. */
export const SEARCHED_ROOMS_MAX = 500;

/** What to look for, and where. */
export interface Search {
  /** Ids of rooms that the reader may read; at most SEARCHED_ROOMS_MAX. */
  readonly rooms: readonly string[];
  readonly words: readonly string[];
  /** Only what the archive had before this message; its room must be among `rooms`. */
  readonly before: { readonly roomId: string; readonly seq: number } | null;
  readonly limit: number;
  /** User id of who asks, null for nobody. */
  readonly reader: string | null;
  /** Something that nobody who writes a message can know. */
  readonly secret: string;
}

/** A message that was found, and where in it. */
export interface Hit {
  readonly roomId: string;
  readonly message: StoredMessage;
  readonly snippet: readonly SnippetPart[];
}

/** Words of the index that a snippet has. */
const SNIPPET_WORDS = 24;

/**
 * Rows are numbered as they come into the archive, which is the order of a room's messages unless a batch came late; by that number
 * the index finds the newest first and stops. The rooms are asked for once more, as they are written.
 */
const SEARCH = `SELECT ${MESSAGE_COLUMNS}, snippet(message_fts, 1, ?4, ?5, '…', ${SNIPPET_WORDS}) AS marked
  FROM message_fts CROSS JOIN message ON message.pk = message_fts.rowid ${AUTHOR}
  WHERE message_fts MATCH ?1 AND message_fts.rowid < ?2
  AND message.room_id IN (SELECT value FROM json_each(?3)) AND message.deleted_at IS NULL
  ORDER BY message_fts.rowid DESC LIMIT ?6`;

/** The first message from this seq on: what the archive had before it is what comes behind it. */
const PLACE = "SELECT pk FROM message WHERE room_id = ?1 AND seq >= ?2 ORDER BY seq LIMIT 1";

/** What was found, the newest first; one more than `limit` means that there is more. */
export async function searchMessages(db: D1Database, search: Search): Promise<Hit[]> {
  const { rooms, before, reader } = search;
  const match = matchOf(rooms, search.words);
  if (match === null) return [];
  const place = before && (await db.prepare(PLACE).bind(before.roomId, before.seq).first<number>("pk"));
  const marks = snippetMarks(search.secret);
  const { results } = await db
    .prepare(SEARCH)
    .bind(match, place ?? Number.MAX_SAFE_INTEGER, JSON.stringify(rooms), ...marks, search.limit + 1)
    .all<MessageRow & { marked: string }>();
  const rows = results.map(({ marked: _, ...row }) => row);
  const found = await showMessages(db, rows, reader);
  return found.map((one, at) => ({ ...one, snippet: snippetParts(results[at]?.marked ?? "", marks) }));
}
