// The sample vats on the real machine, in Node on the memory store: as they are, and restarted after each delivery, which shows what
// baggage forgot.
import "../runtime/cooperative";
import { afterEach, describe, expect, test } from "vitest";
import * as counter from "../../../../vats/counter";
import * as escrow from "../../../../vats/escrow";
import * as greeter from "../../../../vats/greeter";
import * as mint from "../../../../vats/mint";
import * as purse from "../../../../vats/purse";
import type { ClusterConfig, Kref } from "../../kernel";
import type { KernelError } from "../../kernel-error";
import { type LocalKernel, makeKernel } from "../../make-kernel";
import { makeMemoryKernelStore } from "../../store/memory";
import { BUNDLES } from "../generated/bundles";
import type { BuildRootObject } from "../runtime/runtime";
import { runtimeVats } from "./runtime-vats";

const SAMPLES = { counter, escrow, greeter, mint, purse } as unknown as Record<
  string,
  { buildRootObject: BuildRootObject }
>;

const open: LocalKernel[] = [];
afterEach(async () => {
  for (const kernel of open.splice(0)) {
    expect(await kernel.audit()).toEqual([]);
    await kernel.close();
  }
});

async function kernelOf(restartEvery: number): Promise<LocalKernel> {
  const builds = new Map(
    Object.entries(SAMPLES).map(([name, { buildRootObject }]) => [BUNDLES[name]!.sha256, buildRootObject]),
  );
  const kernel = await makeKernel(null, makeMemoryKernelStore(), { source: runtimeVats(builds, restartEvery) });
  open.push(kernel);
  for (const name of Object.keys(SAMPLES)) await kernel.putBundle(`my-${name}`, BUNDLES[name]!);
  return kernel;
}

/** A message's answer as data; objects as krefs. */
async function ask(kernel: LocalKernel, target: Kref, method: string, args: unknown[] = [], slots: Kref[] = []) {
  const { body, slots: got } = await kernel.queueCapData(target, {
    body: `#${JSON.stringify([method, args])}`,
    slots,
  });
  const value: unknown = body === "#undefined" || body === '#"#undefined"' ? undefined : JSON.parse(body.slice(1));
  return { value, slots: got };
}

const reasonOf = (error: unknown): string => JSON.stringify((error as KernelError).data ?? String(error));
const refusal = (answer: Promise<unknown>): Promise<string> =>
  answer.then(
    () => "not refused",
    (error) => reasonOf(error),
  );

/** The krefs of a group's roots, by name. */
async function launch(kernel: LocalKernel, config: ClusterConfig) {
  const { subclusterId, rootKref } = await kernel.launchSubcluster(config).catch((error) => {
    throw Error(`${error}: ${reasonOf(error)}`);
  });
  const { vats, objects } = await kernel.getGraph();
  const ids = new Map(vats.filter((vat) => vat.subcluster === subclusterId).map(({ id, name }) => [id, name]));
  const roots = objects.filter(({ root, owner }) => root && ids.has(owner ?? ""));
  return {
    rootKref,
    roots: Object.fromEntries(roots.map(({ kref, owner }) => [ids.get(owner!)!, kref])) as Record<string, Kref>,
  };
}

