// The newest entries that went through a relay, for those who resume: in memory alone, for the room has them all.
import { batch } from "@ferrule/core";
import { FRAME_BYTES, type Part } from "../../log/replay";

/** However few entries they are, no more bytes than these are kept. */
const BYTES_MAX = 8_388_608;
/** Frames of one part: with the people before them they fit into one BATCH. */
const PART_ENTRIES = 400;

/** An entry, behind the PEOPLE that go before it. */
interface Kept {
  readonly frames: readonly Uint8Array[];
  readonly bytes: number;
  /** Seq of the message that it gives another text. */
  readonly edits: number | undefined;
  /** It has changed since: it must be read as it stands now. */
  stale: boolean;
}

/** A run of entries that ends with the newest. */
export class Ring {
  readonly #max: number;
  #kept: Kept[] = [];
  #last = 0;
  #bytes = 0;

  /** Keeps `max` entries at most. */
  constructor(max: number) {
    this.#max = max;
  }

  /** Adds the entry of this seq; it begins anew where that is not the next one. Copied: the frames are views of all that came with them. */
  add(seq: number, frames: readonly Uint8Array[], edits?: number): void {
    if (seq !== this.#last + 1) this.clear();
    this.#last = seq;
    const bytes = frames.reduce((sum, { byteLength }) => sum + byteLength, 0);
    this.#kept.push({ frames: frames.map((frame) => frame.slice()), bytes, edits, stale: false });
    this.#bytes += bytes;
    // half of it at once: taking out one each time would move all others each time
    if (this.#kept.length > 2 * this.#max || this.#bytes > 2 * BYTES_MAX) this.#shrink();
  }

  #shrink(): void {
    let from = this.#kept.length;
    let bytes = 0;
    while (from > 0 && this.#kept.length - from < this.#max) {
      bytes += this.#kept[from - 1]?.bytes ?? 0;
      if (bytes > BYTES_MAX) break;
      from--;
    }
    this.#kept = this.#kept.slice(from);
    this.#bytes = this.#kept.reduce((sum, kept) => sum + kept.bytes, 0);
  }

  /** The message of this seq is not what it was; where it is erased, neither are its edits. */
  spoil(seq: number, isErased: boolean): void {
    const kept = this.#kept[seq - this.#first];
    if (kept !== undefined) kept.stale = true;
    if (isErased) for (const each of this.#kept) if (each.edits === seq) each.stale = true;
  }

  clear(): void {
    this.#kept = [];
    this.#bytes = 0;
    this.#last = 0;
  }

  get #first(): number {
    return this.#last - this.#kept.length + 1;
  }

  /** The part behind `after`, up to what has changed since; undefined where it does not begin here. */
  part(after: number, now: number): Part | undefined {
    const from = after + 1 - this.#first;
    if (from < 0 || this.#kept.length === 0) return undefined;
    const frames: Uint8Array[] = [];
    let upTo = after;
    let bytes = 0;
    for (const kept of this.#kept.slice(from, from + PART_ENTRIES)) {
      if (kept.stale || (upTo > after && bytes + kept.bytes > FRAME_BYTES)) break;
      frames.push(...kept.frames);
      bytes += kept.bytes;
      upTo++;
    }
    return upTo === after ? undefined : { frames: batch(now, frames, FRAME_BYTES), upTo };
  }
}
