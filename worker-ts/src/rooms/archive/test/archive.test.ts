// The archive as a whole, with the real queue: from a socket to a row in D1, and history by HTTP over the border of the log.
import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import fc from "fast-check";
import { expect, it, vi } from "vitest";
import { archivedRows, drained, trimTo, upload } from "../../../../../tests/worker/support/archive";
import { call, guest, join, room as makeRoom, type Person } from "../../../../../tests/worker/support/http-client";
import {
  actorOf,
  evict,
  freshRoom,
  idOf,
  query,
  RoomClient,
  type RoomStub,
  tune,
} from "../../../../../tests/worker/support/room-client";
import type { RoomObject } from "../../index";

it("a message over a socket becomes a row in D1, and the room knows; so does the longest there is", async () => {
  const stub = freshRoom("archive");
  await tune(stub, { archiveFlushMs: 10 });
  const ann = await RoomClient.join(stub, "ann");
  const texts = ["hello", "\u0000 and \u0001", "\u0001".repeat(16_384), "€".repeat(5_461), '👍🏽 \u2028 \\ " end'];
  for (const [n, text] of texts.entries()) await ann.write(n, text);
  await drained(stub);
  const rows = await archivedRows(stub.name!);
  expect(rows.map(({ seq, text, user_id }) => [seq, text, user_id])).toEqual(
    texts.map((text, n) => [n + 1, text, "u_ann"]),
  );
  expect(await query(stub, "SELECT * FROM batch")).toEqual([]);
});

it("many messages of many people, and the object put to sleep on the way: every one is in D1 once", async () => {
  const stub = freshRoom("archive");
  for (let round = 0; round < 6; round++) {
    await tune(stub, { archiveFlushMs: 5, archiveFlushEntries: 20, archiveResendMs: 2_000 });
    await runInDurableObject(stub, (room: RoomObject) => {
      for (let n = 0; n < 50; n++)
        room.apply(actorOf(`p${n % 7}`), {
          type: "post",
          id: idOf(100 * round + n),
          text: `${round}.${n}`,
          replyTo: 0,
        });
    });
    if (round % 2 === 0) await evict(stub);
  }
  await tune(stub, { archiveFlushMs: 5, archiveResendMs: 2_000 });
  await drained(stub);
  const rows = await archivedRows(stub.name!);
  expect(rows.map(({ seq }) => seq)).toEqual(Array.from({ length: 300 }, (_, n) => n + 1));
  expect(rows.map(({ text }) => text)).toEqual(
    Array.from({ length: 300 }, (_, n) => `${Math.floor(n / 50)}.${n % 50}`),
  );
});

/**
 * A room by HTTP with messages by two people and entries of the room among them; every third message is an answer. Then some are
 * edited, erased by one or the other, reacted to and pinned; one has files.
 */
async function talk(count: number): Promise<{ stub: RoomStub; id: string; ann: Person; seqs: number[] }> {
  const ann = await guest();
  const bob = await guest();
  const id = await makeRoom(ann);
  await join(bob, id);
  const stub = env.ROOM.getByName(id) as RoomStub;
  await stub.stats();
  await tune(stub, { archiveFlushMs: 5 });
  const seqs: number[] = [];
  const files = [await upload(ann, id, "one.txt"), await upload(ann, id, "two.txt")];
  for (let n = 0; n < count; n++) {
    if (n % 5 === 4) await call("PATCH", `/api/rooms/${id}`, { token: ann.token, body: { title: `Title ${n}` } });
    const body = { text: `text ${n}`, replyTo: n % 3 === 2 ? seqs.at(-2) : null, ...(n === 2 && { files }) };
    const { token } = n % 2 === 0 ? ann : bob;
    seqs.push((await call("POST", `/api/rooms/${id}/messages`, { token, body })).body.seq);
  }
  const change = async (method: string, n: number, { token }: Person, path = "", body?: unknown) => {
    const { status } = await call(method, `/api/rooms/${id}/messages/${seqs[n]}${path}`, { token, body });
    expect([method, n, path, status < 300]).toEqual([method, n, path, true]);
  };
  for (let n = 0; n < count; n++) {
    if (n % 4 < 2) await change("PUT", n, bob, "/reactions/%F0%9F%91%8D");
    if (n % 4 === 1) await change("PUT", n, ann, "/reactions/%F0%9F%91%8D");
    if (n % 6 === 2) await change("PUT", n, ann, "/pin");
    if (n % 5 === 2) await change("PATCH", n, n % 2 === 0 ? ann : bob, "", { text: `text ${n}, edited` });
    if (n % 7 === 5) await change("DELETE", n, ann);
  }
  await drained(stub);
  return { stub, id, ann, seqs };
}

