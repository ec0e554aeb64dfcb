// The consumer of the archive's queue: whatever is delivered, however often and in whatever order, the rows are the same; and one
// bad message spoils no other.
import { env } from "cloudflare:workers";
import fc from "fast-check";
import { expect, it, vi } from "vitest";
import { archivedRows, deliver } from "../../../../../tests/worker/support/archive";
import { guest, join, room as makeRoom } from "../../../../../tests/worker/support/http-client";
import { freshRoom } from "../../../../../tests/worker/support/room-client";
import { scheduled } from "../../../app";
import { moveMemberships } from "../../directory/member-table";
import type { ArchiveMessage } from "../../index";

type Told = ArchiveMessage["messages"][number];

/** A message of the queue; `at` stands for the last entry's time. */
function batchOf(room: string, from: number, to: number, messages: readonly Told[]): ArchiveMessage {
  const rest = { reactions: [], pins: [], people: [], totals: { version: 0, counts: {} } } as const;
  return { v: 1, room, from, to, at: 1_000 + to, messages, ...rest };
}

const state = { kind: "MSG", editedAt: null, deletedAt: null, deletedBy: null } as const;

/** A message as its room tells it: as written, or as the entry `version` has left it. */
function told(seq: number, version = seq, text = `m${seq}.${version}`): Told {
  const edited = version === seq ? {} : { editedAt: 1_000 + version };
  const whole = { event: null, userId: "u_ann", cid: `id-${seq}`, ts: 1_000 + seq, replyTo: null };
  return { ...state, seq, version, text, ...edited, ...whole };
}

/** What an edit makes of a message that was trimmed: the rest of it is not told. */
const change = (seq: number, version: number): Told => ({
  ...state,
  ...{ seq, version, text: `m${seq}.${version}`, editedAt: 1_000 + version },
});

const quietly = async <T>(work: () => Promise<T>): Promise<T> => {
  const logged = vi.spyOn(console, "error").mockImplementation(() => undefined);
  try {
    return await work();
  } finally {
    logged.mockRestore();
  }
};

it("R47 a delivery that comes twice, in one batch and in two, leaves the same rows", async () => {
  const { name } = freshRoom("consumer");
  const message = batchOf(name!, 1, 3, [told(1), told(2), told(3)]);
  expect(await deliver([message, message])).toMatchObject({ acked: [0, 1] });
  const rows = await archivedRows(name!);
  expect(rows).toHaveLength(3);
  expect(rows[0]).toEqual({
    ...{ room_id: name, seq: 1, kind: "MSG", event: null, version: 1, user_id: "u_ann", cid: "id-1", ts: 1_001 },
    ...{ reply_to: null, text: "m1.1", edited_at: null, deleted_at: null, deleted_by: null },
  });
  await deliver([message]);
  expect(await archivedRows(name!)).toEqual(rows);
});

it("R48 deliveries in reverse leave the same rows as in order", async () => {
  const [a, b] = [freshRoom("consumer").name!, freshRoom("consumer").name!];
  const messages = (room: string) => [
    batchOf(room, 1, 2, [told(1), told(2)]),
    batchOf(room, 3, 4, [told(1, 3), told(4)]),
    batchOf(room, 5, 5, [told(1, 5)]),
  ];
  for (const message of messages(a)) await deliver([message]);
  for (const message of messages(b).reverse()) await deliver([message]);
  const rows = await archivedRows(a);
  expect(rows.map(({ seq, version, text }) => [seq, version, text])).toEqual([
    [1, 5, "m1.5"],
    [2, 2, "m2.2"],
    [4, 4, "m4.4"],
  ]);
  expect(await archivedRows(b)).toEqual(rows.map((row) => ({ ...row, room_id: b })));
});

it("law: any text comes out as it went in", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.string({ unit: "binary", maxLength: 12 }), { minLength: 1, maxLength: 20 }),
      async (texts) => {
        const room = freshRoom("text").name!;
        const messages = texts.map((text, n): Told => ({ ...told(n + 1), text: `${text}\u0000"\\${text}` }));
        await deliver([batchOf(room, 1, texts.length, messages)]);
        expect((await archivedRows(room)).map(({ text }) => text)).toEqual(messages.map(({ text }) => text));
      },
    ),
    { numRuns: 25 },
  );
});

