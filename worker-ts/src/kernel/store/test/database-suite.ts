// The seed's database by its promises, KT1 to KT6: one suite for every store behind it.
import { describe, expect, test } from "vitest";
import { LOAD_ROWS_MAX } from "../../limits";
import { type KernelDatabase, makeKernelDatabase } from "../database";
import type { KernelStore, Row } from "../store";
import { slowStore } from "./slow-store";
import { refused } from "./store-suite";

/** A fresh disk. */
export interface DatabaseBench {
  /** One more owner of it, not open yet. */
  store(): KernelStore;
  /** From now on the store cannot write the row of this key. */
  refuse(key: string): Promise<void>;
}

/** What is on the disk. It takes the store over, so it comes last. */
async function durable(bench: DatabaseBench): Promise<Record<string, string>> {
  const store = bench.store();
  await store.open();
  return Object.fromEntries(await store.load("h/", "", LOAD_ROWS_MAX));
}

/** Something that can be waited for, and let go. */
function gate(): { readonly open: () => void; readonly passed: Promise<void> } {
  let open = () => {};
  const passed = new Promise<void>((go) => {
    open = go;
  });
  return { open, passed };
}

/** Whether a promise has settled by now, other work being done first. */
async function settledYet(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  const note = () => {
    settled = true;
  };
  promise.then(note, note);
  for (let turn = 0; turn < 20; turn += 1) await new Promise((go) => setTimeout(go, 0));
  return settled;
}

