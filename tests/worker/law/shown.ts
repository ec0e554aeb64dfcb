// A message in the one form in which views, log, HTTP and archive are compared, and how each of them comes into it.
import { env } from "cloudflare:workers";
import type { ViewMessage } from "../../../worker-ts/src/client";
import { call, type Person } from "../support/http-client";

/** A message as it stands; users by id. */
export interface Shown {
  seq: number;
  ts: number;
  clientId: string;
  author: string;
  text: string;
  replyTo: number | null;
  /** Ids of its files, in the order of the alphabet. */
  files: string[];
  editedAt: number | null;
  deletedAt: number | null;
  /** Who reacted, by emoji, in the order of their ids. */
  reactions: Record<string, string[]>;
}

export const uuid = (hex: string): string => hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");

export function base64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
}

/** Who reacted, where that is known; of some only how many there are is told, and whether the reader is one of them. */
type Counted = Omit<Shown, "reactions"> & { readonly reactions: Readonly<Record<string, string>> };

/** How many, and who if all of them are known. */
const tally = (count: number, users: readonly string[]) =>
  users.length === count ? `${count}: ${[...users].sort().join()}` : `${count}`;

/** A view's message; status and place of pending ones are not its concern. */
export function ofView({ sender: _s, mine, editSeq: _e, status: _t, ...message }: ViewMessage, self: string): Counted {
  const { seq, ts, clientId, text, replyTo, editedAt, deletedAt, author } = message;
  if (mine !== (author.id === self)) throw new Error(`${seq} is wrongly taken for one's own`);
  return {
    ...{ seq, ts, clientId, author: author.id, text, replyTo, editedAt, deletedAt },
    files: message.files.map(({ id }) => id).sort(),
    reactions: Object.fromEntries(
      message.reactions.map(({ emoji, count, mine: own, people }) => [
        emoji,
        `${tally(count, people?.map(({ id }) => id) ?? [])}${own ? " mine" : ""}`,
      ]),
    ),
  };
}

/** What ought to be seen by `self`; where `seen` names no people of a reaction, their number is enough. */
export function expected(shown: Shown, seen: Counted | undefined, self: string): Counted {
  const reactions = Object.entries(shown.reactions).map(([emoji, users]) => {
    const named = seen?.reactions[emoji]?.includes(":") === true;
    return [emoji, `${tally(users.length, named ? users : [])}${users.includes(self) ? " mine" : ""}`];
  });
  return { ...shown, reactions: Object.fromEntries(reactions) };
}

interface HttpMessage extends Omit<Shown, "author" | "files" | "reactions"> {
  readonly author: { readonly id: string };
  readonly files: readonly { readonly id: string }[];
  readonly reactions: readonly { readonly emoji: string; readonly count: number; readonly mine: boolean }[];
  readonly pinned: boolean;
}

/** The whole history of a room by HTTP, page by page. */
export async function ofHttp(
  room: string,
  reader: Person,
  limit: number,
): Promise<{ messages: Counted[]; pins: number[] }> {
  const messages: Counted[] = [];
  const pins: number[] = [];
  for (let after = 0; ; ) {
    const { body } = await call("GET", `/api/rooms/${room}/messages?after=${after}&limit=${limit}`, {
      token: reader.token,
    });
    for (const message of body.messages as unknown as readonly HttpMessage[]) {
      const { seq, ts, clientId, author, text, replyTo, files, editedAt, deletedAt, pinned, reactions } = message;
      if (pinned) pins.push(seq);
      messages.push({
        ...{ seq, ts, clientId, author: author.id, text, replyTo, editedAt, deletedAt },
        files: files.map(({ id }) => id).sort(),
        reactions: Object.fromEntries(
          reactions.map(({ emoji, count, mine }) => [emoji, `${count}${mine ? " mine" : ""}`]),
        ),
      });
    }
    if (body.after === null) return { messages, pins };
    after = body.after;
  }
}

/** A room as the archive has it. */
export async function ofArchive(room: string): Promise<{ messages: Shown[]; pins: number[] }> {
  const all = async (sql: string) => (await env.DB.prepare(sql).bind(room).all()).results as never[];
  const rows: (Omit<Shown, "files" | "reactions"> & { author: string | null })[] = await all(
    `SELECT seq, ts, cid AS clientId, user_id AS author, text, reply_to AS replyTo, edited_at AS editedAt,
       deleted_at AS deletedAt FROM message WHERE room_id = ? AND kind = 'MSG' ORDER BY seq`,
  );
  const reactions: { target: number; emoji: string; user: string }[] = await all(
    `SELECT target_seq AS target, emoji, user_id AS user FROM reaction WHERE room_id = ? AND present = 1 ORDER BY user_id`,
  );
  const files: { id: string; seq: number }[] = await all(
    "SELECT id, seq FROM file WHERE room_id = ? AND seq IS NOT NULL ORDER BY id",
  );
  const pins: { target: number }[] = await all(
    "SELECT target_seq AS target FROM pin WHERE room_id = ? AND present = 1 ORDER BY target_seq",
  );
  const bySeq = new Map<number, Shown>();
  for (const row of rows) bySeq.set(row.seq, { ...row, files: [], reactions: {} });
  const of = (seq: number, what: string) => {
    const found = bySeq.get(seq);
    if (found === undefined) throw new Error(`the archive of ${room} has ${what} of ${seq}, which it has not`);
    return found;
  };
  for (const { target, emoji, user } of reactions) {
    const message = of(target, emoji);
    message.reactions[emoji] = [...(message.reactions[emoji] ?? []), user];
  }
  for (const { id, seq } of files) of(seq, "a file").files.push(id);
  return { messages: [...bySeq.values()], pins: pins.map(({ target }) => target) };
}
