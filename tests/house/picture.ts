// The picture of imports (docs/images/house-imports.svg): the lines of the house as bands, subsystems as columns over the lines they have
// modules on, what many use as bars beneath them, and an arrow with its number for each pair. Plain SVG that brings its own paper, dark or
// light. Where a box stands is written down here; an arrow that finds no way is an error, so that nothing is left out in silence.
import type { Graph } from "./graph.ts";

const LEFT = 150;
const GAP = 12;
const BAND = 58;
const BAR = 30;

/** Columns from left to right, with their widths. `lanes` is where the composition's arrows to the ground floor go down. */
const COLUMNS: readonly (readonly [name: string, width: number])[] = [
  ["web", 84],
  ["lanes", 132],
  ["rooms", 104],
  ["bots", 78],
  ["workflow", 84],
  ["kernel", 84],
  ["way to the kernel", 14],
  ["vats", 66],
  ["backup", 78],
  ["pages", 78],
  ["local", 78],
  ["ws-kit", 78],
];

interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly label: string;
  readonly look: string;
  /** Lines between the storeys of a column, as heights. */
  readonly storeys?: readonly number[];
}

const right = ({ x, width }: Box) => x + width;
const bottom = ({ y, height }: Box) => y + height;

const column = new Map<string, { x: number; width: number }>();
let reach = LEFT;
for (const [name, width] of COLUMNS) {
  column.set(name, { x: reach, width });
  reach += width + GAP;
}
const WIDTH = reach - GAP + 24;

/** Tops of the bands, by line; on line 2 there is a bar for each that many use. */
const TOPS: Readonly<Record<number, number>> = { 8: 96, 7: 150, 6: 204, 5: 276, 4: 276 + BAND, 3: 276 + 2 * BAND };
const GROUND_BARS = ["auth", "workflows", "platform", "core"] as const;
const GROUND = TOPS[3]! + BAND + 44;
const STEP = 58;
const POST = GROUND + GROUND_BARS.length * STEP + 4;
const MACHINES = POST + 78;
const SUM = MACHINES + 66;
const HEIGHT = SUM + 88;

const from = (first: string, last: string) => {
  const [one, other] = [column.get(first)!, column.get(last)!];
  return { x: one.x, width: other.x + other.width - one.x };
};

/** Where everything stands. */
function boxes({ nodes }: Graph): Map<string, Box> {
  const found = new Map<string, Box>();
  const bar = (name: string, at: { x: number; width: number }, y: number, look: string, label = name) =>
    found.set(name, { ...at, y, height: BAR, label, look });
  bar("local.ts", from("lanes", "local"), TOPS[8]!, "top dashed", "local.ts: only here, to be broken");
  bar("index.ts", from("lanes", "workflow"), TOPS[7]!, "top", "index.ts: the entry");
  bar("app", from("lanes", "ws-kit"), TOPS[6]!, "top", "app.ts, app/: composition");
  for (const [name] of COLUMNS) {
    const lines = (nodes.get(name) ?? []).filter((line) => line >= 3);
    if (lines.length === 0 || name === "web") continue;
    const [high, low] = [Math.max(...lines), Math.min(...lines)];
    const storeys = lines.filter((line) => line !== low).map((line) => (TOPS[line - 1] ?? 0) - 5);
    const y = TOPS[high]!;
    const height = TOPS[low]! + BAND - 10 - y;
    found.set(name, { ...column.get(name)!, y, height, label: name, look: "part", storeys });
  }
  found.set("web", { ...column.get("web")!, y: TOPS[5]!, height: BAND - 10, label: "web", look: "part" });
  found.set("client", { ...column.get("web")!, y: TOPS[3]!, height: BAND - 10, label: "client", look: "part" });
  const spans = { auth: "rooms", workflows: "bots", platform: "local", core: "local" } as const;
  for (const [index, name] of GROUND_BARS.entries())
    bar(name, from(name === "core" ? "web" : "lanes", spans[name]), GROUND + index * STEP, "ground");
  bar("ws-kit", column.get("ws-kit")!, GROUND, "ground");
  found.set("core", { ...found.get("core")!, label: "@ferrule/core" });
  const thirds = [from("web", "lanes"), from("rooms", "bots"), from("workflow", "kernel")];
  for (const [index, name] of ["wire", "kernel", "chunk"].entries()) {
    const post = name === "wire" ? "rust/wasm" : `rust/wasm/${name}`;
    const at = thirds[index]!;
    bar(post, at, POST, "post");
    bar(`rust/${name}`, name === "wire" ? { x: at.x, width: at.width * 0.42 } : at, MACHINES, "machine");
  }
  bar("rust/crc", from("web", "kernel"), SUM, "machine");
  return found;
}

