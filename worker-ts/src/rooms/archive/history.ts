// Reading the archive: the texts of messages that a room's log has trimmed. Which messages there are, in which order and by whom,
// is the room's to say, so a page over the border is as seamless as the log.
import { uuidBytes } from "@ferrule/core";
import type { PageAnswer, StoredMessage } from "../operation";

type Row = { seq: number; cid: string; text: string; replyTo: number | null };

const FIND = `SELECT seq, cid, text, reply_to AS replyTo FROM message
  WHERE room_id = ?1 AND seq IN (SELECT value FROM json_each(?2))`;

/**
 * Every message of a room's page, by rising seq; D1 is asked only when some were trimmed. One that D1 has not is left out and
 * told in the log of the Worker: nothing is trimmed before D1 has it, so somebody took it away.
 */
export async function completePage(db: D1Database, room: string, page: PageAnswer): Promise<readonly StoredMessage[]> {
  const { trimmed, messages } = page;
  if (trimmed.length === 0) return messages;
  const seqs = JSON.stringify(trimmed.map(({ seq }) => seq));
  const { results } = await db.prepare(FIND).bind(room, seqs).all<Row>();
  const rows = new Map(results.map((row) => [row.seq, row]));
  const found = trimmed.flatMap(({ seq, ts, author }): StoredMessage[] => {
    const row = rows.get(seq);
    const id = row === undefined ? null : uuidBytes(row.cid);
    return row === undefined || id === null ? [] : [{ seq, ts, id, author, text: row.text, replyTo: row.replyTo ?? 0 }];
  });
  if (found.length < trimmed.length) console.error(`the archive of ${room} has lost messages among ${seqs}`);
  return [...found, ...messages];
}
