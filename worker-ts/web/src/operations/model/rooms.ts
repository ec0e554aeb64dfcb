// What is told of rooms: how many sockets, how far behind the archive is, which of them are meant by a filter. Pure.
import type { Laggard, LiveRoom, Watch } from "../api";

/** What waits for longer (ms) than this does not come by itself: entries for the archive, its queues, chores. */
export const LATE_MS = 5 * 60_000;

/** All sockets of a room: its own and those of its relays. */
export const socketsOf = ({ sockets, relays }: Pick<Watch, "sockets" | "relays">): number =>
  sockets + relays.reduce((sum, relay) => sum + relay.sockets, 0);

/** Entries that the archive has not reported. */
export const lagOf = ({ headSeq, archivedSeq }: Pick<Watch, "headSeq" | "archivedSeq">): number =>
  Math.max(0, headSeq - archivedSeq);

const REFUSED = "refused_";

/** What a room refused ever, by code, the most first. */
export function refusedOf({ counts }: Pick<Watch, "counts">): readonly (readonly [code: string, count: number])[] {
  return Object.entries(counts)
    .filter(([name, count]) => name.startsWith(REFUSED) && count > 0)
    .map(([name, count]) => [name.slice(REFUSED.length), count] as const)
    .sort((a, b) => b[1] - a[1] || a[0].localeCompare(b[0]));
}

/** A filter of rooms: `behind`, `lag`, `silent`, `closed`, or `refused:` and a code. Anything else means all. */
export function isMeant({ watch, silent, closedAt }: LiveRoom, only: string | undefined): boolean {
  if (only === "silent") return silent !== null;
  if (only === "closed") return closedAt !== null;
  if (only === "behind") return (watch?.laggards.count ?? 0) > 0;
  if (only === "lag") return watch !== null && lagOf(watch) > 0;
  if (only?.startsWith("refused:")) return (watch?.counts[REFUSED + only.slice("refused:".length)] ?? 0) > 0;
  return true;
}

/** The sums over rooms that answered. */
export interface Sums {
  readonly sockets: number;
  readonly behind: number;
  readonly unarchived: number;
  readonly silent: number;
  /** Rooms with entries that the archive has lacked for longer than LATE_MS. */
  readonly late: number;
}

/** What a room is called. */
export const nameOf = ({ id, title }: { readonly id: string; readonly title: string }): string =>
  title === "" ? id : title;

/** Whether the archive has lacked something of a room for too long, by the room's own clock. */
const isLate = ({ at, unarchivedSince }: Watch): boolean => unarchivedSince !== null && at - unarchivedSince > LATE_MS;

export function sumsOf(rooms: readonly LiveRoom[]): Sums {
  const all = rooms.map(({ watch }) => watch).filter((watch) => watch !== null);
  const sum = (of: (watch: Watch) => number) => all.reduce((result, watch) => result + of(watch), 0);
  return {
    sockets: sum(socketsOf),
    behind: sum(({ laggards }) => laggards.count),
    unarchived: sum(lagOf),
    silent: rooms.length - all.length,
    late: all.filter(isLate).length,
  };
}

/** A connection that is behind, and where. */
export interface Slow extends Laggard {
  readonly room: LiveRoom;
}

/** Those that are behind in any of these rooms, the worst first. */
export function slowIn(rooms: readonly LiveRoom[]): readonly Slow[] {
  return rooms
    .flatMap((room) => (room.watch?.laggards.worst ?? []).map((laggard) => ({ ...laggard, room })))
    .sort((a, b) => b.bytes - a.bytes || a.conn - b.conn);
}

/** Rooms in an order that does not change while their figures do. */
export const inOrder = (rooms: readonly LiveRoom[]): readonly LiveRoom[] =>
  [...rooms].sort((a, b) => a.title.localeCompare(b.title) || a.id.localeCompare(b.id));
