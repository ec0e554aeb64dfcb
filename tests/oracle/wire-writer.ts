// The other half of the oracle: frames of a client, written from PROTOCOL.md alone. Imports nothing of the core and never compresses,
// for no client must.
import { crc32 } from "./block.ts";
import { unhex } from "./cursor.ts";

/** Section 6, by name: the kinds that this writer writes. */
export const UP = {
  HELLO: 1,
  MSG: 4,
  EDIT: 5,
  DELETE: 6,
  REACT: 7,
  UNREACT: 8,
  TYPING: 9,
  PRESENCE: 10,
  RECEIPT: 11,
  HISTORY_REQ: 14,
  CREDIT: 16,
  AUTH_REFRESH: 17,
  PEOPLE_REQ: 20,
} as const;

/** Section 3. */
export function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return [...bytes, rest];
}

/** Section 3. */
export function str(text: string): number[] {
  const bytes = new TextEncoder().encode(text);
  return [...varint(bytes.length), ...bytes];
}

/** Section 2: a frame up. `id` is 32 hexadecimal digits, or null for none. */
export function writeFrame(kind: number, body: readonly number[], id: string | null = null): Uint8Array {
  const idBytes = id === null ? [] : unhex(id);
  const seq = 0;
  const ts = 0;
  const sender = 0;
  const head = [0x57, 0x01, kind, 0, ...varint(seq), ...varint(ts), idBytes.length, ...idBytes, ...varint(sender)];
  const bare = Uint8Array.from([...head, ...varint(body.length), ...body]);
  const frame = new Uint8Array(bare.length + 4);
  frame.set(bare);
  new DataView(frame.buffer).setUint32(bare.length, crc32(bare), true);
  return frame;
}
