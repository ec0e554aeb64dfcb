// Bundles as they are taken, and vats that are compiled in, in Node.
import "../runtime/cooperative";
import { Far } from "@endo/far";
import { describe, expect, test } from "vitest";
import { BUNDLE_BYTES_MAX, checkBundle, hashBundle } from "../bundle";
import { BUNDLES } from "../generated/bundles";
import type { VatInfo } from "../heap";
import { defineVat } from "../registry";
import { staticVats } from "../static";

describe("checkBundle", () => {
  const made = async (code: string) => ({ moduleFormat: "iife", code, sha256: await hashBundle(code) });
  const WORKS = "var __vatExports__ = {};";

  test("V07 takes what `ferrule vat` writes, and nothing beside its three fields", async () => {
    const counter = BUNDLES["counter"]!;
    expect(await checkBundle({ ...counter, more: 1 })).toEqual(counter);
  });

  test.each([
    ["nothing", null],
    ["a text", "code"],
    ["another format", { ...BUNDLES["counter"], moduleFormat: "esm" }],
    ["another hash", { ...BUNDLES["counter"], sha256: "0".repeat(64) }],
    ["no hash", { moduleFormat: "iife", code: WORKS }],
  ])("V07 refuses %s", async (_, given) => {
    await expect(checkBundle(given)).rejects.toMatchObject({ code: "BAD_CONFIG" });
  });

  const IMPORTS = ['import("x")', "import ( x )", "import/**/(x)", "import// \n(x)", "...import(x)", '"import(x)"'];
  test.each([...IMPORTS, "<!-- x", "x --> y", "'\ud800'"])("V07 refuses code with %s", async (part) => {
    await expect(checkBundle(await made(`${WORKS}\n${part}`))).rejects.toMatchObject({ code: "BAD_CONFIG" });
  });

  test("V07 does not mind names that only look like it", async () => {
    await checkBundle(await made(`${WORKS} a.import(1); important(2); myimport(3);`));
    await expect(checkBundle(await made("var other = {};"))).rejects.toMatchObject({ code: "BAD_CONFIG" });
  });

  test("V07 V11 takes a megabyte, and not a byte more", async () => {
    const most = WORKS.padEnd(BUNDLE_BYTES_MAX, " ");
    await checkBundle(await made(most));
    await expect(checkBundle(await made(`${most} `))).rejects.toMatchObject({ code: "LIMIT_EXCEEDED" });
  });
});

describe("vats that are compiled in", () => {
  const info = (bundle: string): VatInfo => ({ kernel: "k", vat: "v1", incarnation: 1, bundle, imports: "held" });
  const start = JSON.stringify(["startVat", { body: "#{}", slots: [] }, []]);
  const build = () => Far("root", { ping: () => "pong" });

  test("a name means one vat, and must be one", () => {
    defineVat("once", build);
    defineVat("once", build);
    expect(() => defineVat("once", () => build())).toThrow(expect.objectContaining({ code: "BAD_CONFIG" }));
    for (const bad of ["", "1a", "a b", "a".repeat(65), "__proto__"])
      expect(() => defineVat(bad, build), bad).toThrow(expect.objectContaining({ code: "BAD_CONFIG" }));
    expect(() => defineVat("nothing", undefined as never)).toThrow(expect.objectContaining({ code: "BAD_CONFIG" }));
  });

  test("a heap answers null until it is begun and for every other count, and replays nothing", async () => {
    defineVat("answers", build);
    const heap = staticVats.open(info("static:answers"));
    expect(await heap.deliver(1, start)).toBe(null);
    await heap.begin([]);
    expect(await heap.deliver(2, start)).toBe(null);
    expect(await heap.deliver(1, start)).toContain('"syscalls":[]');
    expect(await heap.deliver(1, start)).toBe(null);
    await expect(heap.replay("[]")).rejects.toMatchObject({ code: "UNSUPPORTED" });
    heap.end();
    expect(await heap.deliver(2, start)).toBe(null);
  });

  test("a vat that nobody compiled in, or that is none, cannot be opened", () => {
    for (const bundle of ["static:absent", "answers", "static:", "static:toString"])
      expect(() => staticVats.open(info(bundle)), bundle).toThrow(expect.objectContaining({ code: "UNKNOWN_BUNDLE" }));
  });
});
