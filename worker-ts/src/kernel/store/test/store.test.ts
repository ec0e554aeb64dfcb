// The stores that run in Node: memory, and D1's driver on a SQLite of this process.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { makeD1KernelStore } from "../d1";
import { type MemoryFault, makeMemoryDisk, makeMemoryKernelStore } from "../memory";
import { badWay } from "./bad-way";
import { d1OnSqlite } from "./d1-on-sqlite";
import { batch, refused, testStore } from "./store-suite";

/** What makes the tables in D1. */
const MIGRATION = readFileSync(join(import.meta.dirname, "../../../migrations/kernel/0000_init.sql"), "utf8");

testStore("memory", async (run) => {
  const disk = makeMemoryDisk();
  await run({ store: () => makeMemoryKernelStore({ disk }) });
});

testStore("D1 on a SQLite of this process", async (run) => {
  const db = d1OnSqlite(":memory:", MIGRATION);
  await run({
    store: () => makeD1KernelStore(db, "k"),
    dropFence: async () => db.sqlite.exec("DELETE FROM kernel_meta"),
    unsure: (...plan) => makeD1KernelStore(badWay(db, ...plan), "k"),
  });
});

describe("KT faults by plan", () => {
  const faulty = (fault: MemoryFault) => {
    const disk = makeMemoryDisk();
    return { disk, store: makeMemoryKernelStore({ disk, fault: (count) => (count === 0 ? fault : undefined) }) };
  };

  test("KT-S15 before: nothing is written; after: all is, and nobody knows", async () => {
    const before = faulty("fail-before");
    await before.store.open();
    await refused("STORE_FAILED", () => before.store.commit(batch(0, { sets: [["a", "1"]] })));
    expect(before.disk.rows()).toEqual([]);
    const after = faulty("fail-after");
    await after.store.open();
    await refused("OUTCOME_UNKNOWN", () => after.store.commit(batch(0, { sets: [["a", "1"]] })));
    expect(after.disk.rows()).toEqual([["a", "1"]]);
  });

  test("KT-S16 what hangs waits for its release, and is fenced when somebody took over meanwhile", async () => {
    const { disk, store } = faulty("hang");
    await store.open();
    const hung = store.commit(batch(0, { sets: [["a", "1"]] }));
    expect(disk.rows()).toEqual([]);
    await makeMemoryKernelStore({ disk }).open();
    disk.release();
    expect(await hung).toBe("fenced");
    expect(disk.rows()).toEqual([]);
  });

  test("KT-S17 a lost answer never comes, and what it was about is written", async () => {
    const { disk, store } = faulty("answer-lost");
    await store.open();
    const lost = Promise.resolve(store.commit(batch(0, { sets: [["a", "1"]] }))).then(() => "answered");
    expect(await Promise.race([lost, new Promise((go) => setTimeout(go, 5, "silence"))])).toBe("silence");
    expect(disk.rows()).toEqual([["a", "1"]]);
    expect(disk.commits).toBe(1);
  });
});
