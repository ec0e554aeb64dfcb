// Frames of the log as a later entry leaves them: the same place, time, id and sender; another text. Bytes in, bytes out.
import {
  decode,
  type Edited,
  type Erased,
  EXT,
  editedExt,
  encode,
  erasedExt,
  type FrameOf,
  findExt,
} from "@ferrule/core";

function read<K extends "MSG" | "EDIT">(kind: K, bytes: Uint8Array): FrameOf<K> {
  const frame = decode("down", bytes);
  if ("skip" in frame || frame.kind !== kind) throw new Error(`an entry of the log is no ${kind}`);
  return frame as FrameOf<K>;
}

const headOf = ({ seq, ts, id, sender }: FrameOf<"MSG" | "EDIT">) => ({ seq, ts, id, sender });

/** A MSG with its new text and EDITED; FILES stay. */
export function edited(bytes: Uint8Array, text: string, edit: Edited): Uint8Array {
  const frame = read("MSG", bytes);
  const files = findExt(frame, EXT.FILES);
  const ext = [editedExt(edit), ...(files === undefined ? [] : [files])];
  return encode({ kind: "MSG", ...headOf(frame), ext, body: { replyTo: frame.body.replyTo, text } });
}

/** A MSG without text, with ERASED and nothing else. */
export function erased(bytes: Uint8Array, erasing: Erased): Uint8Array {
  const frame = read("MSG", bytes);
  const { replyTo } = frame.body;
  return encode({ kind: "MSG", ...headOf(frame), ext: [erasedExt(erasing)], body: { replyTo, text: "" } });
}

/** An EDIT without text. */
export function emptied(bytes: Uint8Array): Uint8Array {
  const frame = read("EDIT", bytes);
  return encode({ kind: "EDIT", ...headOf(frame), body: { target: frame.body.target, text: "" } });
}
