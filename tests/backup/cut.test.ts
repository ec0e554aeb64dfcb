// The law of a cut: whatever is written while it is read, in whatever order and size of parts, its rows are those of the moment in which
// it began. On SQLite itself, with the SQL that D1 and the objects are given.
import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import {
  boundedSql,
  COLUMNS_OF,
  type ColumnRow,
  cutStatements,
  endStatements,
  LEFT,
  type LeftRow,
  type Table,
  tableOf,
} from "../../worker-ts/src/backup/copy/cut.ts";
import { random } from "./random.ts";

type Row = Record<string, null | number | string | Uint8Array>;

const TABLES: Readonly<Record<string, string>> = {
  plain: "CREATE TABLE plain(a INTEGER PRIMARY KEY, b TEXT, c BLOB)",
  pair: "CREATE TABLE pair(a TEXT, b INTEGER, c, PRIMARY KEY(b, a)) WITHOUT ROWID",
  strict: "CREATE TABLE strict_one(a TEXT NOT NULL, b TEXT NOT NULL, c TEXT, PRIMARY KEY(a, b)) STRICT, WITHOUT ROWID",
  named: `CREATE TABLE "a ""name"""(a TEXT PRIMARY KEY NOT NULL, b INTEGER UNIQUE, c TEXT)`,
};

const NAMES = Object.keys(TABLES);
const KEYS = 40;

/** Changes something, in any way in which the house writes: an upsert, a replacement, a change of the key, a deletion. */
function change(db: DatabaseSync, table: Table, chance: () => number): void {
  const name = `"${table.name.replaceAll('"', '""')}"`;
  const key = () => Math.floor(chance() * KEYS);
  const [a, b, c] =
    table.name === "plain" ? [key(), `t${key()}`, new Uint8Array([key()])] : [`k${key()}`, key(), `v${key()}`];
  const own = table.name === "strict_one" ? String(b) : b;
  const conflict = `(${table.key.join(", ")})`;
  const ways = [
    () =>
      db
        .prepare(`INSERT INTO ${name} VALUES(?, ?, ?) ON CONFLICT${conflict} DO UPDATE SET c = excluded.c`)
        .run(a, own, c),
    () =>
      db
        .prepare(`INSERT ${table.name.includes("name") ? "" : "OR REPLACE"} INTO ${name} VALUES(?, ?, ?)`)
        .run(a, own, c),
    () => db.prepare(`INSERT INTO ${name} VALUES(?, ?, ?) ON CONFLICT DO NOTHING`).run(a, own, c),
    () => db.prepare(`UPDATE ${name} SET c = ? WHERE a > ?`).run(c, a),
    () =>
      db.prepare(`UPDATE OR IGNORE ${name} SET a = ? WHERE a = ?`).run(table.name === "plain" ? key() : `k${key()}`, a),
    () => db.prepare(`DELETE FROM ${name} WHERE a = ?`).run(a),
  ];
  try {
    ways[Math.floor(chance() * ways.length)]!();
  } catch (error) {
    // a UNIQUE that the table itself has; none of the cut's
    if (!String(error).includes('UNIQUE constraint failed: a "name"')) throw error;
  }
}

function tableIn(db: DatabaseSync, name: string): Table {
  return tableOf(name, db.prepare(COLUMNS_OF).all(name) as unknown as ColumnRow[]);
}

const all = (db: DatabaseSync, { name, key }: Table): Row[] =>
  db.prepare(`SELECT * FROM "${name.replaceAll('"', '""')}" ORDER BY ${key.join(", ")}`).all() as Row[];

test.each(NAMES)("BK04 a cut of the table %s is the rows of one moment, whatever is written meanwhile", (which) => {
  for (let seed = 1; seed <= 60; seed++) {
    const chance = random(seed);
    const db = new DatabaseSync(":memory:");
    db.exec(TABLES[which]!);
    const name = db.prepare("SELECT name FROM sqlite_master").get()!["name"] as string;
    const table = tableIn(db, name);
    // a cut after a cut: nothing of the first may be left
    for (let round = 0; round < 2; round++) {
      for (let n = 0; n < 60; n++) change(db, table, chance);
      for (const sql of cutStatements(table)) db.exec(sql);
      const moment = all(db, table);
      const found: Row[] = [];
      for (let key: readonly unknown[] | null = null; ; ) {
        for (let n = Math.floor(chance() * 8); n > 0; n--) change(db, table, chance);
        const sql = boundedSql(table, key !== null, 1 + Math.floor(chance() * 7), 1 + Math.floor(chance() * 60));
        const rows = db.prepare(sql).all(...((key ?? []) as string[])) as Row[];
        const last = rows.at(-1);
        if (last === undefined) break;
        found.push(...rows);
        key = table.key.map((column) => last[column]);
      }
      expect([seed, found]).toEqual([seed, moment]);
      // one that was left lying is no part of the next
      if (round === 1 || chance() < 0.5)
        for (const sql of endStatements(db.prepare(LEFT).all() as unknown as LeftRow[], [table.name])) db.exec(sql);
    }
    expect(db.prepare("SELECT count(*) AS n FROM sqlite_master WHERE type = 'trigger'").get()).toEqual({ n: 0 });
    db.close();
  }
});

test("a table without a primary key is refused", () => {
  expect(() => tableOf("loose", [{ name: "a", pk: 0 }])).toThrow("no primary key");
});
