// What a connection is owed and gets as far as its window is open (PROTOCOL.md section 11): the rest of its replay, the whole
// state behind ephemeral frames that it missed, pages. Nothing of it is queued: all is read when it is sent.
import { historyPage } from "../log/page/history";
import { replayPart } from "../log/replay";
import type { OpenRoom } from "../open-room";
import type { Connection } from "./connection";
import { missedState } from "./frame/welcome";

/** Sends what is held back, in this order: the replay, which ends live at head, then what was missed, then pages. */
export function feed(room: OpenRoom, connection: Connection): void {
  replay(room, connection);
  tellMissed(room, connection);
  sendPages(room, connection);
}

function replay({ log, people, settings, fanOut }: OpenRoom, connection: Connection): void {
  const { state } = connection;
  while (state.replayAt !== null && connection.windowOpen) {
    const part = replayPart(log, people, state.replayAt, settings.now());
    for (const frame of part.frames) connection.send(frame);
    state.replayAt = part.upTo;
    if (part.upTo >= log.head) {
      // All entries that wait are sent now; what else waits must not be lost by turning live.
      fanOut.catchUp(connection);
      state.replayAt = null;
    }
    connection.save();
  }
}

function tellMissed(room: OpenRoom, connection: Connection): void {
  const { state } = connection;
  if (state.missed === 0 || !connection.windowOpen) return;
  // Who has just come is introduced by a frame that may still wait.
  room.fanOut.catchUp(connection);
  const { missed } = state;
  state.missed = 0;
  for (const frame of missedState(room, missed)) connection.send(frame);
  connection.save();
}

function sendPages(room: OpenRoom, connection: Connection): void {
  const { settings, fanOut } = room;
  const { state } = connection;
  while (state.replayAt === null && connection.windowOpen) {
    const [next, ...rest] = state.pages;
    if (next === undefined) return;
    const [id, direction, from, limit] = next;
    fanOut.catchUp(connection);
    connection.send(historyPage(room, { id, direction, from, limit, reader: state.ref }, settings.now()));
    state.pages = rest;
    connection.save();
  }
}
