// Laws of the simulator, whatever the unit costs are: nothing costs the plan, more never costs less, twice the use is twice what is metered.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LIMITS, PLAN_DOLLARS, PRICE_NAMES, PRICES } from "./prices.ts";
import { readResults } from "./results.ts";
import { dollarsFor, HOUSE, perSocket, simulate } from "./simulate.ts";
import { BURST, countsOf, unitsOf } from "./units.ts";
import { KNOB_NAMES, KNOBS, type KnobName, NOTHING, PRESETS, USUAL, type Use } from "./use.ts";

/** What makes a use twice as large when all of it is doubled. */
const EXTENSIVE: readonly KnobName[] = ["rooms", "messages", "files", "kernels", "cranks", "runs"];
/** What may rise without anything becoming cheaper. `active`, `busiest` and `peak` move the same use about, `flush` and `totals` gather it. */
const GROWING: readonly KnobName[] = KNOB_NAMES.filter(
  (name) => !["active", "busiest", "peak", "flush", "totals"].includes(name),
);
const TOLERANCE = 1e-9;
const results = readResults();

const anyUse: fc.Arbitrary<Use> = fc
  .record(
    Object.fromEntries(
      KNOB_NAMES.map((name) => {
        const { most, whole } = KNOBS[name];
        const top = Math.min(most, 1e6);
        return [name, whole ? fc.integer({ min: 0, max: top }) : fc.double({ min: 0, max: top, noNaN: true })];
      }),
    ) as Record<KnobName, fc.Arbitrary<number>>,
  )
  .map((knobs) => ({ ...knobs, store: "object" as const }));

describe("the simulator", () => {
  test("a use of nothing costs what the plan costs, and comes near to no limit", () => {
    const { dollars, lines, limits } = simulate(results, NOTHING);
    expect(dollars).toBe(PLAN_DOLLARS);
    expect(lines.map(({ units, fixed }) => units - fixed)).toEqual(lines.map(() => 0));
    expect(limits.map(({ share }) => share)).toEqual(limits.map(() => 0));
  });

  test("more never costs less", () => {
    fc.assert(
      fc.property(anyUse, fc.constantFrom(...GROWING), fc.integer({ min: 1, max: 100_000 }), (use, name, by) => {
        const more = { ...use, [name]: KNOBS[name].most <= 1 ? Math.min(1, use[name] + by / 1e5) : use[name] + by };
        const [less, dearer] = [simulate(results, use), simulate(results, more)];
        for (const [at, line] of dearer.lines.entries()) {
          const before = less.lines[at]!;
          expect(line.units, `${name}: ${line.price}`).toBeGreaterThanOrEqual(before.units * (1 - TOLERANCE));
        }
        expect(dearer.dollars).toBeGreaterThanOrEqual(less.dollars * (1 - TOLERANCE));
      }),
    );
  });

  test("twice the use is twice what is metered, on every line", () => {
    fc.assert(
      fc.property(anyUse, (use) => {
        const twice = { ...use, ...Object.fromEntries(EXTENSIVE.map((name) => [name, use[name] * 2])) };
        const [one, two] = [simulate(results, use), simulate(results, twice)];
        for (const [at, { price, units, fixed }] of one.lines.entries()) {
          const line = two.lines[at]!;
          expect(line.fixed).toBe(fixed);
          expect((line.units - fixed) / 2, price).toBeCloseTo(units - fixed, 5 - Math.ceil(Math.log10(1 + units)));
        }
      }),
    );
  });

  test("who waits longer before archiving never pays more", () => {
    fc.assert(
      fc.property(anyUse, fc.constantFrom("flush", "totals"), fc.integer({ min: 1, max: 1_000 }), (use, name, by) => {
        const later = simulate(results, { ...use, [name]: use[name] + by });
        expect(later.dollars).toBeLessThanOrEqual(simulate(results, use).dollars * (1 + TOLERANCE));
      }),
    );
  });

  test("a line costs nothing up to what the plan includes, and its price beyond", () => {
    for (const name of PRICE_NAMES) {
      const { included, per, dollars } = PRICES[name];
      expect(dollarsFor(name, included), name).toBe(0);
      expect(dollarsFor(name, included + per), name).toBeCloseTo(dollars, 9);
    }
  });

  test("the nearest limit comes first, and the databases are as many as the nearer of D1's two asks for", () => {
    const { limits, takes } = simulate(results, { ...USUAL, ...PRESETS.million });
    const shares = limits.map(({ share }) => share);
    expect(shares).toEqual([...shares].sort((a, b) => b - a));
    const ofD1 = limits.filter(({ limit }) => limit === "d1Bytes" || limit === "d1Rate").map(({ share }) => share);
    expect(takes).toEqual({
      rooms: 20_000,
      relays: 0,
      kernels: PRESETS.million.kernels,
      sockets: 1e6,
      databases: Math.ceil(Math.max(...ofD1)),
    });
  });

  test("sockets beyond what the room's own object holds are its relays', up to what all of them hold", () => {
    const of = (sockets: number) => simulate(results, { ...USUAL, rooms: 3, sockets });
    const most = HOUSE.roomSockets + HOUSE.relays * HOUSE.relaySockets;
    expect(of(HOUSE.roomSockets).takes.relays).toBe(0);
    expect(of(HOUSE.roomSockets + 1).takes.relays).toBe(3);
    expect(of(most).takes.relays).toBe(3 * HOUSE.relays);
    const share = (sockets: number) => of(sockets).limits.find(({ limit }) => limit === "roomSockets")!.share;
    expect([share(most), share(most + 1) > 1]).toEqual([1, true]);
    const own = of(most).limits.find(({ limit }) => limit === "objectSockets")!;
    expect([own.value, own.most]).toEqual([HOUSE.roomSockets, LIMITS.objectSockets.most]);
  });
});

describe("unit costs", () => {
  test("taken apart and put together again they are what was measured", () => {
    const { message, flush, totals } = unitsOf(results);
    for (const name of ["objectRowsWritten", "queueMessages", "d1RowsWritten", "rpcCalls"] as const) {
      const [m = 0, f = 0, t = 0] = [message[name], flush[name], totals[name]];
      expect(m + f + t, name).toBeCloseTo(countsOf(results, "message-1")[name] ?? 0, 6);
      expect(2 * m + 2 * f + t, name).toBeCloseTo(countsOf(results, "pair-1")[name] ?? 0, 6);
      expect(BURST * m + f + t, name).toBeCloseTo(countsOf(results, "burst-1")[name] ?? 0, 6);
    }
  });

  test("a case that was not measured is told", () => {
    expect(() => countsOf(results, "nothing-of-the-sort")).toThrow("npm run capacity -- --measure");
  });

  test("the processor of a message is a line through the smallest and the largest room", () => {
    expect(perSocket({ "1000": 11, "1": 1.01, "20": 5 })).toEqual({
      own: expect.closeTo(1, 9),
      each: expect.closeTo(0.01, 9),
    });
  });
});
