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
const beside = (table: Table): string => quoted(besideName(table));
/** Column of the table beside: 1 = the row was there and looked like this, 0 = it was not there. */
const THERE_NAME = "backup_there";
const THERE = quoted(THERE_NAME);

/** What there is of cuts: tables beside, and triggers with the tables that they are of. */
export const LEFT = `SELECT type, name, tbl_name AS "table" FROM sqlite_master WHERE type IN ('table', 'trigger') AND name GLOB '${CUT_PREFIX}*'`;

/** A row of `LEFT`. */
export interface LeftRow {
  readonly type: "table" | "trigger";
  readonly name: string;
  readonly table: string;
}

/** In here stands whose cut it is. */
export const OWNER: string = `${CUT_PREFIX}owner`;

/** Triggers that a cut has on a table. */
const TRIGGERS = 5;

/** How many triggers of a cut a table (`?1`) has: with the table that a migration puts in its place they are gone. */
export const TRIGGERS_OF = `SELECT count(*) AS n FROM sqlite_master WHERE type = 'trigger' AND tbl_name = ?1 AND name GLOB '${CUT_PREFIX}*'`;

/** Whether a table can still be read as of a cut: by its triggers, and the columns of the table beside. */
export const isWhole = (table: Table, triggers: number, beside: readonly ColumnRow[]): boolean =>
  triggers === TRIGGERS && fits(table, beside);

/** Whether a table beside has the columns and the key of what the table is now; a migration may have come since it was made. */
function fits({ columns, key }: Table, beside: readonly ColumnRow[]): boolean {
  const inKey = beside.filter(({ pk }) => pk > 0).sort((a, b) => a.pk - b.pk);
  const alike = (rows: readonly ColumnRow[], names: readonly string[]) =>
    rows.length === names.length && rows.every(({ name }, at) => name === names[at]);
  return alike(beside, [...columns, THERE_NAME]) && alike(inKey, key);
}

/** Name of the table beside. */
export const besideName = ({ name }: Pick<Table, "name">): string => CUT_PREFIX + name;

/**
 * Begins a cut of a table, whose table beside has these columns now; all of a cut's in one transaction. REPLACE over a UNIQUE that is not the key would not be seen; nobody here
 * does it. No OR IGNORE: in a trigger the outer statement's way with conflicts
 * holds, and an upsert's would fail.
 */
export function cutStatements(table: Table, found: readonly ColumnRow[] = []): string[] {
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
    ...dropTriggers(table.name),
    ...(found.length > 0 && !fits(table, found) ? [`DROP TABLE ${beside(table)}`] : []),
    `CREATE TABLE IF NOT EXISTS ${beside(table)}(${list(columns)}, ${THERE} INTEGER NOT NULL, PRIMARY KEY(${list(key)}))`,
    `DELETE FROM ${beside(table)}`,
    made("replace", "BEFORE INSERT", keepReplaced),
    made("insert", "AFTER INSERT", noteNew),
    made("update", "BEFORE UPDATE", keepOld),
    made("moved", "AFTER UPDATE", noteNew),
    made("delete", "BEFORE DELETE", keepOld),
  ];
}

function dropTriggers(name: string): string[] {
  const whens = ["replace", "insert", "update", "moved", "delete"];
  return whens.map((when) => `DROP TRIGGER IF EXISTS ${quoted(`${CUT_PREFIX}${name}_${when}`)}`);
}

/**
 * Ends whatever there is of a cut of these tables, or of all. The tables beside stay, empty: what somebody has left half read would keep
 * them from being dropped. By what there is, not by what there was to be: a migration may have brought a table since.
 */
export function endStatements(left: readonly LeftRow[], names?: readonly string[]): string[] {
  const ours = (name: string) => names === undefined || names.includes(name);
  return left.flatMap(({ type, name, table }) => {
    if (type === "trigger") return ours(table) ? [`DROP TRIGGER IF EXISTS ${quoted(name)}`] : [];
    return name !== OWNER && ours(name.slice(CUT_PREFIX.length)) ? [`DELETE FROM ${quoted(name)}`] : [];
  });
}

/**
 * The next rows of a table as the cut has it (or as it is, without a cut), behind a key (`?1` and so on; none: from the first), by the
 * order of keys: so many at most, and no further than where so many bytes are reached: the row that crosses is the last. How many that
 * are is found by the sizes alone, so that no more rows are taken into memory.
 */
export function boundedSql(table: Table, behind: boolean, rows: number, bytes: number, cut = true): string {
  const key = list(table.key);
  // characters would not do: of a text with a NUL in it only those before it are counted
  const size = table.columns.map((column) => `coalesce(octet_length(${quoted(column)}), 0)`).join(" + ");
  const sizes = pageSql(table, behind, { what: `${key}, ${size} AS backup_bytes`, limit: String(rows), cut });
  const before = `sum(backup_bytes) OVER (ORDER BY ${key} ROWS UNBOUNDED PRECEDING) - backup_bytes`;
  const limit = `(SELECT count(*) FROM (SELECT ${before} AS backup_before FROM (${sizes})) WHERE backup_before < ${bytes})`;
  return pageSql(table, behind, { what: list(table.columns), limit, cut });
}

interface Page {
  readonly what: string;
  readonly limit: string;
  readonly cut: boolean;
}

function pageSql(table: Table, behind: boolean, { what, limit, cut }: Page): string {
  const { key, name } = table;
  const after = behind ? `(${list(key)}) > (${key.map((_, n) => `?${n + 1}`).join(", ")})` : "1";
  const same = key.map((k) => `cut.${quoted(k)} IS ${quoted(name)}.${quoted(k)}`).join(" AND ");
  const now = `SELECT ${what} FROM ${quoted(name)} WHERE ${after}`;
  const order = `ORDER BY ${list(key)} LIMIT ${limit}`;
  if (!cut) return `${now} ${order}`;
  return `${now} AND NOT EXISTS (SELECT 1 FROM ${beside(table)} AS cut WHERE ${same})
    UNION ALL SELECT ${what} FROM ${beside(table)} WHERE ${THERE} = 1 AND ${after} ${order}`;
}

/** Puts one row, over the one that is there. */
export function putSql(table: string, columns: readonly string[], key: readonly string[]): string {
  const rest = columns.filter((column) => !key.includes(column));
  const set = rest.map((column) => `${quoted(column)} = excluded.${quoted(column)}`).join(", ");
  return `INSERT INTO ${quoted(table)}(${list(columns)}) VALUES(${columns.map((_, n) => `?${n + 1}`).join(", ")})
    ON CONFLICT(${list(key)}) DO ${set === "" ? "NOTHING" : `UPDATE SET ${set}`}`;
}
