// The laws of the layout: nothing covers anything, nothing jumps, the same history gives the same picture.
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Graph } from "../rpc/shapes";
import { cell, type Layout, layOut, PITCH, type Rect } from "./layout";
import { graphOf, object, promise, vat } from "./made";
import { sceneOf } from "./scene";

const graph = fc
  .record({
    vats: fc.uniqueArray(fc.integer({ min: 1, max: 12 }), { maxLength: 9 }),
    objects: fc.uniqueArray(fc.tuple(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 0, max: 14 })), {
      maxLength: 50,
      selector: ([kref]) => kref,
    }),
    promises: fc.uniqueArray(fc.integer({ min: 1, max: 40 }), { maxLength: 30 }),
  })
  .map(({ vats, objects, promises }) =>
    graphOf({
      vats: vats.map((number) => vat(`v${number}`)),
      objects: objects.map(([kref, owner]) =>
        object(`ko${kref}`, owner === 0 ? null : owner > 12 ? `service:s${owner}` : `v${owner}`),
      ),
      promises: promises.map((number) => promise(`kp${number}`)),
    }),
  );

const apart = (a: Rect, b: Rect) =>
  a.x + a.width < b.x || b.x + b.width < a.x || a.y + a.height < b.y || b.y + b.height < a.y;

function run(graphs: readonly Graph[]): Layout[] {
  const layouts: Layout[] = [];
  for (const one of graphs) layouts.push(layOut(sceneOf(one), layouts.at(-1)));
  return layouts;
}

test("boxes never touch, dots never meet and stand in their boxes, everything is within the bounds", () => {
  fc.assert(
    fc.property(fc.array(graph, { minLength: 1, maxLength: 6 }), (graphs) => {
      for (const [at, layout] of run(graphs).entries()) {
        const rects = [...layout.boxes.values(), ...(layout.lane === null ? [] : [layout.lane])];
        for (const [n, a] of rects.entries()) for (const b of rects.slice(n + 1)) expect(apart(a, b)).toBe(true);
        const dots = [...layout.dots.values()].map(({ x, y }) => `${x} ${y}`);
        expect(new Set(dots).size).toBe(dots.length);
        expect(PITCH.x).toBeGreaterThan(0);
        const scene = sceneOf(graphs[at]!);
        for (const { id, members } of scene.boxes) {
          const box = layout.boxes.get(id)!;
          for (const kref of members) expect(inside(layout.dots.get(kref)!, box)).toBe(true);
        }
        for (const kref of scene.promises) expect(inside(layout.dots.get(kref)!, layout.lane!)).toBe(true);
        for (const rect of rects) {
          expect(inside(rect, layout.bounds)).toBe(true);
          expect(inside({ x: rect.x + rect.width, y: rect.y + rect.height }, layout.bounds)).toBe(true);
        }
      }
    }),
    { numRuns: 60 },
  );
});

function inside({ x, y }: { x: number; y: number }, rect: Rect): boolean {
  return x >= rect.x && x <= rect.x + rect.width && y >= rect.y && y <= rect.y + rect.height;
}

test("what stays keeps its place, as long as no box had to grow", () => {
  fc.assert(
    fc.property(fc.array(graph, { minLength: 2, maxLength: 6 }), (graphs) => {
      const layouts = run(graphs);
      for (const [at, after] of layouts.entries()) {
        const before = layouts[at - 1];
        if (before === undefined) continue;
        const grown = [...after.kept.rows].some(([id, rows]) => (before.kept.rows.get(id) ?? rows) !== rows);
        const tall = before.kept.tall.some((rows, row) => after.kept.tall[row] !== rows);
        for (const [id, rect] of after.boxes) {
          const old = before.boxes.get(id);
          if (old === undefined) continue;
          // a column is never left, whatever grows
          expect(rect.x).toBe(old.x);
          const stands = id.startsWith("v") ? !tall : id === "nobody" || id === "outside";
          if (stands) expect(rect.y).toBe(old.y);
          if (!grown) expect(rect.height).toBe(old.height);
        }
        // promises move for nothing at all
        for (const [kref, point] of after.dots)
          if (kref.startsWith("kp") && before.dots.has(kref)) expect(point).toEqual(before.dots.get(kref));
      }
    }),
    { numRuns: 60 },
  );
});

test("the same history gives the same picture, and so does the order in which a graph is told", () => {
  fc.assert(
    fc.property(fc.array(graph, { minLength: 1, maxLength: 4 }), (graphs) => {
      const turned = graphs.map((one) => ({
        ...one,
        vats: one.vats.toReversed(),
        objects: one.objects.toReversed(),
        promises: one.promises.toReversed(),
      }));
      expect(run(turned).at(-1)!.dots).toEqual(run(graphs).at(-1)!.dots);
    }),
    { numRuns: 30 },
  );
});

test("vats fill a square from its corner", () => {
  expect(Array.from({ length: 9 }, (_, n) => cell(n)).map(({ column, row }) => `${column},${row}`)).toEqual([
    "0,0",
    "1,0",
    "0,1",
    "1,1",
    "2,0",
    "2,1",
    "0,2",
    "1,2",
    "2,2",
  ]);
});

test("an object that goes leaves its place to the next one; its neighbours stay", () => {
  const of = (...krefs: string[]) => graphOf({ vats: [vat("v1")], objects: krefs.map((kref) => object(kref, "v1")) });
  const [first, second, third] = run([of("ko1", "ko2", "ko3"), of("ko1", "ko3"), of("ko1", "ko3", "ko8")]);
  expect(second!.dots.get("ko3")).toEqual(first!.dots.get("ko3"));
  expect(third!.dots.get("ko8")).toEqual(first!.dots.get("ko2"));
});
