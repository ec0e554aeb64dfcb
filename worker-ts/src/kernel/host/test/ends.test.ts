// How lives of the host end and begin again: whoever waits is told, nothing is left behind, and what was taken on goes on by itself.
import "../../vat/static";
import { KernelMachine, liveHandles } from "@ferrule/core/kernel";
import { describe, expect, test, vi } from "vitest";
import { KernelError } from "../../kernel-error";
import { prepareKernel } from "../../make-kernel";
import { Reference } from "../../notation/arguments";
import { defineService } from "../../services";
import { makeKernelDatabase } from "../../store/database";
import { makeMemoryDisk, makeMemoryKernelStore } from "../../store/memory";
import { hashBundle } from "../../vat/bundle";
import { MadeHeaps } from "../made";
import { ask } from "./suite";
import { faulty, LATE_MS, soon } from "./support/faulty";
import { actors, codeOf, reasonOf, said, start } from "./support/world";

const gone = () => new KernelError("STORE_FAILED", "by plan");

describe("ends", () => {
  test("whoever waits for a batch under way hears of the end", async () => {
    const { disk, plan, open, befallen } = faulty();
    const { kernel, source } = await start(open);
    const code = "var __vatExports__ = 1;";
    plan.push("hang");
    const put = codeOf(kernel.putBundle("more", { moduleFormat: "iife", code, sha256: await hashBundle(code) }));
    await befallen();
    source.open = () => {
      throw new KernelError("UNKNOWN_BUNDLE", "by plan");
    };
    expect(await codeOf(kernel.launchSubcluster(actors({ alice: {} })))).toBe("UNKNOWN_BUNDLE");
    disk.release();
    expect(await Promise.race([put, soon(LATE_MS)])).not.toBe("late");
    await kernel.close();
  });

  test("a machine that breaks when its batch has landed ends the life, and callers are told", async () => {
    const { kernel } = await start(faulty().open);
    const { rootKref: alice } = await kernel.launchSubcluster(actors({ alice: {} }));
    const broken = vi.spyOn(KernelMachine.prototype, "handleCommitted").mockImplementationOnce(() => {
      throw new Error("the core trapped");
    });
    const told = codeOf(kernel.queueMessage(alice, "add", [1]));
    expect(await Promise.race([told, soon(LATE_MS)])).toBe("OUTCOME_UNKNOWN");
    broken.mockRestore();
    // it was durable
    expect(await ask(kernel, alice, "count")).toBe(1);
  });

  test("a machine that breaks under a service's answer ends the life", async () => {
    let ring = (_value: unknown) => {};
    const rung = new Promise((done) => {
      ring = done;
    });
    const answer = vi.fn(() => rung);
    const bell = defineService("bell", { ring: answer });
    const { kernel } = await start(faulty().open, { services: [bell] });
    const { rootKref: alice } = await kernel.launchSubcluster(actors({ alice: {} }, { services: ["bell"] }));
    const told = codeOf(kernel.queueMessage(alice, "tell", ["bell", "ring"]));
    await expect.poll(() => answer).toHaveBeenCalled();
    const broken = vi.spyOn(KernelMachine.prototype, "handleCommand").mockImplementationOnce(() => {
      throw new Error("the core trapped");
    });
    ring("rung");
    expect(await Promise.race([told, soon(LATE_MS)])).toBe("OUTCOME_UNKNOWN");
    broken.mockRestore();
    expect(await ask(kernel, alice, "count")).toBe(0);
  });

  test("a store that does not open after an end is tried again, though nobody asks", async () => {
    const { plan, disk } = faulty();
    const store = makeMemoryKernelStore({ disk, fault: () => plan.shift() });
    const open = store.open.bind(store);
    let refusals = 0;
    store.open = async () => {
      if (refusals > 0) {
        refusals -= 1;
        throw gone();
      }
      return open();
    };
    const calls: number[] = [];
    const bell = defineService("bell", {
      ring(_args, { call }) {
        calls.push(call);
        return new Promise(() => {});
      },
    });
    const { kernel } = await start(() => store, { services: [bell] });
    const { rootKref: alice } = await kernel.launchSubcluster(actors({ alice: {} }, { services: ["bell"] }));
    kernel.queueMessage(alice, "tell", ["bell", "ring"]).catch(() => {});
    await expect.poll(() => calls).toHaveLength(1);
    plan.push("fail-before");
    refusals = 2;
    expect(await codeOf(kernel.queueMessage(alice, "add", [1]))).toBe("OUTCOME_UNKNOWN");
    await expect.poll(() => calls).toEqual([calls[0], calls[0]]);
    await kernel.close();
  });

  test("a kernel that does not open tells its database, and that it is over", async () => {
    const store = makeMemoryKernelStore();
    const database = await makeKernelDatabase(store);
    const ends: string[] = [];
    const kernel = prepareKernel(database, { onEnd: ({ code }) => ends.push(code), logger: { error() {} } });
    database.kernelKVStore.set("count", "1");
    const load = store.load.bind(store);
    store.load = async (prefix, ...rest) => {
      if (prefix === "k") throw gone();
      return load(prefix, ...rest);
    };
    expect(await codeOf(kernel.ping())).toBe("STORE_FAILED");
    expect(await Promise.race([codeOf(database.flush()), soon(LATE_MS)])).toBe("STORE_FAILED");
    expect(database.state).toBe("fenced");
    expect(ends).toEqual(["STORE_FAILED"]);
  });

  test("a store that fails while it is read leaves no handle of the core", async () => {
    const before = liveHandles();
    const store = makeMemoryKernelStore({ disk: makeMemoryDisk([["k", "[]"]]) });
    store.load = async () => {
      throw gone();
    };
    expect(await codeOf(prepareKernel(store).ping())).toBe("STORE_FAILED");
    expect(liveHandles()).toBe(before);
  });

  test("what a store throws has a code", async () => {
    const store = makeMemoryKernelStore();
    store.open = async () => {
      throw new Error("disk I/O error");
    };
    expect(await codeOf(prepareKernel(store).ping())).toBe("STORE_FAILED");
  });

  test("K30: an older owner tells nobody that an object is not revoked", async () => {
    const { open } = faulty();
    const older = await start(open);
    const { rootKref: alice } = await older.kernel.launchSubcluster(actors({ alice: {} }));
    expect(await older.kernel.isRevoked(alice)).toBe(false);
    const newer = await start(open);
    await newer.kernel.revoke(alice);
    expect(await codeOf(older.kernel.isRevoked(alice))).toBe("FENCED");
    expect(await newer.kernel.isRevoked(alice)).toBe(true);
  });

  test("K49: a step that ends with its life leaves the kernel paused", async () => {
    const { plan, open } = faulty();
    const { kernel } = await start(open);
    const { rootKref: alice } = await kernel.launchSubcluster(actors({ alice: {} }));
    await kernel.pause();
    for (const by of [1, 2, 3]) kernel.queueMessage(alice, "add", [by], { key: `add ${by}` }).catch(() => {});
    await expect.poll(async () => (await kernel.getStatus()).kernel.queue).toBe(3);
    await kernel.rested();
    plan.push("fail-before");
    expect(await codeOf(kernel.step(2))).toBe("OUTCOME_UNKNOWN");
    await soon(300);
    expect((await kernel.getStatus()).kernel).toMatchObject({ paused: true, queue: 3 });
  });
});

