// From the machine's numbers and answers to what a caller gets: a value or a `KernelError`.

import type { Answer } from "../host/machine";
import { KernelError, type KernelErrorCode } from "../kernel-error";

/** By the number of the Rust enum `Error`; 0 is none. */
const CODES: readonly KernelErrorCode[] = [
  "STORE_FAILED",
  "BAD_REF",
  "BAD_COMMAND",
  "BAD_OUTCOME",
  "BAD_ROW",
  "BAD_CAPDATA",
  "UNKNOWN_KREF",
  "UNKNOWN_VAT",
  "UNKNOWN_SUBCLUSTER",
  "UNKNOWN_SERVICE",
  "UNKNOWN_URL",
  "QUEUE_FULL",
  "LIMIT_EXCEEDED",
  "NOT_AN_OBJECT",
  "WRONG_CRANK",
  "WRONG_BATCH",
  "KEY_MISMATCH",
  "KEY_ANSWERED",
  "BAD_CONFIG",
  "UNKNOWN_CALL",
  "OBJECT_REVOKED",
];

const TEXTS: Partial<Record<KernelErrorCode, string>> = {
  UNKNOWN_KREF: "no such object or promise",
  UNKNOWN_VAT: "no such vat",
  UNKNOWN_SUBCLUSTER: "no such subcluster",
  UNKNOWN_SERVICE: "the kernel does not have that service",
  UNKNOWN_URL: "no such ocap URL",
  QUEUE_FULL: "too much waits already; nothing happened",
  LIMIT_EXCEEDED: "a limit is passed; nothing happened",
  NOT_AN_OBJECT: "that is a promise, not an object",
  KEY_MISMATCH: "the idempotency key was used with another request",
  BAD_CONFIG: "the configuration contradicts itself",
  OBJECT_REVOKED: "the object is revoked",
};

/** The machine's refusal, by its number. */
export function codeOf(number: number): KernelErrorCode {
  return CODES[number] ?? "STORE_FAILED";
}

/** The machine's refusal as the caller gets it. */
export function refused(number: number, data?: unknown): KernelError {
  const code = codeOf(number);
  return new KernelError(code, TEXTS[code] ?? `refused: ${code}`, { data });
}

/** The answer, unless it tells of a failure: that is thrown. */
export function taken(answer: Answer): Exclude<Answer, { type: "rejected" | "failed" }> {
  if (answer.type === "rejected") throw new KernelError("REJECTED", "the message was rejected", { data: answer.value });
  if (answer.type !== "failed") return answer as Exclude<Answer, { type: "rejected" | "failed" }>;
  if (answer.value !== null) throw new KernelError("LAUNCH_FAILED", "a vat did not start", { data: answer.value });
  throw refused(answer.code);
}
