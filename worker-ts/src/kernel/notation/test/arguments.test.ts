// Data as smallcaps, held against the package that vats read it with; and what is no data.
import "../../vat/runtime/cooperative";
import { makeMarshal } from "@endo/marshal";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BODY_BYTES_MAX, DEPTH_MAX, METHOD_BYTES_MAX, SLOTS_MAX } from "../../rpc/limits";
import { fromCapData, Reference, slotOf, toCapData, toMethargs, toReason } from "../arguments";

const marshal = makeMarshal(undefined, undefined, { serializeBodyFormat: "smallcaps" });

/** Deeply frozen, as marshal wants it. */
function frozen<T>(value: T): T {
  if (typeof value === "object" && value !== null) for (const part of Object.values(Object.freeze(value))) frozen(part);
  return value;
}

/** JSON, with strings that mean something to smallcaps. */
const text = fc.oneof(
  fc.string({ unit: "binary", maxLength: 8 }),
  fc.constantFrom(
    "!",
    "!!",
    "#undefined",
    "#NaN",
    "$0",
    "&1",
    "+1",
    "-7",
    "%x",
    "()",
    "'",
    "*",
    ",",
    "-",
    ".",
    "__proto__",
    "#error",
    "#tag",
  ),
);
const data = fc.letrec((tie) => ({
  any: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(null, true, false, undefined),
    fc.double(),
    fc.bigInt(),
    text,
    fc.array(tie("any"), { maxLength: 4 }),
    fc.dictionary(text, tie("any"), { maxKeys: 4 }),
  ),
})).any;

/** Records with a prototype, as marshal wants them, and one zero. */
const plain = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(plain);
  if (value === 0) return 0;
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, plain(part)]));
};

describe("K01 data", () => {
  test("K01 is spelled as @endo/marshal spells it", () =>
    fc.assert(
      fc.property(data, (value) => {
        expect(toCapData(value)).toEqual(marshal.toCapData(frozen(plain(value)) as never));
      }),
      { numRuns: 2_000 },
    ));

  test("K01 comes back as it was, but for the sign of zero", () =>
    fc.assert(
      fc.property(data, (value) => {
        const capData = toCapData(value);
        expect(fromCapData(capData)).toEqual(plain(value));
        expect(toCapData(fromCapData(capData))).toEqual(capData);
      }),
      { numRuns: 1_000 },
    ));

  test("K01 a field called __proto__ stays one", () => {
    const value = JSON.parse('{"__proto__":{"admin":true}}') as object;
    const back = fromCapData(toCapData(value)) as object;
    expect(Object.keys(back)).toEqual(["__proto__"]);
    expect("admin" in back).toBe(false);
  });

  test("K01 a message is a method and its arguments", () => {
    expect(toMethargs("greet", ["x", { a: "#" }])).toEqual({ body: '#["greet",["x",{"a":"!#"}]]', slots: [] });
  });

  test("K03 an object named twice is one slot; a promise is told from an object", () => {
    const [one, two, promise] = [new Reference("ko1"), new Reference("ko2"), new Reference("kp3")];
    const capData = toCapData([one, two, one, promise, new Reference("ko2")]);
    expect(capData).toEqual({ body: '#["$0","$1","$0","&2","$1"]', slots: ["ko1", "ko2", "kp3"] });
    expect(fromCapData(capData)).toEqual([one, two, one, promise, two]);
  });

  test("K01 half of a surrogate pair is escaped in a body, so that it survives UTF-8", () => {
    const { body } = toCapData(["\ud800", "a\udc00b"]);
    expect(body).toBe('#["\\ud800","a\\udc00b"]');
    expect(new TextDecoder().decode(new TextEncoder().encode(body))).toBe(body);
    expect(fromCapData({ body, slots: [] })).toEqual(["\ud800", "a\udc00b"]);
  });
});

