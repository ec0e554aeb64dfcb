// Lines between things: from the edge of a box to the edge of a dot, a little bent so that two of them can be told apart. Pure.
import type { Point, Rect } from "../model/layout";

/** Of a dot. */
export const RADIUS = 13;
const CLEAR = RADIUS + 4;
const HEAD = 6;
const BEND = 0.1;

export const middle = (rect: Rect): Point => ({ x: rect.x + rect.width / 2, y: rect.y + rect.height / 2 });

/** Where the way from the middle of a box to a point leaves the box; the middle of its upper edge for a point inside. */
export function leaves(rect: Rect, to: Point): Point {
  const from = middle(rect);
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const share = Math.min(
    dx === 0 ? Number.POSITIVE_INFINITY : rect.width / 2 / Math.abs(dx),
    dy === 0 ? Number.POSITIVE_INFINITY : rect.height / 2 / Math.abs(dy),
  );
  if (share >= 1) return { x: from.x, y: rect.y };
  return { x: from.x + dx * share, y: from.y + dy * share };
}

const round = (value: number): string => String(Math.round(value * 10) / 10);
const say = ({ x, y }: Point): string => `${round(x)} ${round(y)}`;

/** Path of a line with its head, from a point to the edge of the dot at `to`. */
export function arrow(from: Point, to: Point): string {
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const control = { x: from.x + dx / 2 - dy * BEND, y: from.y + dy / 2 + dx * BEND };
  const angle = Math.atan2(to.y - control.y, to.x - control.x);
  const at = (back: number, turn: number, origin: Point): Point => ({
    x: origin.x - back * Math.cos(angle + turn),
    y: origin.y - back * Math.sin(angle + turn),
  });
  const end = at(CLEAR, 0, to);
  return `M${say(from)}Q${say(control)} ${say(end)}M${say(at(HEAD, 0.5, end))}L${say(end)}L${say(at(HEAD, -0.5, end))}`;
}
