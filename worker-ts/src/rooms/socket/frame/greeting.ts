// How a connection begins: WELCOME, RESET where it has to, and who is here. Of a HELLO, and of a room that was restored from a backup.
import { RESET_REASON, WELCOME_OUTCOME } from "@ferrule/core";
import type { People } from "../../log/people";
import type { OpenRoom } from "../../open-room";
import type { Opening } from "../../room";
import { readAttachment, writeAttachment } from "../attachment";
import type { Connection } from "../connection";
import { surroundings, welcomeFrames } from "./welcome";

/** Lets a connection in, as its opening says; its features are granted already. It is saved. */
export function greet(room: OpenRoom, connection: Connection, opening: Opening): void {
  const { state } = connection;
  state.replayAt = opening.startSeq < room.log.head ? opening.startSeq : null;
  // of a connection that is here already, nothing changes
  if (!state.hello) room.presence.join(connection);
  for (const frame of welcomeFrames(room, state, state.features, opening)) connection.send(frame);
  for (const frame of surroundings(room, state.ref, state.features)) connection.send(frame);
  room.presence.announce(connection);
  connection.save();
}

/** What a restored room says in a close: the client comes again, and is admitted anew. */
const RESTORED_CLOSE = 1012;

/**
 * The log was replaced: its refs may be others' now. Each socket gets the one that its person has there, and waits for nothing of the
 * old log. One whose person this log has never heard of, or that had not said HELLO, comes again by itself: who it is must be looked up
 * anew. To be called before the room is opened; answers the number of a connection that none has yet.
 */
export function readmit(sockets: readonly WebSocket[], people: Pick<People, "refOf">, nextConn: number): number {
  let next = nextConn;
  for (const socket of sockets) {
    const state = readAttachment(socket);
    const ref = state === null ? undefined : people.refOf(state.userId);
    if (state !== null) next = Math.max(next, state.conn + 1);
    if (state?.hello && ref !== undefined)
      writeAttachment(socket, { ...state, ref, replayAt: null, pages: [], missed: 0 });
    else {
      if (state !== null) writeAttachment(socket, { ...state, hello: false });
      socket.close(RESTORED_CLOSE, "the room was restored");
    }
  }
  return next;
}

/** Tells everybody who is here that the log is another one, under a new epoch. */
export function greetAnew(room: OpenRoom): void {
  const opening = { outcome: WELCOME_OUTCOME.RESET, reset: RESET_REASON.EPOCH_CHANGED, startSeq: room.log.head };
  for (const connection of [...room.connections.joined()]) greet(room, connection, opening);
}
