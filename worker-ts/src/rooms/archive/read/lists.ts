// Whole lists out of D1, page by page, for exports: each goes on by its key, so a list may be of any length and be read slowly.
import { GONE_NAME } from "../../log/people";
import { AUTHOR, MESSAGE_COLUMNS, type MessageRow, type RoomMessage, showMessages } from "./shown";

/** Rows of one page. */
const PAGE_ROWS = 500;
/** Messages of one page: texts are long. */
const PAGE_MESSAGES = 200;

/** Somebody who is in a room, or is banned from it. */
export interface MemberLine {
  readonly id: string;
  readonly name: string;
  readonly guest: number | null;
  readonly role: string;
  readonly joinedAt: number;
}

const MEMBERS = `SELECT member.user_id AS id, coalesce(user.name, '${GONE_NAME}') AS name, user.is_anonymous AS guest, member.role,
    member.joined_at AS joinedAt
  FROM member LEFT JOIN user ON user.id = member.user_id
  WHERE member.room_id = ?1 AND member.user_id > ?2 ORDER BY member.user_id LIMIT ${PAGE_ROWS}`;

/** Everybody of a room, by id. */
export function membersOf(db: D1Database, room: string): AsyncGenerator<MemberLine[]> {
  return pages(PAGE_ROWS, [""], async ([after]) => {
    const { results } = await db.prepare(MEMBERS).bind(room, after).all<MemberLine>();
    return { rows: results, key: [results.at(-1)?.id] };
  });
}

/** A reaction that stands. */
export interface ReactionLine {
  readonly seq: number;
  readonly emoji: string;
  readonly userId: string;
}

const REACTIONS = `SELECT target_seq AS seq, emoji, user_id AS userId FROM reaction
  WHERE room_id = ?1 AND (target_seq, emoji, user_id) > (?2, ?3, ?4) AND present
  ORDER BY target_seq, emoji, user_id LIMIT ${PAGE_ROWS}`;

/** The reactions of a room, by message. */
export function reactionsOf(db: D1Database, room: string): AsyncGenerator<ReactionLine[]> {
  return pages(PAGE_ROWS, [0, "", ""], async (after) => {
    const { results } = await db
      .prepare(REACTIONS)
      .bind(room, ...after)
      .all<ReactionLine>();
    const last = results.at(-1);
    return { rows: results, key: [last?.seq, last?.emoji, last?.userId] };
  });
}

/** A message that is pinned, and by whom. */
export type PinLine = Omit<ReactionLine, "emoji">;

/** The pins of a room, by message: a room has so few that they are one page. */
export async function pinsOf(db: D1Database, room: string): Promise<PinLine[]> {
  const { results } = await db
    .prepare("SELECT target_seq AS seq, user_id AS userId FROM pin WHERE room_id = ?1 AND present ORDER BY target_seq")
    .bind(room)
    .all<PinLine>();
  return results;
}

const WRITTEN = `SELECT ${MESSAGE_COLUMNS}, message.pk FROM message ${AUTHOR}
  WHERE message.user_id = ?1 AND message.pk > ?2 AND message.kind = 'MSG' ORDER BY message.pk LIMIT ${PAGE_MESSAGES}`;

/** Every message that a user has written, in whatever room, in the order in which the archive got them. */
export function messagesBy(db: D1Database, userId: string): AsyncGenerator<RoomMessage[]> {
  return pages(PAGE_MESSAGES, [0], async ([after]) => {
    const { results } = await db.prepare(WRITTEN).bind(userId, after).all<MessageRow & { pk: number }>();
    const rows = await showMessages(
      db,
      results.map(({ pk: _, ...row }) => row),
      userId,
    );
    return { rows, key: [results.at(-1)?.pk] };
  });
}

const GIVEN = `SELECT rowid, room_id AS roomId, target_seq AS seq, emoji FROM reaction
  WHERE user_id = ?1 AND rowid > ?2 AND present ORDER BY rowid LIMIT ${PAGE_ROWS}`;

/** Every reaction that a user has given and not taken back. */
export function reactionsBy(
  db: D1Database,
  userId: string,
): AsyncGenerator<{ readonly roomId: string; readonly seq: number; readonly emoji: string }[]> {
  return pages(PAGE_ROWS, [0], async ([after]) => {
    const { results } = await db
      .prepare(GIVEN)
      .bind(userId, after)
      .all<{ rowid: number; roomId: string; seq: number; emoji: string }>();
    return { rows: results.map(({ rowid: _, ...row }) => row), key: [results.at(-1)?.rowid] };
  });
}

/** Reads page after page until one is not full; `key` is what the next goes on behind. */
async function* pages<Row, Key extends readonly unknown[]>(
  full: number,
  first: Key,
  read: (
    after: Key,
  ) => Promise<{ readonly rows: Row[]; readonly key: { readonly [At in keyof Key]: Key[At] | undefined } }>,
): AsyncGenerator<Row[]> {
  for (let after = first; ; ) {
    const { rows, key } = await read(after);
    if (rows.length > 0) yield rows;
    if (rows.length < full) return;
    after = key as unknown as Key;
  }
}
