// What a kernel does for its callers, the same on every store: one list, run in Node on memory and in workerd on D1 and a Durable Object.
import { describe, expect, test } from "vitest";
import type { CapData, Kref } from "../../kernel";
import type { LocalKernel } from "../../make-kernel";
import { actors, codeOf, Death, type OpenStore, reasonOf, said, start } from "./support/world";

/** Where the list is run: `body` gets rows of its own. */
export type Place = <T>(body: (store: OpenStore) => Promise<T>) => Promise<T>;

/** Sends JSON data, and answers what came back. */
export async function ask(kernel: LocalKernel, target: Kref, method: string, ...args: unknown[]): Promise<unknown> {
  return said(await kernel.queueMessage(target, method, args));
}

/** A message whose arguments name krefs as `$0`. */
export function pass(
  kernel: LocalKernel,
  target: Kref,
  method: string,
  args: unknown[],
  slots: Kref[],
): Promise<CapData> {
  return kernel.queueCapData(target, { body: `#${JSON.stringify([method, args])}`, slots });
}

/** The vat of this name in the newest subcluster. */
export async function vatOf(kernel: LocalKernel, name: string): Promise<string> {
  const { vats } = await kernel.getGraph();
  return vats.findLast((vat) => vat.name === name)!.id;
}

/** Two actors that know each other: their roots. */
async function pair(kernel: LocalKernel): Promise<{ alice: Kref; bob: Kref }> {
  const { rootKref: alice } = await kernel.launchSubcluster(actors({ alice: {}, bob: {} }));
  const bob = (await kernel.queueMessage(alice, "give", ["bob"])).slots[0]!;
  return { alice, bob };
}

/** The references are as their holders say. */
async function sound(kernel: LocalKernel): Promise<void> {
  expect(await kernel.audit()).toEqual([]);
}

