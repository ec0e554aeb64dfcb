// What was erased is gone from D1, its index, its dead letters and the bucket; what is odd in the queue harms nothing; and a room that
// was purged gets nothing back.
import { env } from "cloudflare:workers";
import { expect, it, vi } from "vitest";
import { archivedRows, deliver, drained, upload } from "../../../../../tests/worker/support/archive";
import { call, guest, join, room as makeRoom } from "../../../../../tests/worker/support/http-client";
import { freshRoom, type RoomStub, tune } from "../../../../../tests/worker/support/room-client";
import {
  batchOf,
  change,
  found,
  intact,
  type Part,
  type Told,
  whole,
  word,
} from "../../../../../tests/worker/support/told";
import type { ArchiveMessage } from "../../index";

/** How many pages of the index hold these letters, whether anything is found by them or not. */
async function inIndex(text: string): Promise<unknown> {
  const row = await env.DB.prepare("SELECT count(*) AS n FROM message_fts_data WHERE instr(block, CAST(? AS BLOB)) > 0")
    .bind(text)
    .first();
  return row?.["n"];
}

it("R30 erased text is in no row, no dead letter and no page of the index, and its files are gone; its neighbours stay", async () => {
  const room = freshRoom("erased").name!;
  const file = (n: number) => `${"A".repeat(20)}${room.length}${n}`;
  for (const n of [1, 2]) {
    await env.DB.prepare(
      "INSERT INTO file(id, room_id, user_id, claim, name, mime, size, width, height, created_at) VALUES(?, ?, 'u_ann', ?, 'f', 'm', 5, 0, 0, 1)",
    )
      .bind(file(n), room, `id-${n}`)
      .run();
    await env.FILES.put(`files/${room}/${file(n)}`, "bytes");
  }
  const first = [1, 2, 3].map((seq) => ({ ...whole(room, seq), ...(seq < 3 && { files: [file(seq)] }) }));
  const posted = batchOf(room, 1, 3, { messages: first });
  const edited = batchOf(room, 4, 4, { messages: [change(room, 1, 4)] });
  const other = batchOf(`${room}-b`, 1, 1, { messages: [whole(room, 1)] });
  await deliver(["text", ["text"], null, { room, messages: ["text", null, [1]] }, posted, edited, other], {
    name: "ferrule-archive-dead",
  });
  await deliver([posted, edited]);
  const seqs = await env.DB.prepare("SELECT seq FROM file WHERE room_id = ? ORDER BY id").bind(room).all();
  expect(seqs.results).toEqual([{ seq: 1 }, { seq: 2 }]);
  const words = [word(room, 1, 1), word(room, 1, 4)];
  expect([await found(room, words[0]!), await found(room, words[1]!), await inIndex(words[0]!)]).toEqual([[], [1], 0]);
  expect(await letters(words)).toBe(3);

  await deliver([batchOf(room, 5, 5, { messages: [change(room, 1, 5, "u_mod")] })]);
  expect((await archivedRows(room)).map(({ text, deleted_by }) => [text, deleted_by])).toEqual([
    ["", "u_mod"],
    [word(room, 2, 2), null],
    [word(room, 3, 3), null],
  ]);
  // what an entry of another room's letter says is that room's
  expect(await letters(words)).toBe(1);
  for (const text of words) expect([await found(room, text), await inIndex(text)]).toEqual([[], 0]);
  expect(await found(room, word(room, 2, 2))).toEqual([2]);
  const files = await env.DB.prepare("SELECT seq FROM file WHERE room_id = ?").bind(room).all();
  expect(files.results).toEqual([{ seq: 2 }]);
  expect(
    await Promise.all([1, 2].map(async (n) => (await env.FILES.head(`files/${room}/${file(n)}`)) !== null)),
  ).toEqual([false, true]);
  // a letter that comes to rest only now, with a text that was erased meanwhile
  await deliver([posted], { name: "ferrule-archive-dead" });
  expect(await letters([words[0]!])).toBe(1);
  expect(await letters([word(room, 2, 2)])).toBe(2);
  await intact();
});

