// The seed's names: MetaMask's synchronous KernelDatabase, held in memory and written behind to a store of ours. Memory is never ahead of
// the store unnoticed: when a write fails, every later call does. Its rows lie under `h/kv/` and `h/vs/`, beside those of a kernel.
import { randomBytes, toBase64url } from "../../platform/ids";
import { isWellFormed, utf8Length } from "../../platform/text";
import { KernelError } from "../kernel-error";
import {
  KEY_BYTES_MAX,
  LOAD_ROWS_MAX,
  QUERY_LENGTH_MAX,
  QUERY_ROWS_MAX,
  UNWRITTEN_LENGTH_MAX,
  VALUE_BYTES_MAX,
} from "../limits";
import { makeD1KernelStore } from "./d1";
import { Journal } from "./rows/journal";
import { SortedRows } from "./rows/sorted-rows";
import { type Changes, WriteBehind } from "./rows/write-behind";
import type { CommitOutcome, KernelStore } from "./store";

/** Text by key, synchronous. */
export interface KVStore {
  get(key: string): string | undefined;
  /** Throws when there is none. */
  getRequired(key: string): string;
  /** The key after `previousKey` in the order of UTF-8 bytes, whether that one is there or not. */
  getNextKey(previousKey: string): string | undefined;
  set(key: string, value: string): void;
  delete(key: string): void;
}

/** What one vat keeps. */
export interface VatStore {
  getKVData(): [key: string, value: string][];
  /** All of it, or none. */
  updateKVData(sets: readonly (readonly [key: string, value: string])[], deletes: readonly string[]): void;
}

/** The seed's database, and what makes it durable. Names of savepoints are identifiers. */
export interface KernelDatabase {
  readonly kernelKVStore: KVStore;
  makeVatStore(vatID: string): VatStore;
  deleteVatStore(vatID: string): void;
  createSavepoint(name: string): void;
  /** Restores memory; that savepoint and those inside it are closed. */
  rollbackSavepoint(name: string): void;
  /** Releasing the outermost one seals what changed since: it is written whole or not at all. */
  releaseSavepoint(name: string): void;
  /** Throws `UNSUPPORTED`: no store answers SQL at once. See `query`. */
  executeQuery(sql: string): Record<string, string>[];
  /** Removes all keys and all vats' stores. */
  clear(): void;
  /** Takes nothing more on; what was sealed is still written, and `flush` still tells of it. */
  close(): void;
  /** Resolves when all that was sealed before the call is durable; rejects, then and ever after, when it cannot become so. */
  flush(): Promise<void>;
  /** One SELECT, read only; the rows are those of the store, which may be behind. D1 only. */
  query(sql: string): Promise<readonly Readonly<Record<string, unknown>>[]>;
  readonly store: KernelStore;
  /** `fenced`: another owner has taken the store over, or a write failed. Then a new database has to be made. */
  readonly state: "open" | "fenced" | "closed";
  /**
   * For the kernel that shares the store: from here on the database does not write by itself. `wake` is called when something is
   * sealed; the batches are then taken and settled one by one. Answers how many batches the store has.
   */
  attach(wake: () => void): Promise<{ readonly seq: number }>;
  /** The next batch's share, or null. Part of one batch of the kernel, never split. */
  takeSealed(): Changes | null;
  /** What became of the batch with the share taken last; an error also when the store failed without one. */
  settled(outcome: CommitOutcome | KernelError): void;
}

export interface KernelDatabaseOptions {
  /** Hears of writes that failed. */
  readonly logger?: { error(...data: unknown[]): void } | undefined;
}

const KV = "h/kv/";
const VS = "h/vs/";
/** The rows of one vat. A vat's name may hold anything; no two names have one prefix. */
const vatPrefix = (vatID: string): string => `${VS}${vatID.replace(/[%/]/g, encodeURIComponent)}/`;

/** A database in D1, of kernel `kernel` (default: `default`). It takes the store over from whoever had it. */
export function makeD1KernelDatabase(
  db: D1Database,
  { kernel = "default", logger }: KernelDatabaseOptions & { readonly kernel?: string } = {},
): Promise<KernelDatabase> {
  return makeKernelDatabase(makeD1KernelStore(db, kernel), { logger }, (sql) => readOnly(db, sql));
}

/** A database on any store. It opens the store, so it takes it over. */
export async function makeKernelDatabase(
  store: KernelStore,
  { logger }: KernelDatabaseOptions = {},
  query?: KernelDatabase["query"],
): Promise<KernelDatabase> {
  const { seq } = await store.open();
  const rows = new SortedRows();
  for (const prefix of [KV, VS]) {
    for (let after = ""; ; ) {
      const page = await store.load(prefix, after, LOAD_ROWS_MAX);
      for (const row of page) rows.push(row);
      const last = page.at(-1);
      if (last === undefined) break;
      after = last[0];
    }
  }
  const nonce = () => toBase64url(randomBytes(12));
  const gaveUp = (error: KernelError) => logger?.error("the kernel's database lost what was not durable", error);
  return new StoredDatabase(store, rows, new WriteBehind(store, seq, nonce, gaveUp), query);
}

class StoredDatabase implements KernelDatabase {
  readonly store: KernelStore;
  readonly kernelKVStore: KVStore;
  readonly #rows: SortedRows;
  readonly #journal: Journal;
  readonly #writer: WriteBehind;
  readonly #query: KernelDatabase["query"] | undefined;
  #closed = false;

