// The measure of what comes as a value, at its exact limits.
import { describe, expect, test } from "vitest";
import { DEPTH_MAX, REQUEST_BYTES_MAX } from "../limits";
import { isShallow, unfit } from "../text";

/** Arrays within arrays, so many of them. */
const nested = (levels: number): unknown => (levels === 0 ? 1 : [nested(levels - 1)]);

describe("K51 the size of a value", () => {
  // each value has the measure `size + 1`: its own place, and that of what is in it
  const measured: readonly (readonly [string, (size: number) => unknown])[] = [
    ["one text", (size) => "x".repeat(size)],
    ["a list", (size) => new Array(size).fill(null)],
    ["texts of a list", (size) => ["x".repeat(size - 1_002), ...new Array<number>(1_001).fill(1)]],
    ["the name of a field", (size) => ({ ["x".repeat(size - 2)]: true })],
    ["the last name of many", (size) => ({ a: 1, b: 2, ["x".repeat(size - 8)]: "" })],
  ];
  test.each(measured)("K51 %s: at the limit it fits, one more does not", (_what, make) => {
    expect(unfit(make(REQUEST_BYTES_MAX - 1))).toBe(undefined);
    expect(unfit(make(REQUEST_BYTES_MAX))).toBe("is too large");
  });

  test("K51 what is named twice counts twice", () => {
    const list = new Array(REQUEST_BYTES_MAX / 2 - 2).fill(0);
    expect(unfit([list, list, 1])).toBe(undefined);
    expect(unfit([list, list, 1, 1])).toBe("is too large");
  });

  test("K51 a list with holes costs what its length says", () => {
    expect(unfit(new Array(REQUEST_BYTES_MAX))).toBe("is too large");
  });

  test("K51 a value that contains itself ends", () => {
    const circle: unknown[] = [];
    circle.push(circle);
    expect(unfit(circle)).toBe("nests too deep");
  });

  test("K51 text and value may nest equally deep", () => {
    const [most, more] = [nested(DEPTH_MAX), nested(DEPTH_MAX + 1)];
    expect([unfit(most), isShallow(JSON.stringify(most))]).toEqual([undefined, true]);
    expect([unfit(more), isShallow(JSON.stringify(more))]).toEqual(["nests too deep", false]);
  });
});
