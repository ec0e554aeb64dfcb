// Cryptography with the server's secrets: keyed signatures and comparisons that take the same time for every answer.
import { toBase64url } from "./ids";

const encoder = new TextEncoder();

/** Key for HMAC-SHA-256, derived by HKDF-SHA-256 from a secret; each label gives a key of its own. */
export async function deriveKey(secret: string, label: string): Promise<CryptoKey> {
  const base = await crypto.subtle.importKey("raw", encoder.encode(secret), "HKDF", false, ["deriveKey"]);
  return crypto.subtle.deriveKey(
    { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(0), info: encoder.encode(label) },
    base,
    { name: "HMAC", hash: "SHA-256", length: 256 },
    false,
    ["sign", "verify"],
  );
}

/** HMAC-SHA-256 of a text, 32 bytes. */
export async function sign(key: CryptoKey, text: string): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.sign("HMAC", key, encoder.encode(text)));
}

/** Whether the signature is the text's; compared in constant time by the runtime. */
export function verify(key: CryptoKey, signature: Uint8Array<ArrayBuffer>, text: string): Promise<boolean> {
  return crypto.subtle.verify("HMAC", key, signature, encoder.encode(text));
}

/** Whether two secrets are equal, without telling by time how much of them is. An empty expectation equals nothing. */
export async function sameSecret(given: string, expected: string | undefined): Promise<boolean> {
  if (!expected) return false;
  const [a, b] = await Promise.all(
    [given, expected].map((text) => crypto.subtle.digest("SHA-256", encoder.encode(text))),
  );
  return crypto.subtle.timingSafeEqual(a!, b!);
}

/** A random name for one request, 16 characters. */
export function requestId(): string {
  return toBase64url(crypto.getRandomValues(new Uint8Array(12)));
}

/** SHA-256 of a text as base64url: what is kept of a secret that only has to be known again. */
export async function digest(text: string): Promise<string> {
  return toBase64url(new Uint8Array(await crypto.subtle.digest("SHA-256", encoder.encode(text))));
}
