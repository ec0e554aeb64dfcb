// The picture of the page: what a month costs and which limit is met first, over open sockets and messages. Hand-made SVG without scripts; it
// brings its own paper, in the reader's colour scheme.
import { place } from "../bench/harness/plot.ts";
import { type Answer, simulate } from "./simulate.ts";
import { figure, money, percent } from "./tables.ts";
import type { Results } from "./units.ts";
import { NOTHING, USUAL, type Use } from "./use.ts";

/** Open sockets, and messages a month: the axes. */
const SOCKETS = [1e2, 1e3, 1e4, 1e5, 1e6] as const;
const MESSAGES = [1e6, 1e7, 1e8, 1e9] as const;
/** Sockets of one room of the picture. */
const ROOM = 50;
const DAYS = 30;

const [WIDTH, TOP, LEFT, PLOT, CELL, ROW] = [980, 96, 76, 290, 96, 62];
const GRID_LEFT = LEFT + PLOT + 150;
const HEIGHT = TOP + MESSAGES.length * ROW + 130;
const BOTTOM = TOP + MESSAGES.length * ROW;
const [CHEAP, DEAR] = [1, 1e5];

/** What the first limit is called where there is little room. */
const SHORT: Readonly<Record<Answer["limits"][number]["limit"], string>> = {
  d1Bytes: "D1, size",
  d1Rate: "D1, queries",
  d1AccountBytes: "D1, account",
  d1Databases: "D1, databases",
  queueRate: "queue",
  objectBytes: "room, disk",
  objectRequests: "room, requests",
  objectSockets: "object, sockets",
  roomSockets: "room, sockets",
  roomProcessor: "room, processor",
};

/** The use of a place in the picture: talk alone, in rooms of fifty, a month of it kept. */
export function useAt(sockets: number, messages: number): Use {
  const talk = { rooms: Math.max(1, Math.round(sockets / ROOM)), sockets: ROOM, messages: messages / DAYS, months: 1 };
  return { ...USUAL, files: NOTHING.files, kernels: 0, cranks: 0, runs: 0, ...talk };
}

const STYLE = `
  .paper { fill: #ffffff; }
  text { font: 13px system-ui, sans-serif; fill: #24292f; }
  .title { font-weight: 600; font-size: 16px; }
  .soft { fill: #57606a; font-size: 12px; }
  .grid { stroke: #d0d7de; }
  .line { fill: none; stroke: #1a7f64; stroke-width: 2; }
  .end { fill: #1a7f64; }
  .free { fill: #dafbe1; }
  .near { fill: #fff8c5; }
  .beyond { fill: #ffe2d6; }
  @media (prefers-color-scheme: dark) {
    .paper { fill: #0d1117; }
    text { fill: #e6edf3; }
    .soft { fill: #9198a1; }
    .grid { stroke: #3d444d; }
    .line { stroke: #3fb68b; }
    .end { fill: #3fb68b; }
    .free { fill: #12351f; }
    .near { fill: #3d3107; }
    .beyond { fill: #4a2417; }
  }`;

const power = (value: number) => `10<tspan dy="-4" font-size="9">${Math.round(Math.log10(value))}</tspan>`;

/** Messages by dollars: a line for each number of sockets. */
function lines(results: Results): string[] {
  const x = (messages: number) => LEFT + (Math.log10(messages / MESSAGES[0]) / 3) * PLOT;
  const y = (dollars: number) =>
    BOTTOM - (Math.log10(Math.max(CHEAP, dollars) / CHEAP) / Math.log10(DEAR / CHEAP)) * (BOTTOM - TOP);
  const drawn: string[] = [];
  for (const messages of MESSAGES)
    drawn.push(
      `<line class="grid" x1="${place(x(messages))}" x2="${place(x(messages))}" y1="${TOP}" y2="${BOTTOM}"/>`,
      `<text class="soft" x="${place(x(messages))}" y="${BOTTOM + 18}" text-anchor="middle">${power(messages)}</text>`,
    );
  for (let dollars = CHEAP; dollars <= DEAR; dollars *= 10)
    drawn.push(
      `<line class="grid" x1="${LEFT}" x2="${LEFT + PLOT}" y1="${place(y(dollars))}" y2="${place(y(dollars))}"/>`,
      `<text class="soft" x="${LEFT - 8}" y="${place(y(dollars) + 4)}" text-anchor="end">$${figure(dollars)}</text>`,
    );
  let above = Number.POSITIVE_INFINITY;
  for (const sockets of [...SOCKETS].reverse()) {
    const points: string[] = [];
    for (let exponent = 6; exponent <= 9.001; exponent += 0.125) {
      const messages = 10 ** exponent;
      points.push(`${place(x(messages))},${place(y(simulate(results, useAt(sockets, messages)).dollars))}`);
    }
    const [endX, endY] = points.at(-1)!.split(",").map(Number) as [number, number];
    // the names stand apart where the lines do not
    above = above === Number.POSITIVE_INFINITY ? endY : Math.max(endY, above + 14);
    drawn.push(
      `<polyline class="line" points="${points.join(" ")}"/>`,
      `<circle class="end" cx="${place(endX)}" cy="${place(endY)}" r="3"/>`,
      `<text class="soft" x="${place(endX + 8)}" y="${place(above + 4)}">${figure(sockets)} sockets</text>`,
    );
  }
  return drawn;
}

