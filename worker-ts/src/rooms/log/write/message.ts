// Writing a MSG: rules, stamp, insert. The usual case, a new id, costs one statement.
import { crc32, encode, type FileFact, filesExt, KIND, relay } from "@ferrule/core";
import { refusalOf } from "../../room";
import { seenBefore, type WriteParts, type Writing, type Written } from "./written";

/** Writes the MSG that the core has just read; with `files`, which no client can put into a frame. */
export function writeMessage(parts: WriteParts, writing: Writing, files: readonly FileFact[] = []): Written {
  const { log, noops, heed } = parts;
  const { id, ref, role, config, now } = writing;
  const bodySum = relay.bodySum();
  const replyTo = relay.number(0);
  const refusal = refusalOf({
    config,
    role,
    now,
    saidAfter: (time) => log.said.after(ref, time),
    replyTo,
    target: (seq) => log.target(seq),
  });
  const { seq, ts } = log.next(now);
  // strings are read now or never: the frame is the core's until it is stamped
  const said = files.length === 0 && heed === undefined ? "" : relay.text(0);
  const text = files.length === 0 ? null : said;
  const sum = text === null ? bodySum : sumWith(bodySum, files);
  // an id that changed nothing is not in the log, where the insert would meet it
  if (refusal !== null || noops.find(ref, id) !== undefined) {
    // What was stored once stays acknowledged, whatever has changed since.
    const seen = seenBefore(parts, KIND.MSG, writing, sum);
    if (seen !== undefined) return seen;
    if (refusal !== null) return { status: "refused", ...refusal };
  }
  const frame =
    text === null
      ? relay.stamp(seq, ts, ref)
      : encode({ kind: "MSG", seq, ts, id, sender: ref, ext: [filesExt(files)], body: { replyTo, text } });
  if (log.add({ seq, ts, kind: KIND.MSG, ref, id, sum, frame })) {
    heed?.(said, seq);
    return { status: "stored", seq, ts, frames: [frame] };
  }
  const seen = seenBefore(parts, KIND.MSG, writing, sum);
  if (seen === undefined) throw new Error("an entry was neither added nor seen before");
  return seen;
}

/** Other files under the same id are another message, though its text be the same. */
function sumWith(bodySum: number, files: readonly FileFact[]): number {
  const bytes = new Uint8Array(4 + 16 * files.length);
  new DataView(bytes.buffer).setUint32(0, bodySum, true);
  for (const [at, { fileId }] of files.entries()) bytes.set(fileId, 4 + 16 * at);
  return crc32(bytes);
}
