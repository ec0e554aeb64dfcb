// Who may call from another page: the Origin rule for writes and sockets, and CORS for the origins that the owner trusts.
import { type Bindings, list } from "../env";
import { ApiError } from "../errors";

/** Headers of an answer that a trusted page may read. */
const EXPOSED = "retry-after, set-auth-token, x-request-id, x-ferrule-crc32";
const PREFLIGHT_SECONDS = "600";

/** Scheme and authority a request was sent to; absolute URLs of its answer begin with it. */
export function originOf(request: Request): string {
  return new URL(request.url).origin;
}

/** Origins from which cookies are believed: our own, as asked for and as set, and TRUSTED_ORIGINS. Never a pattern. */
export function trustedOrigins(env: Bindings, request: Request): string[] {
  const own = env.BETTER_AUTH_URL ? [new URL(env.BETTER_AUTH_URL).origin] : [];
  return [originOf(request), ...own, ...list(env.TRUSTED_ORIGINS)];
}

/** The bearer token that comes with a request, empty when there is none. */
export function bearerOf(request: Request): string {
  return /^bearer\s+(.*)$/i.exec(request.headers.get("authorization") ?? "")?.[1] ?? "";
}

/** Whether the caller is known by a bearer token; a cookie that comes along does not count then. */
export function hasBearer(request: Request): boolean {
  return /^bearer\s/i.test(request.headers.get("authorization") ?? "");
}

/**
 * The Origin rule of writes and of sockets: an Origin must be ours or trusted, and what comes with a cookie must have one
 * (without it a program calls, which has no cookie to steal). Throws `origin_refused`.
 */
export function checkOrigin(env: Bindings, request: Request): void {
  const origin = request.headers.get("origin");
  const cookie = request.headers.has("cookie") && !hasBearer(request);
  if (origin === null ? cookie : !trustedOrigins(env, request).includes(origin))
    throw new ApiError("origin_refused", "this request came from a page that may not send it");
}

/** CORS headers of an answer: for a trusted origin its name, for all others none. A foreign origin is never mirrored. */
export function corsHeaders(env: Bindings, request: Request): [name: string, value: string][] {
  const origin = request.headers.get("origin");
  const vary: [string, string] = ["vary", "origin"];
  if (origin === null || !list(env.TRUSTED_ORIGINS).includes(origin)) return [vary];
  return [
    vary,
    ["access-control-allow-origin", origin],
    ["access-control-allow-credentials", "true"],
    ["access-control-expose-headers", EXPOSED],
  ];
}

/** Answer to a preflight; without CORS headers for an origin that is not trusted, so the browser refuses. */
export function preflight(env: Bindings, request: Request): Response {
  const headers = new Headers(corsHeaders(env, request));
  if (headers.has("access-control-allow-origin")) {
    headers.set("access-control-allow-methods", "GET, POST, PUT, PATCH, DELETE");
    headers.set("access-control-allow-headers", "authorization, content-type, idempotency-key");
    headers.set("access-control-max-age", PREFLIGHT_SECONDS);
  }
  return new Response(null, { status: 204, headers });
}
