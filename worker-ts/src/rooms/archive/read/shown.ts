// Messages as the archive alone knows them: rows of `message` with the names, files, reactions and pins that belong to them. Some
// seconds behind their rooms; it asks no room.
import { type FileFact, uuidBytes } from "@ferrule/core";
import { type FileRow, toFact } from "../../files/fact";
import { GONE_NAME } from "../../log/people";
import { botNameOf } from "../../membership/bot";
import type { ReactionCount, StoredMessage } from "../../operation";

/** A row of MESSAGE_COLUMNS. `guest` is null for an account that is gone, 0 or 1 else. */
export interface MessageRow {
  readonly roomId: string;
  readonly seq: number;
  readonly cid: string;
  readonly ts: number;
  readonly userId: string;
  readonly name: string;
  readonly guest: number | null;
  readonly text: string;
  readonly replyTo: number | null;
  readonly editedAt: number | null;
  readonly deletedAt: number | null;
  readonly deletedBy: string | null;
}

/** The columns of MessageRow, from `message` and AUTHOR. */
export const MESSAGE_COLUMNS = `message.room_id AS roomId, message.seq, message.cid, message.ts, message.user_id AS userId,
  coalesce(user.name, '${GONE_NAME}') AS name, user.is_anonymous AS guest, message.text, message.reply_to AS replyTo,
  message.edited_at AS editedAt, message.deleted_at AS deletedAt, message.deleted_by AS deletedBy`;

/** The table of auth that names are in. */
export const AUTHOR = "LEFT JOIN user ON user.id = message.user_id";

/** A message and the room it is in. */
export interface RoomMessage {
  readonly roomId: string;
  readonly message: StoredMessage;
}

type Of<T> = T & { readonly roomId: string; readonly seq: number };
type Reaction = Of<{ emoji: string; count: number; mine: number }>;

/** CROSS JOIN, so that the messages asked for come first. */
const from = (table: string, seq: string) =>
  `FROM (SELECT value->>0 AS asked_room, value->>1 AS asked_seq FROM json_each(?1))
  CROSS JOIN ${table} ON ${table}.room_id = asked_room AND ${table}.${seq} = asked_seq`;

const REACTIONS = `SELECT room_id AS roomId, target_seq AS seq, emoji, count(*) AS count, max(user_id IS ?2) AS mine
  ${from("reaction", "target_seq")} WHERE present GROUP BY room_id, target_seq, emoji ORDER BY min(reaction.seq)`;
const PINS = `SELECT room_id AS roomId, target_seq AS seq ${from("pin", "target_seq")} WHERE present`;
const FILES = `SELECT room_id AS roomId, seq, id, name, mime, size, width, height ${from("file", "seq")} ORDER BY file.rowid`;

/** These messages with all that belongs to them, in the same order, for a reader (user id, null for nobody). */
export async function showMessages(
  db: D1Database,
  rows: readonly MessageRow[],
  reader: string | null,
): Promise<RoomMessage[]> {
  if (rows.length === 0) return [];
  const asked = JSON.stringify(rows.map(({ roomId, seq }) => [roomId, seq]));
  const [reactions, pins, files] = (await db.batch([
    db.prepare(REACTIONS).bind(asked, reader),
    db.prepare(PINS).bind(asked),
    db.prepare(FILES).bind(asked),
  ])) as [D1Result<Reaction>, D1Result<Of<object>>, D1Result<Of<FileRow>>];
  const reactionsOf = grouped(reactions.results, ({ emoji, count, mine }): ReactionCount => {
    return { emoji, count, mine: mine === 1 };
  });
  const filesOf = grouped(files.results, ({ roomId: _, seq: __, ...row }): FileFact => toFact(row));
  const pinned = grouped(pins.results, () => true);
  return rows.map((row) => {
    const message = messageOf(row);
    const key = keyOf(row);
    const erased = row.deletedAt !== null;
    return {
      roomId: row.roomId,
      message: {
        ...message,
        files: erased ? [] : (filesOf.get(key) ?? []),
        pinned: pinned.has(key),
        reactions: reactionsOf.get(key) ?? [],
      },
    };
  });
}

function messageOf({ cid, userId, name, guest, replyTo, roomId: _, ...row }: MessageRow) {
  const id = uuidBytes(cid);
  if (id === null) throw new Error("a message of the archive has no client id");
  const bot = botNameOf(userId);
  const author = { userId, name: bot ?? name, guest: guest === 1, ...(bot !== undefined && { bot: true }) };
  return { ...row, id, author, replyTo: replyTo ?? 0 };
}

const keyOf = ({ roomId, seq }: { readonly roomId: string; readonly seq: number }) => `${roomId}.${seq}`;

/** What was found, by message. */
function grouped<Row, T>(rows: readonly Of<Row>[], make: (row: Of<Row>) => T): ReadonlyMap<string, T[]> {
  const found = new Map<string, T[]>();
  for (const row of rows) found.set(keyOf(row), [...(found.get(keyOf(row)) ?? []), make(row)]);
  return found;
}
