// The room's tables and their migrations, and the one-row-per-fact table `meta`. No other module creates a table.

/** Migrations in order; `meta.schema` counts those that have run. Never edit one that was released. */
const MIGRATIONS: readonly string[] = [
  `CREATE TABLE log(seq INTEGER PRIMARY KEY, ts INTEGER NOT NULL, kind INTEGER NOT NULL, ref INTEGER NOT NULL, cid BLOB,
     target INTEGER NOT NULL DEFAULT 0, touched INTEGER NOT NULL DEFAULT 0, sum INTEGER, frame BLOB);
   CREATE UNIQUE INDEX log_cid ON log(ref, cid);
   CREATE TABLE person(ref INTEGER PRIMARY KEY, user_id TEXT UNIQUE NOT NULL, name TEXT NOT NULL, flags INTEGER NOT NULL,
     read_seq INTEGER NOT NULL DEFAULT 0, read_ts INTEGER);
   CREATE TABLE due(kind TEXT, key TEXT, at INTEGER NOT NULL, PRIMARY KEY(kind, key));
   CREATE TABLE ticket(id TEXT PRIMARY KEY, expires_at INTEGER NOT NULL);`,
  `CREATE TABLE batch(from_seq INTEGER PRIMARY KEY, to_seq INTEGER NOT NULL, sent_at INTEGER NOT NULL, tries INTEGER NOT NULL,
     done INTEGER NOT NULL);
   ALTER TABLE person ADD COLUMN read_archived INTEGER NOT NULL DEFAULT 0;
   CREATE INDEX person_unarchived ON person(ref) WHERE read_seq > read_archived;`,
  `CREATE INDEX batch_open ON batch(tries, sent_at) WHERE done = 0;`,
];

/** Facts about the room that are not rows of another table. `closed` and `crowded` are 0 or 1, `epoch` eight bytes. */
interface Facts {
  schema: number;
  epoch: ArrayBuffer;
  /** The object's name; an alarm may come without one. */
  name: string;
  trimmed_seq: number;
  queued_seq: number;
  archived_seq: number;
  next_conn: number;
  config_version: number;
  title: string;
  closed: number;
  /** Whether the room was told by totals last, being large. */
  crowded: number;
  slow_mode_ms: number;
  edit_window_ms: number;
  /** TotalsSnapshot as JSON. */
  totals: string;
  /** Version of the totals that were told last. */
  totals_told: number;
}

/** The table `meta`: one value per name. */
export class Meta {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** The value of a fact, or undefined when it was never set. */
  find<K extends keyof Facts>(key: K): Facts[K] | undefined {
    const row = this.#sql.exec<{ value: Facts[K] }>("SELECT value FROM meta WHERE key = ?", key).next();
    return row.done ? undefined : row.value.value;
  }

  /** The value of a fact that `openTables` has written. */
  get<K extends "schema" | "epoch">(key: K): Facts[K] {
    const value = this.find(key);
    if (value === undefined) throw new Error(`meta has no ${key}`);
    return value;
  }

  set<K extends keyof Facts>(key: K, value: Facts[K]): void {
    this.#sql.exec("INSERT INTO meta VALUES(?, ?) ON CONFLICT(key) DO UPDATE SET value = excluded.value", key, value);
  }
}

/**
 * Makes or migrates the tables and returns the room's facts. `newEpoch` yields eight random bytes; it is asked once in
 * the life of a room.
 */
export function openTables(storage: DurableObjectStorage, newEpoch: () => Uint8Array<ArrayBuffer>): Meta {
  const meta = new Meta(storage.sql);
  storage.transactionSync(() => {
    storage.sql.exec("CREATE TABLE IF NOT EXISTS meta(key TEXT PRIMARY KEY, value)");
    const done = meta.find("schema") ?? 0;
    for (const migration of MIGRATIONS.slice(done)) storage.sql.exec(migration);
    if (done < MIGRATIONS.length) meta.set("schema", MIGRATIONS.length);
    if (meta.find("epoch") === undefined) meta.set("epoch", newEpoch().buffer);
  });
  return meta;
}
