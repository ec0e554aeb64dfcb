// The seed's database in workerd, on D1: the same suite, and the names of the seed.
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { makeD1KernelStore } from "../d1";
import { makeD1KernelDatabase } from "../database";
import { testDatabase } from "./database-suite";
import { refused } from "./store-suite";

let kernels = 0;

testDatabase("D1", async (run) => {
  kernels += 1;
  const kernel = `database-${kernels}`;
  await run({
    store: () => makeD1KernelStore(env.DB, kernel),
    async refuse(key) {
      const sql = `CREATE TRIGGER refuse_${kernels} BEFORE INSERT ON kernel_row WHEN NEW.kernel = '${kernel}' AND NEW.k = '${key}'
        BEGIN SELECT RAISE(ABORT, 'no'); END`;
      await env.DB.prepare(sql).run();
    },
  });
});

test("KT-D11 in D1 a database has a kernel's name, `default` without one, and answers SELECTs only", async () => {
  const database = await makeD1KernelDatabase(env.DB);
  database.kernelKVStore.set("a", "1");
  await database.flush();
  const mine = "SELECT kernel, v FROM kernel_row WHERE k = 'h/kv/a' AND kernel = 'default'";
  expect(await database.query(mine)).toEqual([{ kernel: "default", v: "1" }]);
  await refused("BAD_COMMAND", () => database.query("DELETE FROM kernel_row"));
  await refused("UNSUPPORTED", () => database.query("SELECT 1); DELETE FROM kernel_row; --"));
  expect(database.store.kind).toBe("d1");
  const other = await makeD1KernelDatabase(env.DB, { kernel: "other" });
  expect(other.kernelKVStore.get("a")).toBeUndefined();
  expect(database.state).toBe("open");
  await expect(async () => makeD1KernelDatabase(env.DB, { kernel: "No name" })).rejects.toMatchObject({
    code: "BAD_CONFIG",
  });
});