it("R49 what is no message of ours is tried again with growing delays; its neighbours are acknowledged", async () => {
  const { name } = freshRoom("consumer");
  const good = batchOf(name!, 1, 1, [told(1)]);
  const poison = [
    null,
    "text",
    [],
    {},
    { ...good, v: 2 },
    { ...good, room: 7 },
    { ...good, room: "", totals: { version: 1, counts: { messages: 1 } } },
    { ...good, from: -1 },
    { ...good, messages: [{ ...told(1), text: null }] },
    { ...good, messages: [{ ...told(1), kind: "EDIT" }] },
    { ...good, messages: [{ ...told(1), ts: "now" }] },
    { ...good, reactions: [{}] },
    { ...good, pins: [{}] },
    { ...good, people: [{ userId: "u" }] },
    { ...good, totals: { version: 1, counts: { messages: "1" } } },
    { ...good, polls: [] },
  ];
  const answer = await quietly(() => deliver([...poison, good]));
  expect(answer.acked).toEqual([poison.length]);
  expect([...answer.delays.keys()].sort((a, b) => a - b)).toEqual(poison.map((_, at) => at));
  expect(await archivedRows(name!)).toHaveLength(1);
  const delays: number[] = [];
  for (const attempts of [1, 2, 3, 4, 5])
    delays.push((await quietly(() => deliver([poison[0]], { attempts }))).delays.get(0) ?? 0);
  expect(delays).toEqual([10, 30, 90, 270, 810]);
});

it("R49 a message that D1 refuses leaves no half of itself, and is not reported to its room", async () => {
  const stub = freshRoom("consumer");
  const name = stub.name!;
  // a change of a message that the archive has not
  const answer = await quietly(() =>
    deliver([batchOf(name, 1, 2, [told(1), change(9, 2)]), batchOf(name, 3, 3, [told(3)])]),
  );
  expect(answer.acked).toEqual([1]);
  expect((await archivedRows(name)).map(({ seq }) => seq)).toEqual([3]);
});

it("R49 a D1 that is down: everything is tried again, and nothing is thrown", async () => {
  const { name } = freshRoom("consumer");
  const down = () => {
    throw new Error("D1 is down");
  };
  const vars = { DB: { prepare: down, batch: down } };
  const answer = await quietly(() => deliver([batchOf(name!, 1, 1, [told(1)])], { vars }));
  expect(answer).toMatchObject({ acked: [], delays: new Map([[0, 10]]) });
});

it("R49 a dead letter becomes a row with its queue, its body and what is wrong with it, once", async () => {
  const { name } = freshRoom("consumer");
  const good = batchOf(name!, 1, 1, [told(1)]);
  const before = (await dead()).length;
  const answer = await deliver([{ ...good, v: 9 }, good], { name: "ferrule-archive-dead" });
  expect(answer.acked).toEqual([0, 1]);
  const rows = (await dead()).slice(before);
  expect(rows.map(({ queue, replayed_at }) => [queue, replayed_at])).toEqual([
    ["ferrule-archive", null],
    ["ferrule-archive", null],
  ]);
  expect(rows.map(({ body }) => JSON.parse(body as string))).toEqual([{ ...good, v: 9 }, good]);
  expect(rows[0]!.error).toMatch(/`v` is not understood/);
  expect(rows[1]!.error).toMatch(/it was understood/);
  expect(await archivedRows(name!)).toEqual([]);
});

it("a dead letter is kept for thirty days", async () => {
  const add = "INSERT INTO dead_letter VALUES(?, 'q', '{}', 'e', ?, NULL)";
  const month = 30 * 86_400_000;
  await env.DB.batch([
    env.DB.prepare(add).bind("old", Date.now() - month - 1),
    env.DB.prepare(add).bind("young", Date.now() - month + 60_000),
  ]);
  await scheduled({ cron: "17 3 * * *" }, env);
  expect((await dead()).filter(({ queue }) => queue === "q").map(({ id }) => id)).toEqual(["young"]);
});

it("R49 a dead letter that cannot be written down comes again", async () => {
  const down = () => Promise.reject(new Error("D1 is down"));
  const vars = { DB: { prepare: () => ({ bind: () => undefined }), batch: down } };
  const answer = await quietly(() => deliver([1], { name: "ferrule-archive-dead", vars }));
  expect(answer).toMatchObject({ acked: [], delays: new Map([[0, 60]]) });
});

it("R50 a change of a trimmed message keeps what is not told of it, whatever comes after", async () => {
  const { name } = freshRoom("consumer");
  const first = batchOf(name!, 1, 2, [told(1), told(2)]);
  await deliver([first]);
  await deliver([batchOf(name!, 7, 7, [change(1, 7)])]);
  await deliver([batchOf(name!, 5, 5, [change(1, 5)])]);
  await deliver([first]);
  const [row] = await archivedRows(name!);
  expect(row).toMatchObject({
    seq: 1,
    version: 7,
    text: "m1.7",
    edited_at: 1_007,
    user_id: "u_ann",
    cid: "id-1",
    ts: 1_001,
  });
});

