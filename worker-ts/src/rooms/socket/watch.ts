// What an admin sees of a room: its figures now, who is behind, what the archive has not reported, what is due. Nothing is written here,
// and nothing is decided. Every list has a limit: a big room costs what a small one does, but for a look at each of its connections.
import type { OpenRoom } from "../open-room";
import type { Laggards, RoomWatch } from "../operation";
import type { Connection } from "./connection";

/** Laggards that are told by name, the worst ones. */
export const LAGGARDS_MAX = 20;

/** Whose sockets are looked at: a room's, or a relay's. */
type Watched = Pick<OpenRoom, "connections" | "settings">;

/** Figures of the room as it is now. Who is behind at its relays, they say themselves. */
export function watch(room: OpenRoom): RoomWatch {
  const { log, archive, connections, totals, due, config, settings, relays, people } = room;
  const laggards = laggardsOf(room);
  const refs = new Map(laggards.worst.map(({ userId }) => [people.refOf(userId) ?? 0, userId]));
  const names = new Map(people.find(refs.keys()).map(({ ref, name }) => [refs.get(ref), name]));
  const { archivedSeq, queuedSeq } = archive;
  return {
    at: settings.now(),
    title: config.title,
    closed: config.closed,
    sockets: [...connections.all()].length,
    online: connections.people().size + relays.crowd.people,
    relays: relays.watch(),
    headSeq: log.head,
    lastAt: log.lastAt,
    queuedSeq,
    archivedSeq,
    unarchivedSince: archivedSeq < log.head ? (log.entry(archivedSeq + 1)?.ts ?? null) : null,
    batches: archive.standing(),
    laggards: {
      ...laggards,
      worst: laggards.worst.map((laggard) => ({ ...laggard, name: names.get(laggard.userId) ?? "" })),
    },
    counts: totals.now(),
    due: due.standing(),
  };
}

/** Connections whose client does not keep up, here; a relay knows nobody's name. */
export function laggardsOf({ connections, settings }: Watched, relay: number | null = null): Laggards {
  // who recovers is held back at the soft limit, and so is never above it: half of it unread counts
  const halfBytes = settings.windowSoftBytes / 2;
  const isSlow = ({ behind, outstanding, state }: Connection) =>
    behind || (state.replayAt !== null && outstanding > halfBytes);
  const behind = [...connections.all()].filter(isSlow).sort((a, b) => b.outstanding - a.outstanding);
  const worst = behind.slice(0, LAGGARDS_MAX).map(({ state, outstanding }) => ({
    conn: state.conn,
    relay,
    userId: state.userId,
    name: "",
    bytes: outstanding,
    recovering: state.replayAt !== null,
  }));
  return { count: behind.length, worst };
}

/** Whose a connection is; null when there is none of this number. */
export function whoseConnection({ connections }: Pick<Watched, "connections">, conn: number): string | null {
  for (const { state } of connections.all()) if (state.conn === conn) return state.userId;
  return null;
}

/** Ends one connection as one that is behind: its client comes back and goes on where it was. False when there is none of this number. */
export function disconnect({ connections }: Pick<Watched, "connections">, conn: number): boolean {
  for (const connection of connections.all()) {
    if (connection.state.conn !== conn) continue;
    connection.fail("LAGGING", "closed by an admin");
    return true;
  }
  return false;
}