describe("service answers that are not taken", () => {
  async function ringing() {
    let ring = (_value: unknown) => {};
    const rung = new Promise((done) => {
      ring = done;
    });
    const answer = vi.fn(() => rung);
    const bell = defineService("bell", { ring: answer });
    const { kernel, source } = await start(faulty().open, { services: [bell] });
    const { rootKref: alice } = await kernel.launchSubcluster(actors({ alice: {}, bob: {} }, { services: ["bell"] }));
    const thing = (await kernel.queueMessage(alice, "make", ["thing"])).slots[0]!;
    const told = kernel.queueMessage(alice, "tell", ["bell", "ring"]);
    await expect.poll(() => answer).toHaveBeenCalled();
    let go = () => {};
    const held = new Promise<void>((done) => {
      go = done;
    });
    const before = vi.fn(() => held);
    source.before = before;
    const count = kernel.queueMessage(alice, "count", []);
    await expect.poll(() => before).toHaveBeenCalled();
    return { kernel, alice, thing, told, count, go: () => go(), ring: (value: unknown) => ring(value) };
  }

  test("one that names what is not there rejects the call", async () => {
    const { kernel, told, ring, go } = await ringing();
    ring(new Reference("ko999"));
    go();
    expect(await Promise.race([reasonOf(told), soon(LATE_MS)])).toContain("refused");
    expect(await kernel.audit()).toEqual([]);
  });

  test("one that names what is gone when its turn comes rejects the call, too", async () => {
    const { kernel, thing, told, ring, go } = await ringing();
    const released = kernel.releaseKref(thing);
    await soon(5);
    ring(new Reference(thing));
    await soon(5);
    go();
    await released;
    expect(await Promise.race([reasonOf(told), soon(LATE_MS)])).toContain("refused");
    expect(await kernel.audit()).toEqual([]);
  });

  test("one that comes when too much waits is said again", async () => {
    const { kernel, alice, told, ring, go } = await ringing();
    const codes = Array.from({ length: 1_010 }, () => codeOf(kernel.queueMessage(alice, "count", [])));
    await soon(50);
    ring("rung");
    await soon(20);
    go();
    expect(said(await told)).toBe("rung");
    expect(new Set(await Promise.all(codes))).toEqual(new Set(["none", "QUEUE_FULL"]));
  });
});

