// One moment of a database, read in parts while others write: triggers keep the old state of each row that changes behind the reader's
// back, in a table beside its own. Rows that came later are known there too, and left out. SQL text only, the same for D1 and a Durable
// Object; there may be a cut of each table once at a time.

/** A table as a backup sees it. */
export interface Table {
  readonly name: string;
  readonly columns: readonly string[];
  /** Columns of the primary key, in its order. */
  readonly key: readonly string[];
}

/** A column as `pragma_table_info` tells it; `pk` is its place in the key, from 1, or 0. */
export interface ColumnRow {
  readonly name: string;
  readonly pk: number;
}

/** What begins with this is of a cut. */
export const CUT_PREFIX = "backup_cut_";

export const COLUMNS_OF = "SELECT name, pk FROM pragma_table_info(?1) ORDER BY cid";

/** Throws for a table without a primary key: no row of it could be told from another. */
export function tableOf(name: string, rows: readonly ColumnRow[]): Table {
  const key = rows.filter(({ pk }) => pk > 0).sort((a, b) => a.pk - b.pk);
  if (key.length === 0) throw new TypeError(`the table ${name} has no primary key`);
  return { name, columns: rows.map((row) => row.name), key: key.map((row) => row.name) };
}

/** A name in SQL. */
export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;
const list = (names: readonly string[], before = ""): string => names.map((name) => before + quoted(name)).join(", ");
const beside = ({ name }: Table): string => quoted(CUT_PREFIX + name);
/** Column of the table beside: 1 = the row was there and looked like this, 0 = it was not there. */
const THERE = '"backup_there"';

/**
 * Begins a cut of a table; all of a cut's in one transaction. REPLACE over a UNIQUE that is not the key would not be seen; nobody here
 * does it. No OR IGNORE: in a trigger the outer statement's way with conflicts
 * holds, and an upsert's would fail.
 */
export function cutStatements(table: Table): string[] {
  const { name, columns, key } = table;
  const trigger = (when: string) => quoted(`${CUT_PREFIX}${name}_${when}`);
  const absent = (row: "old" | "new") =>
    `NOT EXISTS (SELECT 1 FROM ${beside(table)} WHERE ${key.map((k) => `${quoted(k)} IS ${row}.${quoted(k)}`).join(" AND ")})`;
  const keepOld = `INSERT INTO ${beside(table)}(${list(columns)}, ${THERE}) SELECT ${list(columns, "old.")}, 1 WHERE ${absent("old")};`;
  // a row that is replaced goes without a DELETE that any trigger saw
  const keepReplaced = `INSERT INTO ${beside(table)}(${list(columns)}, ${THERE}) SELECT ${list(columns)}, 1 FROM ${quoted(name)}
    WHERE ${key.map((k) => `${quoted(k)} = new.${quoted(k)}`).join(" AND ")} AND ${absent("new")};`;
  const noteNew = `INSERT INTO ${beside(table)}(${list(key)}, ${THERE}) SELECT ${list(key, "new.")}, 0 WHERE ${absent("new")};`;
  const made = (when: string, event: string, body: string) =>
    `CREATE TRIGGER IF NOT EXISTS ${trigger(when)} ${event} ON ${quoted(name)} BEGIN ${body} END`;
  return [
    `CREATE TABLE IF NOT EXISTS ${beside(table)}(${list(columns)}, ${THERE} INTEGER NOT NULL, PRIMARY KEY(${list(key)}))`,
    `DELETE FROM ${beside(table)}`,
    made("replace", "BEFORE INSERT", keepReplaced),
    made("insert", "AFTER INSERT", noteNew),
    made("update", "BEFORE UPDATE", keepOld),
    made("moved", "AFTER UPDATE", noteNew),
    made("delete", "BEFORE DELETE", keepOld),
  ];
}

/** Ends it. The table beside stays, empty: what somebody has left half read would keep it from being dropped. */
export function endStatements(table: Pick<Table, "name">): string[] {
  const trigger = (when: string) => quoted(`${CUT_PREFIX}${table.name}_${when}`);
  return [
    ...["replace", "insert", "update", "moved", "delete"].map((when) => `DROP TRIGGER IF EXISTS ${trigger(when)}`),
    `DELETE FROM ${quoted(CUT_PREFIX + table.name)}`,
  ];
}

/**
 * The next rows of a table as the cut has it, behind a key (`?1` and so on; none: from the first), so many at most. They come in the
 * order of keys, each with what is before it in characters, so that the reader may stop where it has enough.
 */
export function pageSql(table: Table, behind: boolean, rows: number, cut = true): string {
  const { columns, key, name } = table;
  const after = behind ? `(${list(key)}) > (${key.map((_, n) => `?${n + 1}`).join(", ")})` : "1";
  const same = key.map((k) => `cut.${quoted(k)} IS ${quoted(name)}.${quoted(k)}`).join(" AND ");
  const now = `SELECT ${list(columns)} FROM ${quoted(name)} WHERE ${after}`;
  const order = `ORDER BY ${list(key)} LIMIT ${rows}`;
  if (!cut) return `${now} ${order}`;
  return `${now} AND NOT EXISTS (SELECT 1 FROM ${beside(table)} AS cut WHERE ${same})
    UNION ALL SELECT ${list(columns)} FROM ${beside(table)} WHERE ${THERE} = 1 AND ${after} ${order}`;
}

/** The same, no further than where so many characters are reached: the row that crosses is the last. */
export function boundedSql(table: Table, behind: boolean, rows: number, characters: number): string {
  const { columns, key } = table;
  const size = columns.map((column) => `coalesce(length(${quoted(column)}), 0)`).join(" + ");
  const before = `sum(${size}) OVER (ORDER BY ${list(key)} ROWS UNBOUNDED PRECEDING) - (${size})`;
  return `SELECT ${list(columns)} FROM (SELECT ${list(columns)}, ${before} AS backup_before FROM (${pageSql(table, behind, rows)}))
    WHERE backup_before < ${characters} ORDER BY ${list(key)}`;
}

/** Puts one row, over the one that is there. */
export function putSql(table: string, columns: readonly string[], key: readonly string[]): string {
  const rest = columns.filter((column) => !key.includes(column));
  const set = rest.map((column) => `${quoted(column)} = excluded.${quoted(column)}`).join(", ");
  return `INSERT INTO ${quoted(table)}(${list(columns)}) VALUES(${columns.map((_, n) => `?${n + 1}`).join(", ")})
    ON CONFLICT(${list(key)}) DO ${set === "" ? "NOTHING" : `UPDATE SET ${set}`}`;
}
