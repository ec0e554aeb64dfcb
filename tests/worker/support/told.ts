// Messages of the archive's queue for tests, as a room would make them of messages written, edited and erased; and what D1 makes of them.
import { env } from "cloudflare:workers";
import type { ArchiveMessage } from "../../../worker-ts/src/rooms";

/** A message as its room tells it. */
export type Told = ArchiveMessage["messages"][number];
/** What a message of the queue may bring. */
export type Part = Partial<Pick<ArchiveMessage, "messages" | "reactions" | "pins">>;

/** A message of the queue that brings these. */
export const batchOf = (room: string, from: number, to: number, part: Part): ArchiveMessage => ({
  ...{ v: 1, room, from, to, at: 1_000 + to, messages: [], reactions: [], pins: [], people: [] },
  ...{ totals: { version: 0, counts: {} }, ...part },
});

/** A message's word: one that stands in no other. */
export const word = (room: string, seq: number, version: number) => `w${room.replaceAll("-", "")}x${seq}x${version}`;

/** What changes of a message, as the entry `version` has left it. */
export function change(room: string, seq: number, version: number, erasedBy?: string): Told {
  const erased = erasedBy !== undefined;
  const edited = !erased && version !== seq;
  return {
    ...{ seq, kind: "MSG", version, text: erased ? "" : word(room, seq, version) },
    ...{ editedAt: edited ? 1_000 + version : null, deletedAt: erased ? 1_000 + version : null },
    deletedBy: erasedBy ?? null,
  };
}

/** A message as its room's log has it. */
export function whole(room: string, seq: number, version = seq, erasedBy?: string): Told {
  const rest = { event: null, userId: "u_ann", cid: `id-${seq}`, ts: 1_000 + seq, replyTo: null };
  return { ...change(room, seq, version, erasedBy), ...rest };
}

/** The seqs of a room's messages that have this word. */
export async function found(room: string, text: string): Promise<unknown[]> {
  const { results } = await env.DB.prepare(
    `SELECT seq FROM message JOIN message_fts ON message_fts.rowid = pk
     WHERE message_fts MATCH ?2 AND room_id = ?1 ORDER BY seq`,
  )
    .bind(room, `text : "${text}"`)
    .all();
  return results.map(({ seq }) => seq);
}

/** Fails when the index and the messages do not agree. */
export const intact = () =>
  env.DB.prepare("INSERT INTO message_fts(message_fts, rank) VALUES('integrity-check', 1)").run();