describe.each([
  ["as they are", Number.POSITIVE_INFINITY],
  ["restarted after each delivery", 1],
])("sample vats, %s", (_, restartEvery) => {
  test("K01 K44 counter counts on", async () => {
    const kernel = await kernelOf(restartEvery);
    const { rootKref } = await launch(kernel, {
      bootstrap: "counter",
      vats: { counter: { bundleName: "my-counter", parameters: { start: 40 } } },
    });
    expect((await ask(kernel, rootKref, "increment")).value).toBe(41);
    expect((await ask(kernel, rootKref, "increment", [1])).value).toBe(42);
    expect(await refusal(ask(kernel, rootKref, "increment", [0.5]))).toContain("whole numbers");
    expect((await ask(kernel, rootKref, "read")).value).toBe(42);
    const [vat] = (await kernel.getStatus()).vats;
    expect(vat!.incarnation).toBe(restartEvery === 1 ? 6 : 1);
  });

  test("K04 K05 K44 greeters meet at bootstrap, and know each other afterwards", async () => {
    const kernel = await kernelOf(restartEvery);
    const { rootKref } = await launch(kernel, {
      bootstrap: "ann",
      vats: {
        ann: { bundleName: "my-greeter", parameters: { name: "Ann" } },
        bob: { bundleName: "my-greeter", parameters: { name: "Bob", greeting: "ahoy" } },
        cyd: { bundleName: "my-greeter", parameters: { name: "Cyd", greeting: "hey" } },
      },
    });
    expect((await ask(kernel, rootKref, "greet", ["you"])).value).toBe("hello, you");
    expect((await ask(kernel, rootKref, "greetAll")).value).toEqual(["ahoy, Ann", "hey, Ann"]);
  });

  const MINT: ClusterConfig = {
    bootstrap: "mint",
    vats: {
      mint: { bundleName: "my-mint", parameters: { purses: { alice: 100, bob: 5, shop: 0 } } },
      alice: { bundleName: "my-purse" },
      bob: { bundleName: "my-purse" },
      shop: { bundleName: "my-purse" },
      escrow: { bundleName: "my-escrow" },
    },
  };

  test("K02 K44 mint and purses: money moves whole or not at all, and nobody makes any", async () => {
    const kernel = await kernelOf(restartEvery);
    const { roots } = await launch(kernel, MINT);
    const { alice, bob, mint: mintRoot } = roots as Record<"alice" | "bob" | "mint", Kref>;
    const balances = async () =>
      Promise.all([alice, bob].map(async (one) => (await ask(kernel, one, "balance")).value));
    expect(await balances()).toEqual([100, 5]);
    await ask(kernel, alice, "pay", [30, "$0.Alleged: purse"], [bob]);
    expect(await balances()).toEqual([70, 35]);
    await ask(kernel, alice, "pay", [30, "$0"], [alice]);
    expect(await balances()).toEqual([70, 35]);
    expect(await refusal(ask(kernel, bob, "pay", [36, "$0"], [alice]))).toContain("not that much");
    for (const amount of [-1, 0.5, "1", null])
      expect(await refusal(ask(kernel, bob, "pay", [amount, "$0"], [alice]))).toContain("whole number");
    // what only says that it is a purse
    expect(await refusal(ask(kernel, bob, "pay", [1, "$0.Alleged: purse"], [mintRoot]))).toContain("not a purse");
    expect(await refusal(ask(kernel, alice, "open", ["$0"], [bob]))).toContain("there already");
    expect(await balances()).toEqual([70, 35]);
  });

  test("K44 escrow: goods for money, once, and neither side is the poorer for a refusal", async () => {
    const kernel = await kernelOf(restartEvery);
    const { roots } = await launch(kernel, MINT);
    const { alice, bob, shop, escrow: agent } = roots as Record<"alice" | "bob" | "shop" | "escrow", Kref>;
    const { rootKref: goods } = await launch(kernel, {
      bootstrap: "counter",
      vats: { counter: { bundleName: "my-counter" } },
    });
    const sell = async () => (await ask(kernel, agent, "sell", ["$0", 60, "$1"], [goods, shop])).value as number;
    const first = await sell();
    expect(await refusal(ask(kernel, agent, "buy", [first, "$0"], [bob]))).toContain("not that much");
    expect((await ask(kernel, agent, "price", [first])).value).toBe(60);
    const bought = await ask(kernel, agent, "buy", [first, "$0"], [alice]);
    expect(bought.slots).toEqual([goods]);
    expect((await ask(kernel, bought.slots[0]!, "increment")).value).toBe(1);
    expect(await refusal(ask(kernel, agent, "buy", [first, "$0"], [alice]))).toContain("no deal");
    const second = await sell();
    // two buyers at once, one with too little
    const both = await Promise.all(
      [bob, alice].map((buyer) => refusal(ask(kernel, agent, "buy", [second, "$0"], [buyer]))),
    );
    expect(both.filter((told) => told === "not refused")).toEqual([]);
    expect(await refusal(ask(kernel, agent, "cancel", [second, "$0"], [bob]))).toContain("only the seller");
    expect((await ask(kernel, agent, "cancel", [second, "$0"], [shop])).slots).toEqual([goods]);
    const balances = await Promise.all(
      [alice, bob, shop].map(async (one) => (await ask(kernel, one, "balance")).value),
    );
    expect(balances).toEqual([40, 5, 60]);
  });

  test("K44 escrow: restarted while it is paid, it pays once and the goods wait for their buyer", async () => {
    const kernel = await kernelOf(restartEvery);
    const { roots } = await launch(kernel, MINT);
    const { alice, bob, shop, escrow: agent } = roots as Record<"alice" | "bob" | "shop" | "escrow", Kref>;
    const { rootKref: goods } = await launch(kernel, {
      bootstrap: "counter",
      vats: { counter: { bundleName: "my-counter" } },
    });
    const escrowId = (await kernel.getGraph()).vats.find(({ name }) => name === "escrow")!.id;
    const balances = () =>
      Promise.all([alice, bob, shop].map(async (one) => (await ask(kernel, one, "balance")).value));
    const sell = async (price: number) =>
      (await ask(kernel, agent, "sell", ["$0", price, "$1"], [goods, shop])).value as number;
    /** The escrow is restarted after so many cranks of a purchase. */
    const cutOff = async (deal: number, buyer: Kref, cranks: number) => {
      await kernel.pause();
      const bought = refusal(ask(kernel, agent, "buy", [deal, "$0"], [buyer]));
      await kernel.step(cranks);
      const restarted = kernel.restartVat(escrowId);
      await kernel.resume();
      await restarted;
      return bought;
    };
    // before the money moves, and after
    for (const cranks of [1, 2]) {
      const before = await balances();
      const deal = await sell(10);
      expect(await cutOff(deal, alice, cranks), `after ${cranks}`).toContain("VAT_RESTARTED");
      expect(await refusal(ask(kernel, agent, "buy", [deal, "$0"], [bob]))).toContain("being paid for");
      expect((await ask(kernel, agent, "buy", [deal, "$0"], [alice])).slots).toEqual([goods]);
      expect(await balances()).toEqual([(before[0] as number) - 10, before[1], (before[2] as number) + 10]);
    }
    // the seller wants out: what was under way is brought to an end first
    const paid = await sell(10);
    expect(await cutOff(paid, alice, 2)).toContain("VAT_RESTARTED");
    expect(await refusal(ask(kernel, agent, "cancel", [paid, "$0"], [shop]))).toContain("being paid for");
    expect((await ask(kernel, agent, "buy", [paid, "$0"], [alice])).slots).toEqual([goods]);
    const dear = await sell(1_000);
    expect(await cutOff(dear, alice, 2)).toContain("VAT_RESTARTED");
    expect((await ask(kernel, agent, "cancel", [dear, "$0"], [shop])).slots).toEqual([goods]);
    expect(await balances()).toEqual([70, 5, 30]);
  });
});
