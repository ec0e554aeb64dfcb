// The hot path of a relay: facts of a frame as numbers, and the frame stamped again, without an object or a string.
import { stamp as rawStamp, sectionSum } from "../../generated/ferrule.js";
import type { Side } from "../constant/kind.js";
import { LIMIT } from "../constant/limit.js";
import { REASON } from "../constant/reason.js";
import { arenas, fillings, recover } from "../core/instance.js";
import { ARENA, SLOT } from "../core/slot.js";
import { readText } from "../core/text.js";
import { read } from "./decode.js";
import { taken } from "./put.js";
import { WireError } from "./wire-error.js";

/** `fillings` when the frame was read: any other value means that its bytes have left IN or RAW. */
let filling = -1;

function needFrame(): void {
  if (filling !== fillings) {
    throw new WireError(REASON.wrong_direction, "no frame, or another call came since relay.read");
  }
}

/**
 * Reads and stamps frames in place. All facts are of the frame read last; `id`, `text`, `bodySum` and `stamp` must come before
 * any other call of this package (else WireError wrong_direction), so take them without an `await` between.
 */
export const relay = {
  /** Checks a frame: its kind's number, 0 = skip it, -(reason) = refused (see `answerOf`). Never throws for what is in it. */
  read(side: Side, bytes: Uint8Array): number {
    try {
      const kind = read(side, bytes);
      filling = kind > 0 ? fillings : -1;
      return kind;
    } catch (error) {
      throw recover(error);
    }
  },

  /** Place in the log, 0 = none. */
  seq(): number {
    return arenas().index[SLOT.SEQ]!;
  },

  /** Milliseconds since 1970 as the frame says. */
  ts(): number {
    return arenas().index[SLOT.TS]!;
  },

  /** User ref as the frame says. */
  sender(): number {
    return arenas().index[SLOT.SENDER]!;
  },

  /** An own copy of the 16 bytes of the id, or null. */
  id(): Uint8Array | null {
    needFrame();
    const { index, input } = arenas();
    const at = index[SLOT.ID_AT]!;
    return at < 0 ? null : input.slice(at, at + LIMIT.ID_BYTES);
  },

  /** The body's `slot`-th integer in the order of the layout, from 0; counts and fixed bytes are no integers. */
  number(slot: number): number {
    return arenas().index[SLOT.NUMBER + slot]!;
  },

  /** CRC-32 of the body section as it came: equal sums for a frame sent again. */
  bodySum(): number {
    needFrame();
    return sectionSum();
  },

  /** The body's first (0) or second (1) string. */
  text(slot: 0 | 1): string {
    needFrame();
    const { index, input, raw } = arenas();
    const source = index[SLOT.ARENA] === ARENA.IN ? input : raw;
    return readText(source, index[SLOT.TEXT_AT + 2 * slot]!, index[SLOT.TEXT_BYTES + 2 * slot]!);
  },

  /**
   * The frame read last with a new place, time (ms) and sender: same kind, id and body, no extensions. One own copy, to be shared
   * read-only by all who get it; its `buffer` may hold others, so hand on the array. Throws WireError wrong_direction when that
   * was no logged up frame, bad_stamp for seq or sender 0.
   */
  stamp(seq: number, ts: number, sender: number): Uint8Array {
    needFrame();
    try {
      return taken(rawStamp(seq, ts, sender));
    } catch (error) {
      throw recover(error);
    }
  },
};