/** Sockets by messages: dollars, and the first limit. */
function cells(results: Results): string[] {
  const drawn: string[] = [];
  for (const [column, sockets] of SOCKETS.entries())
    drawn.push(
      `<text class="soft" x="${GRID_LEFT + column * CELL + CELL / 2}" y="${BOTTOM + 18}" text-anchor="middle">${power(sockets)}</text>`,
    );
  for (const [line, messages] of MESSAGES.entries()) {
    const top = BOTTOM - (line + 1) * ROW;
    drawn.push(
      `<text class="soft" x="${GRID_LEFT - 8}" y="${top + ROW / 2 + 4}" text-anchor="end">${power(messages)}</text>`,
    );
    for (const [column, sockets] of SOCKETS.entries()) {
      const { dollars, limits } = simulate(results, useAt(sockets, messages));
      const first = limits[0]!;
      const left = GRID_LEFT + column * CELL;
      const kind = first.share > 1 ? "beyond" : first.share > 0.5 ? "near" : "free";
      drawn.push(
        `<rect class="${kind}" x="${left + 1}" y="${top + 1}" width="${CELL - 2}" height="${ROW - 2}" rx="3"/>`,
        `<text x="${left + CELL / 2}" y="${top + 20}" text-anchor="middle">${money(Math.round(dollars)).replace(/\.00$/, "")}</text>`,
        `<text class="soft" x="${left + CELL / 2}" y="${top + 36}" text-anchor="middle">${SHORT[first.limit]}</text>`,
        `<text class="soft" x="${left + CELL / 2}" y="${top + 51}" text-anchor="middle">${percent(first.share)}</text>`,
      );
    }
  }
  return drawn;
}

/** The whole picture. */
export function picture(results: Results): string {
  const label = "What a month costs, and the first limit, over sockets and messages";
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH + 60} ${HEIGHT}" width="${WIDTH + 60}" height="${HEIGHT}" role="img" aria-label="${label}">`,
    `<style>${STYLE}\n</style>`,
    `<rect class="paper" width="${WIDTH + 60}" height="${HEIGHT}" rx="6"/>`,
    `<text class="title" x="16" y="28">${label}</text>`,
    `<text class="soft" x="16" y="48">talk alone, in rooms of ${ROOM}, each message kept for a month; npm run capacity reckons any other use</text>`,
    `<text x="${LEFT}" y="${TOP - 18}">dollars a month</text>`,
    ...lines(results),
    `<text class="soft" x="${LEFT + PLOT / 2}" y="${BOTTOM + 40}" text-anchor="middle">messages a month</text>`,
    `<text x="${GRID_LEFT}" y="${TOP - 18}">dollars a month, the nearest limit and its share</text>`,
    ...cells(results),
    `<text class="soft" x="${GRID_LEFT + (SOCKETS.length * CELL) / 2}" y="${BOTTOM + 40}" text-anchor="middle">open sockets (messages a month at the left)</text>`,
    ...(
      [
        ["free", "up to half of every limit"],
        ["near", "above half of one"],
        ["beyond", "beyond one"],
      ] as const
    ).flatMap(([kind, words], at) => [
      `<rect class="${kind}" x="${GRID_LEFT + at * 165}" y="${BOTTOM + 62}" width="14" height="14" rx="3"/>`,
      `<text class="soft" x="${GRID_LEFT + at * 165 + 20}" y="${BOTTOM + 73}">${words}</text>`,
    ]),
    `<text class="soft" x="16" y="${HEIGHT - 14}">unit costs: ${results.machine}, ${results.date}; prices as published</text>`,
    "</svg>",
  ].join("\n")}\n`;
}
