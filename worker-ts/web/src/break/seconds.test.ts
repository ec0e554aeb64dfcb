// The strip's seconds: counted, marked, forgotten.
import { expect, test } from "vitest";
import { Seconds, STRIP_SECONDS } from "./seconds";

test("a break marks every second of it, also those in which nothing was counted, and no other", () => {
  const seconds = new Seconds();
  seconds.at(3).acknowledged++;
  seconds.broken(4, 7);
  seconds.at(9).received++;
  const shown = seconds.upTo(9);
  expect(shown).toHaveLength(STRIP_SECONDS);
  expect(shown.slice(-7).map(({ broken }) => broken)).toEqual([false, true, true, true, true, false, false]);
  expect([shown.at(-7)?.acknowledged, shown.at(-1)?.received]).toEqual([1, 1]);
  expect(seconds.upTo(4 + STRIP_SECONDS).map(({ broken }) => broken)).toEqual(
    Array.from({ length: STRIP_SECONDS }, (_, at) => at < 3),
  );
});
