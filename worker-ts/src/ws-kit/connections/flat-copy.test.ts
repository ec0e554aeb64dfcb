// The law of flat copies: what one look calls unchanged is unchanged as far as structured clone can tell.
import { describe, expect, it } from "vitest";
import { copyFlat, isFlatCopyOf } from "./flat-copy";

const PRIMITIVES = ["", "a", 0, -0, 1, Number.NaN, 1n, true, false, null, undefined];
const REFUSED = [{}, [], new Date(0), new Map(), () => {}, Symbol("s"), new (class Own {})()];

/** Small whole numbers, the same for the same seed. */
function dice(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state >>> 8) % below;
  };
}

function randomObject(roll: (below: number) => number): Record<string, unknown> {
  const object: Record<string, unknown> = roll(4) === 0 ? Object.create(null) : {};
  for (let field = roll(4); field > 0; field--) object["abc"[roll(3)]!] = PRIMITIVES[roll(PRIMITIVES.length)];
  return object;
}

const entries = (object: object) => JSON.stringify(Object.entries(object), (_, value) => spelled(value));
const spelled = (value: unknown) =>
  Array.isArray(value) ? value : `${typeof value} ${Object.is(value, -0) ? "-0" : String(value)}`;

describe("flat copies", () => {
  it("A10 two objects are called the same exactly when they have the same fields", () => {
    const roll = dice(7);
    let same = 0;
    for (let round = 0; round < 20_000; round++) {
      const [before, after] = [randomObject(roll), randomObject(roll)];
      const copy = copyFlat(before)!;
      expect(isFlatCopyOf(copy, before)).toBe(true);
      const equal = entries(before) === entries(after);
      if (isFlatCopyOf(copy, after) !== equal) expect.fail(`${entries(before)} and ${entries(after)}`);
      if (equal) same++;
    }
    expect(same).toBeGreaterThan(100);
  });

  it.each(REFUSED)("A10 an object with %o in it is never taken for unchanged", (value) => {
    expect(copyFlat({ value })).toBeUndefined();
    expect(isFlatCopyOf(copyFlat({ value: 1 })!, { value })).toBe(false);
  });

  it.each([
    null,
    5,
    "text",
    [1],
    new Map([["a", 1]]),
    new Date(0),
    new (class Own {
      a = 1;
    })(),
  ])("A10 nor is %o", (value) => {
    expect(copyFlat(value)).toBeUndefined();
    expect(isFlatCopyOf(copyFlat({ a: 1 })!, value)).toBe(false);
  });
});
