// What a backup needs of the storage of any Durable Object: all rows of its SQLite as they were at one moment, part by part, and putting
// such rows in. Which tables there are is the class's own business. Synchronous: nothing comes between.
import { PART_BYTES, PART_ROWS_MAX } from "../limits";
import { fromCursor, type Place, toCursor } from "./cursor";
import {
  besideName,
  boundedSql,
  COLUMNS_OF,
  type ColumnRow,
  CUT_PREFIX,
  cutStatements,
  endStatements,
  isWhole,
  LEFT,
  type LeftRow,
  OWNER,
  putSql,
  quoted,
  type Table,
  TRIGGERS_OF,
  tableOf,
} from "./cut";
import type { Part, Parts } from "./part";
import { flawOf, fromJson, type SqlValue, sizeOf, toJson } from "./values";

/**
 * `all`: everything, where it fits into one answer; null where it does not. `begin`: from here on `next` tells the rows as they are now.
 * With either a cut that was under way is over. `next`: rows behind `cursor` ("" = from the first), null when that cut is not there any
 * more, or the tables have changed since. `end`: ends it. `paste`: puts rows in, while the object waits for those of this turn of
 * `emptied`; answers why not, or null.
 */
export type CopyCall =
  | { readonly do: "all" }
  | { readonly do: "begin"; readonly id: string }
  | { readonly do: "next"; readonly id: string; readonly cursor: string }
  | { readonly do: "end"; readonly id: string }
  | { readonly do: "paste"; readonly turn: string; readonly part: Part };

/** `found` of `all` and `next`; `flaw` of `paste`. */
export interface CopyAnswer {
  readonly found: Parts | null;
  readonly flaw: string | null;
}

type Storage = Pick<DurableObjectStorage, "kv" | "sql" | "transactionSync">;

const NOTHING: CopyAnswer = { found: null, flaw: null };
/** Keys of every object that is emptied for a restore: there while it waits for rows; the turn that has emptied it. */
const RESTORING = "restoring";
const EMPTIED = "emptied";
const TABLES = `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT GLOB '_cf_*' AND name NOT GLOB 'sqlite_*'
  AND name NOT GLOB '__*' AND name NOT GLOB '${CUT_PREFIX}*' ORDER BY name`;

/** Does what a backup asks of a storage. */
export function copyStorage(storage: Storage, call: CopyCall): CopyAnswer {
  switch (call.do) {
    case "all":
      storage.transactionSync(() => end(storage));
      return { found: readAll(storage), flaw: null };
    case "begin":
      storage.transactionSync(() => begin(storage, call.id));
      return NOTHING;
    case "next":
      return { found: readNext(storage, call.id, call.cursor), flaw: null };
    case "end":
      if (isOwner(storage, call.id)) storage.transactionSync(() => end(storage));
      return NOTHING;
    case "paste":
      return {
        found: null,
        flaw: isWaiting(storage, call.turn) ? paste(storage, call.part) : "its store is not waiting for rows",
      };
  }
}

function tablesOf({ sql }: Storage): Table[] {
  const names = sql.exec<{ name: string }>(TABLES).toArray();
  return names.map(({ name }) => tableOf(name, columnsOf(sql, name)));
}

const columnsOf = (sql: SqlStorage, name: string): ColumnRow[] =>
  sql.exec<{ name: string; pk: number }>(COLUMNS_OF, name).toArray();

function rowsOf({ sql }: Storage, query: string, values: readonly SqlValue[]): SqlValue[][] {
  return [...sql.exec(query, ...values).raw()] as SqlValue[][];
}

const partOf = ({ name, columns }: Table, rows: readonly (readonly SqlValue[])[]): Part => ({
  table: name,
  columns,
  rows: rows.map((row) => row.map(toJson)),
});

