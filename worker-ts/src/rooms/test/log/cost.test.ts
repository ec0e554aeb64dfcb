// What a room writes for what it has to remember for a while: rows are what Cloudflare bills. tests/capacity counts the whole of it.
import { runInDurableObject } from "cloudflare:test";
import { expect, it } from "vitest";
import { evict, freshRoom, query } from "../../../../../tests/worker/support/room-client";

const TIMERS = "SELECT kind, key, at FROM due ORDER BY kind, key";

/** Tables of a room whose `schema` is 5. */
const OF_SCHEMA_5 = ["meta", "log", "person", "due", "ticket", "batch", "reaction", "pin", "noop"];
const LATER = `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT GLOB '_cf_*' AND name NOT GLOB 'sqlite_*'
  AND name NOT IN (SELECT value FROM json_each(?))`;

it("a timer is one row written when it is set, and one when it is taken", async () => {
  const stub = freshRoom("cost");
  await stub.stats();
  const written = await runInDurableObject(stub, (_, { storage: { sql } }) => [
    sql.exec("INSERT INTO due VALUES('entry', '7', 1)").rowsWritten,
    sql.exec("DELETE FROM due WHERE kind = 'entry' AND key = '7'").rowsWritten,
  ]);
  expect(written).toEqual([1, 1]);
});

it("timers of a room from before stand when it wakes", async () => {
  const stub = freshRoom("cost-before");
  await stub.stats();
  const far = 32_503_680_000_000;
  await runInDurableObject(stub, (_, { storage: { sql } }) => {
    // tables that came later would be made a second time
    const later = sql.exec<{ name: string }>(LATER, JSON.stringify(OF_SCHEMA_5)).toArray();
    for (const { name } of [{ name: "due" }, ...later]) sql.exec(`DROP TABLE ${name}`);
    sql.exec("CREATE TABLE due(kind TEXT, key TEXT, at INTEGER NOT NULL, PRIMARY KEY(kind, key))");
    sql.exec("INSERT INTO due VALUES('trim', '', ?), ('entry', '3', ?)", far, far + 1);
    sql.exec("UPDATE meta SET value = 5 WHERE key = 'schema'");
  });
  await evict(stub);
  await stub.stats();
  expect(await query(stub, TIMERS)).toEqual([
    { kind: "entry", key: "3", at: far + 1 },
    { kind: "trim", key: "", at: far },
  ]);
  expect(await query(stub, "SELECT wr FROM pragma_table_list('due')")).toEqual([{ wr: 1 }]);
});