interface Arrow {
  readonly name: string;
  readonly count: number;
  readonly path: string;
  /** Where its number stands. */
  readonly at: readonly [x: number, y: number];
}

/** Bars whose arrows to other bars go down in the column of lanes. */
const isWide = ({ width, height }: Box) => height === BAR && width > 200;

/** The arrows, each on a way of its own. */
function arrows(graph: Graph, placed: ReadonlyMap<string, Box>): Arrow[] {
  const ways = new Map<string, { x: number }>();
  const share = (names: readonly string[], x: number, width: number) => {
    for (const [index, name] of names.entries())
      ways.set(name, { x: Math.round(x + ((index + 1) * width) / (names.length + 1)) });
  };
  const all = [...graph.edges.keys()].map((name) => {
    const [source, target] = name.split(">").map((node) => placed.get(node));
    if (source === undefined || target === undefined)
      throw new Error(`no place for ${name}: say in picture.ts where it stands`);
    return { name, source, target };
  });
  const down = all.filter(({ source, target }) => bottom(source) <= target.y);
  const lanes = column.get("lanes")!;
  const post = placed.get("rust/wasm")!;
  // between bars: in the column of lanes, those above the composition apart from those below it
  const wide = down.filter(
    ({ source, target }) => isWide(source) && isWide(target) && bottom(source) < post.y && target.y < post.y,
  );
  const above = wide.filter(({ target }) => target.y <= TOPS[6]!);
  for (const some of [above, wide.filter((one) => !above.includes(one))])
    share(
      some.map(({ name }) => name),
      lanes.x,
      lanes.width,
    );
  // from a bar to something narrow: what comes to it side by side
  for (const [node, box] of placed) {
    const coming = down.filter(({ name, source, target }) => target === box && isWide(source) && !ways.has(name));
    if (!isWide(box) || node.startsWith("rust/wasm"))
      share(
        coming.map(({ name }) => name),
        box.x,
        box.width,
      );
  }
  // from something narrow: what goes out of it, the nearest first
  for (const box of placed.values()) {
    const going = down
      .filter(({ name, source }) => source === box && !ways.has(name))
      .sort((a, b) => a.target.y - b.target.y);
    share(
      going.map(({ name }) => name),
      box.x,
      box.width,
    );
  }
  return all.map(({ name, source, target }) => {
    const count = graph.edges.get(name)!;
    const way = ways.get(name);
    if (way !== undefined && way.x >= target.x && way.x <= right(target)) {
      const path = `M${way.x} ${bottom(source)} V${target.y - 1}`;
      return { name, count, path, at: [way.x, target.y - 15] as const };
    }
    const beside = source.y < bottom(target) && target.y < bottom(source);
    const y = Math.max(source.y, target.y) + 24;
    if (!beside) throw new Error(`no way for ${name}: say in picture.ts where it goes`);
    const [start, end] = source.x > target.x ? [source.x, right(target) + 1] : [right(source), target.x - 1];
    return {
      name,
      count,
      path: `M${start} ${y} H${end}`,
      at: [(start + end) / 2, y - 13] as const,
    };
  });
}

const STYLE = `
    .paper { fill: #ffffff; }
    .band { fill: #f5f7f9; }
    text { fill: #1c2430; }
    .soft { fill: #4a5565; font-size: 13px; }
    .title { font-weight: 600; font-size: 18px; }
    .mid { text-anchor: middle; }
    .number { font-size: 12px; font-weight: 600; }
    .top { fill: #eef4ff; stroke: #7aa2e8; }
    .dashed { stroke-dasharray: 5 4; }
    .part { fill: #ffffff; stroke: #8a94a3; }
    .ground { fill: #eefaf1; stroke: #6bb683; }
    .post { fill: #fff3e6; stroke: #e0954a; }
    .machine { fill: #f3efff; stroke: #9a83d8; }
    .label { paint-order: stroke; stroke-width: 5px; stroke-linejoin: round; }
    .on-top { stroke: #eef4ff; }
    .on-part { stroke: #ffffff; }
    .on-ground { stroke: #eefaf1; }
    .on-post { stroke: #fff3e6; }
    .on-machine { stroke: #f3efff; }
    .storey { stroke: #aeb6c2; stroke-dasharray: 3 4; }
    .way { stroke: #5b6778; stroke-width: 1.4; fill: none; marker-end: url(#tip); }
    .tip { fill: #5b6778; }
    .disc { fill: #ffffff; stroke: #c6ccd5; }
    @media (prefers-color-scheme: dark) {
      .paper { fill: #0f131a; }
      .band { fill: #171c25; }
      text { fill: #e6eaf0; }
      .soft { fill: #aeb8c6; }
      .top { fill: #182740; stroke: #4f7fd0; }
      .part { fill: #1d232d; stroke: #6b7686; }
      .ground { fill: #14291b; stroke: #4c9a65; }
      .post { fill: #33230f; stroke: #c4803a; }
      .machine { fill: #241d3a; stroke: #8a73c9; }
      .on-top { stroke: #182740; }
      .on-part { stroke: #1d232d; }
      .on-ground { stroke: #14291b; }
      .on-post { stroke: #33230f; }
      .on-machine { stroke: #241d3a; }
      .storey { stroke: #55606f; }
      .way { stroke: #9aa6b6; }
      .tip { fill: #9aa6b6; }
      .disc { fill: #0f131a; stroke: #3a4452; }
    }
  `;