export function testDatabase(
  name: string,
  run: (test: (bench: DatabaseBench) => Promise<void>) => Promise<void>,
): void {
  const law = (title: string, body: (bench: DatabaseBench) => Promise<void>) => test(title, () => run(body));

  describe(`KT database on ${name}`, () => {
    law("KT1 a rollback restores memory, and nothing of it is durable later", async (bench) => {
      const database = await makeKernelDatabase(bench.store());
      const kv = database.kernelKVStore;
      const vat = database.makeVatStore("v1");
      kv.set("a", "1");
      vat.updateKVData(
        [
          ["x", "1"],
          ["y", "1"],
        ],
        [],
      );
      database.createSavepoint("outer");
      kv.set("a", "2");
      kv.set("b", "2");
      database.createSavepoint("inner");
      kv.delete("a");
      vat.updateKVData(
        [
          ["x", "2"],
          ["z", "2"],
        ],
        ["y"],
      );
      database.rollbackSavepoint("inner");
      expect([kv.get("a"), kv.get("b"), vat.getKVData()]).toEqual([
        "2",
        "2",
        [
          ["x", "1"],
          ["y", "1"],
        ],
      ]);
      database.deleteVatStore("v1");
      database.clear();
      expect([kv.get("a"), vat.getKVData()]).toEqual([undefined, []]);
      database.rollbackSavepoint("outer");
      expect([kv.get("a"), kv.get("b"), vat.getKVData()]).toEqual([
        "1",
        undefined,
        [
          ["x", "1"],
          ["y", "1"],
        ],
      ]);
      await database.flush();
      expect(await durable(bench)).toEqual({ "h/kv/a": "1", "h/vs/v1/x": "1", "h/vs/v1/y": "1" });
    });

    law("KT1 a released savepoint is one change with what was released in it", async (bench) => {
      const store = slowStore(bench.store(), () => {});
      const database = await makeKernelDatabase(store);
      const kv = database.kernelKVStore;
      kv.set("gone", "1");
      await database.flush();
      database.createSavepoint("t0");
      kv.set("a", "1");
      database.createSavepoint("t1");
      kv.set("b", "1");
      kv.delete("gone");
      kv.set("same", "1");
      kv.delete("same");
      database.releaseSavepoint("t1");
      expect(await settledYet(database.flush())).toBe(true);
      expect(store.batches).toHaveLength(1);
      database.releaseSavepoint("t0");
      await database.flush();
      expect(store.batches.map(({ sets, deletes }) => [sets, deletes])).toEqual([
        ['[["h/kv/gone","1"]]', "[]"],
        ['[["h/kv/a","1"],["h/kv/b","1"]]', '["h/kv/gone"]'],
      ]);
    });

    law("KT2 two sets of a key with a slow first write: the second is durable", async (bench) => {
      const slow = gate();
      const database = await makeKernelDatabase(
        slowStore(bench.store(), (count) => (count === 0 ? slow.passed : undefined)),
      );
      database.kernelKVStore.set("a", "1");
      const first = database.flush();
      await Promise.resolve();
      database.kernelKVStore.set("a", "2");
      const second = database.flush();
      database.kernelKVStore.set("b", "3");
      slow.open();
      await Promise.all([first, second]);
      await database.flush();
      expect(await durable(bench)).toEqual({ "h/kv/a": "2", "h/kv/b": "3" });
    });

    law("KT3 one row of three fails: none is durable, flush rejects, the database refuses", async (bench) => {
      const told: unknown[][] = [];
      const logger = { error: (...data: unknown[]) => void told.push(data) };
      const database = await makeKernelDatabase(bench.store(), { logger });
      const kv = database.kernelKVStore;
      kv.set("before", "1");
      await database.flush();
      await bench.refuse("h/kv/bad");
      database.createSavepoint("t0");
      for (const key of ["a", "bad", "c"]) kv.set(key, "1");
      database.releaseSavepoint("t0");
      await refused("STORE_FAILED", () => database.flush());
      await refused("STORE_FAILED", () => database.flush());
      expect(database.state).toBe("fenced");
      for (const call of [
        () => kv.get("before"),
        () => kv.getNextKey(""),
        () => kv.set("d", "1"),
        () => kv.delete("a"),
        () => database.makeVatStore("v1").getKVData(),
        () => database.clear(),
        () => database.createSavepoint("t0"),
      ])
        await refused("STORE_FAILED", call);
      expect(told).toHaveLength(1);
      expect(await durable(bench)).toEqual({ "h/kv/before": "1" });
    });

    law("KT4 flush does not resolve before the write; afterwards all rows are there", async (bench) => {
      const slow = gate();
      const database = await makeKernelDatabase(slowStore(bench.store(), () => slow.passed));
      for (let n = 0; n < 300; n += 1) database.kernelKVStore.set(`k${n}`, `${n}`);
      const flush = database.flush();
      expect(await settledYet(flush)).toBe(false);
      slow.open();
      await flush;
      expect(Object.keys(await durable(bench))).toHaveLength(300);
    });

    law("KT6 two owners: one is fenced, no update is lost, the answered counts are 1 to n", async (bench) => {
      const answered: number[] = [];
      let reopened = 0;
      const client = async (first: KernelDatabase, patienceMs: number) => {
        let database = first;
        for (let done = 0; done < 5; ) {
          try {
            const next = Number(database.kernelKVStore.get("count") ?? "0") + 1;
            database.kernelKVStore.set("count", `${next}`);
            await database.flush();
            answered.push(next);
            done += 1;
            await new Promise((go) => setTimeout(go, 1));
          } catch (error) {
            expect(error).toMatchObject({ code: "FENCED" });
            reopened += 1;
            database = await reopen(bench, patienceMs);
          }
        }
      };
      // the second has taken over before the first writes
      const databases = [await reopen(bench, 0), await reopen(bench, 0)] as const;
      await Promise.all([client(databases[0], 1), client(databases[1], 3)]);
      expect(answered.sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
      expect(reopened).toBeGreaterThan(0);
      expect(await durable(bench)).toEqual({ "h/kv/count": "10" });
    });

    law("KT-D1 what was written comes back, in the order of UTF-8 bytes", async (bench) => {
      const keys = ["a", "a/b", "é", "\ufffd", "\u{1f600}", ""];
      const first = await makeKernelDatabase(bench.store());
      for (const key of [...keys].reverse()) first.kernelKVStore.set(key, `value of ${key}`);
      first.makeVatStore("v/1").updateKVData([["k", "1"]], []);
      first.makeVatStore("v").updateKVData([["1/k", "2"]], []);
      await first.flush();
      const { kernelKVStore: kv, ...second } = await opened(bench);
      const walked: string[] = [""];
      for (let key = kv.getNextKey(""); key !== undefined; key = kv.getNextKey(key)) walked.push(key);
      expect(walked.slice(1)).toEqual(keys.slice(0, 5));
      expect(kv.get("")).toBe("value of ");
      expect(kv.getNextKey("a0")).toBe("é");
      expect(second.vat("v/1")).toEqual([["k", "1"]]);
      expect(second.vat("v")).toEqual([["1/k", "2"]]);
    });

    law("KT-D2 a vat's store that was deleted stays deleted, and so does a cleared database", async (bench) => {
      const database = await makeKernelDatabase(bench.store());
      const vat = database.makeVatStore("v1");
      vat.updateKVData(
        [
          ["a", "1"],
          ["b", "1"],
        ],
        [],
      );
      database.makeVatStore("v10").updateKVData([["a", "1"]], []);
      await database.flush();
      database.deleteVatStore("v1");
      vat.updateKVData([["b", "2"]], []);
      await database.flush();
      expect(await durable(bench)).toEqual({ "h/vs/v1/b": "2", "h/vs/v10/a": "1" });
      const again = await makeKernelDatabase(bench.store());
      again.createSavepoint("t0");
      again.clear();
      again.createSavepoint("t1");
      again.kernelKVStore.set("a", "1");
      again.kernelKVStore.set("b", "1");
      again.kernelKVStore.delete("b");
      // as it was before the wipe
      again.makeVatStore("v10").updateKVData([["a", "1"]], []);
      again.releaseSavepoint("t0");
      await again.flush();
      expect(await durable(bench)).toEqual({ "h/kv/a": "1", "h/vs/v10/a": "1" });
    });
  });
}

async function opened(bench: DatabaseBench) {
  const database: KernelDatabase = await makeKernelDatabase(bench.store());
  return {
    kernelKVStore: database.kernelKVStore,
    vat: (id: string): readonly Row[] => database.makeVatStore(id).getKVData(),
  };
}

/** The other owner may take over while the rows are read; two that are equally patient would do so for ever, so each grows more so. */
async function reopen(bench: DatabaseBench, patienceMs: number): Promise<KernelDatabase> {
  for (let waitMs = patienceMs; ; waitMs = 2 * waitMs * (0.5 + Math.random())) {
    await new Promise((go) => setTimeout(go, waitMs));
    try {
      return await makeKernelDatabase(bench.store());
    } catch (error) {
      expect(error).toMatchObject({ code: "FENCED" });
    }
  }
}
