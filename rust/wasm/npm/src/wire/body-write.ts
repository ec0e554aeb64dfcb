// Bodies of frames (PROTOCOL.md section 7) put field by field into the core's writer. Reading is in body-read.ts.
import type { KindName } from "../constant/kind.js";
import type { FrameInitOf, PresenceBody } from "./frame.js";
import { putBytes, putFrame, putList, putText, putU8, putU16, putVarint } from "./put.js";

function presence(body: PresenceBody): void {
  putU8(body.op);
  if (body.op === 2) {
    putU8(body.state);
    return;
  }
  putVarint(body.connections);
  putVarint(body.people);
  if (body.op === 3) return;
  putList(body.list, (entry) => {
    putVarint(entry.conn);
    putVarint(entry.ref);
    putU8(entry.state);
  });
}

function reaction(body: { readonly target: number; readonly emoji: string }): void {
  putVarint(body.target);
  putText(body.emoji);
}

/** Puts a body. `frames` are the whole frames of a BATCH or HISTORY_PAGE, encoded before. */
type Writer<K extends KindName> = (body: FrameInitOf<K>["body"], frames: readonly Uint8Array[]) => void;

/** A writer for every kind, its fields in the order of the page. */
export const writers: { readonly [K in KindName]: Writer<K> } = {
  HELLO(body) {
    putBytes(body.epoch);
    putVarint(body.lastSeq);
    putVarint(body.features);
    putVarint(body.maxFrame);
    putText(body.client);
  },
  WELCOME(body) {
    putU8(body.outcome);
    putBytes(body.epoch);
    putVarint(body.headSeq);
    putVarint(body.oldestSeq);
    putVarint(body.startSeq);
    putVarint(body.selfRef);
    putVarint(body.conn);
    putU8(body.role);
    putVarint(body.expiresAt);
    putVarint(body.features);
    putVarint(body.windowSoft);
    putVarint(body.windowHard);
    putVarint(body.slowModeMs);
    putText(body.roomId);
    putText(body.title);
  },
  RESET(body) {
    putU8(body.reason);
    putBytes(body.epoch);
    putVarint(body.oldestSeq);
    putVarint(body.headSeq);
    putVarint(body.startSeq);
  },
  MSG(body) {
    putVarint(body.replyTo);
    putText(body.text);
  },
  EDIT(body) {
    putVarint(body.target);
    putText(body.text);
  },
  DELETE(body) {
    putVarint(body.target);
  },
  REACT: reaction,
  UNREACT: reaction,
  TYPING(body) {
    putU8(body.state);
  },
  PRESENCE: presence,
  RECEIPT(body) {
    putList(body.list, (entry) => {
      putVarint(entry.ref);
      putVarint(entry.upTo);
    });
  },
  ACK(body) {
    putU8(body.status);
    putVarint(body.seq);
    putVarint(body.ts);
  },
  ERROR(body) {
    putU16(body.code);
    putVarint(body.retryAfterMs);
    putText(body.text);
  },
  HISTORY_REQ(body) {
    putU8(body.direction);
    putVarint(body.from);
    putVarint(body.limit);
  },
  HISTORY_PAGE(body, frames) {
    putU8(body.flags);
    putVarint(body.asOf);
    putVarint(body.firstSeq);
    putVarint(body.lastSeq);
    putList(frames, putFrame);
  },
  CREDIT(body) {
    putVarint(body.consumed);
  },
  AUTH_REFRESH(body) {
    if ("ticket" in body) {
      putText(body.ticket);
    } else {
      putVarint(body.expiresAt);
      putU8(body.role);
    }
  },
  SYSTEM(body) {
    putVarint(body.event);
    putVarint(body.subject);
    putText(body.text);
  },
  PEOPLE(body) {
    putList(body.list, (entry) => {
      putVarint(entry.ref);
      putU8(entry.flags);
      putText(entry.userId);
      putText(entry.name);
    });
  },
  PEOPLE_REQ(body) {
    putList(body.refs, putVarint);
  },
  BATCH(_body, frames) {
    putList(frames, putFrame);
  },
  TALLY(body) {
    putVarint(body.target);
    putVarint(body.asOf);
    putList(body.list, (entry) => {
      putText(entry.emoji);
      putVarint(entry.total);
      putList(entry.refs, putVarint);
    });
  },
};
