// Addresses, both ways.
import { expect, it } from "vitest";
import { parseRoute, pathOf } from "./route";

it("reads and writes the address of a room", () => {
  expect(parseRoute("/rooms/lobby")).toEqual({ at: "room", room: "lobby" });
  expect(parseRoute("/rooms/lobby/")).toEqual({ at: "room", room: "lobby" });
  expect(parseRoute("/rooms")).toEqual({ at: "rooms" });
  for (const path of ["/", "/rooms", "/rooms/team-7"]) expect(pathOf(parseRoute(path))).toBe(path);
});

it("takes nothing for a room that cannot be one", () => {
  for (const path of [
    "/rooms/ab",
    "/rooms/UPPER",
    "/rooms/a b c",
    "/rooms/%2e%2e",
    "/rooms/a/b",
    `/rooms/${"a".repeat(49)}`,
  ]) {
    expect(parseRoute(path)).toEqual({ at: "home" });
  }
});