/** Messages and promises. */
export function messageSuite(name: string, place: Place): void {
  const on = (title: string, body: (store: OpenStore) => Promise<void>) =>
    test(`${title} (${name})`, () => place(body));

  describe(`messages on ${name}`, () => {
    on("K01: a message to an export is answered with its result", async (store) => {
      const { kernel } = await start(store);
      const { rootKref, bootstrapResult, subclusterId } = await kernel.launchSubcluster(actors({ alice: {} }));
      expect(said(bootstrapResult)).toBe("up");
      expect(subclusterId).toBe("s1");
      expect(await ask(kernel, rootKref, "add", 3)).toBe(3);
      expect(await ask(kernel, rootKref, "add", 4)).toBe(7);
      await sound(kernel);
    });

    on("K02: an object passed to another vat is itself again at home", async (store) => {
      const { kernel } = await start(store);
      const { alice, bob } = await pair(kernel);
      const made = await kernel.queueMessage(alice, "make", ["thing"]);
      await pass(kernel, bob, "know", ["thing", "$0.Alleged: thing"], [made.slots[0]!]);
      expect((await kernel.queueMessage(bob, "give", ["thing"])).slots).toEqual(made.slots);
      expect(await ask(kernel, bob, "tell", "thing", "hello")).toBe("hello from thing");
      await sound(kernel);
    });

    on("K04: messages to a promise wait for it and arrive in order", async (store) => {
      const { kernel } = await start(store);
      const { alice, bob } = await pair(kernel);
      await ask(kernel, alice, "promise", "soon");
      const answers = [1, 2, 3].map((word) => ask(kernel, alice, "tell", "soon", "hear", word));
      await ask(kernel, alice, "count");
      await pass(kernel, alice, "settle", ["soon", "$0.Alleged: bob"], [bob]);
      expect(await Promise.all(answers)).toEqual([1, 2, 3]);
      expect(await ask(kernel, bob, "heard")).toEqual([1, 2, 3]);
    });

    on("K05: a chain of messages is sent before any answer", async (store) => {
      const { kernel } = await start(store);
      const { alice } = await pair(kernel);
      expect(await ask(kernel, alice, "chain", "bob")).toBe("hello from chained");
      await sound(kernel);
    });

    on("K16: a promise settled with a promise: messages follow to the end", async (store) => {
      const { kernel } = await start(store);
      const { alice, bob } = await pair(kernel);
      const asked = ask(kernel, alice, "tell", "bob", "later", "one");
      await expect.poll(() => ask(kernel, bob, "settle", "one", "settled by bob")).toBeTypeOf("string");
      expect(await asked).toBe("settled by bob");
    });

    on("K17: a vat's messages to itself keep their order", async (store) => {
      const { kernel } = await start(store);
      const { alice } = await pair(kernel);
      await pass(kernel, alice, "tellSelf", ["$0.Alleged: me", [1, 2, 3, 4]], [alice]);
      expect(await ask(kernel, alice, "heard")).toEqual([1, 2, 3, 4]);
    });

    on("K19: a method that throws rejects, and what it changed stays", async (store) => {
      const { kernel } = await start(store);
      const { alice } = await pair(kernel);
      const failed = kernel.queueMessage(alice, "addThenFail", [5]);
      expect(await codeOf(failed)).toBe("REJECTED");
      expect(await reasonOf(failed)).toContain("failed after adding");
      expect(await ask(kernel, alice, "count")).toBe(5);
    });

    on("K20: an illegal syscall ends the vat and undoes its crank; others go on", async (store) => {
      const { kernel } = await start(store);
      const config = actors({ alice: {} });
      const vats = { ...config.vats, raw: { bundleName: "raw" } };
      const { rootKref: alice } = await kernel.launchSubcluster({ ...config, vats });
      const raw = (await kernel.queueMessage(alice, "give", ["raw"])).slots[0]!;
      expect(await reasonOf(kernel.queueMessage(raw, "illegal", []))).toContain("ILLEGAL_SYSCALL");
      expect((await kernel.getStatus()).vats.map((vat) => vat.id)).toEqual([await vatOf(kernel, "alice")]);
      expect(await ask(kernel, alice, "add", 1)).toBe(1);
      await sound(kernel);
    });

    on("K22: a failure exit undoes its crank and ends the vat, whatever it returns", async (store) => {
      const { kernel } = await start(store);
      const { alice, bob } = await pair(kernel);
      expect(await codeOf(kernel.queueMessage(bob, "exit", [true]))).toBe("REJECTED");
      expect(await codeOf(kernel.queueMessage(bob, "count", []))).toBe("REJECTED");
      expect(await ask(kernel, alice, "add", 1)).toBe(1);
      await sound(kernel);
    });

    on("K23: a success exit stays, and then the vat ends", async (store) => {
      const { kernel } = await start(store);
      const { alice, bob } = await pair(kernel);
      expect(await ask(kernel, bob, "exit", false)).toBe("after");
      expect(await codeOf(kernel.queueMessage(bob, "count", []))).toBe("REJECTED");
      expect(await ask(kernel, alice, "count")).toBe(0);
      await sound(kernel);
    });

    on("KD4: a failure exit followed by a syscall is not forgotten", async (store) => {
      const { kernel } = await start(store);
      const config = actors({ alice: {} });
      const { rootKref: alice } = await kernel.launchSubcluster({
        ...config,
        vats: { ...config.vats, raw: { bundleName: "raw" } },
      });
      const raw = (await kernel.queueMessage(alice, "give", ["raw"])).slots[0]!;
      expect(await codeOf(kernel.queueMessage(raw, "exitThenSend", []))).toBe("REJECTED");
      expect((await kernel.getStatus()).vats).toHaveLength(1);
    });
  });
}

