// What outlives an incarnation: baggage, its limits, what the kernel is told of its changes, and what a restart finds again.
import "../cooperative";
import { E, Far } from "@endo/far";
import { describe, expect, test } from "vitest";
import * as hostile from "../../../../../vats/test/hostile";
import * as waiter from "../../../../../vats/test/waiter";
import {
  BODY_BYTES_MAX,
  METHOD_BYTES_MAX,
  NESTING_MAX,
  SLOTS_MAX,
  VATSTORE_BYTES_MAX,
  VATSTORE_KEY_BYTES_MAX,
  VATSTORE_VALUE_BYTES_MAX,
} from "../limits";
import type { BuildRootObject } from "../runtime";
import { Driver, type Told } from "./drive";

const keeper = waiter.buildRootObject as BuildRootObject;
const nasty = hostile.buildRootObject as unknown as BuildRootObject;
const first = (told: Told) => told.resolves[0];

describe("baggage", () => {
  test("tells the first change of a key with what it held before, and later ones without", async () => {
    const before = [["b.total", '{"body":"#7","slots":[]}']] as const;
    const vat = new Driver(keeper, before);
    expect((await vat.begin()).sets).toEqual([]);
    const told = await vat.message("add", [1]);
    expect(told.sets).toEqual([["b.total", '{"body":"#8","slots":[]}', before[0][1]]]);
    expect((await vat.message("add", [1])).sets).toEqual([["b.total", '{"body":"#9","slots":[]}']]);
    expect((await vat.message("remember", ["new", 1])).sets).toEqual([["b.new", '{"body":"#1","slots":[]}', null]]);
    expect((await vat.message("forget", ["new"])).deletes).toEqual([["b.new"]]);
    expect((await vat.message("forget", ["total"])).deletes).toEqual([["b.total"]]);
  });

  test("says nothing of a key that is as it was, and counts bytes as UTF-8", async () => {
    const vat = await Driver.start(keeper);
    expect((await vat.message("add", [0])).sets).toEqual([]);
    const told = await vat.message("remember", ["ключ", "зачем 😀 \u0000"]);
    const bytes = [...vat.rows].reduce((sum, row) => sum + Buffer.byteLength(row.join("")), 0);
    expect(told.stored).toBe(bytes);
    expect((await vat.message("forget", ["ключ"])).stored).toBe(Buffer.byteLength('b.total{"body":"#0","slots":[]}'));
  });

  test("holds data, imports and the root; heap objects and promises are refused by name", async () => {
    const vat = await Driver.start((_powers, _parameters, baggage) => {
      const root: object = Far("root", {
        self: () => baggage.set("self", root),
        own: () => baggage.set("x", [Far("mine", {})]),
        promise: () => baggage.set("x", [Promise.resolve(1)]),
        import: (other: unknown) => baggage.set("other", { other }),
        same: (other: unknown) => (baggage.get("other") as { other: unknown }).other === other,
        isSelf: () => baggage.get("self") === root,
        number: () => baggage.set(5 as never, 1),
        absent: () => baggage.get("absent"),
        twice: () => baggage.init("self", 1),
        surrogate: () => baggage.set("\ud800", 1),
        value: () => {
          baggage.set("value", "\ud800");
          return baggage.get("value") === "\ud800";
        },
        keys: () => baggage.keys(),
      });
      return root;
    });
    expect(first(await vat.message("self"))?.rejected).toBe(false);
    expect(first(await vat.message("isSelf"))?.body).toBe("#true");
    expect(first(await vat.message("own"))?.body).toContain("an object of this heap");
    expect(first(await vat.message("promise"))?.body).toContain("a promise");
    expect(first(await vat.message("import", ["$0"], ["o-1"]))?.rejected).toBe(false);
    expect(first(await vat.message("same", ["$0"], ["o-1"]))?.body).toBe("#true");
    for (const method of ["number", "absent", "twice", "surrogate"])
      expect(first(await vat.message(method)), method).toMatchObject({ rejected: true });
    expect((await vat.message("value")).text).not.toMatch(/\p{Surrogate}/u);
    expect(first(await vat.message("keys"))?.body).toBe('#["other","self","value"]');
  });

  test("K44 a new incarnation finds its baggage and its imports; what baggage does not name is let go", async () => {
    const old = await Driver.start(keeper);
    await old.message("hoard", ["$0"], ["o-1"]);
    await old.message("remember", ["friend", { friend: "$0.Alleged: friend" }], ["o-2"]);
    await old.message("remember", ["callee", "$0"], ["o-3"]);
    const vat = new Driver(keeper, [...old.rows]);
    expect((await vat.begin({}, ["o-1", "o-2", "o-3"])).dropped).toEqual(["o-1"]);
    expect(first(await vat.message("recall", ["friend"]))?.slots).toEqual(["o-2"]);
    expect((await vat.message("callKept", ["callee"])).sends).toMatchObject([{ target: "o-3" }]);
    expect((await vat.message("forget", ["friend"])).dropped).toEqual([]);
  });

  test("K44 baggage that names what the kernel no longer holds gives a dead presence, not a forged one", async () => {
    const old = await Driver.start(keeper);
    await old.message("remember", ["callee", "$0"], ["o-3"]);
    const vat = new Driver(keeper, [...old.rows]);
    expect((await vat.begin({}, [])).syscalls).toEqual([]);
    const told = await vat.message("callKept", ["callee"]);
    expect(told.sends).toEqual([]);
    expect(first(told)).toMatchObject({ rejected: true, body: expect.stringContaining("deleted") });
    expect((await vat.message("forget", ["callee"])).dropped).toEqual([]);
  });

  test("an import that baggage holds outlives its release", async () => {
    const vat = await Driver.start(keeper);
    await vat.message("hoard", ["$0"], ["o-1"]);
    await vat.message("remember", ["callee", "$0"], ["o-1"]);
    expect((await vat.message("release", [0])).dropped).toEqual([]);
    expect((await vat.message("callKept", ["callee"])).sends).toMatchObject([{ target: "o-1" }]);
  });
});

