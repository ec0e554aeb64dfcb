// Rows as a picture: one bar per comparison on a logarithmic axis of ratios. Hand-made SVG without scripts, readable on
// light and on dark pages: it brings its own paper, in the reader's colour scheme.
import type { Row } from "./suite.ts";

const BAR = 16;
const STEP = 26;
const LEFT = 250;
const WIDTH = 560;
const RIGHT = 110;
const TOP = 64;
const BOTTOM = 44;

const escaped = (text: string) => text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
/** A place in a picture, as SVG has it. */
export const place = (value: number) => value.toFixed(1);

/** Ticks 1, 2, 5 of each power of ten between two values. */
export function ticks(low: number, high: number): number[] {
  const found: number[] = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power++)
    for (const digit of [1, 2, 5]) {
      const value = Number((digit * 10 ** power).toPrecision(1));
      if (value >= low && value <= high) found.push(value);
    }
  return found;
}

const STYLE = `
  .paper { fill: #ffffff; }
  text { font: 13px system-ui, sans-serif; fill: #24292f; }
  .title { font-weight: 600; font-size: 16px; }
  .soft { fill: #57606a; font-size: 12px; }
  .grid { stroke: #d0d7de; }
  .one { stroke: #57606a; stroke-width: 1.5; }
  .win { fill: #1a7f64; }
  .loss { fill: #b35900; }
  .ceiling { fill: #8c959f; }
  .goal { stroke: #24292f; stroke-width: 2; }
  @media (prefers-color-scheme: dark) {
    .paper { fill: #0d1117; }
    text { fill: #e6edf3; }
    .soft { fill: #9198a1; }
    .grid { stroke: #3d444d; }
    .one { stroke: #9198a1; }
    .win { fill: #3fb68b; }
    .loss { fill: #e3893d; }
    .ceiling { fill: #656c76; }
    .goal { stroke: #e6edf3; }
  }`;

/** An SVG of the rows' ratios; the calibration is left out. `caption` says when and where. */
export function plot(title: string, caption: string, rows: readonly Row[]): string {
  const shown = rows.filter((row) => row.case !== "calibration");
  const metrics = new Map(shown.map((row) => [row.case, new Set<string>()]));
  for (const row of shown) metrics.get(row.case)?.add(row.metric);
  /** The case, and what of it where it tells several things. */
  const titleOf = (row: Row) => ((metrics.get(row.case)?.size ?? 0) > 1 ? `${row.case} ${row.metric}` : row.case);
  const reach = shown.flatMap(({ ratio, goal }) => [ratio, goal ?? 1]);
  const low = Math.min(0.5, ...reach) / 1.1;
  const high = Math.max(2, ...reach) * 1.1;
  const x = (ratio: number) => LEFT + (Math.log(ratio / low) / Math.log(high / low)) * WIDTH;
  const bottom = TOP + shown.length * STEP;
  const width = LEFT + WIDTH + RIGHT;
  const height = bottom + BOTTOM;
  const lines: string[] = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escaped(title)}">`,
    `<style>${STYLE}\n</style>`,
    `<rect class="paper" width="${width}" height="${height}" rx="6"/>`,
    `<text class="title" x="16" y="26">${escaped(title)}</text>`,
    `<text class="soft" x="16" y="46">times better than the peer: right of 1 ours wins; the tick is the goal</text>`,
  ];
  for (const tick of ticks(low, high)) {
    const at = place(x(tick));
    lines.push(
      `<line class="${tick === 1 ? "one" : "grid"}" x1="${at}" x2="${at}" y1="${TOP - 6}" y2="${bottom}"/>`,
      `<text class="soft" x="${at}" y="${bottom + 16}" text-anchor="middle">${tick}x</text>`,
    );
  }
  for (const [index, row] of shown.entries()) {
    const y = TOP + index * STEP;
    const from = Math.min(x(1), x(row.ratio));
    const length = Math.max(1, Math.abs(x(row.ratio) - x(1)));
    const kind = row.peerName.startsWith("native") ? "ceiling" : row.ratio >= 1 ? "win" : "loss";
    const label = Math.max(x(1), x(row.ratio), row.goal === undefined ? 0 : x(row.goal)) + 8;
    lines.push(
      `<text x="${LEFT - 10}" y="${y + 13}" text-anchor="end">${escaped(titleOf(row))} <tspan class="soft">${escaped(row.peerName)}</tspan></text>`,
      `<rect class="${kind}" x="${place(from)}" y="${y}" width="${place(length)}" height="${BAR}" rx="2"/>`,
    );
    if (row.goal !== undefined) {
      const at = place(x(row.goal));
      lines.push(`<line class="goal" x1="${at}" x2="${at}" y1="${y - 3}" y2="${y + BAR + 3}"/>`);
    }
    lines.push(`<text x="${place(label)}" y="${y + 13}">${row.ratio.toFixed(2)}x</text>`);
  }
  lines.push(`<text class="soft" x="16" y="${height - 8}">${escaped(caption)}</text>`, "</svg>");
  return `${lines.join("\n")}\n`;
}
