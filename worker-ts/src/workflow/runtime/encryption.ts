// A key for each run, derived from the one secret: HKDF-SHA-256 by WebCrypto. What is done with the key is core's.
import type { CloudflareEnv } from "./bindings";

/** Characters of a secret, at least. */
export const SECRET_LENGTH_MIN = 32;
const KEY_BITS = 256;
const SALT = "ferrule.workflow.v1";
const utf8 = new TextEncoder();

/** The 32 bytes of a run's key; undefined without a secret. The same run has the same key for ever. */
export async function encryptionKeyOf(
  env: Pick<CloudflareEnv, "WORKFLOW_ENCRYPTION_SECRET">,
  runId: string,
): Promise<Uint8Array | undefined> {
  const secret = env.WORKFLOW_ENCRYPTION_SECRET;
  if (!secret) return undefined;
  if (secret.length < SECRET_LENGTH_MIN)
    throw new Error(`WORKFLOW_ENCRYPTION_SECRET has to have at least ${SECRET_LENGTH_MIN} characters`);
  const key = await crypto.subtle.importKey("raw", utf8.encode(secret), "HKDF", false, ["deriveBits"]);
  const algorithm = { name: "HKDF", hash: "SHA-256", salt: utf8.encode(SALT), info: utf8.encode(runId) };
  return new Uint8Array(await crypto.subtle.deriveBits(algorithm, key, KEY_BITS));
}
