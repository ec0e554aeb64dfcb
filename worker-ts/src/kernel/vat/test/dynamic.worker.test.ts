// Vats in isolates of their own, in workerd, without a kernel: the heaps of dynamic.ts as facets of the kernel's object.
import { runInDurableObject } from "cloudflare:test";
import { describe, expect, test } from "vitest";
import { type Facets, withVats as withFacets } from "./facets";

const withVats = <T>(run: (facets: Facets) => Promise<T>, code?: Record<string, string>) =>
  withFacets(runInDurableObject as never, run, code);

/** A bundle written by hand: methods of a root, without any package. */
const byHand = (methods: string, before = ""): string => `var __vatExports__ = (() => { ${before}
  const proto = harden(Object.create(Object.prototype, { [Symbol.for("passStyle")]: { value: "remotable" },
    [Symbol.toStringTag]: { value: "Alleged: by hand" } }));
  const far = (methods) => harden(Object.setPrototypeOf(methods, proto));
  return { buildRootObject: () => far({ ${methods} }) }; })();`;

describe("replay", () => {
  test("V01 a promise that was pending when the heap went is resolved afterwards, and closures are as they were", () =>
    withVats(async ({ open, abort }) => {
      const vat = open("waiter");
      await vat.start();
      expect(await vat.ask("add", 5)).toEqual([5, 1]);
      const asked = await vat.message("ask", ["$0.Alleged: other", "why"], ["o-1"], "p-7");
      expect([asked.sends, asked.resolves]).toEqual([["o-1"], []]);
      abort("v1");
      const again = open("waiter");
      again.past = vat.past;
      const told = await again.notify("p+1", "because");
      expect(again.begun).toBe(1);
      expect(told.resolves).toMatchObject([{ vref: "p-7", rejected: false, body: '#"because (heap 2)"' }]);
      expect(await again.ask("add", 1)).toEqual([6, 3]);
    }));

  test("V01 a thousand deliveries are replayed in pieces", () =>
    withVats(async ({ open }) => {
      const vat = open("waiter");
      await vat.start();
      for (let i = 0; i < 1_000; i += 1) await vat.message("add", [1]);
      const again = open("waiter");
      again.past = vat.past;
      expect(await again.ask("add", 1)).toEqual([1_001, 1_001]);
    }));

  test("V02 a delivery that was not kept is not in the heap after the next one", () =>
    withVats(async ({ open }) => {
      const vat = open("waiter");
      await vat.start();
      await vat.ask("add", 1);
      await vat.ask("add", 100);
      const again = open("waiter");
      again.past = vat.past.slice(0, -1);
      expect(await again.ask("add", 1)).toEqual([2, 2]);
    }));

  test("V03 another past than the recorded one is told with its number, and nothing goes on", () =>
    withVats(async ({ open }) => {
      const vat = open("waiter");
      await vat.start();
      for (let i = 0; i < 3; i += 1) await vat.ask("add", 1);
      const again = open("waiter");
      again.past = vat.past.map(([delivery, hash], index) => [delivery, index === 2 ? "0000000000000000" : hash]);
      await expect(again.ask("add", 1)).rejects.toThrow("diverged at 3");
    }));

  test("V03 the store as the incarnation began is part of the past", () =>
    withVats(async ({ open }) => {
      const total = (count: number): [string, string] => ["b.total", JSON.stringify({ body: `#${count}`, slots: [] })];
      const vat = open("waiter", { pairs: [total(10)] });
      await vat.start();
      expect(await vat.ask("add", 1)).toEqual([11, 1]);
      const good = open("waiter", { pairs: [total(10)] });
      good.past = vat.past;
      expect(await good.ask("add", 1)).toEqual([12, 2]);
      const bad = open("waiter", { pairs: [total(11)] });
      bad.past = vat.past;
      await expect(bad.ask("add", 1)).rejects.toThrow("diverged at 2");
    }));

  test("V05 a facet that is ahead of the kernel is ended when the kernel opens it, and says so while it lives", () =>
    withVats(async ({ open }) => {
      const ahead = open("waiter");
      await ahead.start();
      for (let i = 0; i < 3; i += 1) await ahead.ask("add", 1);
      // by number: the heap does not answer for another past
      expect(await ahead.heap.deliver(2, "[]")).toBe(null);
      expect(await ahead.heap.deliver(9, "[]")).toBe(null);
      const behind = open("waiter");
      behind.past = ahead.past.slice(0, 2);
      expect(await behind.ask("add", 1)).toEqual([2, 2]);
      expect(behind.begun).toBe(1);
      // the old handle leads to the new heap, by number alone
      await expect(behind.heap.replay("[]")).resolves.toEqual({ delivered: 3 });
    }));

  test("V05 a new incarnation has a new heap, with its baggage", () =>
    withVats(async ({ open }) => {
      const vat = open("waiter");
      await vat.start();
      expect(await vat.ask("add", 5)).toEqual([5, 1]);
      const next = open("waiter", { incarnation: 2, pairs: [["b.total", '{"body":"#5","slots":[]}']] });
      await next.start();
      expect(await next.ask("add", 1)).toEqual([6, 1]);
    }));
});

