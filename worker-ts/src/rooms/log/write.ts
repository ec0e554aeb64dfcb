// The write path from the read frame on: rules, look-up of the id, stamp, insert. It is one synchronous run
// on the frame the core read last; nothing in it may await or make the core read or write another frame before `stamp`.
import { encode, KIND, relay } from "@ferrule/core";
import type { RoleName, RoomConfig } from "../operation";
import { type Refusal, refusalOf } from "../room";
import type { Log, Seen } from "./log";

/** What became of a write. A stored one has the down frame, the same bytes as in the log. */
export type Written =
  | { readonly status: "stored"; readonly seq: number; readonly ts: number; readonly frame: Uint8Array }
  | { readonly status: "duplicate"; readonly seq: number; readonly ts: number }
  | ({ readonly status: "refused" } & Refusal);

/** Who writes, under which client message id, and how things stand: `now` is server time in ms. */
export interface Writing {
  readonly id: Uint8Array;
  readonly ref: number;
  readonly role: RoleName;
  readonly config: RoomConfig;
  readonly now: number;
}

/** Writes the MSG that the core has just read. */
export function writeMessage(log: Log, { id, ref, role, config, now }: Writing): Written {
  const sum = relay.bodySum();
  const repeated = (seen: Seen): Written =>
    seen.kind === KIND.MSG && (seen.sum === null || seen.sum === sum)
      ? { status: "duplicate", seq: seen.seq, ts: seen.ts }
      : { status: "refused", code: "conflict", retryAfterMs: 0 };

  const refusal = refusalOf({
    config,
    role,
    now,
    saidAfter: (time) => log.saidAfter(ref, time),
    replyTo: relay.number(0),
    isMessage: (seq) => log.isMessage(seq),
  });
  if (refusal !== null) {
    // What was stored once stays acknowledged, whatever has changed since.
    const seen = log.find(ref, id);
    return seen === undefined ? { status: "refused", ...refusal } : repeated(seen);
  }
  const { seq, ts } = log.next(now);
  const frame = relay.stamp(seq, ts, ref);
  // Insert first: the usual case, a new id, costs one statement.
  if (log.add({ seq, ts, kind: KIND.MSG, ref, id, sum, frame })) return { status: "stored", seq, ts, frame };
  const seen = log.find(ref, id);
  if (seen === undefined) throw new Error("an entry was neither added nor seen before");
  return repeated(seen);
}

/** An entry about the room (SYSTEM_EVENT): `by` is the ref of who did it, 0 = the room itself. */
export interface RoomEntry {
  readonly event: number;
  readonly text: string;
  readonly by: number;
}

/** Writes an entry about the room and returns its frame. */
export function writeSystem(log: Log, { event, text, by }: RoomEntry, now: number): Uint8Array {
  const { seq, ts } = log.next(now);
  const frame = encode({ kind: "SYSTEM", seq, ts, sender: by, body: { event, subject: 0, text } });
  log.add({ seq, ts, kind: KIND.SYSTEM, ref: by, id: null, sum: null, frame });
  return frame;
}
