// Walking through the events of a timeline by keyboard: left and right along the log, up and down from lane to lane. Pure.
import type { Lane } from "./lanes";

/** The slot that a key leads to from another one; the same where there is nothing that way. */
export function walk(all: readonly Lane[], slot: number, key: string): number {
  const lanes = all.filter(({ events }) => events.length > 0);
  const row = lanes.findIndex(({ events }) => events.some((event) => event.slot === slot));
  const lane = lanes[row];
  if (lane === undefined) return lanes[0]?.events[0]?.slot ?? slot;
  const column = lane.events.findIndex((event) => event.slot === slot);
  switch (key) {
    case "ArrowLeft":
      return lane.events[column - 1]?.slot ?? slot;
    case "ArrowRight":
      return lane.events[column + 1]?.slot ?? slot;
    case "ArrowUp":
      return nearest(lanes[row - 1], lane.events[column]!.at) ?? slot;
    case "ArrowDown":
      return nearest(lanes[row + 1], lane.events[column]!.at) ?? slot;
    case "Home":
      return lanes[0]!.events[0]!.slot;
    case "End":
      return Math.max(...lanes.flatMap(({ events }) => events.map((event) => event.slot)));
    default:
      return slot;
  }
}

/** The event of a lane that is nearest in time. */
function nearest(lane: Lane | undefined, at: number): number | undefined {
  const [first, ...rest] = lane?.events ?? [];
  if (first === undefined) return undefined;
  return rest.reduce((best, event) => (Math.abs(event.at - at) < Math.abs(best.at - at) ? event : best), first).slot;
}
