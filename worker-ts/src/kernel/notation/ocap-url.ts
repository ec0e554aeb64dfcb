// How an ocap URL is spelled: `ocap:<token>@<kernel>`. It is a secret: whoever has it has the object. No token is made or kept here,
// and no message of a refusal repeats one.
import { KERNEL_ID } from "../limits";

/** A token: 32 random bytes as base64url, so its last letter has but four bits. */
const TOKEN = /^[\w-]{42}[AEIMQUYcgkosw048]$/;

/** What an ocap URL is made of. */
export interface OcapUrl {
  /** 43 characters. */
  readonly token: string;
  /** The kernel that knows it. */
  readonly kernel: string;
}

/** The URL. */
export function formatOcapUrl({ token, kernel }: OcapUrl): string {
  return `ocap:${token}@${kernel}`;
}

/** The parts of a URL; null for what is none. There is one spelling of each. */
export function parseOcapUrl(url: string): OcapUrl | null {
  const [, token, kernel] = /^ocap:([^@]*)@([^@]*)$/.exec(url) ?? [];
  if (token === undefined || kernel === undefined) return null;
  return TOKEN.test(token) && KERNEL_ID.test(kernel) ? { token, kernel } : null;
}

/** The text without the secrets of ocap URLs in it, for a log. */
export function withoutTokens(text: string): string {
  return text.replaceAll(/(ocap:)[\w-]+/gi, "$1…");
}
