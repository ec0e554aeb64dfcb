// Addresses, both ways.
import { expect, it } from "vitest";
import { parseRoute, pathOf } from "./route";

it("reads and writes the address of a room", () => {
  expect(parseRoute("/rooms/lobby")).toEqual({ at: "room", room: "lobby" });
  expect(parseRoute("/rooms/lobby/")).toEqual({ at: "room", room: "lobby" });
  expect(parseRoute("/rooms")).toEqual({ at: "rooms" });
  for (const path of ["/", "/rooms", "/rooms/team-7"]) expect(pathOf(parseRoute(path))).toBe(path);
});

it("reads and writes the address of a message, and of an invitation", () => {
  expect(parseRoute("/rooms/lobby/42")).toEqual({ at: "room", room: "lobby", seq: 42 });
  const token = "Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYmFyYg_-";
  expect(parseRoute(`/invite/${token}`)).toEqual({ at: "invite", token });
  for (const path of ["/rooms/lobby/42", `/invite/${token}`]) expect(pathOf(parseRoute(path))).toBe(path);
  for (const path of ["/invite/", "/invite/short", `/invite/${token}/x`, `/invite/${"a".repeat(201)}`])
    expect(parseRoute(path)).toEqual({ at: "home" });
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
