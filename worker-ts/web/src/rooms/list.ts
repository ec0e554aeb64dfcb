// The list of rooms: its order, and what of it this page knows better than the server. Pure.
import type { RoomInfo } from "../api";

/** Room id to the time (ms) of the newest message that was seen here. */
export type Marks = ReadonlyMap<string, number>;

/** Own rooms first, then by newest message. */
export function byUse(a: RoomInfo, b: RoomInfo): number {
  return (
    Number(b.role !== null) - Number(a.role !== null) ||
    (b.lastAt ?? 0) - (a.lastAt ?? 0) ||
    a.title.localeCompare(b.title)
  );
}

/** The list with newer news of some of its rooms. */
export function mergeRooms(old: readonly RoomInfo[], news: readonly RoomInfo[]): RoomInfo[] {
  return [...new Map([...old, ...news].map((room) => [room.id, room])).values()];
}

/**
 * The list without what was seen here meanwhile. The server counts a little late: what it told before it heard of the reading is
 * not shown again.
 */
export function withMarks(list: readonly RoomInfo[], marks: Marks): RoomInfo[] {
  return list.map((room) => {
    const seen = marks.get(room.id);
    return seen !== undefined && (room.lastAt ?? 0) <= seen ? { ...room, unread: 0 } : room;
  });
}
