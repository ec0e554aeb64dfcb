// What the room answers to frames that have passed a gate, its own or a relay's: one path for both. One synchronous run per frame,
// so frames never interleave; rules are in room.ts, tables in log/.
import { ACK_STATUS, ERROR_CODE, encode, KIND } from "@ferrule/core";
import type { Written } from "../../log/write/written";
import type { OpenRoom } from "../../open-room";
import { REFUSAL } from "../../room";
import { readUpTo } from "../live/receipts";
import { refresh } from "../refresh";
import { publishWritten, type WriteKind, writeFrame } from "../write";
import { frameOf } from "./gate";
import type { Peer } from "./peer";

/** Answers a frame that the core has read last. What it promises is an answer that needs asking outside. */
export function answer(
  room: OpenRoom,
  peer: Peer,
  kind: number,
  id: Uint8Array | null,
  bytes: Uint8Array,
): Promise<void> | undefined {
  switch (kind) {
    case KIND.MSG:
    case KIND.EDIT:
    case KIND.DELETE:
    case KIND.REACT:
    case KIND.UNREACT:
      write(room, peer, kind, id);
      break;
    case KIND.AUTH_REFRESH:
      return prolong(room, peer, bytes);
    case KIND.PEOPLE_REQ:
      people(room, peer, bytes);
      break;
    case KIND.RECEIPT:
      for (const { upTo } of frameOf("RECEIPT", bytes).body.list) readUpTo(room, peer.facts.ref, upTo);
      break;
    default:
      peer.refuse(ERROR_CODE.UNSUPPORTED, "this kind is not served", id);
  }
}

/** Writes a frame of a logged kind, and answers it. */
function write(room: OpenRoom, peer: Peer, kind: WriteKind, id: Uint8Array | null): void {
  if (id === null) throw new TypeError("a logged frame has an id");
  const now = room.settings.now();
  const { ref, role } = peer.facts;
  const written = writeFrame(room, kind, { id, ref, role, config: room.config, now });
  if (written.status === "refused") {
    if (written.code === "rate_limited") peer.hold(kind, id, written.retryAfterMs);
    else peer.refuse(REFUSAL[written.code].code, REFUSAL[written.code].text, id);
    return;
  }
  // At once: with the next BATCH it would cost less, and whoever waits for it before writing on would wait a tick each time.
  peer.send(ack(id, written, now));
  if (written.status !== "stored") return;
  if (kind === KIND.MSG) peer.wrote();
  publishWritten(room, kind, ref, written);
}

const STATUS = {
  stored: ACK_STATUS.STORED,
  duplicate: ACK_STATUS.DUPLICATE,
  no_change: ACK_STATUS.NO_CHANGE,
} as const;

function ack(id: Uint8Array, written: Exclude<Written, { status: "refused" }>, now: number): Uint8Array {
  const { seq, ts } = written.status === "no_change" ? { seq: 0, ts: 0 } : written;
  return encode({ kind: "ACK", ts: now, id, body: { status: STATUS[written.status], seq, ts } });
}

function prolong(room: OpenRoom, peer: Peer, bytes: Uint8Array): Promise<void> {
  const { id, body } = frameOf("AUTH_REFRESH", bytes);
  if (!("ticket" in body)) throw new TypeError("an AUTH_REFRESH up has a ticket");
  return refresh(room, peer, id, body.ticket);
}

function people(room: OpenRoom, peer: Peer, bytes: Uint8Array): void {
  const { id, body } = frameOf("PEOPLE_REQ", bytes);
  for (const frame of room.people.frames(body.refs, room.settings.now(), id)) peer.send(frame);
}
