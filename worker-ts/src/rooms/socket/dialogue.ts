// What becomes of the frames of a room's own sockets: what concerns the socket alone is done here, all else is answered as for
// those behind relays (frame/answer.ts). One synchronous run per frame, so frames never interleave.
import { KIND, relay } from "@ferrule/core";
import type { OpenRoom } from "../open-room";
import type { Connection } from "./connection";
import { feed } from "./feed";
import { answer } from "./frame/answer";
import { frameOf, pass, queuePage } from "./frame/gate";
import { greet } from "./frame/greeting";
import { SocketPeer } from "./frame/peer";
import { openingOf } from "./frame/welcome";

/** Handles one binary message of a connection. What it promises is an answer that needs asking outside. */
export function receive(room: OpenRoom, connection: Connection, bytes: Uint8Array): Promise<void> | undefined {
  const passed = pass(room, connection, bytes);
  if (passed === undefined) return;
  const { kind, id } = passed;
  switch (kind) {
    case KIND.HELLO:
      hello(room, connection, bytes);
      break;
    case KIND.CREDIT:
      connection.credit(relay.number(0));
      feed(room, connection);
      break;
    case KIND.HISTORY_REQ:
      history(room, connection, bytes);
      break;
    case KIND.TYPING:
      room.typing.set(connection, relay.number(0));
      break;
    case KIND.PRESENCE:
      room.presence.set(connection, relay.number(1));
      break;
    default:
      return answer(room, new SocketPeer(room, connection), kind, id, bytes);
  }
}

function hello(room: OpenRoom, connection: Connection, bytes: Uint8Array): void {
  const { state } = connection;
  const opening = openingOf(room, frameOf("HELLO", bytes).body);
  state.features = opening.features;
  greet(room, connection, opening);
  feed(room, connection);
}

function history(room: OpenRoom, connection: Connection, bytes: Uint8Array): void {
  queuePage(room, connection, bytes);
  feed(room, connection);
  if (connection.state.pages.length > 0) connection.save();
}