/** How many dead letters hold one of these. */
async function letters(texts: readonly string[]): Promise<number> {
  const { results } = await env.DB.prepare("SELECT body FROM dead_letter").all<{ body: string }>();
  return results.filter(({ body }) => texts.some((text) => body.includes(text))).length;
}

it("R30 dead letters of a room are found by an index", async () => {
  const { results } = await env.DB.prepare(
    "EXPLAIN QUERY PLAN UPDATE dead_letter SET body = '' WHERE body->>'room' = ?1",
  )
    .bind("r")
    .all<{ detail: string }>();
  expect(results[0]?.detail).toMatch(/USING (COVERING )?INDEX dead_letter_room/);
});

it("R50 what fails behind the transaction is done again: files first, then the report to the room", async () => {
  const room = freshRoom("erased").name!;
  const id = "B".repeat(22);
  await env.DB.prepare(
    "INSERT INTO file(id, room_id, user_id, claim, name, mime, size, width, height, created_at) VALUES(?, ?, 'u_ann', 'id-1', 'f', 'm', 5, 0, 0, 1)",
  )
    .bind(id, room)
    .run();
  await env.FILES.put(`files/${room}/${id}`, "bytes");
  const archived = vi.fn(async () => undefined);
  const FILES = { delete: () => Promise.reject(new Error("no bucket")) };
  const logged = vi.spyOn(console, "error").mockImplementation(() => undefined);
  const erased = batchOf(room, 1, 2, { messages: [whole(room, 1, 2, "u_ann")] });
  const cut = await deliver([erased], { vars: { FILES, ROOM: { getByName: () => ({ archived }) } } });
  logged.mockRestore();
  expect([cut.acked, archived.mock.calls]).toEqual([[], []]);
  expect(await env.FILES.head(`files/${room}/${id}`)).not.toBeNull();
  expect((await deliver([erased])).acked).toEqual([0]);
  expect(await env.FILES.head(`files/${room}/${id}`)).toBeNull();
});

it("a message of an older Worker, without files, reactions and pins, is read; what is of no shape of ours is not", async () => {
  const room = freshRoom("states").name!;
  expect((await deliver([batchOf(room, 1, 1, { messages: [whole(room, 1)] })])).acked).toEqual([0]);
  const reaction = { target: 1, emoji: "👍", userId: "u", seq: 2, present: true };
  const pin = { target: 1, userId: "u", seq: 2, present: true };
  const bad: Part[] = [
    { reactions: [{ ...reaction, present: 1 as unknown as boolean }] },
    { reactions: [{ ...reaction, emoji: null as unknown as string }] },
    { reactions: [pin as typeof reaction] },
    { pins: [{ ...pin, target: -1 }] },
    { pins: [{ ...pin, userId: null as unknown as string }] },
    { messages: [{ ...whole(room, 1), files: [7 as unknown as string] } as Told] },
    { messages: [{ ...whole(room, 1), files: "f" as unknown as string[] } as Told] },
  ];
  const logged = vi.spyOn(console, "error").mockImplementation(() => undefined);
  const { acked } = await deliver(bad.map((part) => batchOf(room, 2, 2, part)));
  logged.mockRestore();
  expect(acked).toEqual([]);
});

it("nothing comes back into the archive of a room that was purged, and its object is not woken for it", async () => {
  const room = freshRoom("purged").name!;
  const kept = freshRoom("purged").name!;
  const add = "INSERT INTO room(id, title, created_at, deleted_at, purged_at) VALUES(?, 't', 1, 2, ?)";
  await env.DB.batch([env.DB.prepare(add).bind(room, 2), env.DB.prepare(add).bind(kept, null)]);
  const reactions = [{ target: 1, emoji: "👍", userId: "u", seq: 2, present: true }];
  const archived = vi.fn(async () => undefined);
  const bring = (id: string): ArchiveMessage => ({
    ...batchOf(id, 1, 2, { messages: [whole(id, 1, 2, "u_mod")], reactions, pins: [{ ...reactions[0]!, target: 1 }] }),
    totals: { version: 1, counts: { messages: 1 } },
  });
  const vars = { ROOM: { getByName: () => ({ archived }) } };
  const answer = await deliver([bring(room), bring(kept)], { vars });
  expect(answer).toMatchObject({ acked: [0, 1], delays: new Map() });
  expect(archived).toHaveBeenCalledOnce();
  for (const [id, count] of [
    [room, 0],
    [kept, 1],
  ] as const) {
    for (const table of ["message", "reaction", "pin", "audit", "metric"]) {
      const { results } = await env.DB.prepare(`SELECT 1 FROM ${table} WHERE room_id = ?`).bind(id).all();
      expect([table, results.length]).toEqual([table, count]);
    }
  }
});

