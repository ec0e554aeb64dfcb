// Strings across the border, both ways, with a short way for short ASCII. Knows bytes and strings, no frames.
import type { Kept } from "./own.js";

// A byte order mark is text like any other (PROTOCOL.md section 3), so it must not be swallowed.
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
const encoder = new TextEncoder();

/** Up to so many bytes a loop beats the decoder's call. */
const READ_LOOP_BYTES = 24;
/** Up to so many characters a loop beats the encoder's call. */
const WRITE_LOOP_CHARS = 16;

/** The string of UTF-8 bytes that the core has checked. */
export function readText(source: Uint8Array, at: number, length: number): string {
  if (length > READ_LOOP_BYTES) return decoder.decode(source.subarray(at, at + length));
  let text = "";
  for (let i = at; i < at + length; i++) {
    const byte = source[i]!;
    if (byte > 127) return decoder.decode(source.subarray(at, at + length));
    text += String.fromCharCode(byte);
  }
  return text;
}

/** Writes `text` as UTF-8 to the start of `target`: the number of bytes, or -1 when it does not fit. */
export function writeText(text: string, target: Uint8Array): number {
  const { length } = text;
  if (length <= WRITE_LOOP_CHARS && length <= target.length) {
    let i = 0;
    for (; i < length; i++) {
      const unit = text.charCodeAt(i);
      if (unit > 127) break;
      target[i] = unit;
    }
    if (i === length) return length;
  }
  const { read, written } = encoder.encodeInto(text, target);
  return read === length ? written : -1;
}

/** A string inside bytes that are kept, decoded when it is first read. */
export class LazyText {
  #bytes: Uint8Array | null;
  #text = "";
  readonly #at: number;
  readonly #length: number;

  /** `at` counts from the start of what is kept. */
  constructor(kept: Kept, at: number, length: number) {
    this.#bytes = kept.bytes;
    this.#at = kept.base + at;
    this.#length = length;
  }

  get value(): string {
    if (this.#bytes !== null) {
      this.#text = readText(this.#bytes, this.#at, this.#length);
      this.#bytes = null;
    }
    return this.#text;
  }
}
