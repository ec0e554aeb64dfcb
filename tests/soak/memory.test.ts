// The slope by which memory is judged, on made-up samples; and that a process's own are there to be read.
import { expect, test } from "vitest";
import { mbAMinute, type Sample, sample, slopes } from "./memory.ts";

/** A sample each ten seconds of a server whose workerd holds `mb` after so many minutes. */
const grown = (minutes: number, mb: (minute: number) => number): Sample[] =>
  Array.from({ length: minutes * 6 + 1 }, (_, n) => ({
    ...{ seconds: n * 10, workerdMb: mb(n / 6), each: { "workerd 7": mb(n / 6), [`node ${n}`]: 1 } },
  }));
const slope = (samples: readonly Sample[]) => mbAMinute(samples, ({ workerdMb }) => workerdMb);

test("the slope is megabytes a minute, whatever lies about the line", () => {
  expect(slope(grown(20, (minute) => 300 + 2 * minute))).toBeCloseTo(2);
  expect(slope(grown(20, () => 300))).toBeCloseTo(0);
  // garbage that comes and goes is no growth; a leak under it is
  const saw = (minute: number) => 10 * ((minute * 6) % 3);
  expect(Math.abs(slope(grown(20, saw)))).toBeLessThan(0.1);
  expect(slope(grown(20, (minute) => saw(minute) + 1.5 * minute))).toBeGreaterThan(1.4);
  expect(slope([])).toBe(0);
});

test("each process that was there all the time has its own", () => {
  expect(Object.keys(slopes(grown(2, (minute) => minute)))).toEqual(["workerd 7"]);
});

test.runIf(process.platform === "linux")("a group that is not there has no memory, and is no error", () => {
  expect(sample(2 ** 22 + 1, 3)).toEqual({ seconds: 3, workerdMb: 0, each: {} });
});