  constructor(store: KernelStore, rows: SortedRows, writer: WriteBehind, query: KernelDatabase["query"] | undefined) {
    this.store = store;
    this.#rows = rows;
    this.#writer = writer;
    this.#query = query;
    this.#journal = new Journal(rows, (change) => writer.add(change));
    this.kernelKVStore = {
      get: (key) => this.#usable().get(KV + key),
      getRequired: (key) => {
        const value = this.#usable().get(KV + key);
        if (value === undefined) throw new KernelError("BAD_COMMAND", `no record matching key '${key}'`);
        return value;
      },
      getNextKey: (previousKey) => {
        if (typeof previousKey !== "string") throw new KernelError("BAD_COMMAND", "previousKey must be a string");
        const next = this.#usable().nextKey(KV + previousKey);
        return next?.startsWith(KV) ? next.slice(KV.length) : undefined;
      },
      set: (key, value) => this.#set(KV, key, value),
      delete: (key) => this.#changed().delete(KV + key),
    };
  }

  get state(): "open" | "fenced" | "closed" {
    if (this.#writer.failure !== null) return "fenced";
    return this.#closed ? "closed" : "open";
  }

  makeVatStore(vatID: string): VatStore {
    const prefix = vatPrefix(vatID);
    if (!isWellFormed(vatID) || utf8Length(prefix) > KEY_BYTES_MAX)
      throw new KernelError("LIMIT_EXCEEDED", "no name of a vat");
    return {
      getKVData: () => {
        const rows = this.#usable();
        return rows.keysOf(prefix).map((key) => [key.slice(prefix.length), rows.get(key)!]);
      },
      updateKVData: (sets, deletes) => {
        this.#changed().atomically(() => {
          for (const [key, value] of sets) this.#set(prefix, key, value);
          for (const key of deletes) this.#journal.delete(prefix + key);
        });
      },
    };
  }

  deleteVatStore(vatID: string): void {
    this.#changed().wipe(vatPrefix(vatID));
  }

  clear(): void {
    this.#changed().atomically(() => {
      this.#journal.wipe(KV);
      this.#journal.wipe(VS);
    });
  }

  createSavepoint(name: string): void {
    this.#changed().createSavepoint(name);
  }

  rollbackSavepoint(name: string): void {
    this.#changed().rollbackSavepoint(name);
  }

  releaseSavepoint(name: string): void {
    this.#changed().releaseSavepoint(name);
  }

  executeQuery(): never {
    throw new KernelError("UNSUPPORTED", "no store answers SQL at once: use query(sql), which answers later");
  }

  async query(sql: string): Promise<readonly Readonly<Record<string, unknown>>[]> {
    this.#usable();
    if (this.#query === undefined) throw new KernelError("UNSUPPORTED", "this store takes no SQL");
    return this.#query(sql);
  }

  async flush(): Promise<void> {
    await this.#writer.flush();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    const closeStore = () => this.store.close();
    this.#writer.flush().then(closeStore, closeStore);
  }

  async attach(wake: () => void): Promise<{ readonly seq: number }> {
    this.#usable();
    return { seq: await this.#writer.attach(wake) };
  }

  takeSealed(): Changes | null {
    return this.#writer.take();
  }

  settled(outcome: CommitOutcome | KernelError): void {
    this.#writer.settled(outcome);
  }

  #set(prefix: string, key: string, value: string): void {
    const journal = this.#changed();
    if (typeof value !== "string" || !isWellFormed(key) || !isWellFormed(value))
      throw new KernelError("BAD_ROW", "a key or a value is not well-formed Unicode");
    if (longer(key, KEY_BYTES_MAX)) throw new KernelError("LIMIT_EXCEEDED", `a key is over ${KEY_BYTES_MAX} bytes`);
    if (longer(value, VALUE_BYTES_MAX))
      throw new KernelError("LIMIT_EXCEEDED", `a value is over ${VALUE_BYTES_MAX} bytes`);
    if (this.#writer.length + journal.openLength + key.length + value.length > UNWRITTEN_LENGTH_MAX)
      throw new KernelError("QUEUE_FULL", "too much is not durable yet: await flush()");
    journal.set(prefix + key, value);
  }

  /** The rows, as long as they are what the store has or will have. */
  #usable(): SortedRows {
    if (this.#writer.failure !== null) throw this.#writer.failure;
    if (this.#closed) throw new KernelError("CLOSED", "the database is closed");
    return this.#rows;
  }

  #changed(): Journal {
    this.#usable();
    return this.#journal;
  }
}

const longer = (text: string, bytesMax: number): boolean =>
  text.length > bytesMax || (text.length * 3 > bytesMax && utf8Length(text) > bytesMax);

/** Runs a text as the inside of a SELECT, where nothing that writes can stand; without a semicolon nothing can come after it. */
async function readOnly(db: D1Database, sql: string): Promise<readonly Readonly<Record<string, unknown>>[]> {
  if (sql.length > QUERY_LENGTH_MAX) throw new KernelError("LIMIT_EXCEEDED", "the query is too long");
  if (sql.includes(";")) throw new KernelError("UNSUPPORTED", "a query is one SELECT without a semicolon");
  try {
    const { results } = await db.prepare(`SELECT * FROM (\n${sql}\n) LIMIT ${QUERY_ROWS_MAX}`).all();
    return results;
  } catch (cause) {
    throw new KernelError("BAD_COMMAND", "the query failed: it must be one SELECT", { cause });
  }
}