it("R55 law: wherever the log was trimmed, pages of any size in both directions and single messages are the same", async () => {
  const logged = vi.spyOn(console, "log").mockImplementation(() => undefined);
  const { stub, id, ann, seqs } = await talk(23);
  const get = async (query: string) =>
    (await call("GET", `/api/rooms/${id}/messages?${query}`, { token: ann.token })).body;
  const whole = await get("limit=200");
  expect(whole.messages.map(({ seq }) => seq)).toEqual(seqs);
  const { headSeq } = await stub.stats();
  const queries = fc.array(
    fc.record({ from: fc.nat({ max: headSeq + 2 }), limit: fc.integer({ min: 1, max: 12 }), forward: fc.boolean() }),
    { minLength: 6, maxLength: 6 },
  );
  const borders = [...new Set([0, 1, 4, 5, 6, 11, 17, headSeq - 2, headSeq - 1])];
  for (const border of borders) {
    await trimTo(stub, border);
    const bare = await query<{ n: number }>(stub, "SELECT count(*) AS n FROM log WHERE frame IS NULL");
    expect(bare[0]!.n).toBe(seqs.filter((seq) => seq <= border).length);
    await fc.assert(
      fc.asyncProperty(queries, async (asked) => {
        for (const { from, limit, forward } of asked) {
          const page = await get(`${forward ? "after" : "before"}=${from}&limit=${limit}`);
          const side = whole.messages.filter(({ seq }) => (forward ? seq > from : from === 0 || seq < from));
          expect(page.messages).toEqual(forward ? side.slice(0, limit) : side.slice(-limit));
          expect(page.head).toBe(headSeq);
        }
      }),
      { numRuns: 3 },
    );
    for (const step of [2, 7]) {
      const back: number[] = [];
      for (let before: number | null = headSeq + 1; before !== null; ) {
        const page = await get(`before=${before}&limit=${step}`);
        back.unshift(...page.messages.map(({ seq }) => seq));
        before = page.before;
      }
      expect(back).toEqual(seqs);
      const forth: number[] = [];
      for (let after: number | null = 0; after !== null; ) {
        const page = await get(`after=${after}&limit=${step}`);
        forth.push(...page.messages.map(({ seq }) => seq));
        after = page.after;
      }
      expect(forth).toEqual(seqs);
    }
    for (const seq of [seqs[0]!, seqs[7]!, seqs.at(-1)!]) {
      const one = await call("GET", `/api/rooms/${id}/messages/${seq}`, { token: ann.token });
      expect(one.body).toEqual(whole.messages.find((message) => message.seq === seq));
    }
  }
  logged.mockRestore();
});

it("R55 what the archive has lost is told in the log and left out; the page and its neighbours still answer", async () => {
  const { stub, id, ann, seqs } = await talk(4);
  await trimTo(stub, seqs[2]!);
  await env.DB.prepare("DELETE FROM message WHERE room_id = ? AND seq = ?").bind(id, seqs[1]).run();
  const logged = vi.spyOn(console, "error").mockImplementation(() => undefined);
  const page = (await call("GET", `/api/rooms/${id}/messages?limit=3`, { token: ann.token })).body;
  expect(page.messages.map(({ seq }) => seq)).toEqual([seqs[2], seqs[3]]);
  expect(page.before).toBe(seqs[1]);
  expect(logged).toHaveBeenCalledOnce();
  logged.mockRestore();
});

it("lists of rooms tell when something was last said", async () => {
  const { id, ann, stub } = await talk(3);
  const { lastAt } = await stub.stats();
  const mine = (await call("GET", "/api/rooms?mine=1", { token: ann.token })).body.rooms;
  expect(mine.find((room) => room.id === id)?.lastAt).toBe(lastAt);
});
