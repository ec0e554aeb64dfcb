// Order and pace of frames that want an answer.
import { expect, test } from "vitest";
import { Lane } from "./lane";

const frame = (n: number) => Uint8Array.of(n);

test("one frame is under way at a time, the next leaves at the answer", () => {
  const lane = new Lane();
  lane.add("a", frame(1));
  lane.add("b", frame(2));
  expect(lane.pollTransmit(0)).toBeUndefined();
  lane.handleOpen();
  expect(lane.pollTransmit(0)).toEqual(frame(1));
  expect(lane.pollTransmit(0)).toBeUndefined();
  expect(lane.pollTimeout()).toBeUndefined();
  lane.handleAnswered("a");
  expect(lane.pollTransmit(0)).toEqual(frame(2));
});

test("a refused frame leaves again first, and not before its time", () => {
  const lane = new Lane();
  lane.handleOpen();
  lane.add("a", frame(1));
  lane.add("b", frame(2));
  lane.pollTransmit(0);
  lane.handleRefused("a", 500);
  expect(lane.pollTransmit(499)).toBeUndefined();
  expect(lane.pollTimeout()).toBe(500);
  expect(lane.pollTransmit(500)).toEqual(frame(1));
});

test("after a lost connection the same frame is sent again, with nothing held", () => {
  const lane = new Lane();
  lane.handleOpen();
  lane.add("a", frame(1));
  lane.pollTransmit(0);
  lane.handleRefused("a", 9_000);
  lane.handleLost();
  expect(lane.pollTransmit(1)).toBeUndefined();
  lane.handleOpen();
  expect(lane.pollTransmit(1)).toEqual(frame(1));
});

test("the rank gives the order, and an id stands in a lane once", () => {
  const lane = new Lane();
  lane.handleOpen();
  for (const rank of [30, 10, 20, 10]) lane.add(`at ${rank}`, frame(rank), rank);
  const sent = [10, 20, 30].map((rank) => {
    const bytes = lane.pollTransmit(0);
    lane.handleAnswered(`at ${rank}`);
    return bytes?.[0];
  });
  expect(sent).toEqual([10, 20, 30]);
  expect(lane.pollTransmit(0)).toBeUndefined();
});

test("a removed frame that is under way is waited for: its answer may be a refusal", () => {
  const lane = new Lane();
  lane.handleOpen();
  lane.add("a", frame(1));
  lane.add("b", frame(2));
  lane.pollTransmit(0);
  lane.remove("a");
  expect([lane.has("a"), lane.pollTransmit(1), lane.pollTimeout()]).toEqual([true, undefined, undefined]);
  lane.handleRefused("a", 500);
  expect([lane.has("a"), lane.pollTransmit(499)]).toEqual([false, undefined]);
  expect(lane.pollTransmit(500)).toEqual(frame(2));
});

test("slow frames may wait alone; the others pass them, and no frame leaves beside another", () => {
  const lane = new Lane();
  lane.handleOpen();
  lane.add("a", frame(1), 1, true);
  lane.add("b", frame(2), 2, true);
  lane.add("c", frame(3), 3);
  lane.pollTransmit(0);
  lane.handleRefused("a", 500, true);
  expect([lane.heldUntil, lane.pollTransmit(1)]).toEqual([500, frame(3)]);
  expect(lane.pollTransmit(500)).toBeUndefined();
  lane.handleAnswered("c");
  expect([lane.pollTransmit(499), lane.pollTimeout()]).toEqual([undefined, 500]);
  expect(lane.pollTransmit(500)).toEqual(frame(1));
});

test("another log on the same connection does not empty its buckets", () => {
  const lane = new Lane();
  lane.handleOpen();
  lane.add("a", frame(1));
  lane.pollTransmit(0);
  lane.handleRefused("a", 500);
  lane.handlePaused();
  expect(lane.pollTransmit(600)).toBeUndefined();
  lane.handleOpen();
  expect([lane.pollTransmit(499), lane.pollTransmit(500)]).toEqual([undefined, frame(1)]);
});
