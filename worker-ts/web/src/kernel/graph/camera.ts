// What part of the picture is seen, and how it moves. Pure: rectangles and points in, rectangles and points out.
import type { Point, Rect } from "../model/layout";

/** `at` of the picture stands in the corner of the window; `scale` is pixels per unit of the picture. */
export interface Camera {
  readonly at: Point;
  readonly scale: number;
}
export interface Size {
  readonly width: number;
  readonly height: number;
}

export const SCALE_MIN = 0.1;
export const SCALE_MAX = 3;
/** A small picture is not blown up beyond this when it is fitted. */
const FIT_MAX = 1.15;
/** Pixels left free around a fitted picture. */
const MARGIN = 20;

const clamp = (scale: number) => Math.min(SCALE_MAX, Math.max(SCALE_MIN, scale));

/** All of the picture, in the middle. */
export function fit(bounds: Rect, window: Size): Camera {
  const wide = Math.max(1, window.width - 2 * MARGIN) / Math.max(1, bounds.width);
  const high = Math.max(1, window.height - 2 * MARGIN) / Math.max(1, bounds.height);
  const scale = clamp(Math.min(wide, high, FIT_MAX));
  return {
    scale,
    at: {
      x: bounds.x + bounds.width / 2 - window.width / scale / 2,
      y: bounds.y + bounds.height / 2 - window.height / scale / 2,
    },
  };
}

/** Moved by so many pixels, as if the picture were pulled. */
export const pan = ({ at, scale }: Camera, by: Point): Camera => ({
  scale,
  at: { x: at.x - by.x / scale, y: at.y - by.y / scale },
});

/** Nearer by a factor; what stands at `point` (pixels of the window) stays there. */
export function zoom({ at, scale }: Camera, factor: number, point: Point): Camera {
  const nearer = clamp(scale * factor);
  return {
    scale: nearer,
    at: { x: at.x + point.x / scale - point.x / nearer, y: at.y + point.y / scale - point.y / nearer },
  };
}

/** Moved as little as it takes for a rectangle to be in sight; the same camera when it is. */
export function reveal(camera: Camera, rect: Rect, window: Size): Camera {
  const along = (start: number, length: number, from: number, room: number): number => {
    const margin = MARGIN / camera.scale;
    if (start - margin < from) return start - margin;
    if (start + length + margin > from + room) return start + length + margin - room;
    return from;
  };
  const x = along(rect.x, rect.width, camera.at.x, window.width / camera.scale);
  const y = along(rect.y, rect.height, camera.at.y, window.height / camera.scale);
  return x === camera.at.x && y === camera.at.y ? camera : { ...camera, at: { x, y } };
}

export type Direction = "up" | "down" | "left" | "right";

const WAYS: Readonly<Record<Direction, Point>> = {
  up: { x: 0, y: -1 },
  down: { x: 0, y: 1 },
  left: { x: -1, y: 0 },
  right: { x: 1, y: 0 },
};

/** What is off the way counts this much more than what is on it. */
const ASIDE = 2.5;

/** The nearest thing in a direction; undefined when there is none. */
export function neighbour(points: ReadonlyMap<string, Point>, from: string, direction: Direction): string | undefined {
  const origin = points.get(from);
  if (origin === undefined) return undefined;
  const way = WAYS[direction];
  let best: { readonly id: string; readonly far: number } | undefined;
  for (const [id, { x, y }] of points) {
    const [dx, dy] = [x - origin.x, y - origin.y];
    const along = dx * way.x + dy * way.y;
    if (id === from || along <= 0) continue;
    const far = along + ASIDE * Math.abs(dx * way.y + dy * way.x);
    if (best === undefined || far < best.far) best = { id, far };
  }
  return best?.id;
}
