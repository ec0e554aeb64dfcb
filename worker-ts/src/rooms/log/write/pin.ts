// Pinning and unpinning a message: an entry of the room and a row, both or neither.
import { SYSTEM_EVENT } from "@ferrule/core";
import { pinVerdictOf } from "../../room";
import { systemEntry } from "./system";
import type { WriteParts, Writer, Written } from "./written";

/** Pins the message `target`, or unpins it. */
export function writePin({ log, pins }: WriteParts, target: number, on: boolean, writer: Writer): Written {
  const verdict = pinVerdictOf({
    ...writer,
    on,
    target: log.target(target),
    isPinned: () => pins.has(target),
    isFull: () => pins.full,
  });
  if (verdict === "no_change") return { status: "no_change" };
  if (verdict !== "change") return { status: "refused", ...verdict };
  const event = on ? SYSTEM_EVENT.PINNED : SYSTEM_EVENT.UNPINNED;
  const entry = systemEntry({ event, text: String(target), by: writer.ref, target }, log.next(writer.now));
  const { seq, ts, frame } = entry;
  log.addAll([entry], () => (on ? pins.add(target, writer.ref, seq) : pins.remove(target)));
  return { status: "stored", seq, ts, frames: [frame] };
}
