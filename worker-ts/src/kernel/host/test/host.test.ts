// The host's own promises, in Node on memory with faults by plan: what it tells is durable, whatever becomes of a commit, a heap, a service.
import "../../vat/static";
import { describe, expect, test } from "vitest";
import { defineService } from "../../services";
import { makeKernelDatabase } from "../../store/database";
import { makeMemoryKernelStore } from "../../store/memory";
import { BATCH_CRANKS, TURN_CRANKS_MAX } from "../limits";
import type { HostPorts } from "../ports";
import { ask, vatOf } from "./suite";
import { faulty, LATE_MS, soon } from "./support/faulty";
import { actors, codeOf, Death, reasonOf, said, start } from "./support/world";

describe("commits", () => {
  test.each([
    ["fail-before", [0, 1]],
    ["fail-after", [1, 2]],
  ] as const)(
    "K29: a commit that fails (%s) answers nobody with success; the kernel goes on from the rows",
    async (fault, counts) => {
      const { plan, open } = faulty();
      const { kernel } = await start(open);
      const { rootKref: alice } = await kernel.launchSubcluster(actors({ alice: {} }));
      plan.push(fault);
      const told = [kernel.queueMessage(alice, "add", [1]), kernel.queueMessage(alice, "add", [0])];
      expect(await Promise.all(told.map(codeOf))).toEqual(["OUTCOME_UNKNOWN", "OUTCOME_UNKNOWN"]);
      expect(await ask(kernel, alice, "count")).toBe(counts[0]);
      expect(await ask(kernel, alice, "add", 1)).toBe(counts[1]);
      expect((await kernel.getStatus()).kernel.incidents.map(({ text }) => text)).toEqual([
        expect.stringContaining("OUTCOME_UNKNOWN"),
      ]);
      expect(await kernel.audit()).toEqual([]);
    },
  );

  test("K29: nothing is told before its commit has an answer", async () => {
    const { disk, plan, open, befallen } = faulty();
    const { kernel } = await start(open);
    const { rootKref: alice } = await kernel.launchSubcluster(actors({ alice: {} }));
    const thing = (await kernel.queueMessage(alice, "make", ["thing"])).slots[0]!;
    plan.push("hang");
    const told = [kernel.revoke(thing), kernel.queueMessage(alice, "add", [1]), kernel.isRevoked(thing)];
    await befallen();
    expect(await Promise.race([...told, soon(50)])).toBe("late");
    disk.release();
    expect((await Promise.all(told)).map((value) => typeof value)).toEqual(["object", "object", "boolean"]);
    expect(await told[2]).toBe(true);
    expect(await kernel.isRevoked(thing)).toBe(true);
  });

  test("K30: of two kernels on one store the older one writes nothing any more, and stops", async () => {
    const { disk, open } = faulty();
    const older = await start(open);
    const { rootKref: alice } = await older.kernel.launchSubcluster(actors({ alice: {} }));
    const newer = await start(open);
    expect(await ask(newer.kernel, alice, "add", 5)).toBe(5);
    const rows = JSON.stringify(disk.rows());
    expect(await codeOf(older.kernel.queueMessage(alice, "add", [1]))).toBe("FENCED");
    expect(JSON.stringify(disk.rows())).toBe(rows);
    expect(await codeOf(older.kernel.getStatus())).toBe("FENCED");
    expect(await ask(newer.kernel, alice, "count")).toBe(5);
  });

  test.each(Array.from({ length: 6 }, (_, jobs) => jobs))(
    "a batch that lands %s promise jobs after the last delivery is told",
    async (jobs) => {
      const store = makeMemoryKernelStore();
      const commit = store.commit.bind(store);
      // as in a Durable Object: it is written when the call returns
      store.commit = (batch) => {
        void commit(batch);
        return "committed";
      };
      const wait: HostPorts["wait"] = async (step) => {
        for (let at = 0; at < jobs; at += 1) await null;
        return step();
      };
      const { kernel, source } = await start(() => store, { ports: { wait } });
      const { rootKref: alice } = await kernel.launchSubcluster(actors({ alice: {} }));
      let count = 0;
      source.before = async () => {
        count += 1;
        // the first answer waits so long that the batch is closed right after this delivery
        if (count === 2) await soon(10);
      };
      const told = Promise.all([1, 2].map(() => ask(kernel, alice, "add", 1)));
      expect(await Promise.race([told, soon(LATE_MS)])).toEqual([1, 2]);
    },
  );

  test("many messages at once go down in few batches, a lone one in one", async () => {
    const { disk, open } = faulty();
    // the clock stands: no batch is closed because somebody has waited
    const { kernel } = await start(open, { ports: { now: () => 1_000 } });
    const { rootKref: alice } = await kernel.launchSubcluster(actors({ alice: {} }));
    const before = disk.commits;
    await ask(kernel, alice, "add", 1);
    expect(disk.commits - before).toBe(1);
    await Promise.all(Array.from({ length: 200 }, () => ask(kernel, alice, "add", 1)));
    expect(disk.commits - before).toBeLessThan(1 + 200 / 4);
    expect(await ask(kernel, alice, "count")).toBe(201);
  });

  test("with two batches behind one that hangs, commands are refused and nothing of them happens", async () => {
    const { disk, plan, open, befallen } = faulty();
    const { kernel } = await start(open);
    const { rootKref: alice } = await kernel.launchSubcluster(actors({ alice: {} }));
    plan.push("hang");
    const taken: Promise<string>[] = [];
    for (let code = ""; code !== "QUEUE_FULL"; ) {
      const one = codeOf(kernel.queueMessage(alice, "add", [1]));
      taken.push(one);
      code = await Promise.race([one, soon(2)]);
    }
    await befallen();
    expect(taken.length).toBeGreaterThan(2 * BATCH_CRANKS);
    disk.release();
    const codes = await Promise.all(taken);
    expect(codes).toContain("QUEUE_FULL");
    const added = codes.filter((code) => code === "none").length;
    expect(await ask(kernel, alice, "count")).toBe(added);
  });

  test("a database and a kernel share one store and one fence", async () => {
    const { open, disk } = faulty();
    const database = await makeKernelDatabase(open());
    const { kernel } = await start(() => database);
    const { rootKref: alice } = await kernel.launchSubcluster(actors({ alice: {} }));
    database.kernelKVStore.set("count", "1");
    await Promise.all([database.flush(), ask(kernel, alice, "add", 2)]);
    expect(disk.rows()).toContainEqual(["h/kv/count", "1"]);
    await start(open);
    database.kernelKVStore.set("count", "2");
    expect(await codeOf(database.flush())).toBe("FENCED");
    expect(await codeOf(kernel.queueMessage(alice, "add", [1]))).toBe("FENCED");
    expect(disk.rows()).toContainEqual(["h/kv/count", "1"]);
  });
});

