// MetaMask's kernel with one counter, in a process of its own, told by its parent what to do. For the benchmark: SES freezes a whole
// process, and what is measured beside it must not be frozen with it.
import "./lockdown.mjs";
import { appendFileSync } from "node:fs";

const { startKernel } = await import("./platform.mjs");
const { sqliteDatabase } = await import("./sqlite-database.mjs");
/** `file`: a path, or `:memory:`. `where`: `process` or `worker`. */
const { file, where } = JSON.parse(process.argv[2]);
const counts = { sets: 0, deletes: 0 };
const { kernel, stop } = await startKernel(counted(sqliteDatabase(file)), where);
if (kernel.getVatIds().length === 0)
  await kernel.launchSubcluster({ bootstrap: "counter", vats: { counter: { bundleSpec: "counter" } } });
const root = kernel.pinVatRoot("v1");

process.on("message", async ({ count, concurrency, tell }) => {
  if (count === 0) {
    await stop();
    process.disconnect();
    return;
  }
  const before = { ...counts };
  let left = count;
  let last = "";
  const since = performance.now();
  const client = async () => {
    while (left > 0) {
      left -= 1;
      last = (await kernel.queueMessage(root, "next", [])).body;
      // a message to the parent would die with the process
      if (tell) appendFileSync(tell, `${last.slice(1)}\n`);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, client));
  const ms = performance.now() - since;
  // what is written at the end of the last crank belongs to it
  await kernel.getStatus();
  const rows = { sets: counts.sets - before.sets, deletes: counts.deletes - before.deletes };
  process.send({ ms, ...rows, last: Number(last.slice(1)) });
});
process.send({ ready: true });

/** The same database, which counts what is set and deleted in it, by the kernel and by its vats. */
function counted(database) {
  const { kernelKVStore: kv } = database;
  const count = (name, times) => {
    counts[name] += times;
  };
  return {
    ...database,
    kernelKVStore: {
      ...kv,
      set(key, value) {
        count("sets", 1);
        kv.set(key, value);
      },
      delete(key) {
        count("deletes", 1);
        kv.delete(key);
      },
    },
    makeVatStore(id) {
      const vat = database.makeVatStore(id);
      return {
        ...vat,
        updateKVData(sets, deletes) {
          count("sets", sets.length);
          count("deletes", deletes.length);
          vat.updateKVData(sets, deletes);
        },
      };
    },
  };
}
