// OP19: figures over time: what counters grew by, what is drawn of it, and how much is kept.
import { describe, expect, it } from "vitest";
import { barsOf, growth, levels, SAMPLES_MAX, type Sample, total, withSample } from "./samples";

const of = (...numbers: readonly number[]): Sample[] => numbers.map((n, at) => ({ at: at + 1, values: { n } }));

describe("samples", () => {
  it("OP19 say by how much a counter grew; one that falls has not grown, one that is new began at nothing", () => {
    expect(growth(of(5, 7, 7, 3, 4), "n")).toEqual([2, 0, 0, 1]);
    expect(growth([{ at: 1, values: {} }, ...of(0, 4).map((one) => ({ ...one, at: one.at + 1 }))], "n")).toEqual([
      0, 4,
    ]);
    expect(growth([], "n")).toEqual([]);
    expect(levels(of(5, 7, 3), "n")).toEqual([5, 7, 3]);
    expect(total([1, 2, 3])).toBe(6);
  });

  it("OP19 are kept up to a limit, in order, each once", () => {
    let samples: readonly Sample[] = [];
    for (let at = 1; at <= SAMPLES_MAX + 5; at++) samples = withSample(samples, { at, values: { n: at } });
    expect(samples).toHaveLength(SAMPLES_MAX);
    expect(samples[0]!.at).toBe(6);
    expect(withSample(samples, { at: 3, values: {} })).toBe(samples);
    expect(withSample(samples, samples.at(-1)!)).toBe(samples);
  });

  it("OP19 are drawn inside their picture, the newest at the right, a one still seen", () => {
    const bars = barsOf([0, 1, 1_000], 180, 36);
    expect(bars).toHaveLength(2);
    for (const { x, y, width, height } of bars) {
      expect(x).toBeGreaterThanOrEqual(0);
      expect(x + width).toBeLessThanOrEqual(180);
      expect(height).toBeGreaterThanOrEqual(1);
      expect(y + height).toBe(36);
    }
    expect(bars[0]!.x).toBeLessThan(bars[1]!.x);
    const full = barsOf(
      Array.from({ length: SAMPLES_MAX - 1 }, () => 7),
      180,
      36,
    );
    expect(full[0]!.x).toBeCloseTo(0);
    expect(barsOf([], 180, 36)).toEqual([]);
  });
});
