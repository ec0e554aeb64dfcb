// What the room answers to each frame of a connection. One synchronous run per frame, so frames never interleave; rules
// are in room.ts, tables in log/.
import {
  ACK_STATUS,
  answerOf,
  decode,
  ERROR_CODE,
  encode,
  FEATURE,
  type FrameOf,
  KIND,
  type KindName,
  reasonName,
  relay,
  WELCOME_OUTCOME,
} from "@ferrule/core";
import { type Written, writeMessage } from "../log/write";
import type { OpenRoom } from "../open-room";
import { opening, REFUSAL, ROLE_NUMBER } from "../room";
import { bucketOf, laneOf } from "./buckets";
import type { Connection } from "./connection";
import { feed } from "./feed";
import { readUpTo } from "./live/receipts";
import { refresh } from "./refresh";
import { refusedId } from "./refused-id";

/** Where a frame's kind stands (PROTOCOL.md section 2). */
const KIND_AT = 2;
/** What the core answers to a frame of an unassigned kind 64..127. */
const SKIP = 0;
/** What is granted of the features a client wants; a dictionary (DICT) no server of v1 has. */
const GRANTED = FEATURE.PRESENCE | FEATURE.TYPING | FEATURE.RECEIPTS;
/** Pages one connection may have waiting for its window, and when one more may be asked for again. */
const WAITING_PAGES_MAX = 4;
const PAGES_RETRY_MS = 1_000;

/** Handles one binary message of a connection. What it promises is an answer that needs asking outside. */
export function receive(room: OpenRoom, connection: Connection, bytes: Uint8Array): Promise<void> | undefined {
  const kind = relay.read("up", bytes);
  if (kind < 0) refuseFrame(room, connection, -kind, bytes);
  else if (kind === KIND.HELLO) hello(room, connection, bytes);
  else if (kind !== SKIP) return serve(room, connection, kind, bytes);
}

/** Handles a frame behind HELLO. */
function serve(room: OpenRoom, connection: Connection, kind: number, bytes: Uint8Array): Promise<void> | undefined {
  if (!connection.state.hello) {
    connection.fail("BAD_STATE", "HELLO comes first");
    return;
  }
  // The alarm closes it; should that come late, nothing passes meanwhile.
  if (connection.state.expiresAt + room.settings.admissionGraceMs <= room.settings.now()) {
    connection.fail("EXPIRED", "the admission has ended");
    return;
  }
  const id = relay.id();
  if (!mayPass(room, connection, kind, bytes, id)) return;
  switch (kind) {
    case KIND.MSG:
      message(room, connection, id);
      break;
    case KIND.CREDIT:
      connection.credit(relay.number(0));
      feed(room, connection);
      break;
    case KIND.AUTH_REFRESH:
      return prolong(room, connection, bytes);
    case KIND.HISTORY_REQ:
      history(room, connection, bytes);
      break;
    case KIND.PEOPLE_REQ:
      people(room, connection, bytes);
      break;
    case KIND.TYPING:
      room.typing.set(connection, relay.number(0));
      break;
    case KIND.PRESENCE:
      room.presence.set(connection, relay.number(1));
      break;
    case KIND.RECEIPT:
      for (const { upTo } of frameOf("RECEIPT", bytes).body.list) readUpTo(room, connection.state.ref, upTo);
      break;
    default:
      connection.refuse(ERROR_CODE.UNSUPPORTED, "this kind is not served", id);
  }
}

/** Publishes a stored entry; a sender whom not everybody knows is introduced in the same BATCH. */
export function publishEntry({ presence, fanOut }: OpenRoom, ref: number, frame: Uint8Array): void {
  const entry = { frame, logged: true };
  fanOut.publish(presence.knows(ref) ? [entry] : [...presence.introductions([ref]), entry]);
}

/** Refuses a frame that cannot be read. One that the connection survives costs as much as a good one of its kind. */
function refuseFrame(room: OpenRoom, connection: Connection, reason: number, bytes: Uint8Array): void {
  const { code, fatal } = answerOf(reason);
  const id = refusedId(bytes);
  if (fatal) connection.fail(code, reasonName(reason));
  else if (mayPass(room, connection, bytes[KIND_AT] ?? 0, bytes, id)) connection.refuse(code, reasonName(reason), id);
}

