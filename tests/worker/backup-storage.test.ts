// A backup's copy of one object's storage: what migrations, cuts that were left lying and large values do to it.
import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { type CopyAnswer, type CopyCall, copyStorage } from "../../worker-ts/src/backup/copy/object";
import type { Parts } from "../../worker-ts/src/backup/copy/part";

type Row = Record<string, unknown>;

let storage: DurableObjectStorage;
/** Bytes of the values that were read. */
let taken = 0;

const sizeOf = (value: unknown): number =>
  typeof value === "string" ? value.length : value instanceof ArrayBuffer ? value.byteLength : 8;

/** What reads a storage, and counts. */
const counted = {
  get kv() {
    return storage.kv;
  },
  transactionSync: (work: () => void) => storage.transactionSync(work),
  sql: {
    exec(sql: string, ...values: unknown[]) {
      const cursor = storage.sql.exec(sql, ...values);
      return {
        toArray: () => cursor.toArray(),
        one: () => cursor.one(),
        *raw() {
          for (const row of cursor.raw()) {
            for (const value of row) taken += sizeOf(value);
            yield row;
          }
        },
      };
    },
  },
};

const copy = (call: CopyCall): CopyAnswer => copyStorage(counted as never, call);
const exec = (sql: string, ...values: unknown[]): Row[] => storage.sql.exec(sql, ...values).toArray();
const count = (sql: string): unknown => exec(sql)[0]!["n"];
const triggers = () => count("SELECT count(*) AS n FROM sqlite_master WHERE type = 'trigger'");
const put = (id: number, text: unknown) => exec("INSERT INTO line VALUES(?, ?)", id, text);

/** A test in an object of its own, whose only table has three lines. */
const inStorage = (name: string, test: () => void) =>
  it(name, () =>
    runInDurableObject(env.WORKFLOW_STREAM.getByName(`copy/${crypto.randomUUID()}`), (_, state) => {
      storage = state.storage;
      exec("CREATE TABLE line(id INTEGER PRIMARY KEY, text TEXT)");
      for (let id = 1; id <= 3; id++) put(id, `line ${id}`);
      test();
    }),
  );

/** All rows of a cut, of every table; null when it was lost on the way. */
function readCut(id: string): Map<string, Row[]> | null {
  const found = new Map<string, Row[]>();
  for (let cursor: string | null = ""; cursor !== null; ) {
    const page: Parts | null = copy({ do: "next", id, cursor }).found;
    if (page === null) return null;
    for (const { table, columns, rows } of page.parts) {
      const told = rows.map((row) => Object.fromEntries(row.map((value, at) => [columns[at]!, value])));
      found.set(table, [...(found.get(table) ?? []), ...told]);
    }
    cursor = page.next;
  }
  return found;
}

inStorage(
  "BK13 after a migration that added a column, rows change as ever while a cut is read, and the cut has the column",
  () => {
    copy({ do: "begin", id: "one" });
    expect(readCut("one")!.get("line")).toHaveLength(3);
    copy({ do: "end", id: "one" });
    exec("ALTER TABLE line ADD COLUMN mark TEXT NOT NULL DEFAULT 'none'");

    copy({ do: "begin", id: "two" });
    exec("UPDATE line SET mark = 'late' WHERE id = 2");
    exec("DELETE FROM line WHERE id = 3");
    exec("INSERT INTO line VALUES(4, 'line 4', 'later')");
    expect(readCut("two")!.get("line")).toEqual([1, 2, 3].map((id) => ({ id, text: `line ${id}`, mark: "none" })));
    copy({ do: "end", id: "two" });
    expect(triggers()).toBe(0);
  },
);

inStorage("BK13 a cut is ended whole though a table has come since it began, or one has gone", () => {
  exec("CREATE TABLE old(id INTEGER PRIMARY KEY)");
  copy({ do: "begin", id: "one" });
  exec("UPDATE line SET text = 'kept beside' WHERE id = 1");
  exec("DROP TABLE old");
  exec("CREATE TABLE fresh(id INTEGER PRIMARY KEY)");
  copy({ do: "end", id: "one" });
  expect([triggers(), count("SELECT count(*) AS n FROM backup_cut_line")]).toEqual([0, 0]);
  copy({ do: "begin", id: "two" });
  exec("INSERT INTO fresh VALUES(1)");
  expect(readCut("two")!.get("fresh")).toEqual([]);
});