it("moves the room's head and time, and read marks of members, only up", async () => {
  const ann = await guest();
  const bob = await guest();
  const id = await makeRoom(ann);
  await join(bob, id);
  const at = async () => {
    const room = await env.DB.prepare("SELECT head_seq, last_at FROM room WHERE id = ?").bind(id).first();
    const members = await env.DB.prepare("SELECT user_id, read_seq FROM member WHERE room_id = ?").bind(id).all();
    return [room, new Map(members.results.map(({ user_id, read_seq }) => [user_id, read_seq])).get(bob.id)];
  };
  const marks = (readSeq: number) => [
    { userId: bob.id, readSeq, readAt: 1 },
    { userId: "nobody", readSeq, readAt: 1 },
  ];
  expect(await at()).toEqual([{ head_seq: 0, last_at: null }, 0]);
  await deliver([{ ...batchOf(id, 4, 6, [told(6)]), people: marks(5) }]);
  expect(await at()).toEqual([{ head_seq: 6, last_at: 1_006 }, 5]);
  await deliver([{ ...batchOf(id, 1, 3, [told(3)]), people: marks(2) }]);
  await deliver([{ ...batchOf(id, 7, 6, []), at: null, people: marks(4) }]);
  expect(await at()).toEqual([{ head_seq: 6, last_at: 1_006 }, 5]);
});

it("a read mark costs the same, however many members its room has", async () => {
  const read: number[] = [];
  for (const members of [10, 2_000]) {
    const { name } = freshRoom("consumer");
    await env.DB.prepare(
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?2)
       INSERT INTO member(room_id, user_id, role, joined_at, changed_at) SELECT ?1, 'u' || i, 'member', 0, 0 FROM n`,
    )
      .bind(name, members)
      .run();
    const batch = vi.spyOn(env.DB, "batch");
    const people = Array.from({ length: 10 }, (_, n) => ({ userId: `u${n + 1}`, readSeq: 7, readAt: 1 }));
    await deliver([{ ...batchOf(name!, 8, 7, []), at: null, people }]);
    const results: D1Result[] = await batch.mock.results[0]?.value;
    batch.mockRestore();
    read.push(results.reduce((sum, { meta }) => sum + meta.rows_read, 0));
    const { results: marked } = await env.DB.prepare("SELECT 1 FROM member WHERE room_id = ? AND read_seq = 7")
      .bind(name)
      .all();
    expect(marked).toHaveLength(10);
  }
  expect(read[1]).toBeLessThanOrEqual(read[0]! + 10);
});

it("a guest's read mark becomes the user's, the further one where both have one, whatever their roles", async () => {
  const add = "INSERT INTO member VALUES(?, ?, ?, 1, ?, ?)";
  const [one, two, three] = [freshRoom("moved").name, freshRoom("moved").name, freshRoom("moved").name];
  await env.DB.batch(
    [
      [one, "m_guest", "member", 9, 100],
      [one, "m_user", "owner", 4, 200],
      [two, "m_guest", "moderator", 3, 100],
      [two, "m_user", "member", 5, 200],
      [three, "m_guest", "member", 6, 100],
    ].map((row) => env.DB.prepare(add).bind(...row)),
  );
  await moveMemberships(env.DB, "m_guest", "m_user");
  const { results } = await env.DB.prepare(
    "SELECT room_id, user_id, role, read_seq, changed_at FROM member WHERE room_id LIKE 'moved-%' ORDER BY room_id",
  ).all();
  expect(results.map((row) => Object.values(row))).toEqual([
    [one, "m_user", "owner", 9, 200],
    [two, "m_user", "moderator", 5, 201],
    [three, "m_user", "member", 6, 100],
  ]);
});

it("what a guest wrote is the user's in the archive, too, once the guest has become one", async () => {
  const { name } = freshRoom("consumer");
  await deliver([batchOf(name!, 1, 2, [{ ...told(1), userId: "u_guest" } as Told, told(2)])]);
  await moveMemberships(env.DB, "u_guest", "u_user");
  expect((await archivedRows(name!)).map(({ user_id }) => user_id)).toEqual(["u_user", "u_ann"]);
});

it("the seed's query answers: messages and users under the seed's names", async () => {
  const ann = await guest();
  const { name } = freshRoom("consumer");
  const note: Told = { ...told(3), kind: "SYSTEM", event: 1, userId: null, cid: null } as Told;
  await deliver([batchOf(name!, 1, 3, [{ ...told(1), userId: ann.id } as Told, told(2, 9), note])]);
  const messages = await env.DB.prepare(`SELECT * FROM messages WHERE room_id = '${name}' LIMIT 10`).all();
  expect(messages.results).toEqual([
    { id: `${name}.1`, room_id: name, user_id: ann.id, content: "m1.1", created_at: 1_001, updated_at: 1_001 },
    { id: `${name}.2`, room_id: name, user_id: "u_ann", content: "m2.9", created_at: 1_002, updated_at: 1_009 },
  ]);
  const users = await env.DB.prepare("SELECT * FROM users WHERE id = ?").bind(ann.id).all<{ created_at: number }>();
  expect(users.results).toMatchObject([{ id: ann.id, name: ann.name, avatar_url: null }]);
  expect(Object.keys(users.results[0]!)).toEqual(["id", "email", "name", "avatar_url", "created_at"]);
  expect(Math.abs(users.results[0]!.created_at - Date.now())).toBeLessThan(3_600_000);
});

async function dead(): Promise<Record<string, unknown>[]> {
  return (await env.DB.prepare("SELECT * FROM dead_letter ORDER BY rowid").all()).results;
}