/** Commands while cranks fail, and the lives and deaths of vats. */
export function lifeSuite(name: string, place: Place): void {
  const on = (title: string, body: (store: OpenStore) => Promise<void>) =>
    test(`${title} (${name})`, () => place(body));

  describe(`lives on ${name}`, () => {
    on("KD1, K41: ending the vat that decides a promise answers whoever waits for it", async (store) => {
      const { kernel } = await start(store);
      const { alice, bob } = await pair(kernel);
      const direct = kernel.queueMessage(bob, "later", ["x"]);
      const through = kernel.queueMessage(alice, "tell", ["bob", "later", "y"]);
      await ask(kernel, bob, "count");
      await ask(kernel, alice, "count");
      await kernel.terminateVat(await vatOf(kernel, "bob"));
      expect(await reasonOf(direct)).toContain("VAT_TERMINATED");
      expect(await reasonOf(through)).toContain("VAT_TERMINATED");
      expect(await ask(kernel, alice, "add", 2)).toBe(2);
      await sound(kernel);
    });

    on("KD2, K24: a command that comes while a crank fails is carried out once", async (store) => {
      const { kernel, source } = await start(store);
      const { alice, bob } = await pair(kernel);
      let second: Promise<unknown> | undefined;
      source.before = (_vat, delivery) => {
        if (JSON.stringify(delivery).includes("exit")) second ??= ask(kernel, alice, "add", 7);
      };
      expect(await codeOf(kernel.queueMessage(bob, "exit", [true]))).toBe("REJECTED");
      expect(await second).toBe(7);
      expect(await ask(kernel, alice, "count")).toBe(7);
    });

    on("KD3, K25: an object revoked while a crank fails stays revoked", async (store) => {
      const { kernel, source } = await start(store);
      const { alice, bob } = await pair(kernel);
      const thing = (await kernel.queueMessage(alice, "make", ["thing"])).slots[0]!;
      let revoked: Promise<unknown> | undefined;
      source.before = (_vat, delivery) => {
        if (JSON.stringify(delivery).includes("exit")) revoked ??= kernel.revoke(thing);
      };
      expect(await codeOf(kernel.queueMessage(bob, "exit", [true]))).toBe("REJECTED");
      expect(await revoked).toBe(null);
      expect(await kernel.isRevoked(thing)).toBe(true);
      expect(await reasonOf(kernel.queueMessage(thing, "hello", []))).toContain("OBJECT_REVOKED");
      await kernel.close();
      const next = await start(store);
      expect(await next.kernel.isRevoked(thing)).toBe(true);
    });

    on("K44: a restart keeps the baggage and the root; objects of the old heap are gone", async (store) => {
      const { kernel } = await start(store);
      const { alice } = await pair(kernel);
      await ask(kernel, alice, "add", 5);
      await ask(kernel, alice, "hear", "word");
      const thing = (await kernel.queueMessage(alice, "make", ["thing"])).slots[0]!;
      const waiting = kernel.queueMessage(alice, "later", ["never"]);
      await kernel.restartVat(await vatOf(kernel, "alice"));
      expect(await reasonOf(waiting)).toContain("VAT_RESTARTED");
      expect(await ask(kernel, alice, "count")).toBe(5);
      expect(await ask(kernel, alice, "heard")).toEqual([]);
      expect(await reasonOf(kernel.queueMessage(thing, "hello", []))).toContain("OBJECT_DELETED");
      await sound(kernel);
    });

    on("K45: a kernel that died with a full queue goes on, once and in order", async (store) => {
      const death = new Death();
      const { kernel, source } = await start(store, {}, death);
      const { alice, bob } = await pair(kernel);
      const told = Array.from({ length: 100 }, (_, at) =>
        kernel.queueMessage(alice, "tell", ["bob", "hear", at], { key: `k${at}` }),
      );
      let bobHeard = 0;
      source.before = (_vat, delivery) => {
        bobHeard += JSON.stringify(delivery).includes('"hear\\"') ? 1 : 0;
        if (bobHeard < 50) return;
        death.dead = true;
        return new Promise(() => {});
      };
      for (const answer of told) answer.catch(() => {});
      await expect.poll(() => death.dead).toBe(true);
      const next = await start(store);
      // whoever asks again with the key gets the answer of the first time
      const answers = await Promise.all(
        told.map((_, at) => next.kernel.queueMessage(alice, "tell", ["bob", "hear", at], { key: `k${at}` })),
      );
      expect(answers.map(said)).toEqual(told.map((_, at) => at + 1));
      expect(await ask(next.kernel, bob, "heard")).toEqual(told.map((_, at) => at));
      await sound(next.kernel);
    });

    on("K46: a start or a bootstrap that throws leaves nothing", async (store) => {
      const { kernel } = await start(store);
      for (const parameters of [{ failStart: true }, { failBootstrap: true }]) {
        const failed = kernel.launchSubcluster(actors({ alice: parameters, bob: {} }));
        expect(await codeOf(failed)).toBe("LAUNCH_FAILED");
      }
      await kernel.rested();
      const { vats, subclusters } = await kernel.getStatus();
      expect([vats, subclusters]).toEqual([[], []]);
      expect(await kernel.audit()).toEqual([]);
      const { objects } = await kernel.getGraph();
      expect(objects).toEqual([]);
    });

    on("K47: an unknown service or bundle is refused before any vat starts", async (store) => {
      const { kernel, source } = await start(store);
      expect(await codeOf(kernel.launchSubcluster(actors({ alice: {} }, { services: ["nobody"] })))).toBe(
        "UNKNOWN_SERVICE",
      );
      const vats = { alice: { bundleName: "nobody" } };
      expect(await codeOf(kernel.launchSubcluster({ bootstrap: "alice", vats }))).toBe("UNKNOWN_BUNDLE");
      expect(source.begun).toEqual([]);
    });

    on("K48: an upgrade keeps the baggage; one that does not start leaves the old incarnation", async (store) => {
      const { kernel, source } = await start(store);
      const { alice } = await pair(kernel);
      const vat = await vatOf(kernel, "alice");
      await ask(kernel, alice, "add", 5);
      await ask(kernel, alice, "hear", "word");
      const bad = kernel.upgradeVat(vat, { bundleName: "other", parameters: { failStart: true } });
      expect(await codeOf(bad)).toBe("LAUNCH_FAILED");
      // the old heap is there again, by replay
      expect(await ask(kernel, alice, "heard")).toEqual(["word"]);
      expect(source.heaps.get(vat)!.replayed).toBeGreaterThan(0);
      expect(source.begun.at(-1)).toBe(`${vat}.1`);
      expect(await ask(kernel, alice, "version")).toBe(1);
      await kernel.upgradeVat(vat, { bundleName: "other", parameters: { version: 2 } });
      expect(await ask(kernel, alice, "version")).toBe(2);
      expect(await ask(kernel, alice, "heard")).toEqual([]);
      expect(await ask(kernel, alice, "count")).toBe(5);
      await sound(kernel);
    });

    on("K49: a paused kernel takes commands and runs as many cranks as it is told", async (store) => {
      const { kernel } = await start(store);
      const { alice } = await pair(kernel);
      await kernel.pause();
      const answers = [1, 2, 3].map((by) => ask(kernel, alice, "add", by));
      const first = await Promise.race([answers[0], new Promise((done) => setTimeout(done, 30, "waits"))]);
      expect(first).toBe("waits");
      expect((await kernel.getStatus()).kernel).toMatchObject({ paused: true, queue: 3 });
      await kernel.step(1);
      expect(await answers[0]).toBe(1);
      expect((await kernel.getStatus()).kernel.queue).toBe(2);
      await kernel.resume();
      expect(await Promise.all(answers)).toEqual([1, 3, 6]);
    });

    on("K50: the same inputs give the same hash, also over a lost kernel", async (store) => {
      const { kernel } = await start(store);
      const { alice } = await pair(kernel);
      for (let at = 0; at < 5; at += 1) await ask(kernel, alice, "tell", "bob", "hear", at);
      await kernel.close();
      const { kernel: next, source } = await start(store);
      for (let at = 5; at < 10; at += 1) await ask(next, alice, "tell", "bob", "hear", at);
      const { activityHash, crank } = (await next.getStatus()).kernel;
      expect([...source.heaps.values()].map(({ replayed }) => replayed > 0)).toEqual([true, true]);

      await place(async (other) => {
        const { kernel: whole } = await start(other);
        const { alice: again } = await pair(whole);
        expect(again).toBe(alice);
        for (let at = 0; at < 10; at += 1) await ask(whole, alice, "tell", "bob", "hear", at);
        expect((await whole.getStatus()).kernel).toMatchObject({ activityHash, crank });
      });
    });
  });
}