inStorage("BK13 a cut whose table a migration has replaced under it is lost, and says so", () => {
  copy({ do: "begin", id: "one" });
  exec("CREATE TABLE next_line(id INTEGER PRIMARY KEY, text TEXT)");
  exec("INSERT INTO next_line SELECT * FROM line; DROP TABLE line; ALTER TABLE next_line RENAME TO line");
  exec("DELETE FROM line WHERE id = 1");
  expect(readCut("one")).toBeNull();
  copy({ do: "begin", id: "one" });
  exec("ALTER TABLE line ADD COLUMN mark TEXT");
  expect(readCut("one")).toBeNull();
});

inStorage("BK14 a cut that nobody would end any more goes with the next backup, in whatever way that reads", () => {
  copy({ do: "begin", id: "of nobody" });
  exec("DELETE FROM line WHERE id = 1");
  expect(copy({ do: "all" }).found?.parts.flatMap(({ rows }) => rows)).toHaveLength(2);
  expect([triggers(), count("SELECT count(*) AS n FROM backup_cut_line")]).toEqual([0, 0]);
});

inStorage("BK15 of large rows no more are taken into memory than one answer has", () => {
  const body = new Uint8Array(200_000).fill(7).buffer;
  for (let id = 10; id < 110; id++) put(id, body);
  taken = 0;
  expect(copy({ do: "all" }).found).toBeNull();
  expect(taken).toBeLessThan(2_000_000);
  copy({ do: "begin", id: "one" });
  taken = 0;
  const page = copy({ do: "next", id: "one", cursor: "" }).found!;
  expect(taken).toBeLessThan(2_000_000);
  expect(page.parts[0]!.rows.length).toBeGreaterThan(2);
  expect(readCut("one")!.get("line")).toHaveLength(103);
});

inStorage("BK15 a text counts with all its bytes, whatever stands in it", () => {
  const texts = [`\0${"x".repeat(16_000)}`, "€".repeat(5_400), "\u0001".repeat(16_000)];
  for (let id = 10; id < 400; id++) put(id, texts[id % 3]!);
  expect(copy({ do: "all" }).found).toBeNull();
  copy({ do: "begin", id: "one" });
  for (let cursor: string | null = ""; cursor !== null; ) {
    const page: Parts = copy({ do: "next", id: "one", cursor }).found!;
    expect(JSON.stringify(page).length).toBeLessThan(6 * 1024 * 1024);
    cursor = page.next;
  }
  const read = readCut("one")!.get("line")!.slice(3);
  expect(read.filter(({ id, text }) => text !== texts[Number(id) % 3]).map(({ id }) => id)).toEqual([]);
  expect(read).toHaveLength(390);
  copy({ do: "end", id: "one" });
  // just too large for one answer, in characters that have three bytes each: never half of it
  exec("DELETE FROM line");
  for (let id = 1; id <= 40; id++) put(id, texts[1]!);
  expect(copy({ do: "all" }).found).toBeNull();
});

inStorage("BK16 rows come into an object only while it waits for those of this turn", () => {
  const part = { table: "line", columns: ["id", "text"], rows: [[1, "out of a backup"]] };
  const text = () => exec("SELECT text FROM line WHERE id = 1")[0]!["text"];
  expect(copy({ do: "paste", turn: "1", part }).flaw).toContain("not waiting");
  storage.kv.put("restoring", 1);
  storage.kv.put("emptied", "2");
  expect(copy({ do: "paste", turn: "1", part }).flaw).toContain("not waiting");
  expect(text()).toBe("line 1");
  expect(copy({ do: "paste", turn: "2", part }).flaw).toBeNull();
  expect(text()).toBe("out of a backup");
});
