// Searching for tests: messages put into the archive by hand, and what a search by HTTP answers.
import { env } from "cloudflare:workers";
import { expect } from "vitest";
import type { MessageShape } from "../../../worker-ts/src/rooms/http/shapes";
import { type Answer, call, type Person } from "./http-client";

/** A hit as answers show it. */
export interface Hit {
  readonly message: MessageShape;
  readonly snippet: readonly (readonly [text: string, hit: boolean])[];
}

/** Puts messages into the archive of a room, in this order; a row may say more of itself. */
export async function archive(
  roomId: string,
  userId: string,
  rows: readonly (string | { seq: number; text: string })[],
) {
  const told = rows.map((row, at) => (typeof row === "string" ? { seq: at + 1, text: row } : row));
  await env.DB.prepare(
    `INSERT INTO message(room_id, seq, kind, version, user_id, cid, ts, text)
     SELECT ?1, value->>'seq', 'MSG', value->>'seq', ?3, '0199a0b0-c0d0-7e0f-8011-223344556677', 1000 + (value->>'seq'), value->>'text'
     FROM json_each(?2)`,
  )
    .bind(roomId, JSON.stringify(told), userId)
    .run();
}

export const ask = (path: string, q: string, person?: Person, query: Record<string, string> = {}): Promise<Answer> =>
  call("GET", `${path}?${new URLSearchParams({ q, ...query })}`, person && { token: person.token });

/** The hits of a page, and where it goes on. */
export async function find(path: string, q: string, person?: Person, query: Record<string, string> = {}) {
  const { status, body } = await ask(path, q, person, query);
  expect([q, status]).toEqual([q, 200]);
  return body as unknown as { readonly hits: readonly Hit[]; readonly next: string | number | null };
}

export const inRoom = (id: string) => `/api/rooms/${id}/search`;
export const seqs = ({ hits }: { readonly hits: readonly Hit[] }) => hits.map(({ message }) => message.seq);
