// Answers and results as text for a terminal and as tables for the page. Pure; what stands in the tables is reckoned elsewhere.
import type { Counts } from "./counts.ts";
import { LIMITS, type Limit, LOOKED_UP, PLAN_DOLLARS, PRICE_NAMES, PRICES, type Price, SOURCES } from "./prices.ts";
import type { Answer, Nearness } from "./simulate.ts";
import type { Results } from "./units.ts";

const UNITS = ["", " thousand", " million", " billion", " trillion"];

/** A number as people read it: `1,234`, `12.3 million`. */
export function figure(value: number): string {
  if (value !== 0 && value < 100) return String(Number(value.toPrecision(3)));
  // three digits first: 999,999,990 is a billion
  const shown = Number(value.toPrecision(3));
  const power = Math.min(UNITS.length - 1, Math.floor(Math.log10(Math.max(1, shown)) / 3));
  if (power < 2) return Math.round(value).toLocaleString("en-US");
  return `${Number((value / 1000 ** power).toPrecision(3)).toLocaleString("en-US")}${UNITS[power]}`;
}

/** US dollars. */
export const money = (value: number): string =>
  `$${value.toLocaleString("en-US", value < 1_000 ? { minimumFractionDigits: 2, maximumFractionDigits: 2 } : { maximumFractionDigits: 0 })}`;

/** A share as `12 %`, `0.3 %`; above tenfold as `34×`. */
export function percent(share: number): string {
  if (share >= 10) return `${figure(share)}×`;
  return `${Number((share * 100).toPrecision(2))} %`;
}

/** What the first limit is, in a sentence. */
export function firstLimit([first]: readonly Nearness[]): string {
  if (first === undefined || first.share === 0) return "no limit is near";
  const how = `${figure(first.value)} of ${figure(first.most)} ${first.unit}, ${percent(first.share)}`;
  return `${first.share > 1 ? "beyond" : "nearest"}: ${first.what} (${how})`;
}

const some = (count: number, what: string) => `${figure(count)} ${what}${count === 1 ? "" : "s"}`;

/** The answer for a terminal. */
export function text(answer: Answer): string {
  const { counts, dollars, lines, limits, takes } = answer;
  const bill = lines
    .filter(({ units }) => units > 0)
    .map(({ price, units, dollars: cost }) => {
      const { what, unit } = PRICES[price];
      return `  ${what.padEnd(28)}${`${figure(units)} ${unit}`.padStart(26)}${money(cost).padStart(14)}`;
    });
  const near = limits
    .filter(({ share }) => share > 0)
    .map(
      ({ what, value, most, unit, share }) =>
        `  ${what.padEnd(56)}${percent(share).padStart(8)}   ${figure(value)} of ${figure(most)} ${unit}`,
    );
  const counted = Object.entries(counts).map(([name, value]) => `  ${name.padEnd(20)}${figure(value).padStart(16)}`);
  return [
    `Takes ${[some(takes.rooms, "room"), ...(takes.relays === 0 ? [] : [some(takes.relays, "relay")]), some(takes.kernels, "kernel"), some(takes.sockets, "socket")].join(", ")} and ${some(takes.databases, "D1 database")}.`,
    "",
    "Counted in a month",
    ...counted,
    "",
    "A month's bill",
    `  ${"Workers Paid".padEnd(28)}${"".padStart(26)}${money(PLAN_DOLLARS).padStart(14)}`,
    ...bill,
    `  ${"together".padEnd(28)}${"".padStart(26)}${money(dollars).padStart(14)}`,
    "",
    "Limits, the nearest first",
    ...near,
    `  ${firstLimit(limits)}`,
  ].join("\n");
}

const row = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;

/** A table in Markdown. */
export function markdown(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [row(head), `|${"---|".repeat(head.length)}`, ...rows.map(row)].join("\n");
}

type Cell = (counts: Counts) => number;
const of =
  (...names: readonly (keyof Counts)[]): Cell =>
  (counts) =>
    names.reduce((all, name) => all + (counts[name] ?? 0), 0);

/** The columns of the unit costs. */
const COLUMNS: readonly (readonly [string, Cell])[] = [
  ["requests", of("requests", "consumerRuns", "cronRuns")],
  ["RPC, requests to objects", of("rpcCalls", "objectRequests")],
  ["alarms", of("alarms")],
  ["frames in", of("framesIn")],
  ["frames out", of("framesOut")],
  ["bytes out", of("bytesOut")],
  ["object rows read", of("objectRowsRead")],
  ["object rows written", of("objectRowsWritten", "alarmsSet")],
  ["D1 calls", of("d1Calls")],
  ["D1 statements", of("d1Statements")],
  ["D1 rows read", of("d1RowsRead")],
  ["D1 rows written", of("d1RowsWritten")],
  ["queue messages", of("queueMessages")],
  ["queue bytes", of("queueBytes")],
  ["R2 A", of("r2Writes")],
  ["R2 B", of("r2Reads")],
  ["KV reads", of("kvReads")],
];

