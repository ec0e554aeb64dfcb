// The kernel's Durable Object in workerd: evicted, aborted at each of its awaits, woken by its alarm, named once and for all.
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, test } from "vitest";
import type { Kernel } from "../../kernel";
import { KernelObject } from "../../kernel-object";
import { makeKernelClient } from "../../rpc/client";
import { defineVat } from "../../vat/registry";
import { WAKE_MS } from "../limits";
import type { HostPorts } from "../ports";
import { buildActor } from "./support/actor";
import { type Answers, playSession } from "./support/session";
import { actors, codeOf, said } from "./support/world";

defineVat("compiled", buildActor);

const compiled = (more = {}) => {
  const { bootstrap, vats } = actors({ alice: {}, bob: {} });
  const named = Object.keys(vats).map((name) => [name, { bundleName: "compiled" }]);
  return { bootstrap, vats: Object.fromEntries(named), ...more };
};

/** The kernel as other Workers have it: by its object's RPC. */
const kernelOf = (name: string): Kernel => makeKernelClient(env.KERNEL.getByName(name));

const worldOf = KernelObject.prototype.worldOf;
afterEach(() => {
  KernelObject.prototype.worldOf = worldOf;
});

describe("the kernel's object", () => {
  test("K01: a kernel by its name, over JSON-RPC; what it was told outlives its object", async () => {
    const kernel = kernelOf("lives");
    const { rootKref: alice } = await kernel.launchSubcluster(compiled());
    expect(said(await kernel.queueMessage(alice, "add", [3]))).toBe(3);
    await evictDurableObject(env.KERNEL.getByName("lives"));
    expect(said(await kernel.queueMessage(alice, "add", [4]))).toBe(7);
    const { kernel: told, vats } = await kernel.getStatus();
    expect(told).toMatchObject({ store: "durable-object", paused: false, incidents: [] });
    expect(vats.map(({ incarnation }) => incarnation)).toEqual([2, 2]);
  });

  test("the first call may be a launch of what is not compiled in", async () => {
    const launch = kernelOf("first").launchSubcluster({ bootstrap: "a", vats: { a: { bundleName: "nobody" } } });
    expect(await codeOf(launch)).toBe("UNKNOWN_BUNDLE");
  });

  test("the kernel demo lies in D1, and no other store is taken for it", async () => {
    const kernel = kernelOf("demo");
    expect((await kernel.getStatus()).kernel.store).toBe("d1");
    await runInDurableObject(env.KERNEL.getByName("moved"), async (_object, { storage }) => {
      await storage.put("kernel", { name: "moved", store: "d1" });
    });
    expect(await codeOf(kernelOf("moved").getStatus())).toBe("BAD_CONFIG");
  });

  test("K45: the alarm opens a kernel that died with work left", async () => {
    const stub = env.KERNEL.getByName("asleep");
    const kernel = kernelOf("asleep");
    const { rootKref: alice } = await kernel.launchSubcluster(compiled());
    await kernel.pause();
    // it is written down, and nobody asks for its answer any more
    kernel.queueMessage(alice, "add", [5], { key: "five" }).catch(() => {});
    await expect.poll(async () => (await kernel.getStatus()).kernel.queue).toBe(1);
    await expect
      .poll(() => runInDurableObject(stub, (_object, { storage }) => storage.getAlarm()))
      .toBeTypeOf("number");
    // an object that is asked for something is not evicted
    await runInDurableObject(stub, (_object, state) => state.abort("by plan")).catch(() => {});
    const again = env.KERNEL.getByName("asleep");
    expect(await runDurableObjectAlarm(again)).toBe(true);
    const count = await runInDurableObject(again, (_object, { storage }) =>
      storage.sql.exec("SELECT v FROM kernel_row WHERE k = 's/0000000000000001/b.count'").one(),
    );
    expect(count["v"]).toContain("#5");
  });

  test("K45: an alarm that finds the kernel closed comes again", async () => {
    const stub = env.KERNEL.getByName("closed");
    await runInDurableObject(stub, async (_object, { storage }) => {
      await storage.put("kernel", { name: "closed", store: "d1" });
      await storage.setAlarm(Date.now());
    });
    await runDurableObjectAlarm(stub);
    const next = await runInDurableObject(stub, (_object, { storage }) => storage.getAlarm());
    expect(next).toBeGreaterThan(Date.now() + WAKE_MS);
  });

  test("K28: the object aborts at each of its awaits in a scripted session; what was answered holds", async () => {
    const cast = { bundleName: "compiled", replayed: false };
    // how many awaits there are differs by a few, with how the batches fall
    for (let at = 1; ; at += 1) {
      const aborted = await sessionOn(`sweep-${at}`, at, cast).catch((error: unknown) => {
        throw new Error(`aborted at await ${at}: ${String(error)}`, { cause: error });
      });
      if (aborted) continue;
      expect(at).toBeGreaterThan(40);
      return;
    }
  }, 240_000);
});

/** Plays the session on a kernel whose object aborts at await `at`, then again to its end. Answers whether there was such an await. */
async function sessionOn(name: string, at: number, cast: { bundleName: string; replayed: boolean }): Promise<boolean> {
  let awaits = 0;
  let aborted = false;
  KernelObject.prototype.worldOf = function (this: KernelObject): Partial<HostPorts> {
    if (aborted) return {};
    const { ctx } = this as unknown as { ctx: DurableObjectState };
    return {
      wait: async (step) => {
        awaits += 1;
        const mine = awaits;
        const value = await step();
        if (mine !== at || aborted) return value;
        aborted = true;
        ctx.abort("by plan");
        return new Promise(() => {});
      },
    };
  };
  const answers: Answers = new Map();
  const first = playSession(kernelOf(name), answers, cast);
  await first.catch((error: unknown) => {
    if (!aborted) throw error;
  });
  if (aborted) await playSession(kernelOf(name), answers, cast);
  return aborted;
}
