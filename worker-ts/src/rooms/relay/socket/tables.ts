// What a relay must know when it wakes: the tables `fact` and `due`. Sockets remember themselves; entries are the room's.

const TABLES = `CREATE TABLE IF NOT EXISTS fact(key TEXT PRIMARY KEY, value) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS due(kind TEXT, key TEXT, at INTEGER NOT NULL, PRIMARY KEY(kind, key)) WITHOUT ROWID;`;

/** Facts of a relay. */
interface Facts {
  /** The room, and the number of this relay: an alarm may come without the object's name. */
  room: string;
  n: number;
  /** The epoch that `at` belongs to, eight bytes. */
  epoch: ArrayBuffer;
  /** Everything up to this seq has left for its sockets: as of the last quiet moment, so never too high. */
  at: number;
  /** The last event of the room that was handled. */
  told: number;
  slow_mode_ms: number;
}

/** The facts as they are stored. */
export class RelayFacts {
  readonly #sql: SqlStorage;

  /** Makes the tables on first contact. */
  constructor({ sql }: DurableObjectStorage) {
    this.#sql = sql;
    sql.exec(TABLES);
  }

  /** The value of a fact, or undefined when it was never set. */
  find<K extends keyof Facts>(key: K): Facts[K] | undefined {
    const row = this.#sql.exec<{ value: Facts[K] }>("SELECT value FROM fact WHERE key = ?", key).next();
    return row.done ? undefined : row.value.value;
  }

  set<K extends keyof Facts>(key: K, value: Facts[K]): void {
    this.#sql.exec("INSERT INTO fact VALUES(?, ?) ON CONFLICT(key) DO UPDATE SET value = excluded.value", key, value);
  }
}
