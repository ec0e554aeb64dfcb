// Client message ids: 16 bytes on the wire, a UUID as text. The border between HTTP, which speaks text, and the core.
import { uuidBytes, uuidText } from "@ferrule/core";
import { digest, fromBase64url, randomBytes } from "../platform";

/** The bytes of a UUID in its usual spelling; null for anything else. */
export function messageIdBytes(uuid: string): Uint8Array | null {
  return uuidBytes(uuid);
}

/** The usual spelling of an id. */
export function messageIdText(id: Uint8Array): string {
  return uuidText(id);
}

/** A new random id (UUID version 4), for writes whose sender named none. */
export function randomMessageId(): Uint8Array {
  const id = randomBytes(16);
  // RFC 9562: version in the high half of byte 6, variant in the top bits of byte 8
  id[6] = (id[6]! & 0x0f) | 0x40;
  id[8] = (id[8]! & 0x3f) | 0x80;
  return id;
}

/** The id that a key always has: 16 bytes of its hash, in the dress of a UUID (as `randomMessageId`). */
export async function keyedMessageId(key: string): Promise<Uint8Array> {
  const hash = fromBase64url(await digest(key));
  const id = hash!.slice(0, 16);
  id[6] = (id[6]! & 0x0f) | 0x40;
  id[8] = (id[8]! & 0x3f) | 0x80;
  return id;
}
