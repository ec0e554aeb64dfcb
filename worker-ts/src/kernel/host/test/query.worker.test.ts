// executeDBQuery in workerd: one statement on the database of the kernel's object, and whatever it does is undone.
import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import type { Kernel } from "../../kernel";
import { defineKernelObject } from "../../kernel-object";
import { QUERY_ANSWER_LENGTH_MAX, QUERY_LENGTH_MAX, QUERY_ROWS_MAX } from "../../limits";
import { makeKernelClient } from "../../rpc/client";
import { defineVat } from "../../vat/registry";
import { buildActor } from "./support/actor";
import { codeOf, said } from "./support/world";

defineVat("compiled", buildActor);

/** A kernel's object whose environment says `more`, in the place of the Worker's own. */
function within<T>(name: string, more: object, body: (kernel: Kernel, storage: DurableObjectStorage) => Promise<T>) {
  return runInDurableObject(env.KERNEL.getByName(name), (_object, state) => {
    const object = new (defineKernelObject())(state, { ...env, ...more });
    return body(makeKernelClient({ rpc: (text, key) => object.rpc(text, key) }), state.storage);
  });
}

const SQL = { KERNEL_SQL: "1" };
const CONFIG = { bootstrap: "a", vats: { a: { bundleName: "compiled" } } };

test("a query is answered with its rows, which are the kernel's", () =>
  within("asked", SQL, async (kernel) => {
    await kernel.launchSubcluster(CONFIG);
    const rows = await kernel.executeDBQuery("SELECT k, v FROM kernel_row WHERE k LIKE 's/%count'");
    expect(rows).toEqual([{ k: "s/0000000000000001/b.count", v: expect.stringContaining("#0") }]);
    expect(await kernel.executeDBQuery("SELECT 1 AS one;")).toEqual([{ one: 1 }]);
  }));

test("whatever a query writes is undone, and the kernel goes on", () =>
  within("undone", SQL, async (kernel, storage) => {
    const { rootKref } = await kernel.launchSubcluster(CONFIG);
    const read = () => storage.sql.exec("SELECT * FROM kernel_row ORDER BY k").toArray();
    const before = read();
    for (const sql of [
      "DELETE FROM kernel_row RETURNING k",
      "UPDATE kernel_meta SET epoch = epoch + 1 RETURNING epoch",
      "DROP TABLE kernel_row",
      "INSERT INTO kernel_row VALUES('undone', 'x', 'y')",
      "CREATE TABLE strange(x)",
    ])
      await kernel.executeDBQuery(sql);
    expect(read()).toEqual(before);
    expect(said(await kernel.queueMessage(rootKref, "add", [2]))).toBe(2);
  }));

test("what is no single statement is refused with a code", () =>
  within("refused", SQL, async (kernel) => {
    expect(await codeOf(kernel.executeDBQuery("SELECT 1; DELETE FROM kernel_row"))).toBe("UNSUPPORTED");
    for (const sql of ["SELEC 1", "COMMIT", "ROLLBACK", "SAVEPOINT x", "ATTACH 'x' AS y", "SELECT ?1"])
      expect([sql, await codeOf(kernel.executeDBQuery(sql))]).toEqual([sql, "BAD_COMMAND"]);
    expect(await codeOf(kernel.executeDBQuery(`SELECT '${"x".repeat(QUERY_LENGTH_MAX)}'`))).toBe("LIMIT_EXCEEDED");
    expect(await kernel.ping()).toBe("pong");
  }));

test("rows beyond so many are left out; an answer that is too long is refused", () =>
  within("many", SQL, async (kernel) => {
    const count = (to: number, what: string) =>
      `WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < ${to}) SELECT ${what} AS x FROM c`;
    expect(await kernel.executeDBQuery(count(QUERY_ROWS_MAX + 5, "n"))).toHaveLength(QUERY_ROWS_MAX);
    const long = (length: number) => `substr(hex(zeroblob(${length})), 1, ${length})`;
    const row = QUERY_ANSWER_LENGTH_MAX / 4 - '{"x":""}'.length;
    expect(await kernel.executeDBQuery(count(4, long(row)))).toHaveLength(4);
    expect(await codeOf(kernel.executeDBQuery(count(4, long(row + 1))))).toBe("LIMIT_EXCEEDED");
  }));

test("without its switch, and on D1, there are no queries", async () => {
  await within("closed", {}, async (kernel) => {
    expect(await codeOf(kernel.executeDBQuery("SELECT 1"))).toBe("UNSUPPORTED");
  });
  await within("shared", { ...SQL, KERNEL_STORE: "d1" }, async (kernel) => {
    expect(await codeOf(kernel.executeDBQuery("SELECT 1"))).toBe("UNSUPPORTED");
  });
});
