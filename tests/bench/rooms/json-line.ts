// A line that talks JSON: what the peers' contestants share. Of a message only the number in its id is read, found by its key.

import { randomUUID } from "node:crypto";

/** A random UUID but for `number` in its first eight digits. */
export const uuidOf = (number: number): string => `${number.toString(16).padStart(8, "0")}${randomUUID().slice(8)}`;

const ID = Buffer.from('"id":"');
const ID_DIGITS = 8;

/** Hexadecimal digits as a number. */
function digits(bytes: Uint8Array, at: number): number {
  let value = 0;
  for (let i = at; i < at + ID_DIGITS; i++) {
    const byte = bytes[i]!;
    value = value * 16 + (byte < 0x3a ? byte - 0x30 : byte - 0x57);
  }
  return value;
}

/** The numbers of all messages in a JSON text, in order. */
export function numbersIn(text: Buffer, heard: (number: number) => void): void {
  for (let at = text.indexOf(ID); at >= 0; at = text.indexOf(ID, at + ID.length)) heard(digits(text, at + ID.length));
}
