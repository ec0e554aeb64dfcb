// Reading the archive: what is said in messages that a room's log has trimmed. Which messages there are, in which order and by
// whom, and what people think of them, is the room's to say, so a page over the border is as seamless as the log.
import { uuidBytes } from "@ferrule/core";
import { logFailure } from "../../platform/log";
import { filesOfMessages } from "../files/file-table";
import type { MessageChange, PageAnswer, StoredMessage, TrimmedMessage } from "../operation";

type Row = MessageChange & Pick<StoredMessage, "seq"> & { readonly cid: string; readonly replyTo: number | null };

const FIND = `SELECT seq, cid, text, reply_to AS replyTo, edited_at AS editedAt, deleted_at AS deletedAt, deleted_by AS deletedBy
  FROM message WHERE room_id = ?1 AND seq IN (SELECT value FROM json_each(?2))`;

/**
 * Every message of a room's page, by rising seq; D1 is asked only when some were trimmed. One that D1 has not is left out and
 * told in the log of the Worker: nothing is trimmed before D1 has it, so somebody took it away.
 */
export async function completePage(
  db: D1Database,
  room: string,
  { trimmed, messages }: Pick<PageAnswer, "trimmed" | "messages">,
): Promise<readonly StoredMessage[]> {
  if (trimmed.length === 0) return messages;
  const seqs = trimmed.map(({ seq }) => seq);
  const [{ results }, files] = await Promise.all([
    db.prepare(FIND).bind(room, JSON.stringify(seqs)).all<Row>(),
    filesOfMessages(db, room, seqs),
  ]);
  const rows = new Map(results.map((row) => [row.seq, row]));
  const found = trimmed.flatMap((known) => {
    const message = complete(known, rows.get(known.seq));
    if (message === null) return [];
    return message.deletedAt === null ? [{ ...message, files: files.get(known.seq) ?? [] }] : [message];
  });
  if (found.length < trimmed.length)
    logFailure("complete a page", `the archive of ${room} has lost messages among ${seqs.join()}`);
  return [...found, ...messages];
}

/** A message of both halves, without its files. What the room knows of a change is at least as new as what the archive says. */
function complete({ change, ...known }: TrimmedMessage, row: Row | undefined): StoredMessage | null {
  const id = row === undefined ? null : uuidBytes(row.cid);
  if (row === undefined || id === null) return null;
  const { text, editedAt, deletedAt, deletedBy } = change ?? row;
  return { ...known, id, replyTo: row.replyTo ?? 0, text, files: [], editedAt, deletedAt, deletedBy };
}
