// The list of rooms: order, newer news, what was seen here.
import { expect, it } from "vitest";
import type { RoomInfo } from "../api";
import { byUse, mergeRooms, withMarks } from "./list";

const room = (id: string, more: Partial<RoomInfo> = {}): RoomInfo => ({
  id,
  title: id,
  topic: "",
  createdAt: 0,
  slowModeMs: 0,
  editWindowMs: 0,
  visibility: "public",
  closedAt: null,
  lastAt: null,
  role: "member",
  unread: null,
  ...more,
});
const ids = (list: readonly RoomInfo[]) => list.map(({ id }) => id);

it("shows own rooms first, the one with the newest message on top", () => {
  const list = [room("c", { role: null, lastAt: 9 }), room("b"), room("a"), room("d", { lastAt: 5 })];
  expect(ids(list.sort(byUse))).toEqual(["d", "a", "b", "c"]);
});

it("takes newer news of some rooms and keeps the others", () => {
  const merged = mergeRooms([room("a", { unread: 1 }), room("b")], [room("a", { unread: 7 }), room("c")]);
  expect(merged.map(({ id, unread }) => [id, unread])).toEqual([
    ["a", 7],
    ["b", null],
    ["c", null],
  ]);
});

it("counts nothing that was seen here, until something newer is said", () => {
  const marks = new Map([["a", 100]]);
  expect(withMarks([room("a", { unread: 3, lastAt: 100 })], marks)[0]?.unread).toBe(0);
  expect(withMarks([room("a", { unread: 1, lastAt: 101 })], marks)[0]?.unread).toBe(1);
  expect(withMarks([room("b", { unread: 2, lastAt: 50 })], marks)[0]?.unread).toBe(2);
});
