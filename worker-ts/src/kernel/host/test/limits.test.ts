// The limits of the host, each crossed.
import "../../vat/static";
import { describe, expect, test } from "vitest";
import { defineService } from "../../services";
import { makeMemoryKernelStore } from "../../store/memory";
import { slowStore } from "../../store/test/slow-store";
import { BATCH_BYTES, BATCH_CRANKS, INCIDENTS_MAX, SERVICE_DEADLINE_MS } from "../limits";
import type { HostPorts } from "../ports";
import { ask, vatOf } from "./suite";
import { faulty, soon } from "./support/faulty";
import { actors, Death, reasonOf, start } from "./support/world";

describe("limits", () => {
  test("a batch is closed when it is full of bytes, though more could run", async () => {
    const store = slowStore(makeMemoryKernelStore(), () => {});
    const { kernel } = await start(() => store);
    const { rootKref: alice } = await kernel.launchSubcluster(actors({ alice: {}, bob: {} }));
    await kernel.rested();
    const before = store.batches.length;
    const word = "x".repeat(BATCH_BYTES / 5);
    // all deliveries to bob are ready at once, and nobody waits for their answers
    await kernel.pause();
    const told = kernel.queueMessage(alice, "flood", ["bob", Array.from({ length: 4 }, () => word)]);
    const more = kernel.queueMessage(alice, "flood", ["bob", Array.from({ length: 4 }, () => word)]);
    await kernel.resume();
    await Promise.all([told, more]);
    await kernel.rested();
    const lengths = store.batches.slice(before).map(({ sets }) => sets.length);
    expect(lengths.reduce((sum, length) => sum + length, 0)).toBeGreaterThan(2 * BATCH_BYTES);
    expect(lengths.length).toBeGreaterThan(3);
    expect(lengths.length).toBeLessThan(BATCH_CRANKS);
  });

  test("a service that does not answer in time is answered for; what it says then is nobody's", async () => {
    const death = new Death();
    const late: (() => void)[] = [];
    const later: HostPorts["later"] = (ms, then) => {
      if (ms !== SERVICE_DEADLINE_MS) return death.ports.later(ms, then);
      late.push(then);
      return () => {};
    };
    const rings: ((value: unknown) => void)[] = [];
    const bell = defineService("bell", { ring: () => new Promise((done) => rings.push(done)) });
    const options = { services: [bell], deadlineMs: SERVICE_DEADLINE_MS + 1, ports: { later } };
    const { kernel } = await start(faulty().open, options, death);
    const { rootKref: alice } = await kernel.launchSubcluster(actors({ alice: {} }, { services: ["bell"] }));
    const told = kernel.queueMessage(alice, "tell", ["bell", "ring"]);
    await expect.poll(() => [late.length, rings.length]).toEqual([1, 1]);
    expect(await Promise.race([told, soon(50)])).toBe("late");
    late[0]!();
    expect(await reasonOf(told)).toContain("did not answer in time");
    rings[0]!("rung");
    await soon(10);
    expect(await ask(kernel, alice, "count")).toBe(0);
    expect((await kernel.getStatus()).kernel.incidents).toEqual([]);
    expect(await kernel.hasWork()).toBe(false);
    expect(await kernel.audit()).toEqual([]);
  });

  test("of many incidents the newest are told", async () => {
    let clock = 1_000;
    const { kernel, source } = await start(faulty().open, { ports: { now: () => clock } });
    const { rootKref: alice } = await kernel.launchSubcluster(actors({ alice: {} }));
    const vat = await vatOf(kernel, "alice");
    for (let at = 0; at < INCIDENTS_MAX + 2; at += 1) {
      clock += 1_000;
      await ask(kernel, alice, "hear", "lost");
      source.heaps.get(vat)!.end();
      source.heaps.get(vat)!.damaged = true;
      await ask(kernel, alice, "heard");
    }
    const { incidents } = (await kernel.getStatus()).kernel;
    expect(incidents).toHaveLength(INCIDENTS_MAX);
    expect([incidents[0]!.at, incidents.at(-1)!.at]).toEqual([4_000, clock]);
  });
});
