// The core's writer, field by field. The core keeps the first fault and tells it at the end; what cannot even be handed over
// (a number that is none, bytes larger than the arena) is refused here. No layout stands here.
import {
  end,
  putBytes as rawBytes,
  putFrame as rawFrame,
  putStr as rawStr,
  putU8 as rawU8,
  putU16 as rawU16,
  putVarint as rawVarint,
} from "../../generated/ferrule.js";
import { REASON } from "../constant/reason.js";
import { ARENA_BYTES, arenas, fill, openInput } from "../core/instance.js";
import { ownCopy } from "../core/own.js";
import { writeText } from "../core/text.js";
import { WireError } from "./wire-error.js";

export function putU8(value: number): void {
  if (value !== (value & 0xff)) throw new WireError(REASON.bad_body, `${value} is no byte`);
  rawU8(value);
}

export function putU16(value: number): void {
  if (value !== (value & 0xffff)) throw new WireError(REASON.bad_body, `${value} is no u16`);
  rawU16(value);
}

export function putVarint(value: number): void {
  rawVarint(value);
}

/** Copies bytes to IN, unless they are more than any frame could hold. */
export function fillChecked(bytes: Uint8Array): number {
  if (bytes.length > ARENA_BYTES) throw new WireError(REASON.too_large);
  return fill(bytes);
}

export function putBytes(bytes: Uint8Array): void {
  rawBytes(fillChecked(bytes));
}

export function putText(text: string): void {
  const length = writeText(text, openInput().input);
  if (length < 0) throw new WireError(REASON.over_limit);
  rawStr(length);
}

/** A whole frame, into a BATCH or HISTORY_PAGE. */
export function putFrame(frame: Uint8Array): void {
  rawFrame(fillChecked(frame));
}

export function putList<T>(list: readonly T[], put: (entry: T) => void): void {
  putVarint(list.length);
  for (const entry of list) put(entry);
}

/** Ends what was begun: an own copy of the bytes written. Throws WireError with the first fault. */
export function finish(): Uint8Array {
  return taken(end());
}

/** An own copy of the first `length` bytes of OUT; a negative length is a reason and thrown. */
export function taken(length: number): Uint8Array {
  if (length < 0) throw new WireError(-length);
  return ownCopy(arenas().output, length);
}
