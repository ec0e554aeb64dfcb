// The measured rows as tables for the pages that show them: nobody types a figure. Pure.
import { posix } from "node:path";
import type { Results } from "../harness/results.ts";
import type { Row } from "../harness/suite.ts";
import type { Excerpt } from "./excerpts.ts";

const short = (value: number): string =>
  Math.abs(value) >= 1000
    ? Math.round(value).toLocaleString("en-US")
    : Number(value.toPrecision(value < 10 ? 2 : 3)).toString();

/** Ratios keep two digits behind the point below ten: 0.98 and 1.02 are not the same. */
const times = (value: number): string => (value < 10 ? value.toFixed(2) : value.toFixed(1));

/** How far the ratio went: that of the rounds where they were compared in pairs, else what both sides' tenths allow. */
function spread({ better, ratioP10, ratioP90, oursP10, oursP90, peerP10, peerP90 }: Row): string {
  if (ratioP10 !== undefined && ratioP90 !== undefined) return `${times(ratioP10)}–${times(ratioP90)}`;
  if (oursP10 === oursP90 && peerP10 === peerP90) return "exact";
  const ends = better === "lower" ? [peerP10 / oursP90, peerP90 / oursP10] : [oursP10 / peerP90, oursP90 / peerP10];
  return ends.map(times).join("–");
}

const goal = ({ ratio, goal }: Row): string =>
  goal === undefined ? "" : `${times(goal)} ${ratio >= goal ? "reached" : "**missed**"}`;

const cell = (text: string) => text.replaceAll("|", "\\|");

function markdown(head: readonly string[], align: string, rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(cell).join(" | ")} |`;
  return [
    line(head),
    `|${[...align].map((side) => (side === "r" ? "--:" : "---")).join("|")}|`,
    ...rows.map(line),
  ].join("\n");
}

/** Every row of a suite, with what both sides took; the calibration says how even the machine was. */
export function suiteTable({ machine, how, rows }: Results): string {
  const shown = rows.map((row) => [
    row.case,
    row.metric,
    row.case === "calibration" ? "its second half" : row.peerName,
    `${short(row.ours)} ${row.unit}`,
    `${short(row.peer)} ${row.unit}`,
    times(row.ratio),
    spread(row),
    goal(row),
  ]);
  const head = ["case", "what", "peer", "ours", "peer's", "ratio", "spread", "goal"];
  return `${markdown(head, "lllrrrrl", shown)}\n\n${machine}; ${how}.`;
}

/**
 * The rows of an excerpt; where they are of several suites, with each one's. Throws where a suite has not measured what is named, so that a
 * renamed case cannot vanish.
 */
export function excerptTable({ page, rows }: Excerpt, results: ReadonlyMap<string, Results>): string {
  const measured = posix.relative(posix.dirname(page), "docs/benchmarks.md");
  const isMixed = rows.some(({ suite }) => suite !== rows[0]?.suite);
  const cells = rows.map(({ suite, case: name, metric, peer, words }) => {
    const row = results
      .get(suite)
      ?.rows.find((one) => one.case === name && one.metric === metric && one.peerName === peer);
    if (row === undefined)
      throw new Error(`${page} shows ${suite}/${name} (${metric}) against ${peer}, which was not measured`);
    const link = isMixed ? [`[${suite}](${measured}#${suite})`] : [];
    return [words, peer, `${times(row.ratio)} ×`, spread(row), ...link];
  });
  const head = ["", "peer", "ratio", "spread"];
  return isMixed ? markdown([...head, "suite"], "llrrl", cells) : markdown(head, "llrr", cells);
}