it("a dead letter that comes to rest after its room was purged is acknowledged and kept nowhere; its neighbours are kept", async () => {
  const [room, deleted] = [freshRoom("purged").name!, freshRoom("purged").name!];
  const add = "INSERT INTO room(id, title, created_at, deleted_at, purged_at) VALUES(?, 't', 1, 2, ?)";
  await env.DB.batch([env.DB.prepare(add).bind(room, 2), env.DB.prepare(add).bind(deleted, null)]);
  const [late, kept] = [room, deleted].map((id) => batchOf(id, 1, 1, { messages: [whole(id, 1)] }));
  const odd = [{ room: { purged: room } }, `${room}-as-text`, [room]];
  const { acked } = await deliver([late, kept, ...odd], { name: "ferrule-archive-dead" });
  expect(acked).toEqual([0, 1, 2, 3, 4]);
  expect(await letters([word(room, 1, 1)])).toBe(0);
  expect(await letters([word(deleted, 1, 1)])).toBe(1);
  expect(await letters([`${room}-as-text`])).toBe(1);
});

it("R30 by HTTP and the real queue: what was erased is in no row, found by no search, and its files are gone", async () => {
  const [ann, bob] = [await guest(), await guest()];
  const id = await makeRoom(ann);
  await join(bob, id);
  const stub = env.ROOM.getByName(id) as RoomStub;
  await stub.stats();
  await tune(stub, { archiveFlushMs: 5 });
  const files = [await upload(bob, id, "kept.txt"), await upload(bob, id, "erased.txt")];
  const said = async (text: string, file: string) => {
    const body = { text, files: [file] };
    return (await call("POST", `/api/rooms/${id}/messages`, { token: bob.token, body })).body.seq;
  };
  const [kept, erased] = [await said("a zebra stays", files[0]!), await said("a zebra goes", files[1]!)];
  await drained(stub);
  const sent = await env.DB.prepare("SELECT id, seq FROM file WHERE room_id = ? ORDER BY seq").bind(id).all();
  expect(sent.results).toEqual([
    { id: files[0], seq: kept },
    { id: files[1], seq: erased },
  ]);
  const search = async (q: string) => {
    const { body } = await call("GET", `/api/rooms/${id}/search?q=${q}`, { token: ann.token });
    return (body as unknown as { hits: { message: { seq: number; files: { id: string }[] } }[] }).hits.map(
      ({ message }) => [message.seq, message.files.map((file) => file.id)],
    );
  };
  expect(await search("zebra")).toEqual([
    [erased, [files[1]]],
    [kept, [files[0]]],
  ]);
  const of = (seq: number) => `/api/rooms/${id}/messages/${seq}`;
  await call("PATCH", of(kept), { token: bob.token, body: { text: "a giraffe stays" } });
  expect((await call("DELETE", of(erased), { token: ann.token })).status).toBe(204);
  await drained(stub);
  expect([await search("zebra"), await search("giraffe")]).toEqual([[], [[kept, [files[0]]]]]);
  expect((await archivedRows(id)).filter(({ kind }) => kind === "MSG").map(({ text }) => text)).toEqual([
    "a giraffe stays",
    "",
  ]);
  expect(await env.FILES.head(`files/${id}/${files[1]}`)).toBeNull();
  expect(await env.FILES.head(`files/${id}/${files[0]}`)).not.toBeNull();
  expect((await call("GET", `/api/rooms/${id}/files/${files[1]}`, { token: ann.token })).status).toBe(404);
});
