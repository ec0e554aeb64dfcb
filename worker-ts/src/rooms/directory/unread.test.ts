// Unread counts: what counts, how many at most, for whom, and how D1 comes to them. Messages are put into the archive by hand.
import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { account, call, guest, join, type Person, room } from "../../../../tests/worker/support/http-client";
import { countUnread } from "./unread";

interface Row {
  readonly seq: number;
  readonly userId: string | null;
  readonly kind?: "MSG" | "SYSTEM";
  readonly deletedAt?: number;
}

/** Puts rows into the archive of a room. */
async function archive(roomId: string, rows: readonly Row[]): Promise<void> {
  const told = rows.map(({ seq, userId, kind = "MSG", deletedAt = null }) => ({ seq, userId, kind, deletedAt }));
  await env.DB.prepare(
    `INSERT INTO message(room_id, seq, kind, version, user_id, ts, text, deleted_at)
     SELECT ?1, value->>'seq', value->>'kind', value->>'seq', value->>'userId', 1, 'x', value->>'deletedAt' FROM json_each(?2)`,
  )
    .bind(roomId, JSON.stringify(told))
    .run();
}

const mark = (roomId: string, { id }: Person, seq: number) =>
  env.DB.prepare("UPDATE member SET read_seq = ? WHERE room_id = ? AND user_id = ?").bind(seq, roomId, id).run();

/** What the list of rooms tells this person of one room; undefined when it is not in the list. */
async function unreadOf(person: Person, roomId: string, query = "limit=100"): Promise<number | null | undefined> {
  const { body } = await call("GET", `/api/rooms?${query}`, { token: person.token });
  return body.rooms.find(({ id }) => id === roomId)?.unread;
}

const from = (userId: string, first: number, last: number): Row[] =>
  Array.from({ length: last - first + 1 }, (_, at) => ({ seq: first + at, userId }));

it("counts messages of others behind the read mark, neither own nor erased ones nor what the room notes", async () => {
  const [ann, bob] = [await account("Ann"), await account("Bob")];
  const id = await room(ann);
  await join(bob, id);
  await archive(id, [
    ...from(bob.id, 1, 3),
    ...from(ann.id, 4, 5),
    { seq: 6, userId: bob.id, deletedAt: 9 },
    { seq: 7, userId: null, kind: "SYSTEM" },
    { seq: 8, userId: bob.id, kind: "SYSTEM" },
    { seq: 9, userId: bob.id },
  ]);
  expect([await unreadOf(ann, id), await unreadOf(bob, id)]).toEqual([4, 2]);
  await mark(id, ann, 2);
  expect([await unreadOf(ann, id), await unreadOf(bob, id)]).toEqual([2, 2]);
  await mark(id, ann, 9);
  expect(await unreadOf(ann, id, "mine=1&limit=100")).toBe(0);
});

it("is null for who is in no room, banned or nobody; a private room is in no list of theirs", async () => {
  const [ann, bob, eve] = [await account("Ann"), await guest(), await account("Eve")];
  const [open, secret] = [await room(ann), await room(ann, "private")];
  for (const id of [open, secret]) await archive(id, from(ann.id, 1, 2));
  expect([await unreadOf(bob, open), await unreadOf(bob, secret)]).toEqual([null, undefined]);
  await join(bob, open);
  expect(await unreadOf(bob, open)).toBe(2);
  await join(eve, open);
  await env.DB.prepare("UPDATE member SET role = 'banned' WHERE user_id = ?").bind(eve.id).run();
  expect([await unreadOf(eve, open), await unreadOf(eve, secret)]).toEqual([null, undefined]);
  await env.DB.prepare("INSERT INTO member SELECT ?, ?, 'member', 1, 1, 1").bind(secret, bob.id).run();
  expect(await unreadOf(bob, secret)).toBe(1);
  const { body } = await call("GET", "/api/rooms?limit=100");
  for (const entry of body.rooms) expect(entry.unread).toBeNull();
});

it("looks at the newest 1,000 entries of a room and no further", async () => {
  const [ann, bob] = [await account("Ann"), await account("Bob")];
  const id = await room(ann);
  await archive(id, [...from(bob.id, 1, 1_500), ...from(ann.id, 1_501, 1_600)]);
  expect(await unreadOf(ann, id)).toBe(900);
  await mark(id, ann, 550);
  expect(await unreadOf(ann, id)).toBe(900);
  await mark(id, ann, 700);
  expect(await unreadOf(ann, id)).toBe(800);
});

it("is one query by two indexes for a whole list, and reads no more of an archive a hundred times as large", async () => {
  const ann = await account("Ann");
  const ids = await Promise.all(Array.from({ length: 20 }, () => room(ann)));
  const asked: string[] = [];
  const prepare = (sql: string) => {
    asked.push(sql);
    return env.DB.prepare(sql);
  };
  for (const id of ids) await archive(id, from("somebody", 1, 20));
  const counts = await countUnread({ prepare }, ann.id, ids);
  expect([...counts]).toEqual(expect.arrayContaining(ids.map((id) => [id, 20])));
  expect(asked).toHaveLength(1);

  const bind = (sql: string) => env.DB.prepare(sql).bind(ann.id, JSON.stringify(ids));
  const { results } = await bind(`EXPLAIN QUERY PLAN ${asked[0]}`).all<{ detail: string }>();
  const plan = results.map(({ detail }) => detail).filter((detail) => /^S(CAN|EARCH) /.test(detail));
  expect(plan).toEqual([
    expect.stringMatching(/^SEARCH member USING INDEX \S+ \(room_id=\? AND user_id=\?\)$/),
    expect.stringMatching(/^SCAN json_each VIRTUAL TABLE/),
    expect.stringMatching(/^SEARCH message USING INDEX message_seq \(room_id=\? AND seq>\?\)$/),
    expect.stringMatching(/^SCAN \(subquery/),
  ]);

  const rowsRead = async () => (await bind(asked[0]!).all()).meta.rows_read;
  for (const id of ids) await mark(id, ann, 15);
  const small = await rowsRead();
  await archive(ids[0]!, from("somebody", 21, 2_000));
  await mark(ids[0]!, ann, 1_995);
  await archive(await room(ann), from("somebody", 1, 2_000));
  expect(await rowsRead()).toBe(small);
});