describe("launches", () => {
  test("two repeats of a launch with forceReset at once wipe once and are told the same", async () => {
    const { kernel } = await start(faulty().open);
    const config = actors({ alice: {} }, { forceReset: true });
    const both = [1, 2, 3].map(() => kernel.launchSubcluster(config, { key: "launch" }));
    const [first, ...others] = await Promise.all(both);
    expect(others).toEqual([first, first]);
    expect(await ask(kernel, first!.rootKref, "add", 1)).toBe(1);
    expect((await kernel.getStatus()).vats.map(({ id }) => id)).toEqual(["v1"]);
  });

  test("by the name of a bundle that was put, as the very first call", async () => {
    const { open } = faulty();
    const { kernel, source } = await start(open);
    await kernel.close();
    const next = prepareKernel(open(), { source, logger: { error() {} } });
    const { rootKref: alice } = await next.launchSubcluster(actors({ alice: {} }));
    expect(said(await next.queueMessage(alice, "add", [1]))).toBe(1);
    const again = prepareKernel(open(), { source, logger: { error() {} } });
    expect(await again.upgradeVat("v1", { bundleName: "other", parameters: { version: 2 } })).toBe(null);
  });

  test("K28: one that a crash cut leaves nothing, and its key is answered LAUNCH_FAILED for good", async () => {
    const { disk, open } = faulty();
    const { kernel, source, death } = await start(open);
    const config = actors({ alice: {}, bob: {} });
    // the second start takes so long that the first is written down; the bootstrap never ends
    source.before = async (_vat, [kind]) => void (await (kind === "message" ? new Promise(() => {}) : soon(20)));
    kernel.launchSubcluster(config, { key: "cut" }).catch(() => {});
    await expect.poll(() => disk.rows().some(([key]) => key.startsWith("g/"))).toBe(true);
    death.dead = true;
    for (let life = 0; life < 2; life += 1) {
      const { kernel: next } = await start(open);
      expect(await codeOf(next.launchSubcluster(config, { key: "cut" }))).toBe("LAUNCH_FAILED");
      expect((await next.getStatus()).vats).toEqual([]);
      expect(await next.audit()).toEqual([]);
      await next.close();
    }
    const { kernel: last } = await start(open);
    const { rootKref: alice } = await last.launchSubcluster(config, { key: "again" });
    expect(await ask(last, alice, "count")).toBe(0);
  });
});

test("heaps that were made are forgotten with their vats; an upgrade that is undone comes back to the one before", () => {
  const made = new MadeHeaps(new Map([["v1", { incarnation: 1, bundle: "a" }]]));
  made.start("v1", { incarnation: 2, bundle: "b" });
  made.start("v1", { incarnation: 2, bundle: "b" });
  made.stop("v1");
  expect(made.get("v1")).toEqual({ incarnation: 1, bundle: "a" });
  expect(made.size).toBe(1);
  made.start("v1", { incarnation: 2, bundle: "c" });
  made.keep("v1");
  expect(made.size).toBe(1);
  made.stop("v1");
  expect(made.size).toBe(0);
});
