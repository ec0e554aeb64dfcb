// What is drawn of long logs: the run and what is newest; where the Tab key stops; what is said of the rest.
import { expect, it } from "vitest";
import type { LogEvent } from "../api";
import { EVENTS_MAX, LANES_MAX, sayLeft, shownOf, stopOf, tickOf } from "./drawn";
import { lanesOf } from "./lanes";
import { walk } from "./walk";

/** A log of a run with so many steps, each with events of these types. */
function steps(count: number, types: readonly string[] = ["step_created", "step_started", "step_completed"]) {
  const all = Array.from({ length: count }, (_, step) => types.map((type) => [type, `s${step}`] as const)).flat();
  const log = [["run_created", null] as const, ["run_started", null] as const, ...all];
  return log.map(([type, subject], index): LogEvent => ({ slot: index + 1, type, at: index, subject, data: {} }));
}
const drawn = (events: readonly LogEvent[]) => shownOf(lanesOf(events, "wide"));

it("draws everything of a short log, and often", () => {
  const lanes = lanesOf(steps(50), "wide");
  const shown = shownOf(lanes);
  expect(shown).toEqual({ lanes, lanesLeft: 0, eventsLeft: 0 });
  expect([sayLeft(shown), tickOf(shown)]).toEqual([undefined, 250]);
  expect([stopOf(shown, undefined), stopOf(shown, 20), stopOf(shown, 9_999)]).toEqual([1, 20, 1]);
  expect(stopOf(shownOf([]), 3)).toBe(0);
});

it("of many lanes draws the run's and the newest, and slower", () => {
  const shown = drawn(steps(600));
  expect(shown.lanes).toHaveLength(LANES_MAX);
  expect(shown.lanes[0]?.id).toBe("run");
  expect(shown.lanes[1]?.id).toBe(`s${601 - LANES_MAX}`);
  expect(shown.lanes.at(-1)?.id).toBe("s599");
  expect(sayLeft(shown)).toBe("101 earlier lanes and 303 earlier events are not drawn.");
  expect(tickOf(shown)).toBeGreaterThan(250);
});

it("the Tab key stops at what is drawn, also when an event that is not was chosen", () => {
  const shown = drawn(steps(600));
  const slots = new Set(shown.lanes.flatMap(({ events }) => events.map(({ slot }) => slot)));
  // the first event of the first step, whose lane is not drawn
  expect(slots.has(3)).toBe(false);
  expect(slots.has(stopOf(shown, 3))).toBe(true);
  expect(stopOf(shown, 1_800)).toBe(1_800);
});

it("of many events in few lanes draws the newest; a lane without any still says how it stands", () => {
  const retries = Array.from({ length: 12_000 }, () => ["step_started", "step_retrying"]).flat();
  const shown = drawn([
    ...steps(1),
    ...steps(1, retries)
      .slice(2)
      .map((one) => ({ ...one, slot: one.slot + 3, subject: "s1" })),
  ]);
  expect(shown.lanes.map(({ id, events }) => [id, events.length])).toEqual([
    ["run", 0],
    ["s0", 0],
    ["s1", EVENTS_MAX],
  ]);
  expect(shown.lanes.every(({ spans }) => spans.length > 0)).toBe(true);
  expect(shown.lanes.flatMap(({ spans }) => spans).length).toBeLessThanOrEqual(EVENTS_MAX + 3);
  expect(shown.lanes[2]?.events.at(-1)?.slot).toBe(24_005);
  expect(sayLeft(shown)).toBe(`${24_005 - EVENTS_MAX} earlier events are not drawn.`);
  // arrow keys find their way where lanes have nothing to stop at
  const stop = stopOf(shown, undefined);
  expect(stop).toBe(24_006 - EVENTS_MAX);
  for (const key of ["Home", "ArrowUp", "ArrowDown", "ArrowLeft"]) expect(walk(shown.lanes, stop, key)).toBe(stop);
  expect(walk(shown.lanes, stop, "End")).toBe(24_005);
  expect(walk(shown.lanes, 1, "ArrowRight")).toBe(stop);
});

it("arrow keys pass over lanes without an event that is drawn", () => {
  const [run, one, two] = drawn(steps(2)).lanes;
  const lanes = [run!, { ...one!, events: [] }, two!];
  expect(walk(lanes, 2, "ArrowDown")).toBe(6);
  expect(walk(lanes, 6, "ArrowUp")).toBe(2);
});

it("says of one that it is one", () => {
  expect(sayLeft({ lanes: [], lanesLeft: 0, eventsLeft: 1 })).toBe("1 earlier event is not drawn.");
});
