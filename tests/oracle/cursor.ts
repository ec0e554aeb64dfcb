// A place in bytes, and the three smallest readers: varint, fixed, str (PROTOCOL.md section 3). Written from the page alone:
// nothing of the core or of its face may be imported here, for this reader is what they are compared with.

/** A frame was refused for the reason of this name. */
export class Refusal extends Error {
  constructor(readonly reason: string) {
    super(reason);
  }
}

export function refuse(reason: string): never {
  throw new Refusal(reason);
}

export function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export function unhex(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length / 2);
  for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(text.slice(2 * i, 2 * i + 2), 16);
  return bytes;
}

const VARINT_BYTES_MAX = 8;
const VARINT_MAX = 9_007_199_254_740_991n;

/**
 * Reads forward inside a space: the header, the ext block, one value, or the body. `cut` is the reason for a fixed field or a
 * str that runs off it; a varint that does is always bad_varint.
 */
export class Cursor {
  at = 0;

  constructor(
    readonly bytes: Uint8Array,
    readonly cut: string,
  ) {}

  get left(): number {
    return this.bytes.length - this.at;
  }

  take(count: number): Uint8Array {
    if (count > this.left) refuse(this.cut);
    this.at += count;
    return this.bytes.subarray(this.at - count, this.at);
  }

  u8(): number {
    return this.take(1)[0]!;
  }

  u16(): number {
    const [low, high] = this.take(2);
    return low! + 256 * high!;
  }

  varint(): number {
    let value = 0n;
    for (let i = 0; i < VARINT_BYTES_MAX; i++) {
      if (this.left === 0) refuse("bad_varint");
      const byte = this.bytes[this.at++]!;
      value += BigInt(byte % 128) << BigInt(7 * i);
      if (byte < 128) {
        const shortest = byte !== 0 || i === 0;
        return shortest && value <= VARINT_MAX ? Number(value) : refuse("bad_varint");
      }
    }
    return refuse("bad_varint");
  }

  /** A count of entries that take at least a byte each. */
  count(): number {
    const count = this.varint();
    if (count > this.left) refuse(this.cut);
    return count;
  }

  /** The bytes of a str, its UTF-8 not looked at yet. */
  str(): Uint8Array {
    const length = this.varint();
    return this.take(length);
  }

  /** Nothing may be left over. */
  end(): void {
    if (this.left !== 0) refuse(this.cut);
  }
}

/** The text of UTF-8 bytes, or null: RFC 3629's table, row by row. */
export function utf8(bytes: Uint8Array): string | null {
  let text = "";
  let i = 0;
  const tail = (low: number, high: number): number => {
    const byte = bytes[i++];
    return byte !== undefined && byte >= low && byte <= high ? byte % 64 : -1;
  };
  while (i < bytes.length) {
    const first = bytes[i++]!;
    let parts: number[];
    if (first <= 0x7f) parts = [first];
    else if (first >= 0xc2 && first <= 0xdf) parts = [first % 32, tail(0x80, 0xbf)];
    else if (first === 0xe0) parts = [0, tail(0xa0, 0xbf), tail(0x80, 0xbf)];
    else if (first === 0xed) parts = [13, tail(0x80, 0x9f), tail(0x80, 0xbf)];
    else if (first > 0xe0 && first <= 0xef) parts = [first % 16, tail(0x80, 0xbf), tail(0x80, 0xbf)];
    else if (first === 0xf0) parts = [0, tail(0x90, 0xbf), tail(0x80, 0xbf), tail(0x80, 0xbf)];
    else if (first >= 0xf1 && first <= 0xf3) parts = [first % 8, tail(0x80, 0xbf), tail(0x80, 0xbf), tail(0x80, 0xbf)];
    else if (first === 0xf4) parts = [4, tail(0x80, 0x8f), tail(0x80, 0xbf), tail(0x80, 0xbf)];
    else return null;
    if (parts.includes(-1)) return null;
    text += String.fromCodePoint(parts.reduce((sum, part) => sum * 64 + part, 0));
  }
  return text;
}
