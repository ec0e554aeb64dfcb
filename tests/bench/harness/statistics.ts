// Numbers about numbers: quantiles, and the ratio of ours to a peer. No clock, no printing.

/** What is kept of many measurements of one thing, in the unit of the measurements. */
export interface Summary {
  readonly min: number;
  readonly p10: number;
  readonly median: number;
  readonly p90: number;
  readonly count: number;
}

/** The value below which the share `q` (0..1) of the sorted values lies, interpolated between neighbours. */
export function quantile(sorted: ArrayLike<number>, q: number): number {
  if (sorted.length === 0) throw new RangeError("no values");
  const at = (sorted.length - 1) * q;
  const low = sorted[Math.floor(at)]!;
  const high = sorted[Math.ceil(at)]!;
  return low + (high - low) * (at - Math.floor(at));
}

/** Minimum, median and the spread in which eight of ten values lie. */
export function summarize(values: readonly number[]): Summary {
  const sorted = [...values].sort((a, b) => a - b);
  return {
    min: quantile(sorted, 0),
    p10: quantile(sorted, 0.1),
    median: quantile(sorted, 0.5),
    p90: quantile(sorted, 0.9),
    count: sorted.length,
  };
}

/** Whether more or less of a unit is good. */
export type Better = "higher" | "lower";

/** How much better ours is than the peer: above 1 ours wins, whichever direction the unit has. */
export function ratioOf(better: Better, ours: number, peer: number): number {
  return better === "lower" ? peer / ours : ours / peer;
}
