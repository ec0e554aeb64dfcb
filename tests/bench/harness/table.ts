// Rows for people's eyes: the terminal table.
import type { Row } from "./suite.ts";

const short = (value: number): string =>
  value >= 1000 ? Math.round(value).toString() : Number(value.toPrecision(3)).toString();

/** What a goal says of a row; nothing where there is none. */
export function verdict({ ratio, goal }: Pick<Row, "ratio" | "goal">): string {
  if (goal === undefined) return "";
  return ratio >= goal ? `reached ${short(goal)}` : `MISSED ${short(goal)}`;
}

/** With the spread of the rounds' own ratios, where it is known. */
function ratio({ case: name, ratio, ratioP10, ratioP90 }: Row): string {
  if (name === "calibration") return ratio.toFixed(2);
  const spread = ratioP10 === undefined || ratioP90 === undefined ? "" : ` (${short(ratioP10)}-${short(ratioP90)})`;
  return `${ratio.toFixed(2)}x${spread}`;
}

/** One line per row: median with p10-p90 of both sides, their ratio, the goal. */
export function table(rows: readonly Row[]): string {
  const spread = (median: number, p10: number, p90: number) =>
    p10 === p90 ? short(median) : `${short(median)} (${short(p10)}-${short(p90)})`;
  const cells = rows.map((row) => [
    row.case,
    row.peerName,
    row.metric,
    row.unit,
    spread(row.ours, row.oursP10, row.oursP90),
    spread(row.peer, row.peerP10, row.peerP90),
    ratio(row),
    row.case === "calibration" ? "machine noise" : verdict(row),
  ]);
  const head = ["case", "peer", "metric", "unit", "ours median (p10-p90)", "peer median (p10-p90)", "ratio", "goal"];
  const all = [head, ...cells];
  const widths = head.map((_, column) => Math.max(...all.map((line) => line[column]!.length)));
  const left = new Set([0, 1, 2, 3, 7]);
  return all
    .map((line) =>
      line
        .map((cell, column) => (left.has(column) ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
