// Answers for people.

/** What a page without a form may do: show itself. */
export const STILL = "default-src 'none'; style-src 'unsafe-inline'";

/** An HTML answer under its own policy. */
export function html(body: string, policy: string, status = 200): Response {
  const headers = { "content-type": "text/html; charset=utf-8", "content-security-policy": policy };
  return new Response(body, { status, headers });
}

/** A plain text answer. */
export function text(body: string, init: ResponseInit = {}): Response {
  return new Response(body, { ...init, headers: { ...init.headers, "content-type": "text/plain; charset=utf-8" } });
}
