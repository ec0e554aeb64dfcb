// What searching and listing cost: they read what the rooms asked for hold, and of that a page, however much others have said.
import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { freshRoom } from "../../../../../tests/worker/support/room-client";
import { messagesBy, reactionsOf } from "./lists";
import { wordsOf } from "./match";
import { searchMessages } from "./search";

/** Messages that all have the words `common word`, in so many rooms whose names begin alike. */
async function fill(prefix: string, rooms: number, messages: number): Promise<void> {
  await env.DB.prepare(
    `WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ?3 - 1)
     INSERT INTO message(room_id, seq, kind, version, user_id, cid, ts, text)
     SELECT ?1 || '-' || (i % CAST(?2 AS INTEGER)), i / CAST(?2 AS INTEGER) + 1, 'MSG', i + 1, 'u', '0199a0b0-c0d0-7e0f-8011-223344556677', i,
       'common word ' || i || ' and some more that people say' FROM n`,
  )
    .bind(prefix, rooms, messages)
    .run();
}

/** Rows that queries read while `work` runs, and the statements they were. */
async function reading(work: (db: D1Database) => Promise<unknown>): Promise<{ rows: number; sql: string[] }> {
  let rows = 0;
  const sql: string[] = [];
  const count = <T extends { meta: { rows_read: number } }>(result: T): T => {
    rows += result.meta.rows_read;
    return result;
  };
  const watched = (statement: D1PreparedStatement): D1PreparedStatement =>
    new Proxy(statement, {
      get: (target, name) => {
        if (name === "bind") return (...values: unknown[]) => watched(target.bind(...values));
        if (name === "all") return async () => count(await target.all());
        if (name === "first")
          return async (column: string) => count(await target.all<Record<string, unknown>>()).results[0]?.[column];
        return Reflect.get(target, name) as unknown;
      },
    });
  const db = {
    prepare(text: string) {
      sql.push(text);
      return watched(env.DB.prepare(text));
    },
    batch: async (statements: D1PreparedStatement[]) => {
      const results: unknown[] = [];
      for (const statement of statements) results.push(await statement.all());
      return results;
    },
  } as unknown as D1Database;
  await work(db);
  return { rows, sql };
}

const search = (db: D1Database, rooms: readonly string[], q: string, limit = 20) =>
  searchMessages(db, { rooms, words: wordsOf(q), before: null, limit, reader: "u", secret: "s" });

it("R56 a search reads a page of the room's, whether the world is as large, ten or a hundred times as large", async () => {
  const room = freshRoom("cost").name!;
  await fill(room, 1, 60);
  const asked = `${room}-0`;
  const read: Record<string, number[]> = {};
  for (const [size, world] of [
    [1, 0],
    [10, 1_000],
    [100, 30_000],
  ] as const) {
    if (world > 0) await fill(`world${size}`, 50, world);
    for (const q of ["common word", "com", "word 7", "missing"]) {
      const { rows } = await reading(async (db) => {
        const found = await search(db, [asked], q);
        expect([q, found.length]).toEqual([q, { "common word": 21, com: 21, "word 7": 1, missing: 0 }[q]]);
      });
      read[q] = [...(read[q] ?? []), rows];
    }
    const { rows } = await reading((db) =>
      search(db, Array.from({ length: 40 }, (_, n) => `none-${n}`).concat(asked), "word"),
    );
    read["in many rooms"] = [...(read["in many rooms"] ?? []), rows];
  }
  for (const [q, rows] of Object.entries(read)) {
    expect([q, rows[2]! <= rows[0]! + 5]).toEqual([q, true]);
    expect([q, rows[0]! < 400]).toEqual([q, true]);
  }
});

it("R56 a page of a room a hundred times as large reads the same", async () => {
  const rows: number[] = [];
  for (const size of [60, 6_000]) {
    const room = freshRoom("cost").name!;
    await fill(room, 1, size);
    rows.push((await reading((db) => search(db, [`${room}-0`], "common word"))).rows);
  }
  expect(rows[1]).toBeLessThanOrEqual(rows[0]! + 5);
});

it("R56 searches and lists go by indexes alone", async () => {
  const { sql } = await reading(async (db) => {
    const room = freshRoom("cost").name!;
    await fill(room, 1, 3);
    await searchMessages(db, {
      ...{ rooms: [`${room}-0`], words: ["common"], before: { roomId: `${room}-0`, seq: 3 }, limit: 2 },
      ...{ reader: "u", secret: "s" },
    });
    for await (const _ of messagesBy(db, "u")) break;
    for await (const _ of reactionsOf(db, room)) break;
  });
  for (const text of new Set(sql)) {
    const { results } = await env.DB.prepare(`EXPLAIN QUERY PLAN ${text}`)
      .bind(...Array.from({ length: Math.max(...[...text.matchAll(/\?(\d)/g)].map(([, n]) => Number(n))) }, () => null))
      .all<{ detail: string }>();
    const scans = results.map(({ detail }) => detail).filter((detail) => /^SCAN /.test(detail));
    // the index of words, and the lists that were handed in
    for (const scan of scans)
      expect([text, scan]).toEqual([
        text,
        expect.stringMatching(/^SCAN (message_fts VIRTUAL TABLE INDEX \d+:M|json_each VIRTUAL TABLE)/),
      ]);
  }
});
