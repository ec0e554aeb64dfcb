// Headers that every answer of the Worker itself carries. The chat page's own policy stands in web/public/_headers.

/** Answers are data: nothing in them may run, be framed, be guessed at or be kept. A page says itself what it may do. */
const SECURITY: readonly (readonly [string, string])[] = [
  ["content-security-policy", "default-src 'none'; frame-ancestors 'none'"],
  ["x-content-type-options", "nosniff"],
  ["x-frame-options", "DENY"],
  ["referrer-policy", "no-referrer"],
  ["cross-origin-resource-policy", "same-origin"],
];
const HSTS = "max-age=31536000";

/** The answer with those given; the security headers and `cache-control: no-store` where it says nothing itself. */
export function finish(response: Response, request: Request, extra: Iterable<readonly [string, string]>): Response {
  // an upgrade carries a socket, which no copy would
  if (response.status === 101) return response;
  const finished = new Response(response.body, response);
  for (const [name, value] of SECURITY) if (!finished.headers.has(name)) finished.headers.set(name, value);
  for (const [name, value] of extra) {
    // what an answer varies by is a list, and the answer has said its part of it
    if (name === "vary") finished.headers.append(name, value);
    else finished.headers.set(name, value);
  }
  if (new URL(request.url).protocol === "https:") finished.headers.set("strict-transport-security", HSTS);
  if (!finished.headers.has("cache-control")) finished.headers.set("cache-control", "no-store");
  return finished;
}
