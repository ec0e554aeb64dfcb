// Peer `ocap-kernel-file`: what MetaMask's kernel at its main branch writes per message when it has a file, and nothing else of it: no
// JavaScript above the store, which flatters it. 22 sets that commit by themselves, and two transactions: the crank and the vat's store.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { Peer } from "./peer.ts";

/** Sets outside of any transaction, of one external message with one write of its vat. */
const SETS_ALONE = 22;
/** What the crank changes in one transaction. */
const CRANK = { sets: 6, deletes: 5 } as const;

/** `delete` is SQLite's default and theirs; with `wal` a commit costs one sync instead of several. */
export type Journal = "delete" | "wal";

/** `folder`: on the disk to be measured. The queue is one, so messages are written one after the other however many are asked for at once. */
export function ocapFile(folder: string = tmpdir(), journal: Journal = "delete"): Peer {
  let home = "";
  let writer: Writer | undefined;
  return {
    async start() {
      home = mkdtempSync(join(folder, "ferrule-ocap-file-"));
      writer = new Writer(join(home, "kernel.sqlite"), journal);
    },
    async send(count, concurrency) {
      if (writer === undefined) throw new Error("the peer was not started");
      let left = count;
      const since = performance.now();
      const client = async () => {
        for (; left > 0; await null) {
          left -= 1;
          writer!.message();
        }
      };
      await Promise.all(Array.from({ length: concurrency }, client));
      return performance.now() - since;
    },
    async stop() {
      writer?.close();
      rmSync(home, { recursive: true, force: true });
    },
  };
}

/** The tables and statements of @metamask/kernel-store, and the order in which one message uses them. */
class Writer {
  readonly #db: DatabaseSync;
  readonly #set;
  readonly #delete;
  readonly #vatSet;
  #messages = 0;

  constructor(path: string, journal: Journal) {
    this.#db = new DatabaseSync(path);
    this.#db.exec(`PRAGMA journal_mode = ${journal}; PRAGMA synchronous = FULL`);
    this.#db.exec("CREATE TABLE kv (key TEXT, value TEXT, PRIMARY KEY(key))");
    this.#db.exec("CREATE TABLE kv_vatstore (vatID TEXT, key TEXT, value TEXT, PRIMARY KEY(vatID, key))");
    const upsert = "ON CONFLICT DO UPDATE SET value = excluded.value";
    this.#set = this.#db.prepare(`INSERT INTO kv (key, value) VALUES (?, ?) ${upsert}`);
    this.#delete = this.#db.prepare("DELETE FROM kv WHERE key = ?");
    this.#vatSet = this.#db.prepare(`INSERT INTO kv_vatstore (vatID, key, value) VALUES (?, ?, ?) ${upsert}`);
  }

  message(): void {
    this.#messages += 1;
    const promise = `kp${this.#messages}`;
    const text = `${this.#messages}`;
    for (let set = 0; set < SETS_ALONE; set += 1) this.#set.run(`${promise}.field${set % 5}`, text);
    this.#db.exec("BEGIN");
    this.#db.exec("SAVEPOINT t0");
    for (let set = 0; set < CRANK.sets; set += 1) this.#set.run(`counter${set}`, text);
    for (let at = 0; at < CRANK.deletes; at += 1) this.#delete.run(`${promise}.field${at}`);
    this.#db.exec("RELEASE t0");
    this.#db.exec("COMMIT");
    this.#db.exec("BEGIN");
    this.#vatSet.run("v1", "vom.rc.baggage", text);
    this.#db.exec("COMMIT");
  }

  close(): void {
    this.#db.close();
  }
}
