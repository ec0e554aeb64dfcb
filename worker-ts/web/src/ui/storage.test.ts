// What this browser keeps, and what it does not keep for the next person.
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { forgetAll, recall, remember } from "./storage";

beforeEach(() => {
  const kept = new Map<string, string>();
  vi.stubGlobal("localStorage", {
    get length() {
      return kept.size;
    },
    key: (index: number) => [...kept.keys()][index] ?? null,
    getItem: (name: string) => kept.get(name) ?? null,
    setItem: (name: string, value: string) => kept.set(name, value),
    removeItem: (name: string) => kept.delete(name),
  });
});
afterEach(() => vi.unstubAllGlobals());

it("forgets every draft at once, and nothing else", () => {
  for (const name of ["draft:lobby", "draft:other", "theme", "room"]) remember(name, "x");
  localStorage.setItem("draft:", "not ours");
  forgetAll("draft:");
  expect(["draft:lobby", "draft:other", "theme", "room"].map(recall)).toEqual([undefined, undefined, "x", "x"]);
  expect(localStorage.getItem("draft:")).toBe("not ours");
});

it("is silent when storage is off", () => {
  vi.stubGlobal("localStorage", undefined);
  remember("theme", "dark");
  forgetAll("draft:");
  expect(recall("theme")).toBeUndefined();
});
