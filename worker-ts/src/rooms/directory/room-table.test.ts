// The list of rooms as a caller sees it: in order, page by page, and at a cost that does not depend on how many rooms there are.
import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { database } from "../../platform";
import { type ListQuery, listRooms } from "./room-table";

const LIMIT = 20;

/** Adds public rooms; two of them are made in each ms. */
const addRooms = (count: number, prefix: string) =>
  env.DB.prepare(
    `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
     INSERT INTO room(id, title, created_at) SELECT ?2 || i, 'Room', i / 2 FROM n`,
  )
    .bind(count, prefix)
    .run();

/** Lists, and tells how many rows D1 read for it. */
async function list(query: Partial<ListQuery>) {
  const asked: D1PreparedStatement[] = [];
  const DB = {
    prepare: (sql: string) => ({
      bind: (...values: unknown[]) => {
        const statement = env.DB.prepare(sql).bind(...values);
        asked.push(statement);
        return statement;
      },
    }),
  };
  const rooms = await listRooms(database({ DB: DB as D1Database }), {
    ...{ userId: "u_list", mine: false, after: null, limit: LIMIT },
    ...query,
  });
  const results = await Promise.all(asked.map((statement) => statement.all()));
  return { rooms, rows: results.reduce((sum, { meta }) => sum + meta.rows_read, 0) };
}

it("costs the same however many rooms there are, on every page; pages join without a gap", async () => {
  await env.DB.prepare("DELETE FROM room").run();
  const rows: number[] = [];
  for (const [count, prefix] of [
    [100, "few-"],
    [3_000, "many-"],
  ] as const) {
    await addRooms(count, prefix);
    await env.DB.prepare("INSERT INTO member VALUES(?, 'u_list', 'member', 0, 0, 0)").bind(`${prefix}7`).run();
    const first = await list({});
    const deep = await list({ after: { createdAt: 30, id: `${prefix}60` } });
    const mine = await list({ mine: true });
    rows.push(first.rows, deep.rows, mine.rows);
    expect(mine.rooms.every(({ role }) => role === "member")).toBe(true);
  }
  expect(Math.max(...rows)).toBeLessThan(6 * LIMIT);
  const seen: string[] = [];
  for (let after: ListQuery["after"] = null; ; ) {
    const { rooms } = await list({ after, limit: 500 });
    const page = rooms.slice(0, 500).map(({ room }) => room);
    seen.push(...page.map(({ id }) => id));
    if (rooms.length <= 500) break;
    after = page.at(-1) ?? null;
  }
  expect(new Set(seen).size).toBe(3_100);
  expect(seen).toHaveLength(3_100);
});