function readAll(storage: Storage): Parts | null {
  const parts: Part[] = [];
  let [left, bytes] = [PART_ROWS_MAX, 0];
  for (const table of tablesOf(storage)) {
    // one more than may be: then there are too many
    const rows = rowsOf(storage, boundedSql(table, false, left + 1, PART_BYTES, false), []);
    const { n } = storage.sql
      .exec<{ n: number }>(`SELECT count(*) AS n FROM (SELECT 1 FROM ${quoted(table.name)} LIMIT ${left + 1})`)
      .one();
    if (n > rows.length) return null;
    left -= rows.length;
    for (const row of rows) bytes += sizeOf(row);
    if (left < 0 || bytes >= PART_BYTES) return null;
    parts.push(partOf(table, rows));
  }
  return { parts, next: null };
}

function begin(storage: Storage, id: string): void {
  const { sql } = storage;
  const tables = tablesOf(storage);
  for (const table of tables)
    for (const statement of cutStatements(table, columnsOf(sql, besideName(table)))) sql.exec(statement);
  sql.exec(`CREATE TABLE IF NOT EXISTS ${OWNER}(id TEXT PRIMARY KEY)`);
  sql.exec(`DELETE FROM ${OWNER}`);
  sql.exec(`INSERT INTO ${OWNER} VALUES(?)`, id);
}

function isOwner({ sql }: Storage, id: string): boolean {
  const made = sql.exec("SELECT 1 FROM sqlite_master WHERE name = ?", OWNER).toArray().length > 0;
  return made && sql.exec(`SELECT 1 FROM ${OWNER} WHERE id = ?`, id).toArray().length > 0;
}

function readNext(storage: Storage, id: string, cursor: string): Parts | null {
  const place: Place | null = cursor === "" ? { table: 0, key: null } : fromCursor(cursor);
  if (place === null || !isOwner(storage, id)) return null;
  const tables = tablesOf(storage);
  const table = tables[place.table];
  if (table === undefined) return { parts: [], next: null };
  const { n } = storage.sql.exec<{ n: number }>(TRIGGERS_OF, table.name).one();
  if (!isWhole(table, n, columnsOf(storage.sql, besideName(table)))) return null;
  const rows = rowsOf(storage, boundedSql(table, place.key !== null, PART_ROWS_MAX, PART_BYTES), place.key ?? []);
  return { parts: [partOf(table, rows)], next: nextOf(tables, place, rows) };
}

function nextOf(tables: readonly Table[], place: Place, rows: readonly (readonly SqlValue[])[]): string | null {
  const last = rows.at(-1);
  const { columns, key } = tables[place.table]!;
  if (last !== undefined)
    return toCursor({ table: place.table, key: key.map((name) => last[columns.indexOf(name)] ?? null) });
  return place.table + 1 < tables.length ? toCursor({ table: place.table + 1, key: null }) : null;
}

/** Whatever is left of a cut; where there never was one, nothing is written. */
function end({ sql }: Storage): void {
  const left = sql.exec(LEFT).toArray() as unknown as LeftRow[];
  if (!left.some(({ name }) => name === OWNER) || sql.exec(`SELECT 1 FROM ${OWNER}`).toArray().length === 0) return;
  for (const statement of endStatements(left)) sql.exec(statement);
  sql.exec(`DELETE FROM ${OWNER}`);
}

/** A call that comes late must not write into what goes on again. */
const isWaiting = ({ kv }: Storage, turn: string): boolean =>
  kv.get(RESTORING) !== undefined && kv.get<string>(EMPTIED) === turn;

function paste(storage: Storage, { table: name, columns, rows }: Part): string | null {
  const table = tablesOf(storage).find((one) => one.name === name);
  if (table === undefined) return `there is no table ${name} here`;
  const unknown = columns.find((column) => !table.columns.includes(column));
  if (unknown !== undefined) return `the table ${name} has no column ${unknown}`;
  if (!table.key.every((column) => columns.includes(column))) return `the key of ${name} is not whole`;
  const sql = putSql(name, columns, table.key);
  const values = rows.map((row) => row.map(fromJson));
  if (values.some((row) => row.length !== columns.length || row.includes(undefined)))
    return `a row of ${name} is malformed`;
  try {
    storage.transactionSync(() => {
      for (const row of values) storage.sql.exec(sql, ...(row as SqlValue[]));
    });
  } catch (thrown) {
    return flawOf(thrown, name);
  }
  return null;
}
