// The camera: what is fitted is seen whole, what is pointed at stays under the pointer, keys find their neighbours.
import fc from "fast-check";
import { expect, test } from "vitest";
import { type Camera, fit, neighbour, pan, reveal, SCALE_MAX, SCALE_MIN, zoom } from "./camera";

const WINDOW = { width: 800, height: 600 };
/** Where a point of the picture is seen. */
const seen = ({ at, scale }: Camera, x: number, y: number) => ({ x: (x - at.x) * scale, y: (y - at.y) * scale });

test("a fitted picture is seen whole, in the middle, and never blown up", () => {
  const bounds = { x: -200, y: -50, width: 3000, height: 400 };
  const camera = fit(bounds, WINDOW);
  const [a, b] = [seen(camera, -200, -50), seen(camera, 2800, 350)];
  expect(a.x).toBeCloseTo(20);
  expect(b.x).toBeCloseTo(780);
  expect(a.y + b.y).toBeCloseTo(600);
  expect(fit({ x: 0, y: 0, width: 10, height: 10 }, WINDOW).scale).toBeLessThan(1.2);
  expect(fit({ x: 0, y: 0, width: 0, height: 0 }, { width: 0, height: 0 }).scale).toBeGreaterThan(0);
});

test("zooming keeps what is under the pointer there, within bounds", () => {
  const number = fc.double({ min: -1000, max: 1000, noNaN: true });
  const camera = fc.record({
    at: fc.record({ x: number, y: number }),
    scale: fc.double({ min: SCALE_MIN, max: SCALE_MAX, noNaN: true }),
  });
  fc.assert(
    fc.property(camera, fc.double({ min: 0.1, max: 10, noNaN: true }), number, number, (before, factor, x, y) => {
      const under = { x: before.at.x + x / before.scale, y: before.at.y + y / before.scale };
      const after = zoom(before, factor, { x, y });
      const now = seen(after, under.x, under.y);
      expect(now.x).toBeCloseTo(x, 4);
      expect(now.y).toBeCloseTo(y, 4);
      expect(after.scale).toBeGreaterThanOrEqual(SCALE_MIN);
      expect(after.scale).toBeLessThanOrEqual(SCALE_MAX);
    }),
  );
});

test("panning pulls the picture along", () => {
  expect(pan({ at: { x: 0, y: 0 }, scale: 2 }, { x: 10, y: -20 }).at).toEqual({ x: -5, y: 10 });
});

test("what is in sight moves nothing; what is not comes into sight", () => {
  const camera = { at: { x: 0, y: 0 }, scale: 1 };
  expect(reveal(camera, { x: 100, y: 100, width: 10, height: 10 }, WINDOW)).toBe(camera);
  expect(reveal(camera, { x: 900, y: 100, width: 10, height: 10 }, WINDOW).at).toEqual({ x: 130, y: 0 });
  expect(reveal(camera, { x: 100, y: -50, width: 10, height: 10 }, WINDOW).at).toEqual({ x: 0, y: -70 });
});

test("arrow keys go to the nearest thing on the way", () => {
  const points = new Map([
    ["a", { x: 0, y: 0 }],
    ["b", { x: 100, y: 10 }],
    ["c", { x: 60, y: 90 }],
    ["d", { x: 0, y: 100 }],
  ]);
  expect(neighbour(points, "a", "right")).toBe("b");
  expect(neighbour(points, "a", "down")).toBe("d");
  expect(neighbour(points, "b", "left")).toBe("a");
  expect(neighbour(points, "a", "up")).toBeUndefined();
  expect(neighbour(points, "gone", "up")).toBeUndefined();
});
