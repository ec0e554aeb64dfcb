// Every table of D1 is in a backup, or there is a reason why not; and every object's tables have a primary key, or no cut could be made.
import { readdirSync, readFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { COLUMNS_OF, type ColumnRow, tableOf } from "../../worker-ts/src/backup/copy/cut.ts";
import { DATABASE_STORES, LEFT_OUT, parseStore } from "../../worker-ts/src/backup/stores.ts";

const root = fileURLToPath(new URL("../../worker-ts/migrations/", import.meta.url));

/** A database with all migrations, in the order in which wrangler applies them. */
function migrated(): DatabaseSync {
  const db = new DatabaseSync(":memory:");
  for (const folder of readdirSync(root).sort())
    for (const name of readdirSync(`${root}${folder}`).sort())
      if (name.endsWith(".sql")) db.exec(readFileSync(`${root}${folder}/${name}`, "utf8"));
  return db;
}

test("BK12 every table of D1 is in one store, or left out for a reason", () => {
  const db = migrated();
  const names = db
    .prepare(
      "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT GLOB 'sqlite_*' AND name NOT GLOB 'message_fts_*'",
    )
    .all()
    .map(({ name }) => String(name));
  const known = [...Object.values(DATABASE_STORES).flat(), ...Object.keys(LEFT_OUT)];
  expect([...names].sort()).toEqual([...known].sort());
  for (const name of Object.values(DATABASE_STORES).flat())
    expect(tableOf(name, db.prepare(COLUMNS_OF).all(name) as unknown as ColumnRow[]).key.length).toBeGreaterThan(0);
});

test("a name of a store is one that there can be", () => {
  expect(parseStore("archive")).toEqual({ in: "database", store: "archive" });
  expect(parseStore("room:lobby")).toEqual({ in: "object", kind: "room", name: "lobby" });
  expect(parseStore("stream:wrun_1/a/b")).toEqual({ in: "object", kind: "stream", name: "wrun_1/a/b" });
  for (const text of [
    "",
    "user",
    "toString",
    "room:",
    "room:A",
    "room:a/../b",
    "kernel:a b",
    "stream:a",
    "stream:/a",
    `room:${"a".repeat(49)}`,
  ])
    expect([text, parseStore(text)]).toEqual([text, null]);
});
