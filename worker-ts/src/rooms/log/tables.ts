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
  // kinds 5 and 6 are EDIT and DELETE; neither index costs a message anything
  `ALTER TABLE log ADD COLUMN mention INTEGER NOT NULL DEFAULT 0;
   CREATE INDEX log_change ON log(target) WHERE kind IN (5, 6);
   CREATE INDEX log_mention ON log(seq, mention) WHERE mention > 0;
   CREATE TABLE reaction(target INTEGER, emoji TEXT, ref INTEGER, seq INTEGER NOT NULL, PRIMARY KEY(target, emoji, ref)) WITHOUT ROWID;
   CREATE TABLE pin(target INTEGER PRIMARY KEY, ref INTEGER NOT NULL, seq INTEGER NOT NULL);
   CREATE TABLE noop(ref INTEGER, cid BLOB, kind INTEGER NOT NULL, sum INTEGER NOT NULL, ts INTEGER NOT NULL,
     PRIMARY KEY(ref, cid)) WITHOUT ROWID;`,
  `ALTER TABLE person ADD COLUMN role TEXT;
   ALTER TABLE person ADD COLUMN role_at INTEGER NOT NULL DEFAULT 0;
   ALTER TABLE person ADD COLUMN heir INTEGER;`,
  // a timer is one row written instead of two, its key being the table: each message alone sets three and takes three
  `CREATE TABLE due_by_key(kind TEXT, key TEXT, at INTEGER NOT NULL, PRIMARY KEY(kind, key)) WITHOUT ROWID;
   INSERT INTO due_by_key SELECT kind, key, at FROM due;
   DROP TABLE due;
   ALTER TABLE due_by_key RENAME TO due;`,
  // ids of events must never come again while a relay remembers one
  `CREATE TABLE relay(n INTEGER PRIMARY KEY, told INTEGER NOT NULL DEFAULT 0);
   CREATE TABLE relay_event(id INTEGER PRIMARY KEY AUTOINCREMENT, body TEXT NOT NULL);`,
];

/** How many migrations the tables have had; a backup says it, and none is read that had more. */
export const ROOM_SCHEMA: number = MIGRATIONS.length;

/** Facts about the room that are not rows of another table. `closed`, `crowded` and `removed` are 0 or 1, `epoch` eight bytes. */
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
  /** How many are behind each relay, as it said some seconds ago: pairs of its number and a Counted, as JSON. */
  crowd: string;
  /** TotalsSnapshot as JSON. */
  totals: string;
  /** Version of the totals that were told last. */
  totals_told: number;
  /** Whether the room was deleted, 0 or 1: nobody gets in any more. */
  removed: number;
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