/** Takes the tokens of a frame. One that finds none is refused, or dropped where a later one tells the same. */
function mayPass(
  room: OpenRoom,
  connection: Connection,
  kind: number,
  bytes: Uint8Array,
  id: Uint8Array | null,
): boolean {
  const wait = room.limits.frame(connection.state, connection.state.ref, kind, bytes.byteLength);
  if (wait === 0) connection.save();
  else if (bucketOf(kind) !== "soft") hold(room, connection, kind, id, wait);
  return wait === 0;
}

/** Refuses a frame that must wait; who does not wait, again and again, is sent away. */
function hold(room: OpenRoom, connection: Connection, kind: number, id: Uint8Array | null, retryAfterMs: number): void {
  const lane = laneOf(kind, room.config.slowModeMs);
  const tooOften = room.limits.refuse(connection.state, lane, retryAfterMs);
  connection.save();
  if (tooOften) connection.fail("RATE_LIMITED", "told to wait, and did not");
  else connection.refuse(ERROR_CODE.RATE_LIMITED, REFUSAL.rate_limited.text, id, retryAfterMs);
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

  if (outcome === WELCOME_OUTCOME.RECOVERED) room.totals.count("resumed");
  if (outcome === WELCOME_OUTCOME.RESET) room.totals.count("reset");
  state.features = body.features & GRANTED;
  state.replayAt = startSeq < log.head ? startSeq : null;
  room.presence.join(connection);

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
        features: state.features,
        windowSoft: settings.windowSoftBytes,
        windowHard: settings.windowHardBytes,
        slowModeMs: room.config.slowModeMs,
        roomId: room.id,
        title: room.config.title,
      },
    }),
  );
  if (reset !== 0) connection.send(encode({ kind: "RESET", ts, body: { ...where, reason: reset, startSeq } }));
  introduceTo(room, connection);
  connection.save();
  feed(room, connection);
}

/** Tells a newcomer who is here and how far they have read, and the others of the newcomer. */
function introduceTo({ people, presence, receipts, settings }: OpenRoom, connection: Connection): void {
  const { features } = connection.state;
  const known = presence.refsFor(connection);
  if ((features & FEATURE.RECEIPTS) !== 0) for (const ref of receipts.refs()) known.add(ref);
  for (const frame of people.frames(known, settings.now())) connection.send(frame);
  if ((features & FEATURE.PRESENCE) !== 0) presence.tell(connection);
  if ((features & FEATURE.RECEIPTS) !== 0) receipts.tell(connection);
  presence.announce(connection);
}

function message(room: OpenRoom, connection: Connection, id: Uint8Array | null): void {
  if (id === null) throw new TypeError("a MSG has an id");
  const now = room.settings.now();
  const { ref, role } = connection.state;
  const written = writeMessage(room.log, { id, ref, role, config: room.config, now });
  if (written.status === "refused") {
    if (written.code === "rate_limited") hold(room, connection, KIND.MSG, id, written.retryAfterMs);
    else connection.refuse(REFUSAL[written.code].code, REFUSAL[written.code].text, id);
    return;
  }
  // At once: with the next BATCH it would cost less, and whoever waits for it before writing on would wait a tick each time.
  connection.send(ack(id, written, now));
  if (written.status !== "stored") return;
  room.typing.end(connection);
  room.totals.count("messages");
  publishEntry(room, ref, written.frame);
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
    hold(room, connection, KIND.HISTORY_REQ, id, PAGES_RETRY_MS);
    return;
  }
  state.pages = [...state.pages, [id, body.direction, body.from, body.limit]];
  feed(room, connection);
  if (state.pages.length > 0) connection.save();
}

function prolong(room: OpenRoom, connection: Connection, bytes: Uint8Array): Promise<void> {
  const { id, body } = frameOf("AUTH_REFRESH", bytes);
  if (!("ticket" in body)) throw new TypeError("an AUTH_REFRESH up has a ticket");
  return refresh(room, connection, id, body.ticket);
}

function people(room: OpenRoom, connection: Connection, bytes: Uint8Array): void {
  const { id, body } = frameOf("PEOPLE_REQ", bytes);
  for (const frame of room.people.frames(body.refs, room.settings.now(), id)) connection.send(frame);
}