const cell = (value: number) => (value === 0 ? "–" : figure(value));

/** The unit costs as they were measured. */
export function unitTable({ cases }: Pick<Results, "cases">): string {
  const shown = COLUMNS.filter(([, count]) => cases.some(({ counts }) => count(counts) > 0));
  return markdown(
    ["", ...shown.map(([title]) => title)],
    cases.map(({ about, counts }) => [about, ...shown.map(([, count]) => cell(count(counts)))]),
  );
}

/** What the processor takes and what stays on disk. */
export function machineTable({ processorMs, keptBytes, machine, date, text: letters }: Results): string {
  const ms = (value: number) => `${figure(value)} ms`;
  const rooms = Object.keys(processorMs.message).map((sockets) => [
    `a message in a room of ${figure(Number(sockets))}`,
    `${ms(processorMs.message[sockets]!)}; ${ms(processorMs.burst[sockets]!)} where many are said at once`,
  ]);
  const rows = [
    ...rooms,
    ["a crank, rows in the object", ms(processorMs.crankObject)],
    ["a crank, rows in D1", ms(processorMs.crankD1)],
    ["a run without a step", ms(processorMs.run)],
    ["a step in a row", ms(processorMs.step)],
    [`bytes of a message of ${letters} letters in its room`, figure(keptBytes.messageObject)],
    [`bytes of a message of ${letters} letters in the archive, search included`, figure(keptBytes.messageD1)],
    ["bytes of a step in D1", figure(keptBytes.stepD1)],
  ];
  return `${markdown(["", "measured"], rows)}\n\n${machine}; ${date}.`;
}

const link = (source: keyof typeof SOURCES) => `[${SOURCES[source].title}](${SOURCES[source].url})`;

/** The prices that the simulator knows. */
export function priceTable(): string {
  const rows = PRICE_NAMES.map((name) => {
    const { what, unit, included, dollars, per, source, note = "" }: Price = PRICES[name];
    const price = `$${dollars} for ${per === 1 ? `a ${unit}` : figure(per)}`;
    return [what, `${figure(included)}${per === 1 ? ` ${unit}` : ""}`, price, note, link(source)];
  });
  return markdown(["", "in the plan", "beyond it", "", "source"], rows);
}

/** The limits that the simulator knows. */
export function limitTable(): string {
  const rows = Object.values(LIMITS).map(({ what, most, unit, source, soft = false }: Limit) => [
    what,
    `${figure(most)} ${unit}`,
    soft ? "soft, or raised on request" : "hard",
    link(source),
  ]);
  return markdown(["", "at most", "", "source"], rows);
}

/** Where everything was read. */
export function sourceList(): string {
  const lines = Object.values(SOURCES).map(({ title, url, commit }) => {
    const copy = commit === null ? "as a stored copy" : `as cloudflare/cloudflare-docs had it at \`${commit}\``;
    return `- [${title}](${url}), ${copy}`;
  });
  return `Read on ${LOOKED_UP}, in stored copies of the platform's documentation:\n\n${lines.join("\n")}`;
}

/** Several answers side by side: the bill by line, then the limits. */
export function answerTable(answers: readonly (readonly [title: string, answer: Answer])[]): string {
  const bill = PRICE_NAMES.flatMap((price) => {
    const lines = answers.map(([, { lines: all }]) => all.find((line) => line.price === price)!);
    if (lines.every(({ units }) => units === 0)) return [];
    return [[PRICES[price].what, ...lines.map(({ units, dollars }) => `${money(dollars)} (${figure(units)})`)]];
  });
  const names = answers[0]![1].limits.map(({ limit }) => limit).sort();
  const limits = names.map((name) => {
    const near = answers.map(([, answer]) => answer.limits.find(({ limit }) => limit === name)!);
    return [near[0]!.what, ...near.map(({ share }) => percent(share))];
  });
  const head = ["", ...answers.map(([title]) => title)];
  const rows = [
    ["Workers Paid", ...answers.map(() => money(PLAN_DOLLARS))],
    ...bill,
    ["**together, a month**", ...answers.map(([, { dollars }]) => `**${money(dollars)}**`)],
    ["D1 databases that it takes", ...answers.map(([, { takes }]) => figure(takes.databases))],
    ...limits.map(([what, ...shares]) => [`of the limit: ${what}`, ...shares]),
  ];
  return markdown(head, rows);
}
