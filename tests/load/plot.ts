// How a big room grows, as a picture: one line per figure, each in multiples of its first size, beside the line that linear growth would
// take. Both axes are logarithmic.
import { place, ticks } from "../bench/harness/plot.ts";
import type { Growth } from "./judge.ts";

const [LEFT, TOP, WIDTH, HEIGHT] = [70, 64, 520, 300];
const RIGHT = 420;
const LABEL_GAP = 17;

const STYLE = `
  .paper { fill: #ffffff; }
  text { font: 13px system-ui, sans-serif; fill: #24292f; }
  .title { font-weight: 600; font-size: 16px; }
  .soft { fill: #57606a; font-size: 12px; }
  .grid { stroke: #d0d7de; }
  .line { fill: none; stroke-width: 2.5; stroke: #1a7f64; }
  .loss { stroke: #b35900; }
  .linear { fill: none; stroke: #8c959f; stroke-width: 1.5; stroke-dasharray: 5 4; }
  @media (prefers-color-scheme: dark) {
    .paper { fill: #0d1117; }
    text { fill: #e6edf3; }
    .soft { fill: #9198a1; }
    .grid { stroke: #3d444d; }
    .line { stroke: #3fb68b; }
    .loss { stroke: #e3893d; }
    .linear { stroke: #656c76; }
  }`;

/** Places for labels beside these heights, in their order and none over another. */
function apart(heights: readonly number[]): number[] {
  const order = heights.map((_, n) => n).sort((a, b) => heights[a]! - heights[b]!);
  const places = [...heights];
  for (const [nth, n] of order.entries())
    if (nth > 0) places[n] = Math.max(places[n]!, places[order[nth - 1]!]! + LABEL_GAP);
  return places;
}

/** The SVG. `sizes` are numbers of sockets, as in the values of the growths. */
export function plotRoom(sizes: readonly number[], growths: readonly Growth[], caption: string): string {
  const multiples = growths.map(({ values }) => values.map((value) => value / values[0]!));
  const linear = sizes.map((size) => size / sizes[0]!);
  const all = [...multiples.flat(), ...linear];
  const [low, high] = [Math.min(...all) / 1.2, Math.max(...all) * 1.2];
  const x = (size: number) => LEFT + (Math.log(size / sizes[0]!) / Math.log(sizes.at(-1)! / sizes[0]!)) * WIDTH;
  const y = (multiple: number) => TOP + HEIGHT - (Math.log(multiple / low) / Math.log(high / low)) * HEIGHT;
  const line = (values: readonly number[]) =>
    values.map((value, n) => `${place(x(sizes[n]!))},${place(y(value))}`).join(" ");
  const [width, height] = [LEFT + WIDTH + RIGHT, TOP + HEIGHT + 70];
  const title = "Ferrule: one room, more and more sockets";
  const lines = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${title}">`,
    `<style>${STYLE}\n</style>`,
    `<rect class="paper" width="${width}" height="${height}" rx="6"/>`,
    `<text class="title" x="16" y="26">${title}</text>`,
    `<text class="soft" x="16" y="46">in multiples of the smallest room; below the broken line it grows slower than the number of sockets</text>`,
  ];
  for (const tick of ticks(low, high))
    lines.push(
      `<line class="grid" x1="${LEFT}" x2="${LEFT + WIDTH}" y1="${place(y(tick))}" y2="${place(y(tick))}"/>`,
      `<text class="soft" x="${LEFT - 8}" y="${place(y(tick) + 4)}" text-anchor="end">${tick}x</text>`,
    );
  for (const size of sizes)
    lines.push(`<text class="soft" x="${place(x(size))}" y="${TOP + HEIGHT + 18}" text-anchor="middle">${size}</text>`);
  lines.push(`<polyline class="linear" points="${line(linear)}"/>`);
  const ends = [linear.at(-1)!, ...multiples.map((values) => values.at(-1)!)];
  const labels = apart(ends.map((value) => y(value) + 4));
  lines.push(`<text class="soft" x="${LEFT + WIDTH + 8}" y="${place(labels[0]!)}">linear</text>`);
  for (const [n, { name, unit, values, linear: kept }] of growths.entries())
    lines.push(
      `<polyline class="line${kept ? "" : " loss"}" points="${line(multiples[n]!)}"/>`,
      `<text x="${LEFT + WIDTH + 8}" y="${place(labels[n + 1]!)}">${name} <tspan class="soft">${values.at(-1)!.toPrecision(3)} ${unit}</tspan></text>`,
    );
  lines.push(`<text class="soft" x="16" y="${height - 10}">${caption}</text>`, "</svg>");
  return `${lines.join("\n")}\n`;
}
