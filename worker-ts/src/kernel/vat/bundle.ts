// What `ferrule vat` writes, looked at before it is kept: its form, its size, its hash, and what SES would refuse anyway.

import type { VatBundle } from "../kernel";
import { KernelError } from "../kernel-error";

/** Bytes of a bundle's code. */
export const BUNDLE_BYTES_MAX = 1 << 20;

/** What SES takes for an `import(...)`, in strings and comments as well. */
const IMPORT = /(?:^|[^.]|\.\.\.)\bimport\s*(?:\(|\/[/*])/;
/** What SES takes for a comment of HTML. */
const HTML_COMMENT = /<!--|-->/;

/** SHA-256 of the code, in hex. */
export async function hashBundle(code: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(code));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The bundle, or a `KernelError`: `BAD_CONFIG` for what is none, `LIMIT_EXCEEDED` for one that is too big. */
export async function checkBundle(given: unknown): Promise<VatBundle> {
  const { moduleFormat, code, sha256 } = (given ?? {}) as Partial<Record<keyof VatBundle, unknown>>;
  if (moduleFormat !== "iife" || typeof code !== "string" || typeof sha256 !== "string")
    throw new KernelError("BAD_CONFIG", 'a bundle is {moduleFormat: "iife", code, sha256}, as `ferrule vat` writes it');
  const bytes = new TextEncoder().encode(code).length;
  if (bytes > BUNDLE_BYTES_MAX)
    throw new KernelError("LIMIT_EXCEEDED", `the bundle has ${bytes} bytes of ${BUNDLE_BYTES_MAX}`);
  const why = refusalOf(code);
  if (why !== undefined) throw new KernelError("BAD_CONFIG", why);
  if ((await hashBundle(code)) !== sha256)
    throw new KernelError("BAD_CONFIG", "the bundle's sha256 is not that of its code");
  return { moduleFormat, code, sha256 };
}

/** Why a vat's isolate would refuse the code; undefined when nothing is seen. */
export function refusalOf(code: string): string | undefined {
  if (/\p{Surrogate}/u.test(code)) return "the bundle's code is not well-formed Unicode";
  if (IMPORT.test(code)) return "the bundle holds an import(...), which a vat does not have";
  if (HTML_COMMENT.test(code)) return "the bundle holds <!-- or -->, which may begin a comment";
  if (!code.includes("__vatExports__")) return "the bundle does not make __vatExports__";
  return undefined;
}
