// Who is typing, at chosen times.
import { LIMIT } from "@ferrule/core";
import { expect, test } from "vitest";
import { Typists } from "./typists";

test("R28: typing lapses when it is not repeated in time, and not before", () => {
  const typists = new Typists();
  expect(typists.handleTyping(2, true, 0)).toBe(true);
  expect(typists.handleTyping(3, true, 1_000)).toBe(true);
  // A repeat is no news, but it counts.
  expect(typists.handleTyping(2, true, 3_000)).toBe(false);
  expect(typists.pollTimeout()).toBe(1_000 + LIMIT.TYPING_TTL_MS);
  expect(typists.handleTimeout(999 + LIMIT.TYPING_TTL_MS)).toBe(false);
  expect(typists.handleTimeout(1_000 + LIMIT.TYPING_TTL_MS)).toBe(true);
  expect(typists.refs).toEqual([2]);
  expect(typists.handleTimeout(3_000 + LIMIT.TYPING_TTL_MS)).toBe(true);
  expect([typists.refs, typists.pollTimeout()]).toEqual([[], undefined]);
});

test("it ends when it is taken back, with a message, and when nothing is known any more", () => {
  const typists = new Typists();
  for (const ref of [2, 3, 4]) typists.handleTyping(ref, true, 0);
  expect([typists.handleTyping(2, false, 1), typists.handleTyping(2, false, 1)]).toEqual([true, false]);
  expect([typists.handleMessage(3), typists.handleMessage(3)]).toEqual([true, false]);
  expect([typists.clear(), typists.clear()]).toEqual([true, false]);
});
