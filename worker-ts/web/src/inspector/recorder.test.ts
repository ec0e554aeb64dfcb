// The recorder keeps nothing while nobody looks, and never more than its limits.
import { expect, test } from "vitest";
import { BYTES_MAX, FRAMES_MAX, matching, Recorder } from "./recorder";

const frame = (hex: string, side: "up" | "down" = "up") => ({
  side,
  bytes: Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16)),
  at: 1,
});
/** E3 and E12 of PROTOCOL.md section 18. */
const HELLO = frame("57010400000010" + "0199a0b0c0d07e0f8011223344556677" + "0007000568656c6c6f01965487");
const CREDIT = frame("57011000000000" + "0003c08004384ee26a");

test("nothing is kept before somebody listens, while it pauses, or after the end", () => {
  const recorder = new Recorder();
  recorder.take(HELLO);
  expect(recorder.frames).toEqual([]);
  let drawn = 0;
  const stop = recorder.listen(() => {
    drawn += 1;
  });
  recorder.take(HELLO);
  expect(recorder.frames).toMatchObject([{ number: 1, kind: "MSG", verdict: "accepted", ratio: undefined }]);
  expect(drawn).toBe(1);
  recorder.pause(true);
  recorder.take(HELLO);
  expect(recorder.frames).toHaveLength(1);
  recorder.pause(false);
  recorder.take(CREDIT);
  expect(recorder.frames.map(({ kind }) => kind)).toEqual(["CREDIT", "MSG"]);
  stop();
  expect(recorder.frames).toEqual([]);
  recorder.take(HELLO);
  expect(recorder.frames).toEqual([]);
});

test("the oldest go when there are too many, by number and by bytes", () => {
  const recorder = new Recorder();
  recorder.listen(() => undefined);
  for (let count = 0; count < FRAMES_MAX + 20; count += 1) recorder.take(CREDIT);
  expect(recorder.frames).toHaveLength(FRAMES_MAX);
  expect(recorder.frames.at(-1)?.number).toBe(21);
  expect(recorder.seen).toBe(FRAMES_MAX + 20);
  const large = { ...CREDIT, bytes: new Uint8Array(BYTES_MAX / 2) };
  for (let count = 0; count < 4; count += 1) recorder.take(large);
  expect(recorder.frames).toHaveLength(2);
  expect(recorder.frames[0]).toMatchObject({ verdict: "refused", kind: "?" });
});

test("the filter takes words in any order", () => {
  const recorder = new Recorder();
  recorder.listen(() => undefined);
  recorder.take(HELLO);
  recorder.take(CREDIT);
  const kinds = (filter: string) => matching(recorder.frames, filter).map(({ kind }) => kind);
  expect(kinds("")).toEqual(["CREDIT", "MSG"]);
  expect(kinds("msg")).toEqual(["MSG"]);
  expect(kinds("HELLO up")).toEqual(["MSG"]);
  expect(kinds("down")).toEqual([]);
});
