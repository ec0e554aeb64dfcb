// The claim of the big room can be broken: what grows as the square is found, as a whole and in one step; and a small room, opened for
// real, is measured to the end.
import { expect, test } from "vitest";
import { type Figures, judge, slopeOf } from "./judge.ts";
import { plotRoom } from "./plot.ts";
import { measure } from "./run.ts";

/** A room in which everything costs what `cost` says of its size. */
function room(sockets: number, cost: (sockets: number) => number): Figures {
  const each = { p50: cost(sockets), p99: cost(sockets) };
  return {
    ...{ sockets, relays: 0, alone: each, steady: { ...each, perSecond: 10 }, burstPerMessage: cost(sockets) },
    ...{ processorPerMessage: cost(sockets), processorPerDeliveryUs: 1, driverBusy: 0 },
    ...{ memoryPerSocket: cost(sockets) / sockets, memoryPerSocketOpened: 1, heapPerSocket: 1 },
  };
}
const verdict = (cost: (sockets: number) => number) =>
  judge([500, 1_000, 5_000].map((size) => room(size, cost))).map(({ linear }) => linear);

test("constant and linear costs keep the claim; the square, and a step that climbs, break it", () => {
  const [yes, no] = [Array(5).fill(true), Array(5).fill(false)];
  expect(verdict(() => 7)).toEqual(yes);
  expect(verdict((n) => 20 + n / 100)).toEqual(yes);
  expect(verdict((n) => n ** 2)).toEqual(no);
  expect(verdict((n) => (n > 1_000 ? n * 2 : n))).toEqual(no);
  expect(slopeOf([500, 1_000, 5_000].map((n) => [n, 3 * n ** 1.5]))).toBeCloseTo(1.5);
});

test("the picture names every figure", () => {
  const growths = judge([50, 100].map((size) => room(size, (n) => n)));
  const svg = plotRoom([50, 100], growths, "here");
  for (const { name } of growths) expect(svg).toContain(name);
});

test("a small room is measured: every client hears every message once and in order, through three relays", {
  timeout: 240_000,
}, async () => {
  const load = { drivers: 2, messages: { alone: 3, steady: 20, burst: 40 }, perSecond: 20, relaySockets: 20 };
  const figures = await measure(60, load, () => {});
  expect([figures.sockets, figures.relays]).toEqual([60, 3]);
  for (const value of [figures.alone.p50, figures.steady.p50, figures.burstPerMessage])
    expect(value).toBeGreaterThan(0);
  expect(figures.processorPerMessage).toBeGreaterThan(0);
});
