// The measured rows as tables for README.md and docs/benchmarks.md: nobody types a figure. Pure.
import type { Results } from "../harness/results.ts";
import type { Row } from "../harness/suite.ts";

/** What the README shows: one comparison of a suite, and what the reader is told it is. */
interface Headline {
  readonly suite: string;
  readonly case: string;
  readonly metric: string;
  readonly peer: string;
  readonly words: string;
}

const headline = (suite: string, name: string, metric: string, peer: string, words: string): Headline => ({
  ...{ suite, case: name, metric, peer, words },
});

/** Chosen for what people do, not for how we look in it: where a peer is ahead, it stands here too. */
const HEADLINES: readonly Headline[] = [
  headline("codec", "relay-200", "time", "json", "take a message of 200 letters apart and pass it on"),
  headline("codec", "size-40", "size", "json", "bytes of a message of 40 letters"),
  headline("codec", "decode-1000", "time", "json", "read 1,000 letters in JavaScript"),
  headline("codec", "crc32-1m", "throughput", "crc32fast-wasm", "CRC-32 of a megabyte"),
  headline("rooms", "fanout-200", "sustained", "partyserver", "messages a second into a room of 200 sockets"),
  headline("rooms", "fanout-1", "p99", "partyserver", "the slowest hundredth, alone in a room"),
  headline("rooms", "resume-1000", "time", "partyserver", "1,000 missed messages after a reconnect"),
  headline("ws-kit", "broadcast-1000", "processor", "partyserver", "one message to 1,000 sockets"),
  headline(
    "ws-kit",
    "topic-1pct-5000",
    "inside alone of 4900 sockets",
    "crossws",
    "a topic that one in a hundred hears",
  ),
  headline("ws-kit", "dispatch", "processor", "crossws", "hand a message to its handler"),
  headline(
    "kernel",
    "durable-100",
    "throughput",
    "ocap-kernel-memory",
    "100 messages, each durable; the peer keeps none",
  ),
  headline("workflow", "sequential-100", "exec", "world-postgres", "100 steps, one after another"),
  headline("workflow", "parallel-100", "exec", "world-local", "100 steps at once"),
  headline("workflow", "stream-first-byte", "mean", "world-postgres", "the first byte of a stream"),
  headline("pages", "hello-py", "rate of 8", "hello-ts", "the page in Python instead of TypeScript"),
];

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

/** The README's rows. Throws where a suite has not measured what is named, so that a renamed case cannot vanish. */
export function headlineTable(results: ReadonlyMap<string, Results>): string {
  const rows = HEADLINES.map(({ suite, case: name, metric, peer, words }) => {
    const row = results
      .get(suite)
      ?.rows.find((one) => one.case === name && one.metric === metric && one.peerName === peer);
    if (row === undefined)
      throw new Error(`README.md shows ${suite}/${name} (${metric}) against ${peer}, which was not measured`);
    return [words, peer, `${times(row.ratio)} ×`, spread(row), `[${suite}](docs/benchmarks.md#${suite})`];
  });
  return markdown(["", "peer", "ratio", "spread", "suite"], "llrrl", rows);
}
