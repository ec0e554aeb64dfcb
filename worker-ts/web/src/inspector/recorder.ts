// Keeps the last frames of the line while somebody looks at them, and nothing while nobody does. Its memory is bounded.
import { type Explanation, explainFrame, type TappedFrame } from "../../../src/client";

/** Frames that are kept, and bytes of them all; the oldest go first. */
export const FRAMES_MAX = 300;
export const BYTES_MAX = 2 * 1024 * 1024;

/** A frame as the list shows it. */
export interface Recorded extends TappedFrame {
  /** Counts up from 1. */
  readonly number: number;
  readonly kind: string;
  readonly verdict: Explanation["verdict"];
  readonly summary: string;
  /** Bytes of the body on the wire for each byte of it as it is read; undefined when it is not compressed. */
  readonly ratio: number | undefined;
}

export class Recorder {
  /** Newest first. */
  #frames: readonly Recorded[] = [];
  #bytes = 0;
  #number = 0;
  #onChange: (() => void) | undefined;
  #paused = false;

  get frames(): readonly Recorded[] {
    return this.#frames;
  }
  get paused(): boolean {
    return this.#paused;
  }
  /** How many frames went by since it began to listen, those that were dropped included. */
  get seen(): number {
    return this.#number;
  }

  /** Begins to keep frames; returns how to stop, which forgets them all. */
  listen(onChange: () => void): () => void {
    this.#onChange = onChange;
    return () => {
      this.#onChange = undefined;
      this.#paused = false;
      this.#number = 0;
      this.clear();
    };
  }

  /** For `connect({ tap })`. */
  readonly take = (frame: TappedFrame): void => {
    if (this.#onChange === undefined || this.#paused) return;
    this.#number += 1;
    const { kind, verdict, summary, body } = explainFrame(frame.side, frame.bytes);
    const ratio = body?.lz4 === true ? body.ratio : undefined;
    const name = kind ?? (verdict === "skipped" ? `kind ${frame.bytes[2]}` : "?");
    this.#frames = [{ ...frame, number: this.#number, kind: name, verdict, summary, ratio }, ...this.#frames];
    this.#bytes += frame.bytes.length;
    while (this.#frames.length > FRAMES_MAX || (this.#bytes > BYTES_MAX && this.#frames.length > 1)) this.#drop();
    this.#onChange();
  };

  pause(on: boolean): void {
    this.#paused = on;
    this.#onChange?.();
  }

  clear(): void {
    this.#frames = [];
    this.#bytes = 0;
    this.#onChange?.();
  }

  #drop(): void {
    this.#bytes -= this.#frames.at(-1)!.bytes.length;
    this.#frames = this.#frames.slice(0, -1);
  }
}

/** The frames that match: every word stands in its direction, kind, number or summary. */
export function matching(frames: readonly Recorded[], filter: string): readonly Recorded[] {
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return frames;
  return frames.filter(({ side, kind, number, summary }) => {
    const text = `${side} ${kind} #${number} ${summary}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
}

/** The frames of the room on screen. */
export const recorder = new Recorder();
