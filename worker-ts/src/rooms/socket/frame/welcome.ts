// How a connection begins, wherever its socket is: WELCOME, RESET where it has to be, who is here and how far they have read. Frames are
// made here and sent elsewhere.
import { encode, FEATURE, WELCOME_OUTCOME } from "@ferrule/core";
import type { OpenRoom } from "../../open-room";
import { type Cursor, type Opening, opening, ROLE_NUMBER } from "../../room";
import type { PeerFacts } from "./peer";

/** What is granted of the features a client wants; a dictionary (DICT) no server of v1 has. */
const GRANTED = FEATURE.PRESENCE | FEATURE.TYPING | FEATURE.RECEIPTS;

/** What HELLO says. */
export interface Greeting extends Cursor {
  readonly features: number;
}

/** How a HELLO opens, and what it is granted (FEATURE bits). */
export function openingOf(
  { log, epoch, settings }: OpenRoom,
  hello: Greeting,
): Opening & { readonly features: number } {
  const where = { epoch, headSeq: log.head, oldestSeq: log.oldest };
  return { ...opening(hello, where, settings.replayEntriesMax), features: hello.features & GRANTED };
}

/** WELCOME, and RESET where there is one. It counts. */
export function welcomeFrames(
  room: OpenRoom,
  who: PeerFacts,
  features: number,
  { outcome, reset, startSeq }: Opening,
): Uint8Array[] {
  const { log, settings, epoch } = room;
  const ts = settings.now();
  const where = { epoch, headSeq: log.head, oldestSeq: log.oldest };
  if (outcome === WELCOME_OUTCOME.RECOVERED) room.totals.count("resumed");
  if (outcome === WELCOME_OUTCOME.RESET) room.totals.count("reset");
  const frame = encode({
    kind: "WELCOME",
    ts,
    body: {
      ...where,
      outcome,
      startSeq,
      selfRef: who.ref,
      conn: who.conn,
      role: ROLE_NUMBER[who.role],
      expiresAt: who.expiresAt,
      features,
      windowSoft: settings.windowSoftBytes,
      windowHard: settings.windowHardBytes,
      slowModeMs: room.config.slowModeMs,
      roomId: room.id,
      title: room.config.title,
    },
  });
  return reset === 0 ? [frame] : [frame, encode({ kind: "RESET", ts, body: { ...where, reason: reset, startSeq } })];
}

/** What a newcomer is told, behind WELCOME, of who is here and how far they have read. */
export function surroundings(room: OpenRoom, ref: number, features: number): Uint8Array[] {
  const { people, presence, receipts, settings } = room;
  const known = presence.refsFor(ref);
  if ((features & FEATURE.RECEIPTS) !== 0) for (const reader of receipts.refs()) known.add(reader);
  return [
    ...people.frames(known, settings.now()),
    ...((features & FEATURE.PRESENCE) === 0 ? [] : [presence.whole()]),
    ...((features & FEATURE.RECEIPTS) === 0 ? [] : [receipts.whole()]),
  ];
}

/** What is told again, whole, of features (FEATURE bits) of which frames were held back. */
export function missedState({ people, presence, receipts, settings }: OpenRoom, missed: number): Uint8Array[] {
  const frames: Uint8Array[] = [];
  if ((missed & FEATURE.PRESENCE) !== 0) frames.push(presence.whole());
  if ((missed & FEATURE.RECEIPTS) !== 0)
    frames.push(...people.frames(receipts.refs(), settings.now()), receipts.whole());
  return frames;
}
