// What comes on a line of ours, read as little as can be: kinds, and the number in each message's id. It trusts the server.
import { lz4Decompress } from "@ferrule/core";
import type { Heard } from "./talk.ts";

const KIND = { WELCOME: 2, MSG: 4, ACK: 12, ERROR: 13, BATCH: 21 } as const;
const FLAG_LZ4 = 0x01;
const CRC_BYTES = 4;

/** A place in a frame, moved on by reading. */
class Reader {
  at = 0;
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  varint(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.#bytes[this.at++]!;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
  }

  u32(): number {
    const bytes = this.#bytes;
    const at = this.at;
    this.at += 4;
    return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
  }
}

/** Reads the frames of one line. */
export class FrameReader {
  readonly #heard: Heard;
  readonly #welcome: (epoch: Uint8Array<ArrayBuffer>) => void;

  constructor(heard: Heard, welcome: (epoch: Uint8Array<ArrayBuffer>) => void) {
    this.#heard = heard;
    this.#welcome = welcome;
  }

  /** A whole frame, or a bare one. */
  frame(bytes: Uint8Array, bare: boolean): void {
    const kind = bytes[2]!;
    if (kind === KIND.MSG) this.#message(bytes);
    else if (kind === KIND.BATCH) this.#batch(bytes.subarray(0, bytes.length - (bare ? 0 : CRC_BYTES)));
    else if (kind === KIND.ACK) this.#heard.acknowledgement();
    else if (kind === KIND.ERROR) this.#heard.refusal(Buffer.from(bytes).toString("latin1"));
    else if (kind === KIND.WELCOME) this.#epoch(bytes);
  }

  #message(bytes: Uint8Array): void {
    const reader = new Reader(bytes);
    reader.at = 4;
    reader.varint();
    reader.varint();
    reader.at += 1;
    this.#heard.delivery(reader.u32());
  }

  #epoch(bytes: Uint8Array): void {
    const reader = new Reader(bytes);
    reader.at = 5;
    reader.varint();
    reader.at += 2;
    reader.varint();
    this.#welcome(Uint8Array.from(bytes.subarray(reader.at + 1, reader.at + 9)));
  }

  #batch(bytes: Uint8Array): void {
    const head = new Reader(bytes);
    head.at = 5;
    head.varint();
    head.at += 2;
    const rawLength = head.varint();
    const compressed = (bytes[3]! & FLAG_LZ4) !== 0;
    if (compressed) head.varint();
    const body = compressed ? lz4Decompress(bytes.subarray(head.at), rawLength) : bytes.subarray(head.at);
    const list = new Reader(body);
    for (let left = list.varint(); left > 0; left--) {
      const length = list.varint();
      this.frame(body.subarray(list.at, list.at + length), true);
      list.at += length;
    }
  }
}
