// A vat that does what it is told: what it keeps in its baggage, what in its heap, whom it sends what. And one whose outcomes are written
// by hand, for what no vat of our runtime would do.
import "../../../vat/static";
import { E, Far } from "@endo/far";
import type { VatPowers } from "../../../vat/runtime/powers";
import type { BuildRootObject } from "../../../vat/runtime/runtime";

/** Told through its parameters, or by its methods. */
export const buildActor: BuildRootObject = (powers: VatPowers, parameters, baggage) => {
  const { failStart = false, failBootstrap = false, version = 1 } = (parameters ?? {}) as Record<string, unknown>;
  if (failStart) throw Error("this vat does not start");
  if (!baggage.has("count")) baggage.init("count", 0);
  /** Of this heap alone. */
  const heard: unknown[] = [];
  const known = new Map<string, unknown>();
  const open = new Map<string, { resolve: (value: unknown) => void; reject: (reason: unknown) => void }>();
  const add = (by: number): number => {
    const count = (baggage.get("count") as number) + by;
    baggage.set("count", count);
    return count;
  };
  const find = (name: string) =>
    known.get(name) ?? (baggage.has(`known.${name}`) ? baggage.get(`known.${name}`) : undefined);
  const far = (name: unknown) => find(name as string) as Record<string, (...args: unknown[]) => unknown>;
  return Far("actor", {
    bootstrap(roots: Record<string, unknown>, services: Record<string, unknown>) {
      if (failBootstrap) throw Error("this vat does not boot");
      for (const [name, root] of Object.entries({ ...roots, ...services })) baggage.set(`known.${name}`, root);
      return "up";
    },
    version: () => version,
    /** In the baggage. */
    add,
    count: () => baggage.get("count"),
    addThenFail(by: number) {
      add(by);
      throw Error("failed after adding");
    },
    /** In the heap. */
    hear(word: unknown) {
      heard.push(word);
      return heard.length;
    },
    heard: () => [...heard],
    know(name: string, object: unknown) {
      known.set(name, object);
    },
    give: (name: string) => find(name),
    make: (name: string) => Far(name, { hello: () => `hello from ${name}` }),
    /** A promise that this heap decides. */
    later: (name: string) => new Promise((resolve, reject) => open.set(name, { resolve, reject })),
    /** The same, kept by its name. */
    promise(name: string) {
      known.set(name, new Promise((resolve, reject) => open.set(name, { resolve, reject })));
    },
    settle(name: string, value: unknown) {
      open.get(name)?.resolve(value);
    },
    tell: (name: string, method: string, ...args: unknown[]) => E(far(name))[method]?.(...args),
    /** Messages before any answer. */
    chain(name: string) {
      const made = E(far(name))["make"]?.("chained") as object;
      return (E(made) as Record<string, (...args: unknown[]) => unknown>)["hello"]?.();
    },
    waitFor(name: string) {
      E.when(known.get(name), (value) => heard.push(["told", value]));
    },
    tellSelf(me: unknown, words: unknown[]) {
      for (const word of words) E(me as { hear(word: unknown): void }).hear(word);
    },
    /** A message for each word; no answer is waited for. */
    flood(name: string, words: unknown[]) {
      for (const word of words) E(far(name))["hear"]?.(word);
    },
    exit(failure: boolean) {
      add(100);
      if (failure) powers.exitVatWithFailure(Error("asked to fail"));
      else powers.exitVat("asked to go");
      return "after";
    },
    renew: () => powers.restartAfterCrank(),
  });
};

/** By method, the syscalls of an outcome; every other method is answered with null. */
export const RAW_SYSCALLS: Readonly<Record<string, readonly unknown[]>> = {
  illegal: [["resolve", [["p-77", false, { body: "#null", slots: [] }]]]],
  exitThenSend: [
    ["exit", true, { body: '#"gone"', slots: [] }],
    ["send", "o+0", { methargs: { body: '#["null",[]]', slots: [] }, result: null }],
  ],
};