describe("what a bundle may be", () => {
  const REFUSED: [what: string, code: string, why: RegExp][] = [
    ["an import(...)", byHand('f() { return import("./shim.js"); }'), /SES_IMPORT_REJECTED/],
    ["an import( in a text", byHand('f() { return "import(x)"; }'), /SES_IMPORT_REJECTED/],
    ["a comment of HTML", byHand("f() { return 1 <!--x\n; }"), /SES_HTML_COMMENT_REJECTED/],
    ["broken syntax", "var __vatExports__ = {", /Unexpected|missing/],
    ["a module", "import x from 'y'; export const a = 1;", /import|export/],
    ["no exports", "var nothing = 1;", /buildRootObject/],
    ["no buildRootObject", "var __vatExports__ = {};", /buildRootObject/],
    ["an entry that throws", "var __vatExports__ = (() => { throw Error('no'); })();", /no/],
  ];
  test.each(REFUSED)("V07 %s: the start is a fault that says why", (_, code, why) =>
    withVats(
      async ({ open }) => {
        const { fault } = await open("bad").start();
        expect(fault).toMatch(why);
      },
      { bad: code },
    ),
  );

  test("V07 static imports of what the loader knows are not there either", () =>
    withVats(
      async ({ open }) => {
        const vat = open("curious");
        expect((await vat.start()).fault).toBe(undefined);
        await expect(vat.ask("f")).rejects.toThrow();
      },
      { curious: byHand('f() { return require("cloudflare:workers"); }') },
    ));

  test("V07 text that breaks out of its function is refused: it would outlive the heap", () =>
    withVats(
      async ({ open }) => {
        const vat = open("breaker");
        expect((await vat.start()).fault).toContain("the bundle is refused");
      },
      { breaker: `}); let calls = 0; (function () { ${byHand("f() { return ++calls; }")}` },
    ));
});

describe("isolation", () => {
  test("V08 two vats of one bundle share nothing, nor do two incarnations", () =>
    withVats(async ({ open }) => {
      const vats = [open("hostile", { vat: "v1" }), open("hostile", { vat: "v2" })];
      for (const vat of vats) await vat.start();
      expect([await vats[0]!.ask("count"), await vats[0]!.ask("count"), await vats[1]!.ask("count")]).toEqual([
        1, 2, 1,
      ]);
      const next = open("hostile", { vat: "v1", incarnation: 2 });
      await next.start();
      expect(await next.ask("count")).toBe(1);
    }));

  test("V08 nothing at module scope outlives a rebuilding of the heap", () =>
    withVats(
      async ({ open }) => {
        const vat = open("module");
        await vat.start();
        expect([await vat.ask("f"), await vat.ask("f")]).toEqual([1, 2]);
        const again = open("module");
        again.past = vat.past.slice(0, 2);
        expect(await again.ask("f")).toBe(2);
      },
      { module: byHand("f() { return ++calls; }", "let calls = 0;") },
    ));

  test("V08 nothing that the isolate brings can be written on, be it reached by a call or by an error", () =>
    withVats(
      async ({ open }) => {
        const vat = open("scribe");
        expect((await vat.start()).fault).toBe(undefined);
        for (let way = 0; way < 6; way += 1) expect(await vat.ask("f", way), `way ${way}`).toEqual([true, true]);
      },
      {
        scribe: byHand(`f(way) {
          const thrown = (run) => { try { run(); } catch (error) { return error; } };
          const it = [
            () => new URLSearchParams("a=1").entries(), () => new URLSearchParams("a=1").keys(),
            () => new URLSearchParams("a=1").values(), () => thrown(() => atob("?")), () => thrown(() => btoa("\\u0100")),
            () => thrown(() => new URL("?")),
          ][way]();
          const proto = Object.getPrototypeOf(it);
          return [Object.isFrozen(proto), Object.isFrozen(proto.constructor ?? proto)];
        }`),
      },
    ));

  test("the codecs that a vat has work", () =>
    withVats(
      async ({ open }) => {
        const vat = open("codecs");
        expect((await vat.start()).fault).toBe(undefined);
        expect(await vat.ask("f")).toEqual(["aGk=", "hi", "é", "/b?c=1", "TypeError: atob: this is not base64"]);
      },
      {
        codecs: byHand(`f() {
          const url = new URL("https://a.test/b?c=1");
          let said;
          try { atob("?"); } catch (error) { said = String(error); }
          return [btoa("hi"), atob("aGk="), new TextDecoder().decode(new TextEncoder().encode("é")), url.pathname + url.search, said];
        }`),
      },
    ));
});
