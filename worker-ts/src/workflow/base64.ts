// Bytes as base64: payloads in rows, envelopes of messages, values on pages. Reading it back is each reader's own, who knows what is not base64.
import { Buffer } from "node:buffer";

/** Base64 with padding. */
export function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
}
