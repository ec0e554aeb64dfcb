// Where everything stands. Decided once for each thing and kept: a crank that adds or takes something moves nothing else, but for a
// box that must grow beyond its room, which doubles it. Vats fill a square from its corner, so that the picture stays compact;
// services stand at its left, promises above.
import type { Box, Scene } from "./scene";
import { assign, reach, type Slots } from "./slots";

export interface Point {
  readonly x: number;
  readonly y: number;
}
export interface Rect extends Point {
  readonly width: number;
  readonly height: number;
}

/** From dot to dot. */
export const PITCH: Point = { x: 68, y: 60 };
const HEAD = 44;
const PADDING = 10;
const GAP: Point = { x: 84, y: 64 };
const VAT_COLUMNS = 4;
const SIDE_COLUMNS = 2;
const LANE_COLUMNS = 8;
/** Rows of dots that a vat's box has room for at first. */
const VAT_ROWS = 2;

/** Everything that stands, and what must be known to keep it standing. */
export interface Layout {
  readonly boxes: ReadonlyMap<string, Rect>;
  readonly dots: ReadonlyMap<string, Point>;
  /** The promises' place; null until there was one. */
  readonly lane: Rect | null;
  /** All of it; never smaller than before. */
  readonly bounds: Rect;
  readonly kept: Kept;
}

interface Kept {
  readonly vats: Slots;
  readonly side: Slots;
  readonly lane: Slots;
  readonly laneRows: number;
  readonly members: ReadonlyMap<string, Slots>;
  /** Rows of dots by box. */
  readonly rows: ReadonlyMap<string, number>;
  /** Rows of dots by row of vats. */
  readonly tall: readonly number[];
}

const NOTHING: Kept = {
  vats: new Map(),
  side: new Map(),
  lane: new Map(),
  laneRows: 0,
  members: new Map(),
  rows: new Map(),
  tall: [],
};

/** The n-th cell of a square that grows by a column and a row in turn. */
export function cell(n: number): { readonly column: number; readonly row: number } {
  const side = Math.floor(Math.sqrt(n));
  const rest = n - side * side;
  return rest < side ? { column: side, row: rest } : { column: rest - side, row: side };
}

const columnsOf = ({ kind }: Box) => (kind === "vat" ? VAT_COLUMNS : SIDE_COLUMNS);
const widthOf = (columns: number) => columns * PITCH.x + 2 * PADDING;
const heightOf = (rows: number) => HEAD + rows * PITCH.y + PADDING;

/** Rows that hold so many dots: as before, or doubled until they do. */
function rowsFor(dots: number, columns: number, before: number): number {
  let rows = before;
  while (rows * columns < dots) rows = Math.max(1, rows * 2);
  return rows;
}

const firstRows = ({ kind }: Box) => (kind === "vat" ? VAT_ROWS : kind === "outside" ? 0 : 1);

function place(slot: number, columns: number, at: Point): Point {
  return {
    x: at.x + PADDING + ((slot % columns) + 0.5) * PITCH.x,
    y: at.y + HEAD + (Math.floor(slot / columns) + 0.4) * PITCH.y,
  };
}

function around(rects: readonly Rect[]): Rect {
  const x = Math.min(...rects.map((rect) => rect.x));
  const y = Math.min(...rects.map((rect) => rect.y));
  const right = Math.max(...rects.map((rect) => rect.x + rect.width));
  const bottom = Math.max(...rects.map((rect) => rect.y + rect.height));
  return { x, y, width: right - x, height: bottom - y };
}

/** Tops of the boxes at the left, one under the other in the order of their places. */
function stack(side: readonly Box[], slots: Slots, rows: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
  const tops = new Map<string, number>();
  let top = 0;
  for (const { id } of [...side].sort((a, b) => slots.get(a.id)! - slots.get(b.id)!)) {
    tops.set(id, top);
    top += heightOf(rows.get(id)!) + GAP.y / 2;
  }
  return tops;
}

function keep(scene: Scene, before: Kept): Kept {
  const vats = scene.boxes.filter(({ kind }) => kind === "vat");
  const side = scene.boxes.filter(({ kind }) => kind === "outside" || kind === "service");
  const members = new Map(scene.boxes.map((box) => [box.id, assign(box.members, before.members.get(box.id))]));
  const rows = new Map(
    scene.boxes.map((box) => [
      box.id,
      rowsFor(reach(members.get(box.id)!), columnsOf(box), before.rows.get(box.id) ?? firstRows(box)),
    ]),
  );
  const slots = assign(
    vats.map(({ id }) => id),
    before.vats,
  );
  const tall = [...before.tall];
  for (const { id } of vats) {
    const { row } = cell(slots.get(id)!);
    for (let at = tall.length; at <= row; at += 1) tall.push(VAT_ROWS);
    tall[row] = Math.max(tall[row]!, rows.get(id)!);
  }
  const lane = assign(scene.promises, before.lane);
  return {
    vats: slots,
    side: assign(
      side.map(({ id }) => id),
      before.side,
    ),
    lane,
    laneRows: Math.max(before.laneRows, Math.ceil(reach(lane) / LANE_COLUMNS)),
    members,
    rows,
    tall,
  };
}

/** Lays a scene out; `before` is the layout of the scene before this one, if there was one. */
export function layOut(scene: Scene, before?: Layout): Layout {
  const kept = keep(scene, before?.kept ?? NOTHING);
  const tops: number[] = [];
  for (const [row, rows] of kept.tall.entries()) tops[row + 1] = (tops[row] ?? 0) + heightOf(rows) + GAP.y;
  const left = -widthOf(SIDE_COLUMNS) - GAP.x;
  const stacked = stack(
    scene.boxes.filter(({ id }) => kept.side.has(id)),
    kept.side,
    kept.rows,
  );
  const corner = (box: Box): Point => {
    if (box.kind === "nobody") return { x: 2 * left, y: 0 };
    if (box.kind !== "vat") return { x: left, y: stacked.get(box.id)! };
    const { column, row } = cell(kept.vats.get(box.id)!);
    return { x: column * (widthOf(VAT_COLUMNS) + GAP.x), y: tops[row] ?? 0 };
  };
  const boxes = new Map<string, Rect>();
  const dots = new Map<string, Point>();
  for (const box of scene.boxes) {
    const columns = columnsOf(box);
    const at = corner(box);
    boxes.set(box.id, { ...at, width: widthOf(columns), height: heightOf(kept.rows.get(box.id)!) });
    for (const [kref, slot] of kept.members.get(box.id)!) dots.set(kref, place(slot, columns, at));
  }
  const height = kept.laneRows * PITCH.y + PADDING;
  const lane = kept.laneRows === 0 ? null : { x: 0, y: -GAP.y / 2 - height, width: widthOf(LANE_COLUMNS), height };
  // from below, so that a row more moves none
  for (const [kref, slot] of kept.lane)
    dots.set(kref, {
      x: PADDING + ((slot % LANE_COLUMNS) + 0.5) * PITCH.x,
      y: -GAP.y / 2 - (Math.floor(slot / LANE_COLUMNS) + 0.6) * PITCH.y,
    });
  const rects = [...boxes.values(), ...(lane === null ? [] : [lane]), ...(before === undefined ? [] : [before.bounds])];
  return { boxes, dots, lane, bounds: around(rects), kept };
}
