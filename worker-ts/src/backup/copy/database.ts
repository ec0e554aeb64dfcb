// The same of D1: some of its tables as they were at one moment, and rows put in. A batch of statements is a transaction there.
import { PART_BYTES, PART_ROWS_MAX, PASTE_ROWS_AT_ONCE } from "../limits";
import { fromCursor, type Place, toCursor } from "./cursor";
import {
  besideName,
  boundedSql,
  COLUMNS_OF,
  type ColumnRow,
  cutStatements,
  endStatements,
  isWhole,
  LEFT,
  type LeftRow,
  OWNER,
  putSql,
  type Table,
  TRIGGERS_OF,
  tableOf,
} from "./cut";
import type { Part, Parts } from "./part";
import { flawOf, fromJson, type SqlValue, toJson } from "./values";

/** Some tables of a D1 database, by name; in an order in which rows can be put in. */
export class DatabaseCopy {
  readonly #db: D1Database;
  readonly #store: string;
  readonly #names: readonly string[];

  constructor(db: D1Database, store: string, names: readonly string[]) {
    this.#db = db;
    this.#store = store;
    this.#names = names;
  }

  /** Begins a cut: from here on `next` tells the rows as they are now. One that was under way is over. */
  async begin(id: string): Promise<void> {
    const tables = await this.#tables();
    const found = await this.#columns(tables.map(besideName));
    await this.#run(
      [
        `CREATE TABLE IF NOT EXISTS ${OWNER}(store TEXT PRIMARY KEY, id TEXT NOT NULL)`,
        ...tables.flatMap((table, at) => cutStatements(table, found[at])),
      ],
      [this.#own(id)],
    );
  }

  /** Rows behind `cursor` ("" = from the first); null when this cut is not there any more, or a migration has come in between. */
  async next(id: string, cursor: string): Promise<Parts | null> {
    const place: Place | null = cursor === "" ? { table: 0, key: null } : fromCursor(cursor);
    if (place === null) return null;
    const tables = await this.#tables();
    const table = tables[place.table];
    if (table === undefined) return { parts: [], next: null };
    const [beside = []] = await this.#columns([besideName(table)]);
    if (!isWhole(table, await this.#triggers(table), beside)) return null;
    const sql = boundedSql(table, place.key !== null, PART_ROWS_MAX, PART_BYTES);
    // in the same transaction: rows of another cut, or of a table whose triggers are gone, must not be taken for ours
    const [owner, triggers, page] = await this.#db.batch<Record<string, unknown>>([
      this.#db.prepare(`SELECT id FROM ${OWNER} WHERE store = ?1`).bind(this.#store),
      this.#db.prepare(TRIGGERS_OF).bind(table.name),
      this.#db.prepare(sql).bind(...(place.key ?? [])),
    ]);
    if (owner?.results[0]?.["id"] !== id || !isWhole(table, Number(triggers?.results[0]?.["n"]), beside)) return null;
    const rows = (page?.results ?? []).map((row) => table.columns.map((column) => toJson(row[column])));
    const last = page?.results.at(-1);
    const key = last && (table.key.map((name) => last[name]) as SqlValue[]);
    const more = key !== undefined || place.table + 1 < tables.length;
    const next = more ? toCursor(key ? { table: place.table, key } : { table: place.table + 1, key: null }) : null;
    return { parts: [{ table: table.name, columns: table.columns, rows }], next };
  }

  /** Ends the cut that is under way, whosever it is. */
  async end(): Promise<void> {
    const made = await this.#db.prepare("SELECT 1 FROM sqlite_master WHERE name = ?1").bind(OWNER).first();
    if (made === null) return;
    const owned = await this.#db.prepare(`SELECT 1 FROM ${OWNER} WHERE store = ?1`).bind(this.#store).first();
    if (owned === null) return;
    const { results: left } = await this.#db.prepare(LEFT).all<LeftRow>();
    await this.#run(endStatements(left, this.#names), [
      this.#db.prepare(`DELETE FROM ${OWNER} WHERE store = ?1`).bind(this.#store),
    ]);
  }

  /** Puts rows in, over those that are there, where `guard` does not fail; answers why not, or null. */
  async paste({ table: name, columns, rows }: Part, guard?: D1PreparedStatement): Promise<string | null> {
    const table = (await this.#tables()).find((one) => one.name === name);
    if (table === undefined) return `there is no table ${name} here`;
    const unknown = columns.find((column) => !table.columns.includes(column));
    if (unknown !== undefined) return `the table ${name} has no column ${unknown}`;
    if (!table.key.every((column) => columns.includes(column))) return `the key of ${name} is not whole`;
    const statement = this.#db.prepare(putSql(name, columns, table.key));
    const values = rows.map((row) => row.map(fromJson));
    if (values.some((row) => row.length !== columns.length || row.includes(undefined)))
      return `a row of ${name} is malformed`;
    try {
      for (let at = 0; at < values.length; at += PASTE_ROWS_AT_ONCE)
        await this.#db.batch([
          ...(guard ? [guard] : []),
          ...values.slice(at, at + PASTE_ROWS_AT_ONCE).map((row) => statement.bind(...row)),
        ]);
    } catch (thrown) {
      return flawOf(thrown, name);
    }
    return null;
  }

  #own(id: string): D1PreparedStatement {
    const sql = `INSERT INTO ${OWNER}(store, id) VALUES(?1, ?2) ON CONFLICT(store) DO UPDATE SET id = excluded.id`;
    return this.#db.prepare(sql).bind(this.#store, id);
  }

  /** In one transaction. */
  async #run(statements: readonly string[], more: readonly D1PreparedStatement[]): Promise<void> {
    await this.#db.batch([...statements.map((sql) => this.#db.prepare(sql)), ...more]);
  }

  async #tables(): Promise<Table[]> {
    const columns = await this.#columns(this.#names);
    return this.#names.map((name, at) => tableOf(name, columns[at] ?? []));
  }

  /** None of a table that is not there. */
  async #columns(names: readonly string[]): Promise<ColumnRow[][]> {
    const told = await this.#db.batch<ColumnRow>(names.map((name) => this.#db.prepare(COLUMNS_OF).bind(name)));
    return told.map(({ results }) => results);
  }

  async #triggers({ name }: Table): Promise<number> {
    return (await this.#db.prepare(TRIGGERS_OF).bind(name).first<number>("n")) ?? 0;
  }
}
