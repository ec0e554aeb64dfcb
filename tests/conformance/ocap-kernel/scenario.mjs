// One run of MetaMask's kernel over a database of theirs or of ours; prints what was answered and what the database then holds, as the
// last line, in JSON. The plan comes as JSON in the first argument.
import "./lockdown.mjs";

const plan = JSON.parse(process.argv[2]);
const { startKernel } = await import("./platform.mjs");
const database = await open();
const { kernel, stop } = await startKernel(database, plan.where);
const answers = plan.phase === "first" ? await first() : await second();
await database.flush?.();
process.stdout.write(`\n${JSON.stringify({ answers, rows: rows() })}\n`);
// a crash after the answer: nothing is closed, nothing more is written
process.kill(process.pid, "SIGKILL");
await stop();

async function open() {
  if (plan.database === "theirs") return (await import("./sqlite-database.mjs")).sqliteDatabase(plan.file);
  return (await import(plan.ours)).openDatabase(plan.file);
}

/** What a message came to: the CapData of its answer, or that none came. */
async function ask(target, method, ...args) {
  const silence = new Promise((resolve) => setTimeout(resolve, method === "fail" ? 3000 : 30_000, "no answer"));
  return Promise.race([
    kernel.queueMessage(target, method, args).catch((error) => `refused: ${error.message}`),
    silence,
  ]);
}

async function first() {
  const done = [];
  const note = (value) => done.push(value);
  note(await kernel.launchSubcluster({ bootstrap: "counter", vats: { counter: { bundleSpec: "counter" } } }));
  const vats = {
    asker: { bundleSpec: "asker" },
    left: { bundleSpec: "maker", parameters: { name: "Lea" } },
    right: { bundleSpec: "maker", parameters: { name: "Rob" } },
  };
  note(await kernel.launchSubcluster({ bootstrap: "asker", vats }));
  note(await kernel.launchSubcluster({ bootstrap: "mortal", vats: { mortal: { bundleSpec: "mortal" } } }));
  const [counter, asker, mortal] = ["v1", "v2", "v5"].map((vat) => kernel.pinVatRoot(vat));
  for (let n = 0; n < 5; n += 1) note(await ask(counter, "next"));
  note(await Promise.all(Array.from({ length: 20 }, () => ask(counter, "next"))));
  for (const method of ["pipelined", "passed", "kept", "waited", "refused", "failing"]) note(await ask(asker, method));
  note(await ask(mortal, "note", "kept"));
  note(await ask(counter, "next"));
  await kernel.restartVat("v1");
  note(await ask(counter, "next"));
  kernel.collectGarbage();
  kernel.revoke(asker);
  note(await ask(asker, "kept"));
  note([kernel.isRevoked(asker), kernel.isRevoked(counter)]);
  // resolves when the crank is over
  await kernel.getStatus();
  return done;
}

async function second() {
  const done = [];
  const { vats, subclusters } = await kernel.getStatus();
  // vats in workers come back in the order in which these start
  done.push(
    [...vats].sort((a, b) => (a.id < b.id ? -1 : 1)),
    subclusters,
  );
  const counter = kernel.pinVatRoot("v1");
  const asker = kernel.pinVatRoot("v2");
  done.push(await ask(counter, "next"), kernel.isRevoked(asker), await ask(asker, "kept"));
  // 0.5.0 counts a reference below zero and dies when a subcluster ends whose vats have talked; this one has not
  done.push(await kernel.launchSubcluster({ bootstrap: "counter", vats: { counter: { bundleSpec: "counter" } } }));
  await kernel.terminateSubcluster("s4");
  kernel.collectGarbage();
  done.push(await ask(counter, "next"));
  // the crank is rolled back; 0.5.0 then waits for itself, so nothing can come after it
  done.push(await ask(kernel.pinVatRoot("v5"), "fail"));
  return done;
}

/** All that the database holds, read by the calls of its interface. */
function rows() {
  const { kernelKVStore: kv } = database;
  const found = {};
  for (let key = kv.getNextKey(""); key !== undefined; key = kv.getNextKey(key)) found[key] = kv.get(key);
  for (let vat = 1; vat <= 9; vat += 1)
    for (const [key, value] of database.makeVatStore(`v${vat}`).getKVData().sort()) found[`v${vat} ${key}`] = value;
  return found;
}
