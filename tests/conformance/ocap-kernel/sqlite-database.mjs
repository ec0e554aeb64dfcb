// The KernelDatabase that MetaMask makes with better-sqlite3, statement by statement, on node:sqlite: better-sqlite3 needs a binary that
// an install without scripts does not bring. The queries are those of @metamask/kernel-store 0.4.0.
import { DatabaseSync } from "node:sqlite";

const IDENTIFIER = /^[A-Za-z_]\w*$/;

/** `path`: a file, or `:memory:`. */
export function sqliteDatabase(path) {
  const db = new DatabaseSync(path);
  db.exec("CREATE TABLE IF NOT EXISTS kv (key TEXT, value TEXT, PRIMARY KEY(key))");
  db.exec("CREATE TABLE IF NOT EXISTS kv_vatstore (vatID TEXT, key TEXT, value TEXT, PRIMARY KEY(vatID, key))");
  const get = db.prepare("SELECT value FROM kv WHERE key = ?");
  const next = db.prepare("SELECT key FROM kv WHERE key > ? LIMIT 1");
  const set = db.prepare("INSERT INTO kv (key, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value");
  const remove = db.prepare("DELETE FROM kv WHERE key = ?");
  const vatAll = db.prepare("SELECT key, value FROM kv_vatstore WHERE vatID = ?");
  const vatSet = db.prepare(
    "INSERT INTO kv_vatstore (vatID, key, value) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value",
  );
  const vatDelete = db.prepare("DELETE FROM kv_vatstore WHERE vatID = ? AND key = ?");
  const vatDeleteAll = db.prepare("DELETE FROM kv_vatstore WHERE vatID = ?");
  const stack = [];

  const insist = (name) => {
    if (!IDENTIFIER.test(name)) throw new Error(`Invalid identifier: ${name}`);
  };
  const find = (name) => {
    insist(name);
    const at = stack.lastIndexOf(name);
    if (at < 0) throw new Error(`No such savepoint: ${name}`);
    return at;
  };
  /** As better-sqlite3's `transaction`: inside one it is a savepoint. */
  const transaction = (run) => {
    const inside = db.isTransaction;
    db.exec(inside ? "SAVEPOINT inner_transaction" : "BEGIN");
    try {
      run();
      db.exec(inside ? "RELEASE inner_transaction" : "COMMIT");
    } catch (error) {
      db.exec(inside ? "ROLLBACK TO inner_transaction" : "ROLLBACK");
      throw error;
    }
  };

  return {
    kernelKVStore: {
      get: (key) => get.get(key)?.value,
      getRequired(key) {
        const value = get.get(key)?.value;
        if (!value) throw new Error(`no record matching key '${key}'`);
        return value;
      },
      getNextKey: (previousKey) => next.get(previousKey)?.key,
      set: (key, value) => void set.run(key, value),
      delete: (key) => void remove.run(key),
    },
    executeQuery: (sql) => db.prepare(sql).all(),
    clear: () => transaction(() => db.exec("DELETE FROM kv; DELETE FROM kv_vatstore")),
    makeVatStore: (vatID) => ({
      getKVData: () => vatAll.all(vatID).map(({ key, value }) => [key, value]),
      updateKVData: (sets, deletes) =>
        transaction(() => {
          for (const [key, value] of sets) vatSet.run(vatID, key, value);
          for (const key of deletes) vatDelete.run(vatID, key);
        }),
    }),
    deleteVatStore: (vatID) => void vatDeleteAll.run(vatID),
    createSavepoint(name) {
      insist(name);
      if (!db.isTransaction) db.exec("BEGIN");
      db.exec(`SAVEPOINT ${name}`);
      stack.push(name);
    },
    rollbackSavepoint(name) {
      const at = find(name);
      db.exec(`ROLLBACK TO SAVEPOINT ${name}`);
      stack.splice(at);
      if (stack.length === 0) db.exec("ROLLBACK");
    },
    releaseSavepoint(name) {
      const at = find(name);
      db.exec(`RELEASE SAVEPOINT ${name}`);
      stack.splice(at);
      if (stack.length === 0 && db.isTransaction) db.exec("COMMIT");
    },
    close: () => db.close(),
  };
}
