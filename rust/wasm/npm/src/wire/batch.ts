// Many frames down in few: runs of frames as BATCH. What may stand in one, and when it is full, the core decides.
import { addFrame, beginBatch } from "../../generated/ferrule.js";
import { LIMIT } from "../constant/limit.js";
import { endFacts, recover } from "../core/instance.js";
import { fillChecked, finish } from "./put.js";
import { WireError } from "./wire-error.js";

/** Answers of `addFrame`. */
const FULL = 0;
const ALONE = 2;

function runs(ts: number, frames: readonly Uint8Array[], maxBytes: number): Uint8Array[] {
  endFacts();
  const list: Uint8Array[] = [];
  let run: Uint8Array[] = [];
  const close = () => {
    if (run.length === 1) list.push(run[0]!);
    else if (run.length > 1) list.push(finish());
    run = [];
    beginBatch(ts, bytes);
  };
  // What is below zero would cross as a number of four bytes: the largest size instead of none.
  const bytes = Math.max(0, Math.min(maxBytes, LIMIT.FRAME_DOWN_BYTES_MAX));
  beginBatch(ts, bytes);
  for (const frame of frames) {
    let answer = addFrame(fillChecked(frame));
    if (answer === FULL) {
      close();
      answer = addFrame(fillChecked(frame));
    }
    if (answer < 0) throw new WireError(-answer);
    run.push(frame);
    if (answer === ALONE) close();
  }
  close();
  return list;
}

/**
 * Puts whole down frames, in order, into as few frames as possible, none above `maxBytes`: a run of one goes as it is (the same
 * array), a longer one as BATCH at the time `ts` (ms). A frame that is too large by itself, or may not stand in a BATCH, goes alone.
 * Throws WireError when one is no frame, and bad_varint when a BATCH is to be written and `ts` is no varint.
 */
export function batch(ts: number, frames: readonly Uint8Array[], maxBytes: number): Uint8Array[] {
  try {
    return runs(ts, frames, maxBytes);
  } catch (error) {
    throw recover(error);
  }
}
