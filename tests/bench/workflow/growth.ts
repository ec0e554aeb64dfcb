// What a step costs in a run of so many steps, as a picture: one line per contestant. A World whose cost grows with the log climbs.
import { place, ticks } from "../harness/plot.ts";

/** Milliseconds of whole runs by their number of steps, by contestant. */
export type Growth = ReadonlyMap<string, ReadonlyMap<number, number>>;

/**
 * What one more step costs, in ms: between 10 and 100 steps, and between 100 and 300. What a run costs besides its steps is in neither.
 * Undefined before all three are measured.
 */
export function slopes(runs: ReadonlyMap<number, number>): { early: number; late: number } | undefined {
  const [few, some, many] = [runs.get(10), runs.get(100), runs.get(300)];
  if (few === undefined || some === undefined || many === undefined) return undefined;
  return { early: (some - few) / 90, late: (many - some) / 200 };
}

const [LEFT, TOP, WIDTH, HEIGHT] = [70, 64, 620, 300];
const COLOURS: Readonly<Record<string, string>> = { ours: "win", "memory in workerd": "ceiling" };

const STYLE = `
  .paper { fill: #ffffff; }
  text { font: 13px system-ui, sans-serif; fill: #24292f; }
  .title { font-weight: 600; font-size: 16px; }
  .soft { fill: #57606a; font-size: 12px; }
  .grid { stroke: #d0d7de; }
  .line { fill: none; stroke-width: 2.5; stroke: #b35900; }
  .win { stroke: #1a7f64; }
  .ceiling { stroke: #8c959f; }
  @media (prefers-color-scheme: dark) {
    .paper { fill: #0d1117; }
    text { fill: #e6edf3; }
    .soft { fill: #9198a1; }
    .grid { stroke: #3d444d; }
    .line { stroke: #e3893d; }
    .win { stroke: #3fb68b; }
    .ceiling { stroke: #656c76; }
  }`;

/** The SVG; both axes are logarithmic, so that flat is linear and rising is worse. */
export function plotGrowth(growth: Growth, caption: string): string {
  const costs = [...growth.values()].flatMap((runs) => [...runs].map(([steps, ms]) => ms / steps));
  const counts = [...new Set([...growth.values()].flatMap((runs) => [...runs.keys()]))].sort((a, b) => a - b);
  const [low, high] = [Math.min(...costs) / 1.2, Math.max(...costs) * 1.2];
  const span = Math.log(counts.at(-1)! / counts[0]!);
  const x = (steps: number) => LEFT + (Math.log(steps / counts[0]!) / span) * WIDTH;
  const y = (cost: number) => TOP + HEIGHT - (Math.log(cost / low) / Math.log(high / low)) * HEIGHT;
  const [width, height] = [LEFT + WIDTH + 150, TOP + HEIGHT + 70];
  const title = "Ferrule: what a sequential step costs in a run of so many";
  const lines = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${title}">`,
    `<style>${STYLE}\n</style>`,
    `<rect class="paper" width="${width}" height="${height}" rx="6"/>`,
    `<text class="title" x="16" y="26">${title}</text>`,
    `<text class="soft" x="16" y="46">ms per step; flat: the time of a run grows with its steps, and no faster</text>`,
  ];
  for (const tick of ticks(low, high))
    lines.push(
      `<line class="grid" x1="${LEFT}" x2="${LEFT + WIDTH}" y1="${place(y(tick))}" y2="${place(y(tick))}"/>`,
      `<text class="soft" x="${LEFT - 8}" y="${place(y(tick) + 4)}" text-anchor="end">${tick}</text>`,
    );
  for (const count of counts)
    lines.push(
      `<text class="soft" x="${place(x(count))}" y="${TOP + HEIGHT + 18}" text-anchor="middle">${count}</text>`,
    );
  for (const [name, runs] of growth) {
    const points = [...runs].sort(([a], [b]) => a - b).map(([steps, ms]) => [x(steps), y(ms / steps)] as const);
    const [lastX, lastY] = points.at(-1)!;
    lines.push(
      `<polyline class="line ${COLOURS[name] ?? ""}" points="${points.map(([px, py]) => `${place(px)},${place(py)}`).join(" ")}"/>`,
      `<text x="${place(lastX + 8)}" y="${place(lastY + 4)}">${name}</text>`,
    );
  }
  lines.push(`<text class="soft" x="16" y="${height - 10}">${caption}</text>`, "</svg>");
  return `${lines.join("\n")}\n`;
}
