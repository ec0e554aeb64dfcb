// One JSON line per request. It names the route's pattern, not the address: ids and queries stay out, tokens all the more.
import type { ApiError } from "./errors";

/** What one request came to. */
export interface RequestLine {
  readonly method: string;
  /** The pattern, as `/api/rooms/:id`; `-` when no route matched. */
  readonly route: string;
  readonly status: number;
  readonly ms: number;
  readonly requestId: string;
  readonly userId: string | null;
  readonly error?: ApiError;
}

/** Writes the line; an internal error brings its cause along, for nobody but the log's reader. */
export function logRequest({ error, ...line }: RequestLine): void {
  const failed = error?.code === "internal";
  const text = JSON.stringify({
    level: failed ? "error" : "info",
    ...line,
    ...(error && { code: error.code }),
    ...(failed && { cause: describe(error.cause) }),
  });
  if (failed) console.error(text);
  else console.log(text);
}

/** Writes a line for work that no request waits for. */
export function logFailure(what: string, thrown: unknown): void {
  console.error(JSON.stringify({ level: "error", what, cause: describe(thrown) }));
}

function describe(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  const text = cause.stack ?? `${cause.name}: ${cause.message}`;
  if (!("query" in cause)) return text;
  // Drizzle's words end in the values of the query: tokens, addresses, what people wrote
  const at = text.indexOf(cause.message);
  const stack = at < 0 ? "" : text.slice(at + cause.message.length);
  return `${cause.name}: failed query: ${cause.query}${stack}\ncaused by ${describe(cause.cause)}`;
}
