// What grows on the pages.
import { expect, it } from "vitest";
import type { LogEvent, Run } from "../api";
import { extend, mergeRuns, SHOWN_MAX, tailOf, textOf } from "./grow";

it("a chunk is text as it is, or a line of JSON", () => {
  expect(["a\n", { n: 1 }, null, 5].map(textOf)).toEqual(["a\n", '{"n":1}\n', "null\n", "5\n"]);
});

it("of a long text its end is shown", () => {
  expect(tailOf("abc")).toBe("abc");
  expect(tailOf(`x${"y".repeat(SHOWN_MAX)}`)).toBe("y".repeat(SHOWN_MAX));
});

it("a log takes each event once, and stays the same object when nothing is new", () => {
  const event = (slot: number) => ({ slot }) as LogEvent;
  const known = extend([], [event(1), event(2)]);
  expect(extend(known, [event(1), event(2)])).toBe(known);
  expect(extend(known, [event(2), event(3)]).map(({ slot }) => slot)).toEqual([1, 2, 3]);
});

it("a fresh first page goes before what is known of older runs", () => {
  const run = (id: string, createdAt: number, status = "running") => ({ id, createdAt, status }) as Run;
  const known = [run("c", 3), run("b", 2), run("a", 1)];
  const fresh = [run("d", 4), run("c", 3, "completed")];
  expect(mergeRuns(fresh, known).map(({ id, status }) => [id, status])).toEqual([
    ["d", "running"],
    ["c", "completed"],
    ["b", "running"],
    ["a", "running"],
  ]);
  expect(mergeRuns([], known)).toEqual([]);
});
