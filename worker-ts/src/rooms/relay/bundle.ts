// Packing frames that are broadcast for the way to the relays, and unpacking them there. Bytes and numbers; nothing is read here.
import type { Cast } from "../socket/frame/load";
import type { Bundle } from "./shapes";

/** Above all FEATURE bits: the mark of an entry of the log. */
const LOGGED = 0x100;
const MARKS = 3;

/** Packs frames. What it makes is shared by all relays: nobody may change it. */
export function pack(casts: readonly Cast[]): Bundle {
  const bytes = new Uint8Array(casts.reduce((sum, { frame }) => sum + frame.byteLength, 0));
  const marks: number[] = [];
  let at = 0;
  for (const { frame, logged, wants = 0, except = 0 } of casts) {
    bytes.set(frame, at);
    at += frame.byteLength;
    marks.push(frame.byteLength, logged ? LOGGED : wants, except);
  }
  return { bytes, marks };
}

/** The frames of a bundle; they are views of its bytes. */
export function* unpack({ bytes, marks }: Bundle): Generator<Cast, void> {
  let at = 0;
  for (let mark = 0; mark + MARKS <= marks.length; mark += MARKS) {
    const [length = 0, what = 0, except = 0] = marks.slice(mark, mark + MARKS);
    const frame = bytes.subarray(at, at + length);
    at += length;
    yield {
      frame,
      logged: what === LOGGED,
      ...(what !== LOGGED && what !== 0 && { wants: what }),
      ...(except !== 0 && { except }),
    };
  }
}
