// From a frame object to bytes, and the hot case of a text going up. Layouts are in body-write.ts; the core checks and compresses.
import { begin, putExt, encodeText as rawEncodeText } from "../../generated/ferrule.js";
import { KIND, type KindName } from "../constant/kind.js";
import { LIMIT } from "../constant/limit.js";
import { REASON } from "../constant/reason.js";
import { endFacts, fill, openInput, recover } from "../core/instance.js";
import { writeText } from "../core/text.js";
import { writers } from "./body-write.js";
import type { Ext, FrameInit, FrameInitOf } from "./frame.js";
import { finish, taken } from "./put.js";
import { WireError } from "./wire-error.js";

function checkId(id: Uint8Array): void {
  if (id.length !== LIMIT.ID_BYTES) throw new WireError(REASON.bad_id, `an id has 16 bytes, not ${id.length}`);
}

function writeExt(list: readonly Ext[]): void {
  for (const { type, bytes } of list) {
    if (bytes.length > LIMIT.EXT_BYTES_MAX) throw new WireError(REASON.bad_ext);
    putExt(type, fill(bytes));
  }
}

/** One kind at a time, so that the body and its writer have the same type. */
function write<K extends KindName>(frame: FrameInitOf<K>, frames: readonly Uint8Array[]): Uint8Array {
  const { kind, seq = 0, ts = 0, id = null, sender = 0, ext, body } = frame;
  if (id !== null) {
    checkId(id);
    fill(id);
  }
  endFacts();
  begin(KIND[kind], seq, ts, sender, id !== null);
  if (ext !== undefined) writeExt(ext);
  writers[kind](body, frames);
  return finish();
}

/** The whole frames of a list body. They are encoded before their list begins, for the core has one writer. */
function wholeFrames(frame: FrameInit): readonly Uint8Array[] {
  if (frame.kind !== "BATCH" && frame.kind !== "HISTORY_PAGE") return [];
  return frame.body.list.map((inner) => (inner instanceof Uint8Array ? inner : encodeFrame(inner)));
}

function encodeFrame(frame: FrameInit): Uint8Array {
  return write(frame, wholeFrames(frame));
}

/**
 * Writes a frame: an own copy. It is checked as a reader would check it, and compressed when that pays. A kind that travels both
 * ways is an up frame when seq and sender are 0. Throws WireError for what no reader would take.
 */
export function encode(frame: FrameInit): Uint8Array {
  try {
    return encodeFrame(frame);
  } catch (error) {
    throw recover(error);
  }
}

/**
 * The hot way up: MSG (`number` = replyTo), EDIT, REACT or UNREACT (`number` = target) with seq, ts and sender 0. `id` has 16
 * bytes. Throws WireError as `encode` does.
 */
export function encodeText(
  kind: "MSG" | "EDIT" | "REACT" | "UNREACT",
  id: Uint8Array,
  number: number,
  text: string,
): Uint8Array {
  checkId(id);
  const { input, inputText } = openInput();
  input.set(id);
  const length = writeText(text, inputText);
  if (length < 0) throw new WireError(REASON.over_limit);
  try {
    return taken(rawEncodeText(KIND[kind], number, length));
  } catch (error) {
    throw recover(error);
  }
}