describe("keys", () => {
  test("a repeat gets the answer of the first, under way or long ago; another request is refused", async () => {
    const { open } = faulty();
    const { kernel } = await start(open);
    const { rootKref: alice } = await kernel.launchSubcluster(actors({ alice: {} }));
    const once = { key: "one" };
    const both = [kernel.queueMessage(alice, "add", [1], once), kernel.queueMessage(alice, "add", [1], once)];
    expect((await Promise.all(both)).map(said)).toEqual([1, 1]);
    expect(await codeOf(kernel.queueMessage(alice, "add", [2], once))).toBe("KEY_MISMATCH");
    await kernel.close();
    const next = await start(open);
    expect(said(await next.kernel.queueMessage(alice, "add", [1], once))).toBe(1);
    expect(await ask(next.kernel, alice, "count")).toBe(1);
  });

  test("a launch with forceReset and a key wipes once", async () => {
    const { kernel } = await start(faulty().open);
    const config = actors({ alice: {} }, { forceReset: true });
    const first = await kernel.launchSubcluster(config, { key: "launch" });
    await ask(kernel, first.rootKref, "add", 3);
    expect(await kernel.launchSubcluster(config, { key: "launch" })).toEqual(first);
    expect(await ask(kernel, first.rootKref, "count")).toBe(3);
    const second = await kernel.launchSubcluster(config);
    expect((await kernel.getStatus()).vats).toHaveLength(1);
    expect(await ask(kernel, second.rootKref, "count")).toBe(0);
  });
});

