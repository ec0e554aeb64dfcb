// The count of bytes against the serializer that it stands in for.
import { Serializer } from "node:v8";
import fc from "fast-check";
import { expect, test } from "vitest";
import { cloneBytes } from "./clone-size";

/** As V8 does it without Node's own treatment of byte arrays. */
function oracle(value: unknown): number {
  const serializer = new Serializer();
  serializer.writeHeader();
  serializer.writeValue(value);
  return serializer.releaseBuffer().length;
}

/** Without integers: how V8 writes those depends on what other objects of the same shape held before. */
const values = [
  fc.string({ unit: "binary" }),
  fc.boolean(),
  fc.constant(null),
  fc.constant(undefined),
  fc.double({ noInteger: true }),
  fc.bigInt(),
];
const value = fc.anything({ values, withDate: true, withMap: true, withSet: true });

test("a clone is counted as long as V8 makes it, whatever it is", () => {
  fc.assert(
    fc.property(value, (each) => cloneBytes(each) === oracle(each)),
    { numRuns: 2_000, seed: 5 },
  );
});

test("integers of their own are counted in their short form", () => {
  for (const each of [0, 1, -1, 63, 64, -64, -65, 8_191, 8_192, 2 ** 29, -(2 ** 30)])
    expect(cloneBytes(each)).toBe(oracle(each));
});

test("two-byte strings, bytes and things named twice are counted too", () => {
  const twice = { name: "twice" };
  for (const each of ["ä", "ł", { ł: "ł", a: "ł" }, [twice, twice], new Uint8Array(300), "ł".repeat(9_000)])
    expect(cloneBytes(each)).toBe(oracle(each));
});
