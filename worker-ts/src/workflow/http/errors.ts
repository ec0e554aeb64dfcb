// What the World refuses, as the API's refusals. By name, as all of it is recognised; what has no name here stays a fault of ours.
import { ApiError, type ErrorCode } from "../../platform";

const BY_NAME: Readonly<Record<string, ErrorCode>> = {
  WorkflowRunNotFoundError: "not_found",
  HookNotFoundError: "not_found",
  EntityConflictError: "conflict",
  RunExpiredError: "conflict",
  ThrottleError: "rate_limited",
};
const BY_STATUS: Readonly<Record<number, ErrorCode>> = {
  400: "bad_request",
  404: "not_found",
  409: "conflict",
  413: "too_large",
};
/** How long (ms) to wait where nothing says it. */
const RETRY_MS = 1000;

/** The refusal of what a World threw; what is none of its own comes back as it is. */
export function refusalOf(thrown: unknown): unknown {
  if (!(thrown instanceof Error) || thrown instanceof ApiError) return thrown;
  const { status, retryAfter } = thrown as { status?: unknown; retryAfter?: unknown };
  const code = BY_NAME[thrown.name] ?? (typeof status === "number" ? BY_STATUS[status] : undefined);
  if (code === undefined) return thrown;
  const seconds = typeof retryAfter === "number" ? retryAfter * 1000 : RETRY_MS;
  return new ApiError(code, thrown.message, {
    cause: thrown,
    ...(code === "rate_limited" ? { retryAfterMs: seconds } : {}),
  });
}

/** Runs work on a World; its refusals become the API's. */
export async function refusing<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw refusalOf(error);
  }
}

/** Whether what a run holds cannot be read any more, because it was encrypted with another secret. */
export const isUnreadable = (thrown: unknown): boolean =>
  thrown instanceof Error && thrown.name === "RuntimeDecryptionError";

/** That, as it is told instead of a result: it is so for good, and no fault that passes. */
export const UNREADABLE = {
  name: "RuntimeDecryptionError",
  message: "this cannot be read any more: it was encrypted with another secret",
  code: "RUNTIME_DECRYPTION_FAILED",
} as const;
