// The one error class of the HTTP side and the one table behind it: code -> HTTP status. What the same refusal is on a socket,
// the subsystem that owns the socket says. A code is never renamed; nothing in the house compares messages.

/** Stable code -> HTTP status. */
export const ERRORS = {
  bad_request: 400,
  bad_subprotocol: 400,
  unauthenticated: 401,
  forbidden: 403,
  origin_refused: 403,
  banned: 403,
  guest_limit: 403,
  room_closed: 403,
  not_found: 404,
  method_not_allowed: 405,
  conflict: 409,
  room_exists: 409,
  last_owner: 409,
  too_many_pins: 409,
  not_empty: 409,
  too_new: 409,
  length_required: 411,
  too_large: 413,
  range_not_satisfiable: 416,
  upgrade_required: 426,
  rate_limited: 429,
  too_many_runs: 429,
  internal: 500,
  damaged: 500,
  room_full: 503,
  restoring: 503,
} as const satisfies Record<string, number>;

/** Stable name of a refusal. */
export type ErrorCode = keyof typeof ERRORS;

/** What an error may say beside its code. */
export interface ErrorDetails {
  /** The part of the request that is wrong. */
  readonly field?: string;
  /** How long to wait, in ms; also becomes `Retry-After` (whole seconds, rounded up). */
  readonly retryAfterMs?: number;
  /** The methods that the address has; becomes `Allow`. */
  readonly allow?: readonly string[];
  /** For the log only. */
  readonly cause?: unknown;
}

/** A refusal with a stable code; `message` is shown to people and must hold no secret. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly code: ErrorCode;
  readonly field: string | undefined;
  readonly retryAfterMs: number | undefined;
  readonly allow: readonly string[] | undefined;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, { cause: details.cause });
    this.code = code;
    this.field = details.field;
    this.retryAfterMs = details.retryAfterMs;
    this.allow = details.allow;
  }
}

/** Anything thrown as an ApiError: what is not one becomes `internal`, its own words kept for the log as `cause`. */
export function asApiError(thrown: unknown): ApiError {
  if (thrown instanceof ApiError) return thrown;
  return new ApiError("internal", "something went wrong on the server", { cause: thrown });
}

/** The error envelope: `{"error":{code,message,retryAfterMs?,field?,requestId}}` with the status of the table. */
export function errorResponse(error: ApiError, requestId: string): Response {
  const { code, message, retryAfterMs, allow, field } = error;
  const body = { error: { code, message, retryAfterMs, field, requestId } };
  const headers = {
    ...(retryAfterMs !== undefined && { "retry-after": String(Math.ceil(retryAfterMs / 1000)) }),
    ...(allow !== undefined && { allow: allow.join(", ") }),
  };
  return Response.json(body, { status: ERRORS[code], headers });
}
