// The peer of the benchmark: the three pages as a Worker without anything around them would have them. No router, no log line, no
// headers but the needed ones, no limits on what is sent. What ours costs above it is what a house costs.

interface Settings {
  readonly DB: D1Database;
}

const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#x27;",
};
const escaped = (value: unknown): string => String(value ?? "").replace(/[&<>"']/g, (found) => ESCAPES[found]!);
const COUNT =
  "INSERT INTO page_views (page, count) VALUES (?, 1) ON CONFLICT (page) DO UPDATE SET count = count + 1 RETURNING count";

export default {
  async fetch(request: Request, env: Settings): Promise<Response> {
    switch (new URL(request.url).pathname) {
      case "/hello":
        return new Response("Hello World from Cloudflare Workers!");
      case "/form": {
        const sent = await request.formData();
        const page = `<!doctype html><p>${escaped(sent.get("name"))}</p><p>${escaped(sent.get("message"))}</p>`;
        return new Response(page, { headers: { "content-type": "text/html; charset=utf-8" } });
      }
      case "/counter": {
        const row = await env.DB.prepare(COUNT).bind("/counter").first<{ count: number }>();
        return new Response(`count=${row?.count}`);
      }
      default:
        return new Response("not found", { status: 404 });
    }
  },
};
