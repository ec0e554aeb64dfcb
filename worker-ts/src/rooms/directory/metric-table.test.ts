// Totals in D1 under what a queue may do: deliver again, late, in any order. And what reading the sums costs.
import { env } from "cloudflare:workers";
import fc from "fast-check";
import { expect, it } from "vitest";
import type { Counts, TotalsSnapshot } from "../log/totals";
import { addTotal, readSums, totalsStatements } from "./metric-table";

let rooms = 0;
const freshId = () => `metric-${++rooms}`;

const told = async (roomId: string, version: number, counts: Counts): Promise<void> => {
  await env.DB.batch(totalsStatements(env.DB, roomId, { version, counts }));
};

const rowsOf = async (roomId: string): Promise<Record<string, number>> => {
  const { results } = await env.DB.prepare("SELECT name, value FROM metric WHERE room_id = ?")
    .bind(roomId)
    .all<{ name: string; value: number }>();
  return Object.fromEntries(results.map(({ name, value }) => [name, value]));
};

/** How far the sums grow while something happens. */
const growth = async (happens: () => Promise<void>): Promise<Record<string, number>> => {
  const before = await readSums(env.DB);
  await happens();
  const after = await readSums(env.DB);
  const grown = [...after].map(([name, value]) => [name, value - (before.get(name) ?? 0)] as const);
  return Object.fromEntries(grown.filter(([, by]) => by !== 0));
};

it("a repeated delivery counts once, and an older one nothing", async () => {
  const id = freshId();
  const grown = await growth(async () => {
    await told(id, 1, { messages: 3 });
    await told(id, 1, { messages: 3 });
    await told(id, 3, { messages: 5, opened: 2 });
    await told(id, 2, { messages: 4, opened: 1 });
    await told(id, 3, { messages: 5, opened: 2 });
  });
  expect(grown).toEqual({ messages: 5, opened: 2 });
  expect(await rowsOf(id)).toEqual({ messages: 5, opened: 2 });
});

it("sums are those of all rooms", async () => {
  const [one, two] = [freshId(), freshId()];
  const grown = await growth(async () => {
    await told(one, 7, { messages: 1, bytes: 100 });
    await told(two, 1, { messages: 10, bytes: 2 ** 52 });
    await told(one, 8, { messages: 2, bytes: 150 });
  });
  expect(grown).toEqual({ messages: 12, bytes: 2 ** 52 + 150 });
});

it("any order, any repetition, any loss before the last: the same rows and the same sums", async () => {
  const snapshots = fc
    .array(fc.record({ messages: fc.nat(9), refused_conflict: fc.nat(3), opened: fc.nat(1) }), {
      minLength: 1,
      maxLength: 6,
    })
    .map((steps): TotalsSnapshot[] => {
      const counts: Record<string, number> = {};
      return steps.map((step, at) => {
        for (const [name, by] of Object.entries(step)) if (by > 0) counts[name] = (counts[name] ?? 0) + by;
        return { version: at + 1, counts: { ...counts } };
      });
    });
  const deliveries = snapshots.chain((all) =>
    fc
      .array(fc.constantFrom(...all), { maxLength: 8 })
      .chain((more) => fc.shuffledSubarray([...more, all.at(-1)!], { minLength: more.length + 1 }))
      .map((order) => ({ last: all.at(-1)!, order })),
  );
  await fc.assert(
    fc.asyncProperty(deliveries, async ({ last, order }) => {
      const id = freshId();
      const grown = await growth(async () => {
        for (const { version, counts } of order) await told(id, version, counts);
      });
      expect(grown).toEqual(last.counts);
      expect(await rowsOf(id)).toEqual(last.counts);
    }),
    { numRuns: 40 },
  );
});

it("what has not grown is not written", async () => {
  const id = freshId();
  await told(id, 1, { messages: 3, opened: 1 });
  const results = await env.DB.batch(totalsStatements(env.DB, id, { version: 2, counts: { messages: 4, opened: 1 } }));
  expect(results.map(({ meta }) => meta.changes)).toEqual([1, 1]);
});

it("consumers add up, each run", async () => {
  const grown = await growth(async () => {
    await env.DB.batch([addTotal(env.DB, "batches", 3), addTotal(env.DB, "retries", 1)]);
    await env.DB.batch([addTotal(env.DB, "batches", 2)]);
  });
  expect(grown).toEqual({ batches: 5, retries: 1 });
});

it("reading the sums costs the same with a hundred times the rooms", async () => {
  const asked = new Set<string>();
  const prepare = (sql: string) => {
    asked.add(sql);
    return env.DB.prepare(sql);
  };
  const read = async () => {
    await readSums({ prepare });
    const answers = await Promise.all([...asked].map((sql) => env.DB.prepare(sql).all()));
    return answers.reduce((sum, { meta }) => sum + meta.rows_read, 0);
  };
  const fill = (count: number) =>
    env.DB.prepare(
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
       INSERT INTO metric SELECT 'many-' || i, name, 1, 1 FROM n, (SELECT name FROM metric WHERE room_id = '')
       WHERE true ON CONFLICT DO NOTHING`,
    )
      .bind(count)
      .run();
  await fill(10);
  const small = await read();
  await fill(1_000);
  expect(asked.size).toBe(1);
  expect(small).toBeLessThan(40);
  expect(await read()).toBe(small);
});
