// Client message ids: 16 bytes on the wire, a UUID as text. The border between HTTP, which speaks text, and the core.
import { uuidBytes, uuidText } from "@ferrule/core";
import { digest, fromBase64url, randomBytes } from "../../platform";

/** The bytes of a UUID in its usual spelling; null for anything else. */
export function messageIdBytes(uuid: string): Uint8Array | null {
  return uuidBytes(uuid);
}

/** The usual spelling of an id. */
export function messageIdText(id: Uint8Array): string {
  return uuidText(id);
}

/** A new random id, for writes whose sender named none. */
export function randomMessageId(): Uint8Array {
  return asUuid(randomBytes(16));
}

/** The id that a key always has: 16 bytes of its hash. */
export async function keyedMessageId(key: string): Promise<Uint8Array> {
  return asUuid(fromBase64url(await digest(key))!.slice(0, 16));
}

/** Puts version 4 and the variant of RFC 9562 into 16 bytes: the high half of byte 6, the top bits of byte 8. */
function asUuid(id: Uint8Array): Uint8Array {
  id[6] = (id[6]! & 0x0f) | 0x40;
  id[8] = (id[8]! & 0x3f) | 0x80;
  return id;
}
