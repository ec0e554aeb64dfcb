// An isolate that is not what it should be: it answers deliveries with whatever it likes. The machine believes none of it, ends that vat,
// and the vat beside it notices nothing. In Node, on the memory store.
import "../runtime/cooperative";
import { expect, test } from "vitest";
import * as waiter from "../../../../vats/test/waiter";
import type { KernelError } from "../../kernel-error";
import { makeKernel } from "../../make-kernel";
import { makeMemoryKernelStore } from "../../store/memory";
import { BUNDLES } from "../generated/bundles";
import type { VatHeap, VatSource } from "../heap";
import type { BuildRootObject } from "../runtime/runtime";
import { runtimeVats } from "./runtime-vats";

const HONEST = BUNDLES["waiter"]!;
const LIAR = BUNDLES["hostile"]!;

const outcome = (syscalls: unknown[], rest: object = {}): string =>
  JSON.stringify({ hash: "0123456789abcdef", syscalls, sets: [], deletes: [], stored: 0, ...rest });
const NOTHING = { body: "#null", slots: [] };
const call = (slots: string[]) => ({ methargs: { body: '#["add",[1]]', slots }, result: "p+1" });

/** `o-1` is the honest vat's root, which the liar was given at bootstrap; nothing else is its own. */
const LIES: [what: string, text: string][] = [
  ["a message to what it was never given", outcome([["send", "o-9", call([])]])],
  ["a message to the honest vat's own name", outcome([["send", "o+1", { ...call([]), result: "o+0" }]])],
  ["a kernel's name", outcome([["send", "ko1", call([])]])],
  ["an argument that it was never given", outcome([["send", "o-1", call(["o-7"])]])],
  ["a result that is somebody else's", outcome([["send", "o-1", { ...call([]), result: "p-9" }]])],
  ["settling a promise that it does not decide", outcome([["resolve", [["p-9", false, NOTHING]]]])],
  ["settling an object", outcome([["resolve", [["o-1", false, NOTHING]]]])],
  ["listening to a promise that it does not have", outcome([["subscribe", "p-9"]])],
  ["letting go of what it does not hold", outcome([["dropImports", ["o-9"]]])],
  ["retiring what it still holds", outcome([["retireImports", ["o-1"]]])],
  ["giving up its root", outcome([["abandonExports", ["o+0"]]])],
  ["a syscall that there is none of", outcome([["become", "v1"]])],
  ["a vref that is none", outcome([["send", "o-01", call([])]])],
  ["a member that there is none of", outcome([], { vat: "v1" })],
  ["a key that is too long", outcome([], { sets: [["k".repeat(513), "1", null]] })],
  ["a value that is too big", outcome([], { sets: [["k", "x".repeat((256 << 10) + 1), null]] })],
  ["a store that is too big", outcome([], { stored: (8 << 20) + 1 })],
  ["a thousand and one syscalls", outcome(Array.from({ length: 1_001 }, () => ["dropImports", []]))],
  [
    "a text that is too long",
    outcome([], { sets: Array.from({ length: 9 }, (_, i) => [`k${i}`, "x".repeat(130_000)]) }),
  ],
  ["a body that is too big", outcome([["exit", false, { body: "x".repeat((256 << 10) + 1), slots: [] }]])],
  ["too many slots", outcome([["send", "o-1", call(Array.from({ length: 257 }, (_, i) => `o+${i + 1}`))]])],
  ["no outcome", "{}"],
  ["no JSON", "{"],
  ["a hash that is none", outcome([], { hash: "x" })],
  ["very deep JSON", "[".repeat(200_000)],
];

/** Honest but for the answer to the first message after bootstrap. */
function liar(text: string, heap: VatHeap): VatHeap {
  return {
    begin: (pairs) => heap.begin(pairs),
    replay: (past) => heap.replay(past),
    end: () => heap.end(),
    deliver: async (seq, delivery) => {
      const honest = await heap.deliver(seq, delivery);
      return honest !== null && delivery.includes("ping") ? text : honest;
    },
  };
}

async function started(text: string) {
  const builds = new Map([HONEST, LIAR].map(({ sha256 }) => [sha256, waiter.buildRootObject as BuildRootObject]));
  const inner = runtimeVats(builds);
  const source: VatSource = {
    open: (vat) => (vat.bundle === LIAR.sha256 ? liar(text, inner.open(vat)) : inner.open(vat)),
  };
  const kernel = await makeKernel(null, makeMemoryKernelStore(), { source });
  await kernel.putBundle("honest", HONEST);
  await kernel.putBundle("liar", LIAR);
  const { rootKref } = await kernel.launchSubcluster({
    bootstrap: "liar",
    vats: { liar: { bundleName: "liar" }, honest: { bundleName: "honest" } },
  });
  const { objects } = await kernel.getGraph();
  const victim = objects.find(({ root, kref }) => root && kref !== rootKref)!.kref;
  return { kernel, rootKref, victim };
}

const refusal = (answer: Promise<unknown>): Promise<string> =>
  answer.then(
    () => "not refused",
    (error: KernelError) => JSON.stringify(error.data ?? error.code),
  );

test.each(LIES)("V06 K20 %s ends the liar alone", async (_, text) => {
  const { kernel, rootKref, victim } = await started(text);
  expect((await kernel.queueMessage(victim, "add", [1])).body).toBe("#[1,1]");
  expect(await refusal(kernel.queueMessage(rootKref, "ping", []))).toMatch(/VAT_FATAL|LIMIT_EXCEEDED/);
  expect((await kernel.getStatus()).vats.map(({ config }) => config.bundleName)).toEqual(["honest"]);
  expect((await kernel.queueMessage(victim, "add", [1])).body).toBe("#[2,2]");
  expect(await kernel.audit()).toEqual([]);
  await kernel.close();
});

test("V06 what a vat may say is believed: the lies are told apart from the truth", async () => {
  const { kernel, rootKref } = await started(
    outcome([
      ["send", "o-1", call(["o+5"])],
      ["subscribe", "p+1"],
    ]),
  );
  const asked = refusal(kernel.queueMessage(rootKref, "ping", []));
  await kernel.collectGarbage();
  expect((await kernel.getStatus()).vats.length).toBe(2);
  await kernel.terminateAllVats();
  expect(await asked).toContain("VAT_TERMINATED");
  await kernel.close();
});
