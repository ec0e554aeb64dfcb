// Bundles in the kernel's Durable Object, in workerd, end to end: heaps that go and come back, bounds of transcripts, hostile vats.
import { abortAllDurableObjects, evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import type { ClusterConfig, Kernel, Kref } from "../../kernel";
import type { KernelError } from "../../kernel-error";
import { makeKernelClient } from "../../rpc/client";
import { BUNDLES } from "../generated/bundles";

let kernels = 0;

/** A kernel of its own, with the bundles that the test names. */
async function kernelWith(...bundles: string[]) {
  const name = `vats-${kernels++}`;
  const stub = () => env.KERNEL.getByName(name);
  const kernel: Kernel = makeKernelClient({ rpc: (text, key) => stub().rpc(text, key) });
  for (const bundle of bundles) await kernel.putBundle(bundle, BUNDLES[bundle]!);
  return { name, kernel, stub };
}

/** Every vat by the name of its bundle unless it has another; answers the roots. */
async function launch(kernel: Kernel, vats: ClusterConfig["vats"], bootstrap = Object.keys(vats)[0]!) {
  const { subclusterId } = await kernel.launchSubcluster({ bootstrap, vats });
  const graph = await kernel.getGraph();
  const ids = new Map(graph.vats.filter((vat) => vat.subcluster === subclusterId).map(({ id, name }) => [id, name]));
  const root = (name: string): Kref =>
    graph.objects.find((object) => object.root && ids.get(object.owner ?? "") === name)!.kref;
  return { root, id: (name: string) => [...ids].find(([, one]) => one === name)![0] };
}

const value = async (answer: Promise<{ body: string }>): Promise<unknown> => JSON.parse((await answer).body.slice(1));
const pass = (kernel: Kernel, to: Kref, method: string, args: unknown[], slots: Kref[]) =>
  kernel.queueCapData(to, { body: `#${JSON.stringify([method, args])}`, slots });
const refusal = (answer: Promise<unknown>): Promise<string> =>
  answer.then(
    () => "not refused",
    (error: KernelError) => `${error.code} ${error.message} ${JSON.stringify(error.data)}`,
  );
const vatOf = async (kernel: Kernel, id: string) => (await kernel.getStatus()).vats.find((vat) => vat.id === id);

describe("heaps that go and come back", () => {
  test("V01 a promise that was pending when the object slept is told afterwards, and closures are as they were", async () => {
    const { kernel, stub } = await kernelWith("waiter");
    const { root, id } = await launch(kernel, { a: { bundleName: "waiter" }, b: { bundleName: "waiter" } });
    const [a, b] = [root("a"), root("b")];
    expect(await value(kernel.queueMessage(a, "add", [5]))).toEqual([5, 1]);
    await pass(kernel, b, "introduce", ["$0", "$1"], [a, b]);
    await kernel.collectGarbage();
    await evictDurableObject(stub());
    expect(await value(kernel.queueMessage(b, "wake", ["now"]))).toBe(0);
    await kernel.collectGarbage();
    expect(await value(kernel.queueMessage(a, "recall", ["heard"]))).toBe("now (heap 2)");
    expect(await value(kernel.queueMessage(a, "add", [1]))).toEqual([6, 3]);
    expect((await vatOf(kernel, id("a")))?.incarnation).toBe(1);
  });

  test("V02 V05 a heap never knows what its rows do not, wherever the object dies", async () => {
    const { kernel } = await kernelWith("waiter");
    const { root } = await launch(kernel, { a: { bundleName: "waiter" } });
    let last = 0;
    for (let round = 0; round < 12; round += 1) {
      const told = Promise.allSettled([1, 2, 3].map(() => value(kernel.queueMessage(root("a"), "add", [1]))));
      await new Promise((resolve) => setTimeout(resolve, round * 2));
      await abortAllDurableObjects();
      const known = (await told).flatMap((one) => (one.status === "fulfilled" ? [(one.value as number[])[0]!] : []));
      const [total, heap] = (await value(kernel.queueMessage(root("a"), "add", [1]))) as [number, number];
      expect(heap).toBe(total);
      expect(total).toBeGreaterThan(Math.max(last, ...known));
      expect(total).toBeLessThanOrEqual(last + 4);
      last = total;
    }
  });

  test("V03 a replay that comes out otherwise is an incident, and the vat starts anew with its baggage", async () => {
    const { kernel, stub } = await kernelWith("waiter");
    const { root, id } = await launch(kernel, { a: { bundleName: "waiter" } });
    for (const total of [1, 2]) expect(await value(kernel.queueMessage(root("a"), "add", [1]))).toEqual([total, total]);
    await runInDurableObject(stub(), (_object, { storage }) => {
      const text =
        "UPDATE kernel_row SET v = replace(v, ',[1]]', ',[7]]') WHERE k LIKE 't/%' AND v LIKE '%,[1]]%' RETURNING k";
      expect(storage.sql.exec(text).toArray().length).toBeGreaterThan(0);
    });
    await evictDurableObject(stub());
    expect(await value(kernel.queueMessage(root("a"), "add", [1]))).toEqual([3, 1]);
    const { kernel: host } = await kernel.getStatus();
    expect(host.incidents.map(({ text }) => text).join()).toMatch(/REPLAY_DIVERGED/);
    expect((await vatOf(kernel, id("a")))?.incarnation).toBe(2);
  });

  test("V04 a full transcript: restarted when nothing is lost by it, and at the hard bound whatever is", async () => {
    const { kernel } = await kernelWith("waiter");
    const { root, id } = await launch(kernel, { a: { bundleName: "waiter" } });
    const text = "x".repeat(250_000);
    const fill = async (times: number) => {
      for (let i = 0; i < times; i += 1) await kernel.queueMessage(root("a"), "ping", [text]);
    };
    await kernel.queueMessage(root("a"), "add", [1]);
    await fill(16);
    expect((await vatOf(kernel, id("a")))?.incarnation).toBe(1);
    await fill(1);
    expect((await vatOf(kernel, id("a")))?.incarnation).toBe(2);
    expect(await value(kernel.queueMessage(root("a"), "add", [1]))).toEqual([2, 1]);
    // somebody waits: the heap is worth keeping
    const waiting = refusal(kernel.queueMessage(root("a"), "wait", []));
    await fill(100);
    expect((await vatOf(kernel, id("a")))?.incarnation).toBe(2);
    await fill(35);
    expect((await vatOf(kernel, id("a")))?.incarnation).toBe(3);
    expect(await waiting).toContain("VAT_RESTARTED");
    expect(await value(kernel.queueMessage(root("a"), "add", [1]))).toEqual([3, 1]);
  });

  test("K44 K48 restart and upgrade keep the baggage; a failed upgrade leaves the heap as it was", async () => {
    const { kernel } = await kernelWith("waiter", "hostile");
    const { root, id } = await launch(kernel, { a: { bundleName: "waiter" } });
    expect(await value(kernel.queueMessage(root("a"), "add", [1]))).toEqual([1, 1]);
    await kernel.restartVat(id("a"));
    expect(await value(kernel.queueMessage(root("a"), "add", [1]))).toEqual([2, 1]);
    const failing = { bundleName: "hostile", parameters: { failing: true } };
    expect(await refusal(kernel.upgradeVat(id("a"), failing))).toContain("LAUNCH_FAILED");
    expect(await value(kernel.queueMessage(root("a"), "add", [1]))).toEqual([3, 2]);
    await kernel.upgradeVat(id("a"), { bundleName: "hostile" });
    expect(await value(kernel.queueMessage(root("a"), "count", []))).toBe(1);
  });
});

describe("hostile vats", () => {
  test("V07 a bundle with an import(...), too big, or with another hash is not taken", async () => {
    const { kernel } = await kernelWith();
    const bundle = BUNDLES["counter"]!;
    const bad = { ...bundle, code: `${bundle.code}\nimport("x")` };
    expect(await refusal(kernel.putBundle("bad", bad))).toContain("BAD_CONFIG");
    expect(await refusal(kernel.putBundle("bad", { ...bundle, code: `${bundle.code} ` }))).toContain("sha256");
    const most = { ...bundle, code: `${bundle.code}//${"x".repeat(1 << 20)}` };
    // the request itself may be refused before
    expect(await refusal(kernel.putBundle("bad", most))).not.toBe("not refused");
    await kernel.getStatus();
    expect(await refusal(launch(kernel, { a: { bundleName: "bad" } }))).toMatch(/UNKNOWN_BUNDLE|BAD_CONFIG/);
  });

  test("V08 two vats of one bundle share nothing", async () => {
    const { kernel } = await kernelWith("hostile");
    const { root } = await launch(kernel, { a: { bundleName: "hostile" }, b: { bundleName: "hostile" } });
    const counts = [];
    for (const name of ["a", "a", "b"]) counts.push(await value(kernel.queueMessage(root(name), "count", [])));
    expect(counts).toEqual([1, 2, 1]);
  });

  test("V06 K46 one that throws at its start leaves nothing", async () => {
    const { kernel } = await kernelWith("hostile", "counter");
    const vats = { good: { bundleName: "counter" }, bad: { bundleName: "hostile", parameters: { failing: true } } };
    expect(await refusal(launch(kernel, vats))).toContain("LAUNCH_FAILED");
    const { vats: left, subclusters } = await kernel.getStatus();
    expect([left, subclusters]).toEqual([[], []]);
  });

  const ENDS: [what: string, method: string, args: unknown[]][] = [
    ["more messages than a delivery may send", "flood", ["$0", 501]],
    ["an exit by failure", "fail", []],
  ];
  test.each(ENDS)(
    "V06 K20 K22 K49 %s ends that vat alone, and nothing of the delivery remains",
    async (_, method, args) => {
      const { kernel } = await kernelWith("hostile", "waiter");
      const vats = { bad: { bundleName: "hostile" }, good: { bundleName: "waiter" } };
      const { root, id } = await launch(kernel, vats);
      const good = root("good");
      const told = await refusal(pass(kernel, root("bad"), method, args, args.length ? [good] : []));
      expect(told).toMatch(/VAT_FATAL|LIMIT_EXCEEDED|VAT_TERMINATED/);
      expect(await value(kernel.queueMessage(good, "add", [1]))).toEqual([1, 1]);
      expect(await vatOf(kernel, id("bad"))).toBe(undefined);
      expect(await refusal(kernel.queueMessage(root("good"), "ping", []))).toBe("not refused");
    },
  );

  test("V06 what a vat forges reaches nobody: texts stay texts, in answers and in messages", async () => {
    const { kernel } = await kernelWith("hostile", "waiter");
    const { root } = await launch(kernel, { bad: { bundleName: "hostile" }, good: { bundleName: "waiter" } });
    for (const method of ["forge", "forgeKeys", "forgeTag"])
      expect((await kernel.queueMessage(root("bad"), method, [])).slots, method).toEqual([]);
    const told = await refusal(kernel.queueMessage(root("bad"), "forgeErrors", []));
    expect(told).toContain("!$0");
  });
});
