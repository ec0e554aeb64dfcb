// The door of a room: who is let in, and whether the room serves the socket itself or says which relay does. What the Worker says of
// somebody is taken as it is, but for what the room knows better.
import { ERROR_CODE } from "@ferrule/core";
import { decodeAdmission } from "../admission";
import type { OpenRoom } from "../open-room";
import type { Admission } from "../operation";
import type { Place } from "../relay/shapes";
import { SUBPROTOCOL } from "../wire/protocol";
import { newAttachment } from "./attachment";
import { Connection } from "./connection";
import { refuseUpgrade } from "./frame/upgrade";
import { lookAfter, replaceOldest } from "./frame/upkeep";
import { takeOver } from "./live/config";
import { isRemoved, meet } from "./live/standing";
import { isUnwanted, standingOf, tellRole } from "./refresh";

/** Answers an upgrade: 101 with the socket, which `accept` takes into the object; a Place; or a refusal. `before` is a place that was full. */
export function enterRoom(
  room: OpenRoom,
  header: string | null,
  before: Place | null,
  accept: (socket: WebSocket, userId: string) => void,
): Response {
  const admission = decodeAdmission(header);
  if (admission === null) return refuseUpgrade(401, "unauthenticated");
  const { connections, settings, totals } = room;
  if (isRemoved(room)) return refuseUpgrade(404, "not_found");
  const direct = connections.count();
  if (before !== null) room.relays.full(before.n);
  const n = before !== null || direct >= settings.socketsDirectMax ? room.relays.place(admission.userId) : undefined;
  if (
    n === undefined &&
    (before !== null || direct >= Math.min(settings.socketsDirectMax, settings.socketsPerRoomMax))
  ) {
    totals.refused(ERROR_CODE.ROOM_FULL);
    return refuseUpgrade(503, "room_full");
  }
  // a place is asked for again by the same socket: its ticket has been used for it
  if (before === null && admission.ticket !== undefined && !room.tickets.use(admission.ticket))
    return refuseUpgrade(401, "unauthenticated");
  const role = standingOf(room, admission);
  if (isUnwanted(role)) return refuseUpgrade(role === "unauthenticated" ? 401 : 403, role);
  takeOver(room, admission.room);
  const admitted = { ...admission, role };
  if (n !== undefined) return Response.json(placeAt(room, n, admitted, before));
  return open(room, admitted, accept);
}

/** A socket of the room's own. */
function open(room: OpenRoom, admission: Admission, accept: (socket: WebSocket, userId: string) => void): Response {
  const { connections, settings, totals } = room;
  const { userId, sessionId, role, roleAt, expiresAt } = admission;
  replaceOldest(room, userId);
  tellRole(room, userId, { role, roleAt });
  const { 0: client, 1: server } = new WebSocketPair();
  accept(server, userId);
  const conn = nextConn(room);
  const ref = meet(room, admission);
  const state = newAttachment({ conn, ref, userId, sessionId, role, roleAt, expiresAt }, settings.now());
  connections.add(Connection.accepted(server, state, settings, totals));
  totals.count("opened");
  lookAfter(room, expiresAt);
  return new Response(null, { status: 101, webSocket: client, headers: { "sec-websocket-protocol": SUBPROTOCOL } });
}

/** Where the relay `n` is to open a socket for this admission; with the numbers of a place that was full, if one was. */
function placeAt(room: OpenRoom, n: number, admission: Admission, before: Place | null): Place {
  const { connections, settings } = room;
  const conn = before?.conn ?? nextConn(room);
  const ref = before?.ref ?? meet(room, admission);
  const tabs = connections.ofUser(admission.userId).length;
  if (tabs >= settings.connectionsPerUserMax) replaceOldest(room, admission.userId);
  const epoch = [...room.epoch];
  return { n, conn, ref, role: admission.role, epoch, tabs: Math.min(tabs, settings.connectionsPerUserMax - 1) };
}

function nextConn({ meta }: OpenRoom): number {
  const conn = meta.find("next_conn") ?? 1;
  meta.set("next_conn", conn + 1);
  return conn;
}
