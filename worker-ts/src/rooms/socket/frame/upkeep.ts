// What the owner of sockets does from time to time: it closes those that never said HELLO, and those that are dead. The same at a room
// and at its relays.
import type { SocketOwner } from "../refresh";

/** Closes sockets that have not said HELLO in time, and comes again for the younger ones. */
export function endSilence(owner: SocketOwner, now: number): void {
  for (const connection of owner.connections.all()) {
    if (connection.state.hello || connection.greeting) continue;
    const end = connection.state.seen + owner.settings.helloTimeoutMs;
    if (end <= now) connection.fail("BAD_STATE", "no HELLO in time");
    else owner.due.provide("hello", end);
  }
}

/** Closes sockets from which neither a message nor a ping (its time by `pingOf`, ms) came for DEAD_AFTER_MS. */
export function sweepDead(owner: SocketOwner, now: number, pingOf: (socket: WebSocket) => number): void {
  let left = false;
  for (const connection of owner.connections.all()) {
    if (now - Math.max(pingOf(connection.socket), connection.state.seen) > owner.settings.deadAfterMs)
      connection.fail("IDLE", "no ping for too long");
    else left = true;
  }
  if (left) owner.due.provide("sweep", now + owner.settings.sweepMs);
}

/** Closes the oldest of a user's connections where one more would be too many. `elsewhere` of them count that are not here. */
export function replaceOldest({ connections, settings }: SocketOwner, userId: string, elsewhere = 0): void {
  const older = connections.ofUser(userId);
  const tooMany = Math.max(0, older.length + elsewhere - settings.connectionsPerUserMax + 1);
  for (const oldest of older.slice(0, tooMany)) oldest.fail("REPLACED", "opened somewhere else");
}

/** Has a new socket looked after: whether it says HELLO, whether it lives, when its admission ends. */
export function lookAfter({ due, settings }: SocketOwner, expiresAt: number): void {
  const now = settings.now();
  due.provide("hello", now + settings.helloTimeoutMs);
  due.provide("sweep", now + settings.sweepMs);
  due.provide("expiry", expiresAt + settings.admissionGraceMs);
}
