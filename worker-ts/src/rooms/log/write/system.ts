// Writing an entry about the room: SYSTEM. Nobody sends such a frame, so it has no id and there is nothing to refuse.
import { encode, KIND } from "@ferrule/core";
import type { ChangeEntry, Log } from "../log";

/** An entry about the room (SYSTEM_EVENT): `by` is the ref of who did it, 0 = the room itself. */
export interface RoomEntry {
  readonly event: number;
  readonly text: string;
  readonly by: number;
  /** Ref of whom it is about, 0 = nobody. Whoever gets it must have been introduced to both (`publishEntry`). */
  readonly subject?: number;
  /** Seq of the message that it is about, 0 = none. */
  readonly target?: number;
}

/** An entry about the room, made but not written. */
export function systemEntry(
  { event, text, by, subject = 0, target = 0 }: RoomEntry,
  { seq, ts }: { readonly seq: number; readonly ts: number },
): ChangeEntry {
  const frame = encode({ kind: "SYSTEM", seq, ts, sender: by, body: { event, subject, text } });
  return { seq, ts, kind: KIND.SYSTEM, ref: by, id: null, sum: null, frame, target, mention: subject };
}

/** Writes an entry about the room, with what `besides` writes, and returns its frame. */
export function writeSystem(log: Log, entry: RoomEntry, now: number, besides?: (seq: number) => void): Uint8Array {
  const made = systemEntry(entry, log.next(now));
  log.addAll([made], () => besides?.(made.seq));
  return made.frame;
}
