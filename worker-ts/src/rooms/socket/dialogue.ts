// What the room answers to each frame of a connection. One synchronous run per frame, so frames never interleave; rules
// are in room.ts, tables in log/.
import {
  ACK_STATUS,
  answerOf,
  decode,
  ERROR_CODE,
  encode,
  type FrameOf,
  KIND,
  type KindName,
  reasonName,
  relay,
} from "@ferrule/core";
import { historyPage } from "../log/page";
import { replayPart } from "../log/replay";
import { type Written, writeMessage } from "../log/write";
import type { OpenRoom } from "../open-room";
import { opening, REFUSAL, ROLE_NUMBER } from "../room";
import type { Connection } from "./connection";
import type { Cast } from "./fan-out";
import { refusedId } from "./refused-id";

/** What the core answers to a frame of an unassigned kind 64..127. */
const SKIP = 0;
/** Pages one connection may have waiting for its window, and when one more may be asked for again. */
const WAITING_PAGES_MAX = 4;
const PAGES_RETRY_MS = 1_000;

/** Handles one binary message of a connection. */
export function receive(room: OpenRoom, connection: Connection, bytes: Uint8Array): void {
  const kind = relay.read("up", bytes);
  if (kind < 0) refuseFrame(connection, -kind, bytes);
  else if (kind === KIND.HELLO) hello(room, connection, bytes);
  else if (kind !== SKIP) serve(room, connection, kind, bytes);
}

/** Handles a frame behind HELLO. */
function serve(room: OpenRoom, connection: Connection, kind: number, bytes: Uint8Array): void {
  if (!connection.state.hello) {
    connection.fail("BAD_STATE", "HELLO comes first");
    return;
  }
  switch (kind) {
    case KIND.MSG:
      message(room, connection);
      break;
    case KIND.CREDIT:
      connection.credit(relay.number(0));
      feed(room, connection);
      break;
    case KIND.HISTORY_REQ:
      history(room, connection, bytes);
      break;
    case KIND.PEOPLE_REQ:
      people(room, connection, bytes);
      break;
    case KIND.TYPING:
    case KIND.PRESENCE:
    case KIND.RECEIPT:
      break; // Not granted in WELCOME; such frames may be dropped.
    default:
      connection.refuse(ERROR_CODE.UNSUPPORTED, "this kind is not served", relay.id());
  }
}

/** Publishes a stored message; a sender who is not here is introduced in the same BATCH, for nobody may know them. */
export function publishMessage(room: OpenRoom, ref: number, frame: Uint8Array, here: boolean): void {
  room.fanOut.publish([...(here ? [] : introduction(room, ref)), { frame, logged: true }]);
}

/** Tells everybody who is here who this is: somebody new, or one with another name. */
export function introduce(room: OpenRoom, ref: number): void {
  room.fanOut.publish(introduction(room, ref));
}

function introduction(room: OpenRoom, ref: number): Cast[] {
  return room.people.frames([ref], room.settings.now()).map((frame) => ({ frame, logged: false }));
}

function refuseFrame(connection: Connection, reason: number, bytes: Uint8Array): void {
  const { code, fatal } = answerOf(reason);
  if (fatal) connection.fail(code, reasonName(reason));
  else connection.refuse(code, reasonName(reason), refusedId(bytes));
}

/** The frame of a kind that the core has accepted, as an object. */
function frameOf<K extends KindName>(kind: K, bytes: Uint8Array): FrameOf<K> {
  const frame = decode("up", bytes);
  if ("skip" in frame || frame.kind !== kind) throw new TypeError(`not a ${kind}`);
  return frame as FrameOf<K>;
}

function hello(room: OpenRoom, connection: Connection, bytes: Uint8Array): void {
  const { state } = connection;
  if (state.hello) {
    connection.fail("BAD_STATE", "HELLO was said");
    return;
  }
  const { log, settings, epoch } = room;
  const { body } = frameOf("HELLO", bytes);
  const ts = settings.now();
  const where = { epoch, headSeq: log.head, oldestSeq: log.oldest };
  const { outcome, reset, startSeq } = opening(body, where, settings.replayEntriesMax);

  // The others learn of the newcomer before the newcomer counts as one of them.
  introduce(room, state.ref);
  state.hello = true;
  state.replayAt = startSeq < log.head ? startSeq : null;
  room.fanOut.skip(connection);

  connection.send(
    encode({
      kind: "WELCOME",
      ts,
      body: {
        ...where,
        outcome,
        startSeq,
        selfRef: state.ref,
        conn: state.conn,
        role: ROLE_NUMBER[state.role],
        expiresAt: state.expiresAt,
        features: 0,
        windowSoft: settings.windowSoftBytes,
        windowHard: settings.windowHardBytes,
        slowModeMs: 0,
        roomId: room.id,
        title: room.title,
      },
    }),
  );
  if (reset !== 0) connection.send(encode({ kind: "RESET", ts, body: { ...where, reason: reset, startSeq } }));
  for (const frame of room.people.frames(room.connections.refs(), ts)) connection.send(frame);
  connection.save();
  feed(room, connection);
}

/** Sends what is held back as far as the window is open: first the replay, which ends live at head, then pages. */
function feed(room: OpenRoom, connection: Connection): void {
  const { log, people, settings, fanOut } = room;
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
  while (state.replayAt === null && connection.windowOpen) {
    const [request, ...rest] = state.pages;
    if (request === undefined) return;
    fanOut.catchUp(connection);
    connection.send(historyPage(log, people, request, settings.now()));
    state.pages = rest;
    connection.save();
  }
}

function message(room: OpenRoom, connection: Connection): void {
  const id = relay.id();
  if (id === null) throw new TypeError("a MSG has an id");
  const now = room.settings.now();
  const written = writeMessage(room.log, { id, ref: connection.state.ref, closed: room.closed, now });
  if (written.status === "refused") {
    const { code, text } = REFUSAL[written.code];
    connection.refuse(code, text, id);
    return;
  }
  connection.send(ack(id, written, now));
  if (written.status === "stored") publishMessage(room, connection.state.ref, written.frame, true);
}

function ack(id: Uint8Array, written: Exclude<Written, { status: "refused" }>, now: number): Uint8Array {
  const status = written.status === "stored" ? ACK_STATUS.STORED : ACK_STATUS.DUPLICATE;
  return encode({ kind: "ACK", ts: now, id, body: { status, seq: written.seq, ts: written.ts } });
}

function history(room: OpenRoom, connection: Connection, bytes: Uint8Array): void {
  const { id, body } = frameOf("HISTORY_REQ", bytes);
  const { state } = connection;
  if (id === null) throw new TypeError("a HISTORY_REQ has an id");
  if (state.pages.length >= WAITING_PAGES_MAX) {
    connection.refuse(ERROR_CODE.RATE_LIMITED, "pages are waiting for CREDIT", id, PAGES_RETRY_MS);
    return;
  }
  state.pages = [...state.pages, { id, direction: body.direction, from: body.from, limit: body.limit }];
  feed(room, connection);
  if (state.pages.length > 0) connection.save();
}

function people(room: OpenRoom, connection: Connection, bytes: Uint8Array): void {
  const { id, body } = frameOf("PEOPLE_REQ", bytes);
  for (const frame of room.people.frames(body.refs, room.settings.now(), id)) connection.send(frame);
}