describe("heaps", () => {
  test("a vat that does not answer in time is rebuilt and asked once more, then ended", async () => {
    const { kernel, source } = await start(faulty().open, { deadlineMs: 1_000 });
    const { rootKref: alice } = await kernel.launchSubcluster(actors({ alice: {} }));
    await ask(kernel, alice, "add", 1);
    let hangs = 1;
    source.before = () => (hangs-- > 0 ? new Promise(() => {}) : undefined);
    expect(await ask(kernel, alice, "add", 1)).toBe(2);
    hangs = 2;
    expect(await reasonOf(kernel.queueMessage(alice, "add", [1]))).toContain("DELIVERY_FAILED");
    expect((await kernel.getStatus()).vats).toEqual([]);
  });

  test("a heap lost before anything was written is rebuilt without a commit", async () => {
    const { disk, plan, open, befallen } = faulty();
    const { kernel, source } = await start(open);
    const { rootKref: alice } = await kernel.launchSubcluster(actors({ alice: {} }));
    const vat = await vatOf(kernel, "alice");
    // an incarnation, a delivery and a loss within one batch
    plan.push("hang");
    const told = [
      kernel.queueMessage(alice, "hear", ["a"]),
      kernel.restartVat(vat),
      kernel.queueMessage(alice, "hear", ["b"]),
    ];
    await befallen();
    await soon(20);
    source.heaps.get(vat)!.end();
    told.push(kernel.queueMessage(alice, "hear", ["c"]));
    await soon(20);
    disk.release();
    await Promise.all(told);
    expect(await ask(kernel, alice, "heard")).toEqual(["b", "c"]);
    expect(await kernel.audit()).toEqual([]);
  });

  test("V03: a replay that comes out otherwise restarts the vat with an incident; the message arrives", async () => {
    const { kernel, source } = await start(faulty().open);
    const { rootKref: alice } = await kernel.launchSubcluster(actors({ alice: {} }));
    const vat = await vatOf(kernel, "alice");
    await ask(kernel, alice, "add", 4);
    await ask(kernel, alice, "hear", "lost");
    source.heaps.get(vat)!.end();
    source.heaps.get(vat)!.damaged = true;
    expect(await ask(kernel, alice, "heard")).toEqual([]);
    expect(await ask(kernel, alice, "count")).toBe(4);
    const { kernel: told, vats } = await kernel.getStatus();
    expect(told.incidents.map(({ text }) => text)).toEqual([expect.stringContaining("REPLAY_DIVERGED")]);
    expect(vats[0]?.incarnation).toBe(2);
  });

  test("a vat whose code is not there keeps the kernel closed, and its store", async () => {
    const { open, disk } = faulty();
    const { kernel } = await start(open);
    const { rootKref: alice } = await kernel.launchSubcluster(actors({ alice: {} }));
    await ask(kernel, alice, "add", 4);
    await kernel.close();
    const { kernel: poor } = await start(open, {
      source: {
        open() {
          throw Object.assign(new Error("nothing here"), { code: "UNKNOWN_BUNDLE" });
        },
      },
    });
    expect(await codeOf(poor.queueMessage(alice, "add", [1]))).toBe("OUTCOME_UNKNOWN");
    await poor.close();
    expect(disk.rows().filter(([key]) => key.startsWith("s/"))).not.toEqual([]);
    const { kernel: next } = await start(open);
    // the message was taken before the code was missed, and is not lost
    expect([4, 5]).toContain(await ask(next, alice, "count"));
  });

  test("cranks without end let the event loop have its turn", async () => {
    let turns = 0;
    const death = new Death();
    const later: HostPorts["later"] = (ms, then) => {
      if (ms === 0) turns += 1;
      return death.ports.later(ms, then);
    };
    const { kernel } = await start(faulty().open, { ports: { later } }, death);
    const { rootKref: alice } = await kernel.launchSubcluster(actors({ alice: {}, bob: {} }));
    const words = Array.from({ length: 400 }, (_, at) => at);
    const before = (await kernel.getStatus()).kernel.crank;
    await Promise.all([1, 2, 3].map(() => kernel.queueMessage(alice, "flood", ["bob", words])));
    await kernel.rested();
    expect((await kernel.getStatus()).kernel.crank - before).toBeGreaterThan(TURN_CRANKS_MAX);
    expect(turns).toBeGreaterThan(0);
  });
});

describe("services", () => {
  test("a call is made after its batch, and made again after a crash with the same number", async () => {
    const { plan, disk, open, befallen } = faulty();
    const calls: number[] = [];
    let answer: () => unknown = () => new Promise(() => {});
    const bell = defineService("bell", {
      ring: (_args, { call }) => {
        calls.push(call);
        return answer();
      },
    });
    const { kernel, death } = await start(open, { services: [bell] });
    const { rootKref: alice } = await kernel.launchSubcluster(actors({ alice: {} }, { services: ["bell"] }));
    plan.push("hang");
    kernel.queueMessage(alice, "tell", ["bell", "ring"], { key: "ring" }).catch(() => {});
    await befallen();
    await soon(30);
    expect(calls).toEqual([]);
    disk.release();
    await expect.poll(() => calls).toHaveLength(1);
    death.dead = true;
    answer = () => "rung";
    const { kernel: next } = await start(open, { services: [bell] });
    expect(said(await next.queueMessage(alice, "tell", ["bell", "ring"], { key: "ring" }))).toBe("rung");
    expect(calls).toEqual([calls[0], calls[0]]);
    expect(await next.audit()).toEqual([]);
    expect(disk.rows().filter(([key]) => key.startsWith("e/"))).toEqual([]);
  });

  test("a service that throws rejects; objects pass through it", async () => {
    const bell = defineService("bell", {
      fail() {
        throw new Error("out of order");
      },
      same: ([object]) => object,
    });
    const { kernel } = await start(faulty().open, { services: [bell] });
    const services = ["bell", "clock", "ocapURLIssuerService", "ocapURLRedemptionService"];
    const { rootKref: alice } = await kernel.launchSubcluster(actors({ alice: {}, bob: {} }, { services }));
    expect(await reasonOf(kernel.queueMessage(alice, "tell", ["bell", "fail"]))).toContain("out of order");
    expect(await ask(kernel, alice, "tell", "clock", "now")).toBeTypeOf("number");
    const bob = (await kernel.queueMessage(alice, "give", ["bob"])).slots[0]!;
    const url = await kernel.issueOcapURL(bob);
    expect((await kernel.queueMessage(alice, "tell", ["ocapURLRedemptionService", "redeem", url])).slots).toEqual([
      bob,
    ]);
    expect(await kernel.audit()).toEqual([]);
  });
});
