// The one error class of the HTTP side and the one table behind it: code -> HTTP status -> number on the wire.
// A code is never renamed; nothing in the house compares messages.

/** Stable code -> HTTP status and the number of `PROTOCOL.md` section 12 for the same refusal on a socket. */
export const ERRORS = {
  bad_request: { status: 400, wire: 1 },
  bad_subprotocol: { status: 400, wire: 3 },
  unauthenticated: { status: 401, wire: 5 },
  forbidden: { status: 403, wire: 6 },
  origin_refused: { status: 403, wire: 6 },
  banned: { status: 403, wire: 6 },
  guest_limit: { status: 403, wire: 6 },
  room_closed: { status: 403, wire: 6 },
  not_found: { status: 404, wire: 8 },
  conflict: { status: 409, wire: 9 },
  room_exists: { status: 409, wire: 9 },
  last_owner: { status: 409, wire: 9 },
  too_many_pins: { status: 409, wire: 4 },
  too_large: { status: 413, wire: 4 },
  upgrade_required: { status: 426, wire: 3 },
  rate_limited: { status: 429, wire: 7 },
  internal: { status: 500, wire: 13 },
  room_full: { status: 503, wire: 12 },
} as const satisfies Record<string, { status: number; wire: number }>;

/** Stable name of a refusal. */
export type ErrorCode = keyof typeof ERRORS;

/** What an error may say beside its code. */
export interface ErrorDetails {
  /** The part of the request that is wrong. */
  readonly field?: string;
  /** How long to wait, in ms; also becomes `Retry-After` (whole seconds, rounded up). */
  readonly retryAfterMs?: number;
  /** For the log only. */
  readonly cause?: unknown;
}

/** A refusal with a stable code; `message` is shown to people and must hold no secret. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly code: ErrorCode;
  readonly field: string | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, { cause: details.cause });
    this.code = code;
    this.field = details.field;
    this.retryAfterMs = details.retryAfterMs;
  }
}

/** Anything thrown as an ApiError: what is not one becomes `internal`, its own words kept for the log as `cause`. */
export function asApiError(thrown: unknown): ApiError {
  if (thrown instanceof ApiError) return thrown;
  return new ApiError("internal", "something went wrong on the server", { cause: thrown });
}

/** The error envelope: `{"error":{code,message,retryAfterMs?,field?,requestId}}` with the status of the table. */
export function errorResponse(error: ApiError, requestId: string): Response {
  const { code, message, retryAfterMs, field } = error;
  const body = { error: { code, message, retryAfterMs, field, requestId } };
  const headers = retryAfterMs === undefined ? {} : { "retry-after": String(Math.ceil(retryAfterMs / 1000)) };
  return Response.json(body, { status: ERRORS[code].status, headers });
}