describe("K01 what is no data", () => {
  const refused = (run: () => unknown, code = "BAD_CAPDATA") => {
    try {
      run();
    } catch (thrown) {
      return expect(thrown).toMatchObject({ name: "KernelError", code });
    }
    throw new Error("nothing was refused");
  };

  test("K01 functions, symbols, dates, maps and classes are refused", () => {
    for (const value of [
      () => 1,
      Symbol("x"),
      new Date(0),
      new Map(),
      new Uint8Array(1),
      new (class A {})(),
      Promise.resolve(),
    ])
      refused(() => toCapData([value]));
  });

  test("K01 circles and depths are refused", () => {
    const circle: unknown[] = [];
    circle.push(circle);
    refused(() => toCapData(circle));
    let deep: unknown = 1;
    for (let i = 0; i < DEPTH_MAX; i++) deep = [deep];
    expect(toCapData(deep).body.length).toBeGreaterThan(DEPTH_MAX);
    refused(() => toCapData([deep]));
  });

  test("K01 bodies, slots and names have their limits", () => {
    expect(toCapData("x".repeat(BODY_BYTES_MAX - 3)).body).toHaveLength(BODY_BYTES_MAX);
    refused(() => toCapData("x".repeat(BODY_BYTES_MAX - 2)), "LIMIT_EXCEEDED");
    refused(() => toCapData("é".repeat(BODY_BYTES_MAX / 2)), "LIMIT_EXCEEDED");
    const references = (count: number) => Array.from({ length: count }, (_, n) => new Reference(`ko${n}`));
    expect(toCapData(references(SLOTS_MAX)).slots).toHaveLength(SLOTS_MAX);
    refused(() => toCapData(references(SLOTS_MAX + 1)), "LIMIT_EXCEEDED");
    for (const name of ["", "\ud800", "x".repeat(METHOD_BYTES_MAX + 1)]) refused(() => toMethargs(name, []));
  });

  test("K01 bodies that stand for nothing are refused", () => {
    for (const body of [
      "",
      "#",
      "1",
      "#{",
      '#"#what"',
      '#"$0"',
      '#"&1"',
      '#"%sym"',
      '#"+x"',
      '#"("',
      '#{"#tag":"x","payload":1}',
      '#{"$0":1}',
      `#${"[".repeat(100)}${"]".repeat(100)}`,
    ])
      refused(() => fromCapData({ body, slots: [] }));
    refused(() => fromCapData({ body: '#["$0","$1"]', slots: ["ko1"] }));
  });

  test("K01 whatever body comes, it is data or refused", () =>
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json().map((json) => `#${json}`),
        ),
        fc.array(fc.constant("ko1"), { maxLength: 2 }),
        (body, slots) => {
          try {
            fromCapData({ body, slots });
          } catch (thrown) {
            expect(thrown).toMatchObject({ name: "KernelError", code: "BAD_CAPDATA" });
          }
        },
      ),
      { numRuns: 2_000 },
    ));

  test("K01 a slot is a number without frills", () => {
    for (const [spelled, at] of [
      ["$0", 0],
      ["&12", 12],
      ["$3.Alleged: a.b", 3],
      ["$7.", 7],
    ] as const)
      expect(slotOf(spelled)).toBe(at);
    for (const spelled of ["$", "$x", "$01", "$-1", "$1e3", "0", "$1 ", "$9999999999", "!$1"])
      expect([spelled, slotOf(spelled)]).toEqual([spelled, undefined]);
  });
});

test("K19 a reason is an error's name and text, and comes back as an error", () => {
  const reason = toReason(new RangeError("#1 is too much"));
  expect(reason).toEqual({ body: '#{"#error":"!#1 is too much","name":"RangeError"}', slots: [] });
  expect(fromCapData(reason)).toMatchObject({ name: "RangeError", message: "#1 is too much" });
  expect(toReason("text")).toEqual({ body: '#{"#error":"text","name":"Error"}', slots: [] });
  expect(toReason(new Error("x".repeat(100_000))).body.length).toBeLessThan(1_100);
});
