// The stores in workerd: D1, and the SQLite of a Durable Object. And that both have the same tables.
import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { makeD1KernelStore } from "../d1";
import { makeDurableKernelStore } from "../durable";
import { badWay } from "./bad-way";
import { testStore } from "./store-suite";

let kernels = 0;

testStore("D1", async (run) => {
  kernels += 1;
  const kernel = `suite-${kernels}`;
  await run({
    store: () => makeD1KernelStore(env.DB, kernel),
    dropFence: async () => void (await env.DB.prepare("DELETE FROM kernel_meta WHERE kernel = ?").bind(kernel).run()),
    unsure: (...plan) => makeD1KernelStore(badWay(env.DB, ...plan), kernel),
  });
});

/** Runs inside a Durable Object of its own, on its storage; the tables are ours whatever the class is. */
function inObject<T>(run: (storage: DurableObjectStorage) => T | Promise<T>): Promise<T> {
  kernels += 1;
  const stub = env.KERNEL.get(env.KERNEL.idFromName(`store-${kernels}`));
  return runInDurableObject(stub, (_object, { storage }) => run(storage));
}

testStore("a Durable Object", (run) =>
  inObject((storage) =>
    run({
      store: () => makeDurableKernelStore(storage, "k"),
      dropFence: async () => void storage.sql.exec("DELETE FROM kernel_meta"),
    }),
  ),
);

test("KT-S18 two kernels in one D1 see nothing of each other", async () => {
  const [a, b] = [makeD1KernelStore(env.DB, "apart-a"), makeD1KernelStore(env.DB, "apart-b")];
  const rows = (value: string) => ({
    seq: 0,
    nonce: value,
    sets: `[["k/1","${value}"]]`,
    deletes: "[]",
    wipes: '["k/"]',
  });
  await a.open();
  await b.open();
  expect(await a.commit(rows("a"))).toBe("committed");
  expect(await b.commit(rows("b"))).toBe("committed");
  expect(await a.load("", "", 10)).toEqual([["k/1", "a"]]);
  expect(await b.load("", "", 10)).toEqual([["k/1", "b"]]);
});

test("KT-S19 D1's tables are those of the Durable Object, STRICT and WITHOUT ROWID", async () => {
  const sql =
    "SELECT name, sql FROM sqlite_master WHERE type = 'table' AND name LIKE 'kernel\\_%' ESCAPE '\\' ORDER BY name";
  const plain = (rows: readonly Record<string, unknown>[]) =>
    rows.map(({ name, sql }) => [name, String(sql).replaceAll(/[`"]/g, "").replaceAll(/\s+/g, "").toLowerCase()]);
  const ours = await inObject(async (storage) => {
    await makeDurableKernelStore(storage, "k").open();
    return plain(storage.sql.exec(sql).toArray());
  });
  const { results } = await env.DB.prepare(sql).all();
  expect(plain(results)).toEqual(ours);
  expect(ours.map(([name]) => name)).toEqual(["kernel_meta", "kernel_row"]);
  for (const [, text] of ours) expect(text).toMatch(/\)strict,withoutrowid$/);
});

test("KT-S20 a kernel's name is letters, digits and dashes", () => {
  for (const name of ["", "a/b", "A", "k".repeat(64)]) {
    expect(() => makeD1KernelStore(env.DB, name)).toThrow(expect.objectContaining({ code: "BAD_CONFIG" }));
  }
});
