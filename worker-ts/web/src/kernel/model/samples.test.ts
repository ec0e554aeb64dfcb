// Samples and what to try with them.
import { expect, test } from "vitest";
import { graphOf, object, vat } from "./made";
import { SAMPLES, triesOf } from "./samples";
import { readArguments } from "./values";

test("each sample starts with a vat of its own", () => {
  for (const { name, config } of SAMPLES) expect(Object.keys(config.vats), name).toContain(config.bootstrap);
});

test("what there is to try names the roots of the same subcluster and can be sent as it stands", () => {
  const graph = graphOf({
    vats: [
      vat("v1", { name: "bob", subcluster: "s9" }),
      vat("v2", { name: "alice" }),
      vat("v3", { name: "bob" }),
      vat("v4", { name: "mint" }),
    ],
    objects: [
      object("ko1", "v1", { root: true }),
      object("ko2", "v2", { root: true }),
      object("ko3", "v3", { root: true }),
      object("ko4", "v4", { root: true }),
    ],
  });
  const bundles = ["counter", "greeter", "mint", "purse", "escrow"];
  for (const bundle of bundles) {
    const tries = triesOf(graph, "v4", bundle);
    expect(tries.length, bundle).toBeGreaterThan(0);
    for (const { method, args } of tries)
      expect(() => readArguments(method, args), `${bundle} ${method}`).not.toThrow();
  }
  expect(triesOf(graph, "v2", "purse").at(-1)).toEqual({ method: "pay", args: '[25, {"@": "ko3"}]' });
  // without a vat of that name there is nobody to pay
  expect(triesOf({ ...graph, vats: graph.vats.slice(0, 2) }, "v2", "purse").map(({ method }) => method)).toEqual([
    "balance",
  ]);
  expect(triesOf(graph, "v1", undefined)).toEqual([]);
});