describe("limits", () => {
  const refused = { rejected: true, body: expect.stringContaining("LIMIT_EXCEEDED") };

  test("V11 a value, a key, a store that are too big are refused to the vat, which goes on", async () => {
    const vat = await Driver.start(keeper);
    expect(first(await vat.message("remember", ["k".repeat(VATSTORE_KEY_BYTES_MAX - 1), 1]))).toMatchObject(refused);
    expect(first(await vat.message("remember", ["k".repeat(VATSTORE_KEY_BYTES_MAX - 2), 1]))?.rejected).toBe(false);
    const frame = '{"body":"#\\"\\"","slots":[]}'.length;
    const most = "x".repeat(VATSTORE_VALUE_BYTES_MAX - frame);
    expect(first(await vat.message("remember", ["v", most]))?.rejected).toBe(false);
    expect(first(await vat.message("remember", ["v", `${most}x`]))).toMatchObject(refused);
    const filled = await (await Driver.start(nasty)).message("fill", [100_000]);
    expect(first(filled)).toMatchObject(refused);
    expect(filled.stored).toBeLessThanOrEqual(VATSTORE_BYTES_MAX);
    expect(filled.stored).toBeGreaterThan(VATSTORE_BYTES_MAX - 101_000);
  });

  test("V11 an answer that is too big, too deep or holds too many objects rejects instead", async () => {
    const vat = await Driver.start(nasty);
    expect(first(await vat.message("big", [BODY_BYTES_MAX - 3]))?.rejected).toBe(false);
    expect(first(await vat.message("big", [BODY_BYTES_MAX - 2]))).toMatchObject(refused);
    expect(first(await vat.message("deep", [NESTING_MAX]))?.rejected).toBe(false);
    expect(first(await vat.message("deep", [NESTING_MAX + 1]))).toMatchObject(refused);
    expect(first(await vat.message("many", [SLOTS_MAX]))?.slots.length).toBe(SLOTS_MAX);
    expect(first(await vat.message("many", [SLOTS_MAX + 1]))).toMatchObject(refused);
    expect(first(await vat.message("cyclic"))).toMatchObject({ rejected: true });
  });

  test("V11 a method's name that is too long is not sent", async () => {
    const vat = await Driver.start(() =>
      Far("root", {
        call: (other: Record<string, () => unknown>, length: number) => E(other)["m".repeat(length)]!(),
      }),
    );
    expect((await vat.message("call", ["$0", METHOD_BYTES_MAX], ["o-1"])).sends.length).toBe(1);
    const told = await vat.message("call", ["$0", METHOD_BYTES_MAX + 1], ["o-1"]);
    expect([told.sends.length, first(told)]).toMatchObject([0, refused]);
  });
});

describe("vatPowers", () => {
  test("restartAfterCrank is told with the outcome, once", async () => {
    const vat = await Driver.start(keeper);
    expect((await vat.message("restart")).restart).toBe(true);
    expect((await vat.message("ping")).restart).toBe(false);
  });

  test("K22 K23 both exits are syscalls", async () => {
    const vat = await Driver.start(keeper);
    expect((await vat.message("exit", ["bye"])).syscalls[0]).toEqual(["exit", false, { body: '#"bye"', slots: [] }]);
    const failing = await Driver.start(nasty);
    const told = await failing.message("fail");
    expect(told.syscalls[0]).toEqual(["exit", true, { body: '#{"#error":"enough","name":"Error"}', slots: [] }]);
    expect(told.kinds).toEqual(["exit", "resolve"]);
  });
});