/** What a band is called: its line, and what stands there. */
const BANDS: readonly (readonly [line: string, what: string, y: number, height: number])[] = [
  ["8", "never deployed", TOPS[8]!, 40],
  ["7", "entry", TOPS[7]!, 40],
  ["6", "composition", TOPS[6]!, 40],
  ["5", "HTTP, pages", TOPS[5]!, BAND - 4],
  ["4", "shells", TOPS[4]!, BAND - 4],
  ["3", "rules, tables", TOPS[3]!, BAND - 4],
  ["2", "ground floor", GROUND, GROUND_BARS.length * STEP - 18],
  ["1", "customs post", POST, 40],
  ["0", "machines", MACHINES, SUM - MACHINES + 40],
];

const escaped = (text: string) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

function drawBox({ x, y, width, height, look, storeys = [] }: Box): string {
  const lines = storeys.map((at) => `<path class="storey" d="M${x + 6} ${at} H${x + width - 6}"/>`).join("");
  return `  <rect class="${look}" x="${x}" y="${y}" width="${width}" height="${height}" rx="7"/>${lines}`;
}

/** Over the arrows, with an edge of the box's colour, for some arrows pass a bar on their way. */
const drawLabel = ({ x, y, width, height, label, look }: Box): string =>
  `  <text class="mid label on-${look.replace(/ .*/, "")}" x="${x + width / 2}" y="${y + (height > BAR ? 28 : 20)}">${escaped(label)}</text>`;

/** The picture of a graph. */
export function picture(graph: Graph): string {
  const placed = boxes(graph);
  const missing = [...graph.nodes.keys()].filter((node) => !placed.has(node));
  if (missing.length > 0) throw new Error(`no place for ${missing.join(", ")}: say in picture.ts where it stands`);
  const stand = [...placed.values()];
  const drawn = arrows(graph, placed);
  const told = drawn.map(({ name, count }) => `${name.replace(">", " to ")} ${count}`).join(", ");
  const bands = BANDS.map(
    ([line, what, y, height]) =>
      `  <rect class="band" x="12" y="${y - 5}" width="${WIDTH - 24}" height="${height}" rx="8"/><text x="24" y="${y + 15}">${line}</text><text class="soft" x="42" y="${y + 15}">${what}</text>`,
  );
  const ways = drawn.map(({ path }) => `  <path class="way" d="${path}"/>`);
  const numbers = drawn.map(
    ({ count, at: [x, y] }) =>
      `  <rect class="disc" x="${x - (count > 9 ? 11 : 8)}" y="${y - 9}" width="${count > 9 ? 22 : 16}" height="17" rx="8"/><text class="number mid" x="${x}" y="${y + 4}">${count}</text>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-labelledby="t d" font-family="ui-sans-serif, system-ui, sans-serif" font-size="14">
  <title id="t">Who imports whom in this house, and how often</title>
  <desc id="d">Subsystems on their lines, from the entry at the top to the machines in Rust at the bottom; every arrow points down. Imports: ${escaped(told)}.</desc>
  <style>${STYLE}</style>
  <defs>
    <marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path class="tip" d="M0 0 L8 4 L0 8 z"/></marker>
  </defs>
  <rect class="paper" width="${WIDTH}" height="${HEIGHT}" rx="12"/>
  <text class="title" x="24" y="40">Who imports whom, and how often</text>
  <text class="soft" x="24" y="64">Read off the source. A number is how many imports of modules lead from one to the other; tests are left out. Subsystems know the ground floor, never each other.</text>
${[...bands, ...stand.map(drawBox), ...ways, ...numbers, ...stand.map(drawLabel)].join("\n")}
  <text class="soft" x="24" y="${HEIGHT - 20}">rust/sim and rust/fuzz, which are for development alone, and what tools make are not drawn.</text>
</svg>
`;
}
